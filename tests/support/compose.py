"""Docker's own Compose, which reads and checks a compose file without any engine."""

import os
import subprocess
from pathlib import Path
from typing import Any

import yaml

from app.asterisk.bundle import Bundle, ensure
from app.asterisk.program import with_own_loader

COMPOSE = Bundle(
    name="compose",
    suite="forky",
    packages=("docker-compose",),
    proof="usr/libexec/docker/cli-plugins/docker-compose",
    megabytes=150,
)


def composed(file: Path) -> dict[str, Any]:
    """What Compose makes of a file; fails with what it says against it."""
    program = with_own_loader(ensure(COMPOSE), COMPOSE.proof)
    done = subprocess.run(
        program.command("--file", str(file), "config", "--format", "yaml"),
        env=os.environ | dict(program.environment()),
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    assert not done.stderr, done.stderr
    read: dict[str, Any] = yaml.safe_load(done.stdout)
    return read
