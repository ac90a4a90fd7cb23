"""Docker's own Compose, which reads and checks a compose file without any engine; and what it wants beside the file."""

import os
import subprocess
from pathlib import Path
from typing import Any, Final

import yaml

from app.asterisk.bundle import Bundle, ensure
from app.asterisk.program import with_own_loader

REPOSITORY: Final = Path(__file__).parents[2]
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


def make_secrets(folder: Path) -> dict[str, str]:
    """Path -> content, after `make secrets` in that folder."""
    command = ["make", "--silent", f"--file={REPOSITORY / 'Makefile'}", "secrets"]
    subprocess.run(command, cwd=folder, check=True)
    files = (folder / "var" / "secrets").iterdir()
    return {str(file.relative_to(folder)): file.read_text() for file in files}
