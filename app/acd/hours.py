"""Whether a queue takes calls now: opening hours, holidays and make-up working days, in the queue's own time zone.

Everything is judged by the wall clock of the place. So hours stay where people expect them when the clocks change; an hour that
the clocks repeat is open, or closed, twice; an hour that they skip never comes. Hours past midnight belong to the day on which
they open: a holiday's eve may last into the holiday.
"""

from collections.abc import Iterable
from datetime import date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from app.acd.model import Calendar, OpenHours

_DAY = timedelta(days=1)


def is_open(calendar: Calendar | None, now: datetime) -> bool:
    """Whether calls may enter at `now` (aware). No calendar means always. Opens at `opens`, closes at `closes` exactly."""
    if calendar is None:
        return True
    local = now.astimezone(ZoneInfo(calendar.time_zone))
    today, clock = local.date(), local.time()
    return any(_covers_evening(hours, clock) for hours in _hours_of(calendar, today)) or any(
        _covers_morning_after(hours, clock) for hours in _hours_of(calendar, today - _DAY)
    )


def _covers_evening(hours: OpenHours, clock: time) -> bool:
    is_past_midnight = hours.closes <= hours.opens
    return hours.opens <= clock and (is_past_midnight or clock < hours.closes)


def _covers_morning_after(hours: OpenHours, clock: time) -> bool:
    is_past_midnight = hours.closes <= hours.opens
    return is_past_midnight and clock < hours.closes


def _hours_of(calendar: Calendar, day: date) -> Iterable[OpenHours]:
    """The hours that open on this day. A make-up day is a working day even when it is a holiday too."""
    if day in calendar.make_up_days:
        return _hours_of_weekday(calendar.hours, calendar.make_up_days[day])
    if day in calendar.holidays:
        return _hours_of_weekday(calendar.holiday_hours, day.weekday())
    return _hours_of_weekday(calendar.hours, day.weekday())


def _hours_of_weekday(hours: Iterable[OpenHours], weekday: int) -> list[OpenHours]:
    return [each for each in hours if weekday in each.weekdays]
