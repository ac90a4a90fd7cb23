"""How often something may fail: after some free failures each further one locks for twice as long. Pure; bounded.

failures   1 … free - 1    free      free + 1   …
locked     no              first     2 x first  …  longest
"""

from collections import OrderedDict
from dataclasses import dataclass
from datetime import datetime, timedelta

_MOST_DOUBLINGS = 20
"""Far beyond any longest lock; keeps the numbers small."""


@dataclass(slots=True)
class _Record:
    failures: int
    last_at: datetime
    locked_until: datetime | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Limits:
    """How many failures are free, how long the first lock and the longest last, when everything is forgotten."""

    free: int
    first: timedelta = timedelta(seconds=30)
    longest: timedelta = timedelta(minutes=15)
    forget_after: timedelta = timedelta(hours=1)
    keys: int = 10_000


class Throttle:
    """Counts failures per key. Beyond so many keys the one that failed least recently is forgotten."""

    def __init__(self, limits: Limits) -> None:
        self._limits = limits
        self._records: OrderedDict[str, _Record] = OrderedDict()

    def locked_until(self, key: str, now: datetime) -> datetime | None:
        """Until when the key is locked; None: it is not."""
        record = self._records.get(key)
        until = record.locked_until if record else None
        return until if until is not None and now < until else None

    def count(self, key: str, now: datetime) -> None:
        """A failure, or an attempt that is one until it is forgiven."""
        record = self._records.pop(key, None)
        if record is None or now - record.last_at >= self._limits.forget_after:
            record = _Record(0, now)
        record.failures, record.last_at = record.failures + 1, now
        record.locked_until = self._lock(record.failures, now)
        self._records[key] = record
        if len(self._records) > self._limits.keys:
            self._records.popitem(last=False)

    def forgive(self, key: str) -> None:
        """It succeeded: nothing is held against the key any more."""
        self._records.pop(key, None)

    def _lock(self, failures: int, now: datetime) -> datetime | None:
        over = failures - self._limits.free
        if over < 0:
            return None
        doubled: int = 2 ** min(over, _MOST_DOUBLINGS)
        return now + min(self._limits.first * doubled, self._limits.longest)
