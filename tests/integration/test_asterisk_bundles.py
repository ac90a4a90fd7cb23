"""The bundles that Thirdring and its tests use run on this machine."""

import subprocess

import pytest

from app.asterisk.bundle import ASTERISK, ensure
from app.asterisk.program import Program, with_own_libraries, with_own_loader
from tests.support.compose import COMPOSE
from tests.support.databases import POSTGRESQL
from tests.support.prometheus import PROMETHEUS

pytestmark = pytest.mark.integration


def output(program: Program, *arguments: str) -> str:
    """What the program prints."""
    command, environment = program.command(*arguments), program.environment()
    return subprocess.run(command, env=environment, capture_output=True, text=True, check=False).stdout


def test_asterisk_runs() -> None:
    """With its own loader: its C library is newer than the machine's."""
    assert output(with_own_loader(ensure(ASTERISK), ASTERISK.proof), "-V").startswith("Asterisk 22.")


def test_postgresql_runs() -> None:
    """On the machine's C library, for it starts its own programs by path."""
    assert "PostgreSQL) 15." in output(with_own_libraries(ensure(POSTGRESQL), POSTGRESQL.proof), "--version")


def test_prometheus_and_its_tool_run() -> None:
    """They check and try the rules, and read the metrics of the service."""
    root = ensure(PROMETHEUS)
    for name in ("prometheus", "promtool"):
        assert f"{name}, version 2." in output(with_own_libraries(root, f"usr/bin/{name}"), "--version")


def test_compose_runs() -> None:
    """It reads our compose file."""
    compose = with_own_loader(ensure(COMPOSE), COMPOSE.proof)
    assert output(compose, "version").startswith("Docker Compose version ")
