"""A clock for tests: time passes when the test says so."""

from datetime import UTC, datetime, timedelta

START = datetime(2026, 11, 21, 8, 30, tzinfo=UTC)
"""A Saturday, half past four in the afternoon in Shanghai."""


class StillClock:
    """Stands still until it is moved."""

    def __init__(self, at: datetime = START) -> None:
        self._now = at

    def now(self) -> datetime:
        """The present instant."""
        return self._now

    def move(self, by: timedelta) -> None:
        """Let time pass."""
        self._now += by
