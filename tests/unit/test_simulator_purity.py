"""What the simulator decides is free of I/O: it can be tested without a loop, a socket or a clock."""

import ast
from pathlib import Path

import pytest

SIMULATOR = Path(__file__).parents[2] / "app" / "simulator"
PURE = [
    "answering",
    "digest",
    "ear",
    "g711",
    "keypad",
    "path",
    "plan",
    "rtp",
    "sdp",
    "sip",
    "spread",
    "talker",
    "tally",
    "tones",
    "transaction",
    "wire_log",
]
SHELLS = {"asyncio", "socket", "time", "secrets", "os", "subprocess"} | {
    f"app.simulator.{name}" for name in ("media", "wire", "exchange", "dialog", "phone", "tokens")
}


def imports(module: str) -> set[str]:
    """Every module that this one imports."""
    found: set[str] = set()
    for node in ast.walk(ast.parse((SIMULATOR / f"{module}.py").read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            found |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and node.module:
            found |= {node.module, *(f"{node.module}.{alias.name}" for alias in node.names)}
    return found


@pytest.mark.parametrize("module", PURE)
def test_a_pure_module_imports_no_shell(module: str) -> None:
    """No socket, no loop, no clock."""
    assert not imports(module) & SHELLS
