"""The committed build of the pages is what their sources give."""

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from app.api.pages import BUILT

WEB = BUILT.parent
pytestmark = pytest.mark.browser


@pytest.fixture(scope="module")
def workshop(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A copy of the sources with the packages of the lock file."""
    folder = tmp_path_factory.mktemp("pages") / "web"
    shutil.copytree(WEB, folder, ignore=shutil.ignore_patterns("node_modules", "built"))
    npm(folder, "ci", "--ignore-scripts")
    return folder


def npm(folder: Path, *arguments: str) -> str:
    """Run Node's npm, from the wheel, in a folder; returns what it printed."""
    tools = Path(sys.executable).parent
    done = subprocess.run(
        [tools / "npm", "--silent", *arguments],
        cwd=folder,
        env=os.environ | {"PATH": f"{tools}{os.pathsep}{os.environ['PATH']}"},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


def test_the_committed_build_is_that_of_the_sources(workshop: Path) -> None:
    """If not: `make web`, and commit what it made."""
    npm(workshop, "run", "build")
    assert contents(workshop / "built") == contents(BUILT)


def test_the_sources_pass_their_checks(workshop: Path) -> None:
    """Types, strictly; and the tests of the pure parts."""
    npm(workshop, "run", "check")
    assert "fail 0" in npm(workshop, "test")


def test_the_lock_file_names_no_registry() -> None:
    """Packages are known by their digest, wherever they come from."""
    assert "resolved" not in (WEB / "package-lock.json").read_text()


def contents(folder: Path) -> dict[str, bytes]:
    """All files of a folder."""
    return {str(file.relative_to(folder)): file.read_bytes() for file in folder.rglob("*") if file.is_file()}
