"""The note that a running node leaves for who comes after us: its process and its ports."""

import json
from dataclasses import asdict
from pathlib import Path

from app.asterisk.child import Child
from app.asterisk.layout import Layout
from app.asterisk.ports import Ports


def write_note(layout: Layout, pid: int, ports: Ports) -> None:
    """The node runs as this process, though it may not be ready yet."""
    _note(layout).write_text(json.dumps({"pid": pid, "ports": asdict(ports)}))


def remove_note(layout: Layout) -> None:
    """It runs no more. May be called twice."""
    _note(layout).unlink(missing_ok=True)


def left_running(layout: Layout) -> tuple[Child, Ports] | None:
    """The live node of this directory, whoever started it; None if there is none. Close the child when you need it no more."""
    try:
        note = json.loads(_note(layout).read_text())
        pid, ports = int(note["pid"]), Ports(**note["ports"])
    except (OSError, ValueError, KeyError, TypeError):
        return None  # Never started, stopped, or cut off in the middle of writing.
    child = Child.adopt(pid, mark=str(layout.etc / "asterisk.conf"))
    return None if child is None else (child, ports)


def _note(layout: Layout) -> Path:
    return layout.root / "running.json"
