"""Opening hours by the wall clock of the place: midnight, holidays, make-up days, and clocks that change."""

from datetime import UTC, date, datetime, time
from zoneinfo import ZoneInfo

import pytest

from app.acd.hours import is_open
from app.acd.model import Calendar, OpenHours

WEEKDAYS = frozenset(range(5))
EVERY_DAY = frozenset(range(7))


def at(text: str, zone: str = "Asia/Shanghai") -> datetime:
    """A local time as the instant that the engine is given."""
    return datetime.fromisoformat(text).replace(tzinfo=ZoneInfo(zone)).astimezone(UTC)


def shanghai(*hours: OpenHours, **what: object) -> Calendar:
    """A calendar of a Chinese hotline."""
    return Calendar("Asia/Shanghai", hours, **what)  # type: ignore[arg-type]  # fields by name


NINE_TO_SIX = OpenHours(WEEKDAYS, time(9), time(18))


def test_no_calendar_is_always_open() -> None:
    """The hotline never closes unless somebody says so."""
    assert is_open(None, at("2026-03-01 03:00"))


@pytest.mark.parametrize(
    ("local", "expected"),
    [
        ("2026-03-02 08:59:59.999999", False),
        ("2026-03-02 09:00", True),
        ("2026-03-02 17:59:59.999999", True),
        ("2026-03-02 18:00", False),
        ("2026-03-01 12:00", False),
    ],
)
def test_a_queue_is_open_from_opens_until_before_closes(local: str, expected: bool) -> None:  # noqa: FBT001 - a case
    """In local time, on the named weekdays."""
    assert is_open(shanghai(NINE_TO_SIX), at(local)) is expected


@pytest.mark.parametrize(
    ("local", "expected"),
    [
        ("2026-03-06 21:59:59", False),
        ("2026-03-06 22:00", True),
        ("2026-03-07 05:59:59", True),
        ("2026-03-07 06:00", False),
        ("2026-03-07 23:00", False),
        ("2026-03-08 01:00", False),
    ],
)
def test_hours_past_midnight_belong_to_the_day_on_which_they_open(local: str, expected: bool) -> None:  # noqa: FBT001
    """Friday's night shift ends on Saturday morning; Saturday has none."""
    assert is_open(shanghai(OpenHours(WEEKDAYS, time(22), time(6))), at(local)) is expected


def test_the_same_time_twice_means_a_whole_day() -> None:
    """From Monday 08:00 until Tuesday 08:00."""
    calendar = shanghai(OpenHours(frozenset({0}), time(8), time(8)))
    assert [
        is_open(calendar, at(f"2026-03-0{day} {hour}"))
        for day, hour in ((2, "07:59"), (2, "08:00"), (3, "07:59"), (3, "08:00"))
    ] == [
        False,
        True,
        True,
        False,
    ]


def test_on_a_holiday_only_the_holiday_hours_count() -> None:
    """National Day 2026 is a Thursday."""
    calendar = shanghai(
        NINE_TO_SIX,
        holidays=frozenset({date(2026, 10, 1)}),
        holiday_hours=(OpenHours(EVERY_DAY, time(10), time(12)),),
    )
    assert not is_open(calendar, at("2026-10-01 09:30"))
    assert is_open(calendar, at("2026-10-01 10:00"))
    assert is_open(calendar, at("2026-10-02 09:30"))


def test_a_make_up_day_has_the_hours_of_the_weekday_it_stands_for() -> None:
    """A working Saturday that stands for a Friday; it goes before a holiday on the same date."""
    saturday = date(2026, 10, 10)
    calendar = shanghai(NINE_TO_SIX, holidays=frozenset({saturday}), make_up_days={saturday: 4})
    assert is_open(calendar, at("2026-10-10 09:00"))
    assert not is_open(calendar, at("2026-10-11 09:00"))


def test_a_night_before_a_holiday_lasts_into_it() -> None:
    """Hours belong to the day on which they opened."""
    calendar = shanghai(OpenHours(EVERY_DAY, time(22), time(6)), holidays=frozenset({date(2026, 10, 1)}))
    assert is_open(calendar, at("2026-10-01 05:00"))
    assert not is_open(calendar, at("2026-10-01 22:00"))
    assert not is_open(calendar, at("2026-10-02 05:00"))


@pytest.mark.parametrize(
    ("instant", "expected"),
    [
        ("2026-03-29T00:30:00+00:00", False),
        ("2026-03-29T01:00:00+00:00", True),
        ("2026-10-25T00:00:00+00:00", False),
        ("2026-10-25T01:00:00+00:00", False),
        ("2026-10-25T02:00:00+00:00", True),
    ],
)
def test_hours_follow_the_wall_clock_when_the_clocks_change(instant: str, expected: bool) -> None:  # noqa: FBT001 - a case
    """Berlin, open from 03:00: in spring 02:00 is skipped, in autumn it comes twice, and is closed twice."""
    calendar = Calendar("Europe/Berlin", (OpenHours(EVERY_DAY, time(3), time(12)),))
    assert is_open(calendar, datetime.fromisoformat(instant)) is expected
