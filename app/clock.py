"""The only place that reads a clock. Everything else is told the time."""

from datetime import UTC, datetime
from time import monotonic
from typing import Protocol


class Clock(Protocol):
    """Tells the time. Tests pass their own."""

    def now(self) -> datetime:
        """The present instant, aware, in UTC."""
        ...


class SystemClock:
    """The machine's clock, kept from running backwards.

    A step of the wall clock (NTP, an operator) must not make a wait negative: the clock is read once at
    construction and advances with the monotonic clock from there.
    """

    def __init__(self) -> None:
        self._origin = datetime.now(UTC)
        self._started = monotonic()

    def now(self) -> datetime:
        """The present instant, aware, in UTC; never earlier than the one before."""
        elapsed = monotonic() - self._started
        return datetime.fromtimestamp(self._origin.timestamp() + elapsed, UTC)
