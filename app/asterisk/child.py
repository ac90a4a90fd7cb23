"""One running operating-system process, ours or adopted, seen through a handle that a reused process id cannot fool."""

import asyncio
import contextlib
import os
import shutil
import signal
from collections.abc import Mapping
from datetime import timedelta
from pathlib import Path
from select import POLLIN, poll
from typing import Self


class Child:
    """A process that can be waited for from any event loop, watched and ended.

    It needs not be our child: one that outlived the Thirdring that started it is adopted by its id.
    """

    def __init__(self, pid: int) -> None:
        self.pid = pid
        self._handle = os.pidfd_open(pid)

    @classmethod
    def start(cls, command: list[str], *, environment: Mapping[str, str], output: Path) -> Self:
        """Start `command` in a session of its own, so that a Ctrl-C in our terminal does not reach it."""
        with output.open("ab") as file:
            # Not subprocess.Popen: that one complains when the process is to outlive it.
            pid = os.posix_spawn(
                command[0],
                command,
                environment,
                file_actions=[
                    (os.POSIX_SPAWN_OPEN, 0, os.devnull, os.O_RDONLY, 0),
                    (os.POSIX_SPAWN_DUP2, file.fileno(), 1),
                    (os.POSIX_SPAWN_DUP2, file.fileno(), 2),
                ],
                setsid=True,
            )
        return cls(pid)

    @classmethod
    def adopt(cls, pid: int, *, mark: str) -> Self | None:
        """The live process `pid` if `mark` stands in its command line; None otherwise."""
        try:
            child = cls(pid)
        except OSError:
            return None
        if child.is_alive and mark in child.command_line():
            return child
        child.close()
        return None

    @property
    def is_alive(self) -> bool:
        """False from the moment of its death, whether or not anybody has collected it."""
        waiting = poll()
        waiting.register(self._handle, POLLIN)
        return not waiting.poll(0)

    def command_line(self) -> list[str]:
        """The words it was started with; empty once it is dead."""
        try:
            return Path(f"/proc/{self.pid}/cmdline").read_text(errors="replace").split("\0")
        except OSError:
            return []

    def send(self, number: signal.Signals) -> None:
        """Send a signal; nothing happens when it is dead."""
        with contextlib.suppress(ProcessLookupError):
            signal.pidfd_send_signal(self._handle, number)

    async def wait(self) -> None:
        """Return once it is dead. May be called from any loop, any number of times."""
        loop = asyncio.get_running_loop()
        dead = asyncio.Event()
        # Each waiter needs a descriptor of its own: a loop has one reader per descriptor.
        handle = os.dup(self._handle)
        loop.add_reader(handle, dead.set)
        try:
            await dead.wait()
        finally:
            loop.remove_reader(handle)
            os.close(handle)

    async def ends_within(self, limit: timedelta) -> bool:
        """Whether it dies within `limit`."""
        try:
            async with asyncio.timeout(limit.total_seconds()):
                await self.wait()
        except TimeoutError:
            return False
        return True

    def collect(self) -> int | None:
        """The exit status of a dead child of ours (negative: the signal); None for an adopted one. Once only."""
        try:
            result = os.waitid(os.P_PIDFD, self._handle, os.WEXITED)
        except ChildProcessError:
            return None
        if result is None:
            return None
        return result.si_status if result.si_code == os.CLD_EXITED else -result.si_status

    def close(self) -> None:
        """Drop the handle. The process goes on."""
        os.close(self._handle)


def tied_to_us(*, signal: str = "KILL") -> list[str]:
    """A prefix for a command: the kernel ends the process when the thread that started it ends, however that ends."""
    setpriv = shutil.which("setpriv")
    return [setpriv, "--pdeathsig", signal, "--"] if setpriv else []
