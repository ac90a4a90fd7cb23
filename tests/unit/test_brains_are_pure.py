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
    "urllib",
    "zoneinfo",
}
"""What a brain may import beside the brains' own values. `hashlib` hashes what it is given; `sys` is for `maxsize`."""
PURE_PACKAGES = (
    "app.acd",
    "app.calls",
    "app.callbacks",
    "app.ids",
    "ivr.machine",
    "ivr.model",
    "metrics.definitions",
)
IMPURE_NAMES = {"open", "print", "input", "exec", "eval", "__import__", "breakpoint"}
IMPURE_METHODS = {"now", "utcnow", "today", "new_call_id", "urlopen", "urlretrieve"}
MODULES_WITH_CLOCKS = {"datetime", "date"}


def files() -> list[Path]:
    """Every module of every brain that exists so far."""
    found = [path for brain in BRAINS for path in _modules(ROOT / brain)]
    assert found, f"expected brains below {BRAINS}"
    return found


def _modules(path: Path) -> list[Path]:
    if path.is_dir():
        return sorted(path.rglob("*.py"))
    return [path] if path.exists() else []


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
            yield from (
                f"imports {module}.{each.name}"
                for each in names
                if not (_is_pure(module or "") or _is_pure(f"{module}.{each.name}"))
                or each.name in IMPURE_METHODS
            )
        case ast.Call(func=ast.Name(id=name)) if name in IMPURE_NAMES:
            yield f"calls {name}"
        case ast.Call(func=ast.Attribute(attr=attr, value=ast.Name(id=name))) if (
            attr in IMPURE_METHODS and name in MODULES_WITH_CLOCKS
        ):
            yield f"reads the clock by {name}.{attr}"
        case ast.Call(func=ast.Attribute(attr=attr)) if attr in {"utcnow", "today"}:
            yield f"reads the clock by {attr}"


def _is_pure(module: str) -> bool:
    return module.partition(".")[0] in PURE_MODULES or any(
        module == each or module.startswith(f"{each}.") for each in PURE_PACKAGES
    )


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
