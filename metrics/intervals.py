"""Intervals: time in the parts by which a site counts, in the site's own time zone.

A call counts in the interval in which it was enqueued, however long it lasts; an agent's time is cut where intervals meet. So
each call counts once, each second of an agent counts once, and sums over intervals equal the total.

Borders are those of the local clock: a quarter of an hour begins at :00, :15, :30 and :45, a day at local midnight, a week on
Monday. When the clock goes back, an hour of the local clock comes twice: its intervals are two, told apart by their offset. When it
goes forward, the hour that is missing has no intervals. A day has 23, 24 or 25 hours.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from enum import StrEnum
from itertools import pairwise
from zoneinfo import ZoneInfo

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_DAY = timedelta(days=1)


class Grain(StrEnum):
    """How long an interval is."""

    QUARTER_HOUR = "15min"
    HALF_HOUR = "30min"
    DAY = "day"
    WEEK = "week"
    MONTH = "month"


_LENGTHS = {
    Grain.QUARTER_HOUR: timedelta(minutes=15),
    Grain.HALF_HOUR: timedelta(minutes=30),
}


@dataclass(frozen=True, slots=True, order=True)
class Period:
    """From `since` (included) to `until` (not included), both aware."""

    since: datetime
    until: datetime

    @property
    def length(self) -> timedelta:
        """How much time it is."""
        return self.until - self.since

    def cut_at(self, borders: Iterable[datetime]) -> Iterator["Period"]:
        """The pieces between some instants, which lie inside and are in order."""
        for since, until in pairwise([self.since, *borders, self.until]):
            yield Period(since, until)

    def within(self, other: "Period") -> "Period | None":
        """The part that lies in the other one; None if there is none."""
        since, until = max(self.since, other.since), min(self.until, other.until)
        return Period(since, until) if since < until else None


def interval_of(at: datetime, grain: Grain, zone: ZoneInfo) -> Period:
    """The interval in which an instant lies, in UTC."""
    length = _LENGTHS.get(grain)
    return _days_of(at, grain, zone) if length is None else _part_of_day(at, length, zone)


def day(of: date, zone: ZoneInfo) -> Period:
    """A day from midnight to midnight. Where the clock skips midnight, the day begins with the first instant that there is."""
    return Period(_midnight(of, zone), _midnight(of + _DAY, zone))


def cut(period: Period, grain: Grain, zone: ZoneInfo) -> Iterator[Period]:
    """The period in pieces, each of one interval, in order. Together they are the period."""
    since = period.since
    while since < period.until:
        until = min(interval_of(since, grain, zone).until, period.until)
        yield Period(since, until)
        since = until


def _part_of_day(at: datetime, length: timedelta, zone: ZoneInfo) -> Period:
    """Counted on the local clock, which is set back and forward on half hours only, in every time zone since 1980.

    Whole hours would not do: the clock of Lord Howe Island moves by half an hour.
    """
    offset = at.astimezone(zone).utcoffset() or timedelta()
    since = at - (at - _EPOCH + offset) % length
    return Period(since.astimezone(UTC), (since + length).astimezone(UTC))


def _days_of(at: datetime, grain: Grain, zone: ZoneInfo) -> Period:
    today = at.astimezone(zone).date()
    first, after = _FIRST_AND_AFTER[grain](today)
    return Period(_midnight(first, zone), _midnight(after, zone))


def _midnight(of: date, zone: ZoneInfo) -> datetime:
    return datetime.combine(of, time(), zone).astimezone(UTC)


def _week(today: date) -> tuple[date, date]:
    monday = today - today.weekday() * _DAY
    return monday, monday + 7 * _DAY


def _month(today: date) -> tuple[date, date]:
    first = today.replace(day=1)
    return first, (first + 31 * _DAY).replace(day=1)


_FIRST_AND_AFTER = {
    Grain.DAY: lambda today: (today, today + _DAY),
    Grain.WEEK: _week,
    Grain.MONTH: _month,
}
