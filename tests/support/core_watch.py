"""How long a busy machine let processes wait: for a core, and for its disk. A test that judges by milliseconds grants them as much.

Linux counts for each thread how long it was ready to run and did not (`schedstat`), and how long anybody waited for a disk (`pressure`).
"""

import asyncio
import time
from collections.abc import Callable, Iterable
from contextlib import suppress
from pathlib import Path
from typing import Final, Self

_EVERY: Final = 0.05
_NEAR: Final = 0.2
"""Seconds around a moment in which a wait excuses it."""
_DISK: Final = Path("/proc/pressure/io")


class CoreWatch:
    """Watches these processes while the block lasts. They may change: `pids` is asked again each time."""

    def __init__(self, pids: Callable[[], Iterable[int]]) -> None:
        self._pids = pids
        self._waits: list[tuple[float, float]] = []
        self._seen: dict[tuple[int, str], int] = {}

    async def __aenter__(self) -> Self:
        self._task = asyncio.create_task(self._watch())
        return self

    async def __aexit__(self, *_: object) -> None:
        self._task.cancel()
        with suppress(asyncio.CancelledError):
            await self._task

    def lost_at(self, moment: float) -> float:
        """How many seconds were lost around a moment, which is in seconds since 1970."""
        return sum(waited for at, waited in self._waits if abs(at - moment) < _NEAR)

    @property
    def longest(self) -> float:
        """The most that was lost around any moment."""
        return max((self.lost_at(at) for at, _ in self._waits), default=0.0)

    async def _watch(self) -> None:
        self._look()
        while True:
            await asyncio.sleep(_EVERY)
            self._waits.append((time.time(), self._look() / 1e9))

    def _look(self) -> int:
        """Nanoseconds lost since the last look: those of the thread that waited longest, of each process, and those of the disk."""
        worst = [
            max((self._step(pid, thread) for thread in _threads(pid)), default=0) for pid in self._pids()
        ]
        return sum(worst) + self._new((0, "disk"), _disk_wait())

    def _step(self, pid: int, thread: Path) -> int:
        try:
            waited = int((thread / "schedstat").read_text().split()[1])
        except (OSError, IndexError):
            return 0
        return self._new((pid, thread.name), waited)

    def _new(self, key: tuple[int, str], total: int) -> int:
        before = self._seen.get(key, total)
        self._seen[key] = total
        return total - before


def _threads(pid: int) -> list[Path]:
    with suppress(OSError):
        return list(Path(f"/proc/{pid}/task").iterdir())
    return []


def _disk_wait() -> int:
    """Nanoseconds. Kernels without the file count none."""
    with suppress(OSError):
        return int(_DISK.read_text().split("total=")[1].split()[0]) * 1000
    return 0
