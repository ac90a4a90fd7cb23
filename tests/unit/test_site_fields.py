"""How durations, hours and weekdays are read."""

from datetime import time, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.site.fields import parse_duration, parse_hours, parse_weekdays, write_duration


@given(st.timedeltas(timedelta(0), timedelta(days=366)))
def test_a_duration_that_is_written_is_read_back(duration: timedelta) -> None:
    whole = timedelta(milliseconds=round(duration / timedelta(milliseconds=1)))
    assert parse_duration(write_duration(whole)) == whole


@pytest.mark.parametrize(
    ("text", "seconds"),
    [("0s", 0), ("15s", 15), ("2m", 120), ("1h30m", 5400), ("400ms", 0.4), ("1.5s", 1.5), ("1d", 86400), ("1m5ms", 60.005)],
)  # fmt: skip
def test_a_duration_is_a_number_of_units(text: str, seconds: float) -> None:
    assert parse_duration(text) == timedelta(seconds=seconds)


@pytest.mark.parametrize(
    "text",
    [
        "",
        "15",
        "s",
        "-5s",
        "5 s",
        "1m1h",
        "5s5s",
        "1.5h",
        "\N{ARABIC-INDIC DIGIT FIVE}s",
        "9999999d",
        "1e3s",
        "15sec",
    ],
)
def test_anything_else_is_no_duration(text: str) -> None:
    with pytest.raises(ValueError, match=r".*"):
        parse_duration(text)


@pytest.mark.parametrize(
    ("text", "hours"),
    [
        ("09:00-18:00", (time(9), time(18))),
        ("9:00 - 18:30", (time(9), time(18, 30))),
        ("22:00-06:00", (time(22), time(6))),
        ("00:00-24:00", (time(0), time(0))),
    ],
)
def test_hours_are_read(text: str, hours: tuple[time, time]) -> None:
    assert parse_hours(text) == hours


@pytest.mark.parametrize(
    "text", ["", "9-18", "09:00", "09:00-18:60", "24:00-06:00", "09:00-24:30", "25:00-26:00"]
)
def test_anything_else_is_no_opening_time(text: str) -> None:
    with pytest.raises(ValueError, match=r".*"):
        parse_hours(text)


@pytest.mark.parametrize(
    ("text", "days"),
    [
        ("mon", {0}),
        ("mon-fri", {0, 1, 2, 3, 4}),
        ("sat,sun", {5, 6}),
        ("fri-mon", {4, 5, 6, 0}),
        ("mon-tue,Thu", {0, 1, 3}),
        ("daily", {0, 1, 2, 3, 4, 5, 6}),
    ],
)
def test_weekdays_are_read(text: str, days: set[int]) -> None:
    assert parse_weekdays(text) == days


@pytest.mark.parametrize("text", ["", "monday", "mon-", "mon,", "mon-tue-wed", "daily,mon"])
def test_anything_else_is_no_weekdays(text: str) -> None:
    with pytest.raises(ValueError, match=r".*"):
        parse_weekdays(text)
