"""Shifts: which one is on, from when until when, and who supervises."""

from datetime import UTC, date, datetime, time, timedelta

import pytest

from app.calls.shifts import Shift, Shifts

SHANGHAI = "Asia/Shanghai"
EARLY, LATE = Shift("early", time(6), time(14), "wang"), Shift("late", time(14), time(22), "zhao")
NIGHT = Shift("night", time(22), time(6))
SHIFTS = Shifts(SHANGHAI, (EARLY, LATE, NIGHT))
DAY = date(2026, 11, 21)


def at(clock: str, *, day: date = DAY) -> datetime:
    """An instant by the clock in Shanghai, which is eight hours ahead."""
    return datetime.combine(day, time.fromisoformat(clock), UTC) - timedelta(hours=8)


def names(shifts: Shifts, instant: datetime) -> list[str]:
    """The shifts that are on."""
    return [shift.name for shift in shifts.at(instant)]


@pytest.mark.parametrize(
    ("clock", "name"),
    [
        ("05:59:59.999", "night"),
        ("06:00", "early"),
        ("13:59:59.999", "early"),
        ("14:00", "late"),
        ("22:00", "night"),
        ("00:00", "night"),
    ],
)
def test_a_shift_is_on_from_its_beginning_until_just_before_its_end(clock: str, name: str) -> None:
    """The one past midnight on both sides of it."""
    assert names(SHIFTS, at(clock)) == [name]


def test_a_shift_past_midnight_belongs_to_the_day_on_which_it_begins() -> None:
    tomorrow = DAY + timedelta(days=1)
    assert SHIFTS.on(NIGHT, DAY) == (at("22:00"), at("06:00", day=tomorrow))
    assert SHIFTS.on(EARLY, DAY) == (at("06:00"), at("14:00"))


def test_a_shift_with_the_same_time_twice_is_a_whole_day() -> None:
    always = Shift("always", time(0), time(0))
    shifts = Shifts(SHANGHAI, (always,))
    assert shifts.on(always, DAY) == (at("00:00"), at("00:00", day=DAY + timedelta(days=1)))
    assert names(shifts, at("23:59")) == ["always"]


def test_between_shifts_none_is_on() -> None:
    assert names(Shifts(SHANGHAI, (EARLY,)), at("15:00")) == []


def test_where_shifts_overlap_the_one_that_began_last_has_the_supervisor() -> None:
    """Whatever the order of the file; one without a supervisor has none to give."""
    early, middle, help_ = (
        Shift("early", time(6), time(14), "wang"),
        Shift("middle", time(12), time(20), "zhao"),
        Shift("help", time(13), time(15)),
    )
    shifts = Shifts(SHANGHAI, (help_, middle, early))
    assert names(shifts, at("13:30")) == ["early", "middle", "help"]
    assert shifts.supervisor_at(at("13:30")) == "zhao"
    assert shifts.supervisor_at(at("11:59")) == "wang"
    assert shifts.supervisor_at(at("21:00")) is None


def test_borders_are_the_beginnings_and_ends_inside_a_time() -> None:
    """Not those at its own ends; each once."""
    tomorrow = DAY + timedelta(days=1)
    assert SHIFTS.borders(at("06:00"), at("06:00", day=tomorrow)) == [at("14:00"), at("22:00")]
    assert SHIFTS.borders(at("01:00"), at("07:00")) == [at("06:00")]
    assert Shifts(SHANGHAI).borders(at("00:00"), at("23:00")) == []


@pytest.mark.parametrize(("day", "hours"), [(date(2026, 3, 28), 7), (date(2026, 10, 24), 9)])
def test_a_night_in_which_the_clocks_change_is_an_hour_shorter_or_longer(day: date, hours: int) -> None:
    """In Berlin, by the local clock from 22:00 until 06:00."""
    since, until = Shifts("Europe/Berlin", (NIGHT,)).on(NIGHT, day)
    assert until - since == timedelta(hours=hours)
