"""Somebody who has just cloned the project: an ordinary user with an empty home and an empty cache.

newcomer = Newcomer(directory)
with newcomer.starts("make", "demo") as demo:
    await demo.until_shown("served")
    demo.interrupt()
"""

import fcntl
import os
import pty
import signal
import struct
import subprocess
import termios
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Final

from tests.support.until import until

REPOSITORY: Final = Path(__file__).parents[2]
_USER: Final = "daemon"
"""An ordinary user of every Debian, when we are root. Not `nobody`: the databases of other tests run as that one."""
_KEPT: Final = (
    "PIP_",
    "SSL_",
    "REQUESTS_CA_BUNDLE",
    "http_proxy",
    "https_proxy",
    "no_proxy",
    "HTTP_PROXY",
    "HTTPS_PROXY",
)
"""How this machine reaches its package archives. Nothing else of our environment is the newcomer's."""
_ROWS, _COLUMNS = 60, 120
_ENDS_WITHIN: Final = 20.0


class Newcomer:
    """A clone of the last commit and its user. `close` removes both."""

    def __init__(self, directory: Path) -> None:
        self.user = _USER if os.geteuid() == 0 else None
        self.directory = directory
        self.clone = directory / "clone"
        self.home = directory / "home"
        self.cache = self.home / "cache"
        _clone(self.clone)
        self.home.mkdir()
        self._give(self.clone, self.home)

    def _give(self, *folders: Path) -> None:
        """Make the folders the user's own, with all that is in them."""
        if self.user:
            self.directory.chmod(0o755)
            subprocess.run(["chown", "--recursive", f"{self.user}:", *folders], check=True)

    def environment(self, added: dict[str, str]) -> dict[str, str]:
        """What a login shell of the user would have, and what the test adds."""
        kept = {name: value for name, value in os.environ.items() if name.startswith(_KEPT)}
        own = {
            "PATH": os.environ["PATH"],
            "HOME": str(self.home),
            "LANG": "C.UTF-8",
            "TERM": "xterm-256color",
            "THIRDRING_CACHE": str(self.cache),
        }
        return kept | own | added

    @contextmanager
    def starts(
        self, *command: str, on_terminal: bool = False, added: dict[str, str] | None = None
    ) -> Iterator["Command"]:
        """A command in the clone; whatever is left of it afterwards is killed."""
        running = Command(self, command, added or {}, on_terminal=on_terminal)
        try:
            yield running
        finally:
            running.close()

    async def runs(
        self, *command: str, within: float = _ENDS_WITHIN, added: dict[str, str] | None = None
    ) -> "Command":
        """A command in the clone, to its end."""
        with self.starts(*command, added=added) as running:
            await running.until_ended(within=within)
        return running

    def processes(self) -> list[str]:
        """The command lines of the user's processes that have to do with the clone or the cache."""
        return [
            line for line in map(_command_line, Path("/proc").glob("[0-9]*")) if str(self.directory) in line
        ]

    def written_elsewhere(self) -> list[Path]:
        """What the user left outside of the clone and the cache."""
        in_home = [path for path in self.home.iterdir() if path != self.cache]
        if not self.user:
            return in_home
        shared = [folder for folder in ("/tmp", "/var/tmp", "/dev/shm", "/run/lock") if Path(folder).is_dir()]
        command = [
            "find",
            *shared,
            "-path",
            str(self.directory),
            "-prune",
            "-o",
            "-user",
            self.user,
            "-print",
        ]
        found = subprocess.run(command, check=False, capture_output=True, text=True).stdout
        return in_home + [Path(line) for line in found.splitlines()]

    def close(self) -> None:
        """Remove the clone, the home and the cache."""
        subprocess.run(["rm", "-rf", self.directory], check=True)


class Command:
    """One command of a newcomer: what it shows, when it began to show it, how it ended."""

    def __init__(
        self, newcomer: Newcomer, command: tuple[str, ...], added: dict[str, str], *, on_terminal: bool
    ) -> None:
        self.began = time.monotonic()
        self._shown = bytearray()
        ours, theirs = _terminal() if on_terminal else os.pipe()
        self._process = subprocess.Popen(
            command,
            cwd=newcomer.clone,
            env=newcomer.environment(added),
            user=newcomer.user,
            group=newcomer.user,
            extra_groups=[] if newcomer.user else None,
            stdin=theirs if on_terminal else subprocess.DEVNULL,
            stdout=theirs,
            stderr=theirs,
            start_new_session=True,
        )
        os.close(theirs)
        self._reader = threading.Thread(target=self._read, args=(ours,))
        self._reader.start()

    def _read(self, ours: int) -> None:
        with suppress(OSError), os.fdopen(ours, "rb", buffering=0) as file:  # A terminal ends with an error.
            while piece := file.read(65_536):
                self._shown += piece

    @property
    def shown(self) -> str:
        """All it has shown so far."""
        return self._shown.decode(errors="replace")

    @property
    def status(self) -> int | None:
        """Its exit status; None while it runs."""
        return self._process.poll()

    async def until_shown(self, text: str, *, within: float) -> float:
        """Wait for the text; returns the seconds since the start."""
        await until(lambda: text in self.shown or self.status is not None, self._unmet(text), timeout=within)
        assert text in self.shown, self._unmet(text)
        return time.monotonic() - self.began

    async def until_ended(self, *, within: float = _ENDS_WITHIN) -> int:
        """Wait for its end; returns the exit status."""
        await until(lambda: self.status is not None, "expected an end", timeout=within)
        self._reader.join(_ENDS_WITHIN)
        assert self.status is not None
        return self.status

    def interrupt(self) -> None:
        """Ctrl-C: the terminal tells everybody in its foreground."""
        os.killpg(self._process.pid, signal.SIGINT)

    def close(self) -> None:
        """End what is left of it."""
        if self.status is None:
            with suppress(ProcessLookupError):
                os.killpg(self._process.pid, signal.SIGKILL)
            self._process.wait(_ENDS_WITHIN)
        self._reader.join(_ENDS_WITHIN)

    def _unmet(self, text: str) -> str:
        return f"expected {text!r} to be shown, found the end of it to be: {self.shown[-3000:]}"


def _clone(into: Path) -> None:
    """The last commit of this repository, as `git clone` gives it to anybody."""
    command = ["git", "-c", "safe.directory=*", "clone", "--quiet", "--no-local", str(REPOSITORY), str(into)]
    subprocess.run(command, check=True)


def _terminal() -> tuple[int, int]:
    """Our end and the program's end of a terminal large enough for the demonstration."""
    ours, theirs = pty.openpty()
    fcntl.ioctl(theirs, termios.TIOCSWINSZ, struct.pack("HHHH", _ROWS, _COLUMNS, 0, 0))
    return ours, theirs


def _command_line(process: Path) -> str:
    try:
        return (process / "cmdline").read_bytes().replace(b"\0", b" ").decode(errors="replace")
    except OSError:
        return ""  # It ended while we looked.
