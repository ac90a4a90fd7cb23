"""The brains decide without waiting, reading a clock, drawing lots or touching the world."""

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
BRAINS = ("app/acd", "app/calls", "app/callbacks", "ivr/machine.py", "metrics/definitions.py")
PURE_MODULES = {
    "__future__",
    "abc",
    "bisect",
    "collections",
    "dataclasses",
    "datetime",
    "enum",
    "fractions",
    "functools",
    "hashlib",
    "heapq",
    "itertools",
    "math",
    "operator",
    "re",
    "string",
    "sys",
    "types",
    "typing",
    "zoneinfo",
}
"""What a brain may import beside the brains' own values. `hashlib` hashes what it is given; `sys` is for `maxsize`."""
PROJECT = ("app", "ivr", "metrics")
SHELLS = {
    "app.api",
    "app.ari",
    "app.asterisk",
    "app.clock",
    "app.cluster",
    "app.interface",
    "app.live",
    "app.logs",
    "app.main",
    "app.runtime",
    "app.settings",
    "app.simulator",
    "app.site",
    "app.store",
}
"""What no brain may import, however pure one module of it happens to be."""
IDS = "app.ids"
"""Types of identifiers. It also makes ids, which brains never do: `new_call_id` is not for them."""
IMPURE_NAMES = {"open", "print", "input", "exec", "eval", "__import__", "breakpoint"}
CLOCKS = {("datetime", "now"), ("datetime", "utcnow"), ("datetime", "today"), ("date", "today")}


def files() -> list[Path]:
    """Every module of every brain that exists so far, and every module of the project that one of them imports."""
    found: dict[Path, None] = {}
    waiting = [path for brain in BRAINS for path in _modules(ROOT / brain)]
    while waiting:
        path = waiting.pop()
        if path not in found:
            found[path] = None
            waiting += _imported(path)
    return sorted(found)


def _modules(path: Path) -> list[Path]:
    if path.is_dir():
        return sorted(path.rglob("*.py"))
    return [path] if path.exists() else []


def _imported(path: Path) -> list[Path]:
    names = [
        name
        for node in ast.walk(ast.parse(path.read_text()))
        if isinstance(node, ast.ImportFrom) and node.module and node.module.startswith(PROJECT)
        for name in (node.module, *(f"{node.module}.{each.name}" for each in node.names))
    ]
    files = [(ROOT / name.replace(".", "/")).with_suffix(".py") for name in names if name != IDS]
    return [file for file in files if file.exists()]


def sins(source: str) -> Iterator[str]:
    """What in this source a brain must not do, with the line."""
    for node in ast.walk(ast.parse(source)):
        for sin in _sins_of(node):
            yield f"line {getattr(node, 'lineno', 0)}: {sin}"


def _sins_of(node: ast.AST) -> Iterator[str]:
    match node:
        case ast.AsyncFunctionDef() | ast.Await() | ast.AsyncFor() | ast.AsyncWith():
            yield "waits"
        case ast.Import(names=names):
            yield from (f"imports {each.name}" for each in names if not _is_pure(each.name))
        case ast.ImportFrom(module=module, names=names):
            full_names = [f"{module}.{each.name}" for each in names]
            yield from (f"imports {each}" for each in full_names if not _is_pure(each))
        case ast.Call(func=ast.Name(id=name)) if name in IMPURE_NAMES:
            yield f"calls {name}"
        case ast.Call(func=ast.Attribute(attr=attr, value=ast.Name(id=name))) if (name, attr) in CLOCKS:
            yield f"reads the clock by {name}.{attr}"


def _is_pure(name: str) -> bool:
    if name == f"{IDS}.new_call_id" or any(name == each or name.startswith(f"{each}.") for each in SHELLS):
        return False
    return name.partition(".")[0] in PURE_MODULES | set(PROJECT)


@pytest.mark.parametrize("path", files(), ids=lambda path: str(path.relative_to(ROOT)))
def test_a_brain_is_pure(path: Path) -> None:
    """No await, clock, luck, id out of nothing, input or output; only the standard library's pure parts."""
    assert list(sins(path.read_text())) == []


@pytest.mark.parametrize(
    "source",
    [
        "import random",
        "import time",
        "import asyncio",
        "import msgspec",
        "from uuid import uuid4",
        "from app.store import journal",
        "from app.ids import new_call_id",
        "from datetime import datetime\nx = datetime.now()",
        "from datetime import date\nx = date.today()",
        "async def f(): ...",
        "open('x')",
        "print('x')",
    ],
)
def test_each_sin_is_seen(source: str) -> None:
    """The check itself can fail."""
    assert list(sins(source))
