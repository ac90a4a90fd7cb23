"""The only place that reads a clock. Everything else is told the time."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from time import monotonic
from typing import Protocol


class Clock(Protocol):
    """Tells the time. Tests pass their own."""

    def now(self) -> datetime:
        """The present instant, aware, in UTC."""
        ...


_SLOWED = 0.9


def _wall() -> datetime:
    return datetime.now(UTC)


class SystemClock:
    """The machine's wall clock, kept from running backwards.

    It follows forwards at once. When the wall clock is set back (by NTP, by an operator, between two runs of the service), a wait must
    not become negative and a deadline must not move away: this one goes on, a tenth slower, until the wall clock has caught up.
    """

    def __init__(
        self, *, wall: Callable[[], datetime] = _wall, steady: Callable[[], float] = monotonic
    ) -> None:
        """`wall` and `steady` are the machine's; tests pass their own."""
        self._wall, self._steady = wall, steady
        self._last, self._read_at = wall(), steady()

    def begin_at(self, at: datetime) -> None:
        """Let no instant be earlier than this one."""
        self._last = max(self._last, at)

    def now(self) -> datetime:
        """The present instant, aware, in UTC; never earlier than the one before."""
        read_at = self._steady()
        passed = timedelta(seconds=read_at - self._read_at)
        self._last, self._read_at = max(self._wall(), self._last + passed * _SLOWED), read_at
        return self._last
