"""Shifts: named parts of each day on the site's clock, and who supervises them. Pure.

A shift whose end is not later than its beginning goes past midnight, and belongs to the day on which it begins; with the same time
twice it is a whole day. Shifts may overlap, as they do at a hand-over, and may leave time between them. When the clocks change, a
shift is an hour shorter or longer than it says.
"""

from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

_DAY = timedelta(days=1)


@dataclass(frozen=True, slots=True)
class Shift:
    """From `begins` until `ends`, each day, by the local clock. `supervisor` None: nobody in particular."""

    name: str
    begins: time
    ends: time
    supervisor: str | None = None


@dataclass(frozen=True, slots=True)
class Shifts:
    """The shifts of a site, in the order of its file. `time_zone` is an IANA name."""

    time_zone: str = "UTC"
    shifts: tuple[Shift, ...] = ()

    def named(self, name: str) -> Shift | None:
        """The shift of this name."""
        return next((shift for shift in self.shifts if shift.name == name), None)

    def at(self, at: datetime) -> list[Shift]:
        """The shifts that are on at an instant (aware), in the order in which they began."""
        today = at.astimezone(ZoneInfo(self.time_zone)).date()
        begun = [
            (since, shift)
            for shift in self.shifts
            for since, until in (self.on(shift, today - _DAY), self.on(shift, today))
            if since <= at < until
        ]
        return [shift for _, shift in sorted(begun, key=lambda each: each[0])]

    def supervisor_at(self, at: datetime) -> str | None:
        """Who supervises at an instant: where shifts overlap, the supervisor of the one that began last."""
        supervisors = [shift.supervisor for shift in self.at(at) if shift.supervisor is not None]
        return supervisors[-1] if supervisors else None

    def on(self, shift: Shift, day: date) -> tuple[datetime, datetime]:
        """From when until when the shift is that begins on this day of the site's calendar, in UTC."""
        after = day if shift.begins < shift.ends else day + _DAY
        return self._instant(day, shift.begins), self._instant(after, shift.ends)

    def borders(self, since: datetime, until: datetime) -> list[datetime]:
        """The instants between, in order, at which a shift begins or ends."""
        zone = ZoneInfo(self.time_zone)
        first, last = since.astimezone(zone).date() - _DAY, until.astimezone(zone).date()
        days = (first + number * _DAY for number in range((last - first).days + 1))
        found = {border for day in days for shift in self.shifts for border in self.on(shift, day)}
        return sorted(border for border in found if since < border < until)

    def _instant(self, day: date, clock: time) -> datetime:
        return datetime.combine(day, clock, ZoneInfo(self.time_zone)).astimezone(UTC)
