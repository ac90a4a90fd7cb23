"""The lock of a directory."""

import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from app.__main__ import main
from app.errors import DirectoryInUse, DirectoryUnusable
from app.lock import DirectoryLock


def test_a_held_directory_is_refused_and_the_holder_is_named(tmp_path: Path) -> None:
    """The message has the directory, the process and what to do."""
    with DirectoryLock(tmp_path), pytest.raises(DirectoryInUse, match="Stop that service") as caught:
        DirectoryLock(tmp_path).acquire()
    assert (caught.value.directory, caught.value.holder) == (tmp_path, str(os.getpid()))


def test_a_released_directory_can_be_taken(tmp_path: Path) -> None:
    """Also after a second release."""
    lock = DirectoryLock(tmp_path)
    lock.acquire()
    lock.release()
    lock.release()
    with DirectoryLock(tmp_path):
        assert tmp_path.is_dir()


def test_a_missing_directory_is_made(tmp_path: Path) -> None:
    """The first start needs no preparation."""
    with DirectoryLock(tmp_path / "new" / "data"):
        assert (tmp_path / "new" / "data").is_dir()


def test_a_killed_holder_leaves_nothing_behind(tmp_path: Path) -> None:
    """Its directory is refused while it lives, and free when it is dead."""
    holder = subprocess.Popen(
        [sys.executable, "-c", _HOLD, str(tmp_path)], stdout=subprocess.PIPE, cwd=Path(__file__).parents[2]
    )
    assert holder.stdout
    holder.stdout.readline()
    with pytest.raises(DirectoryInUse, match=f"process {holder.pid}"):
        DirectoryLock(tmp_path).acquire()
    holder.send_signal(signal.SIGKILL)
    holder.wait()
    holder.stdout.close()
    with DirectoryLock(tmp_path):
        pass


_HOLD = """
import signal, sys
from pathlib import Path
from app.lock import DirectoryLock
with DirectoryLock(Path(sys.argv[1])):
    print("held", flush=True)
    signal.pause()
"""


def test_a_place_that_cannot_be_a_directory_is_told_with_what_to_do(tmp_path: Path) -> None:
    """A file stands there, or above it."""
    (tmp_path / "file").write_text("")
    for place in (tmp_path / "file", tmp_path / "file" / "data"):
        with pytest.raises(DirectoryUnusable, match=f"write to at {place}; found: .*THIRDRING_DATA_DIR"):
            DirectoryLock(place).acquire()


@pytest.mark.parametrize(
    ("command", "expected"),
    [
        ("up --site app/site/examples/demo.yaml", "a directory that we can write to"),
        ("demo --seconds 1", "a directory that we can write to"),
        ("user list", "a directory that we can write to"),
        ("audit verify", "the data directory of a service"),
        ("replay", "the data directory of a service"),
        ("rebuild", "the data directory of a service"),
    ],
)
def test_no_command_answers_a_wrong_data_directory_with_a_trace(
    command: str,
    expected: str,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    """One sentence, and status 1."""
    monkeypatch.setenv("THIRDRING_PORT", "0")
    (tmp_path / "file").write_text("")
    assert main([*command.split(), "--data", str(tmp_path / "file")]) == 1
    assert capsys.readouterr().err.startswith(f"thirdring: Expected {expected}")
