"""How long a busy machine let processes wait: for a core, for its disk. A test that judges by milliseconds grants them as much.

Linux counts for each thread how long it was ready to run and did not (`schedstat`), how long anybody waited for a disk (`pressure`), and
how long a core of a virtual machine ran something else (`stat`): whoever ran on it then stood still, and so did all who waited for
a lock of his, while the other cores went on and no thread was waiting for one.
"""

import asyncio
import os
import time
from collections.abc import Callable, Iterable, Iterator
from contextlib import suppress
from pathlib import Path
from typing import Final, Self

_EVERY: Final = 0.05
_NEAR: Final = 0.2
"""Seconds around a moment in which a wait excuses it."""
_STOLEN: Final = 8
"""Which word of a core's line in `stat` says how long it ran something else."""


class CoreWatch:
    """Watches these processes and its own while the block lasts. They may change: `pids` is asked again each time.

    `waited`: how many nanoseconds were lost ever by somebody else's count.
    """

    def __init__(
        self,
        pids: Callable[[], Iterable[int]],
        *,
        waited: Callable[[], int] = lambda: 0,
        proc: Path = Path("/proc"),
    ) -> None:
        self._pids = pids
        self._waited = waited
        self._proc = proc
        self._waits: list[tuple[float, float]] = []
        self._seen: dict[tuple[int, str], int] | None = None

    async def __aenter__(self) -> Self:
        self._task = asyncio.create_task(self._watch())
        return self

    async def __aexit__(self, *_: object) -> None:
        self._task.cancel()
        with suppress(asyncio.CancelledError):
            await self._task

    def lost_at(self, moment: float) -> float:
        """How many seconds were lost around a moment, which is in seconds since 1970."""
        return sum(waited for at, waited in self._waits if at - waited - _NEAR < moment < at + _NEAR)

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
        """Nanoseconds lost since the last look: of each process's unluckiest thread, the unluckiest core, the disk, others."""
        totals = dict(self._totals())
        # What a thread waited that is newer than the last look counts, too.
        steps = {key: total - self._seen.get(key, 0) for key, total in totals.items()} if self._seen else {}
        self._seen = totals
        worst: dict[int, int] = {}
        for (whose, _), step in steps.items():
            worst[whose] = max(worst.get(whose, 0), step)
        return sum(worst.values())

    def _totals(self) -> Iterator[tuple[tuple[int, str], int]]:
        """Nanoseconds that were lost ever: by process and thread, by (0, core), by (-1, "disk"), by (-2, "others")."""
        yield (-2, "others"), self._waited()
        for pid in {os.getpid(), *self._pids()}:
            for schedstat in (self._proc / str(pid) / "task").glob("*/schedstat"):
                with suppress(OSError, IndexError):
                    yield (pid, schedstat.parent.name), int(schedstat.read_text().split()[1])
        tick = 1_000_000_000 // os.sysconf("SC_CLK_TCK")
        for name, *numbers in map(str.split, (self._proc / "stat").read_text().splitlines()):
            if name.startswith("cpu") and name != "cpu":
                yield (0, name), int(numbers[_STOLEN - 1]) * tick
        with suppress(OSError):  # Kernels without the file count none.
            some = (self._proc / "pressure" / "io").read_text()
            yield (-1, "disk"), int(some.split("total=")[1].split()[0]) * 1000
