"""Intervals follow the local clock, through midnight and both changes of the clock; pieces of time add up to the whole."""

from datetime import UTC, date, datetime, timedelta
from itertools import pairwise
from zoneinfo import ZoneInfo

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from metrics.intervals import Grain, Period, cut, day, interval_of

SHANGHAI, BERLIN = ZoneInfo("Asia/Shanghai"), ZoneInfo("Europe/Berlin")
ZONES = [
    SHANGHAI,
    BERLIN,
    ZoneInfo("Asia/Kathmandu"),  # UTC+5:45
    ZoneInfo("Australia/Lord_Howe"),  # its clock moves by half an hour
    ZoneInfo("America/Sao_Paulo"),  # its clock went forward at midnight until 2018
    ZoneInfo("America/Havana"),  # its midnight comes twice
]
INSTANTS = st.datetimes(datetime(2015, 1, 1), datetime(2030, 1, 1), timezones=st.just(UTC))  # noqa: DTZ001 - Hypothesis wants bounds without a zone


def at(text: str) -> datetime:
    """An instant."""
    return datetime.fromisoformat(text)


def period(since: str, until: str) -> Period:
    """A period."""
    return Period(at(since), at(until))


@pytest.mark.parametrize(
    ("grain", "expected"),
    [
        (Grain.QUARTER_HOUR, period("2026-11-22T07:45+08:00", "2026-11-22T08:00+08:00")),
        (Grain.HALF_HOUR, period("2026-11-22T07:30+08:00", "2026-11-22T08:00+08:00")),
        (Grain.DAY, period("2026-11-22T00:00+08:00", "2026-11-23T00:00+08:00")),
        (Grain.WEEK, period("2026-11-16T00:00+08:00", "2026-11-23T00:00+08:00")),
        (Grain.MONTH, period("2026-11-01T00:00+08:00", "2026-12-01T00:00+08:00")),
    ],
)
def test_an_interval_is_one_of_the_sites_local_clock(grain: Grain, expected: Period) -> None:
    """On Sunday morning in Shanghai it is still Saturday in UTC."""
    assert interval_of(at("2026-11-22T07:59:59.999999+08:00"), grain, SHANGHAI) == expected


def test_an_instant_on_a_border_belongs_to_the_later_interval() -> None:
    """The last microsecond before it belongs to the earlier one."""
    border = at("2026-11-21T00:00+08:00")
    assert interval_of(border, Grain.QUARTER_HOUR, SHANGHAI).since == border
    assert interval_of(border - timedelta(microseconds=1), Grain.QUARTER_HOUR, SHANGHAI).until == border


def test_a_day_has_23_hours_when_the_clock_goes_forward_and_25_when_it_goes_back() -> None:
    """And as many quarters of an hour as there are."""
    for when, hours in ((date(2026, 3, 29), 23), (date(2026, 3, 30), 24), (date(2026, 10, 25), 25)):
        whole = day(when, BERLIN)
        assert whole.length == timedelta(hours=hours)
        assert len(list(cut(whole, Grain.QUARTER_HOUR, BERLIN))) == 4 * hours


def test_the_hour_that_comes_twice_has_two_intervals_of_the_same_name() -> None:
    """2:15 summer time and 2:15 winter time are an hour apart."""
    summer, winter = at("2026-10-25T02:20+02:00"), at("2026-10-25T02:20+01:00")
    first, second = (interval_of(each, Grain.QUARTER_HOUR, BERLIN) for each in (summer, winter))
    assert first == period("2026-10-25T02:15+02:00", "2026-10-25T02:30+02:00")
    assert second == period("2026-10-25T02:15+01:00", "2026-10-25T02:30+01:00")


def test_the_hour_that_is_missing_has_no_intervals() -> None:
    """From 1:45 on the next interval begins at 3:00, which is the same instant as 2:00 would have been."""
    whole = day(date(2026, 3, 29), BERLIN)
    starts = [piece.since.astimezone(BERLIN) for piece in cut(whole, Grain.QUARTER_HOUR, BERLIN)]
    assert [f"{start:%H:%M}" for start in starts[6:10]] == ["01:30", "01:45", "03:00", "03:15"]


def test_a_day_without_midnight_begins_when_it_begins() -> None:
    """Sao Paulo went from 23:59 to 1:00."""
    assert day(date(2018, 11, 4), ZONES[4]) == period("2018-11-04T01:00-02:00", "2018-11-05T00:00-02:00")


def test_a_period_is_cut_where_intervals_meet() -> None:
    """The first and the last piece are as long as what there is of them."""
    whole = period("2026-11-21T23:50+08:00", "2026-11-22T00:20+08:00")
    assert list(cut(whole, Grain.QUARTER_HOUR, SHANGHAI)) == [
        period("2026-11-21T23:50+08:00", "2026-11-22T00:00+08:00"),
        period("2026-11-22T00:00+08:00", "2026-11-22T00:15+08:00"),
        period("2026-11-22T00:15+08:00", "2026-11-22T00:20+08:00"),
    ]


@given(INSTANTS, st.sampled_from(Grain), st.sampled_from(ZONES))
@example(at("2026-04-05T01:40+10:30"), Grain.HALF_HOUR, ZoneInfo("Australia/Lord_Howe"))
@example(at("2026-11-01T00:30-05:00"), Grain.DAY, ZoneInfo("America/Havana"))
def test_every_instant_lies_in_its_interval_which_is_the_same_for_all_its_instants(
    instant: datetime, grain: Grain, zone: ZoneInfo
) -> None:
    """So intervals neither overlap nor leave gaps."""
    interval = interval_of(instant, grain, zone)
    assert interval.since <= instant < interval.until
    assert interval_of(interval.since, grain, zone) == interval
    assert interval_of(interval.until - timedelta(microseconds=1), grain, zone) == interval
    assert interval_of(interval.until, grain, zone).since == interval.until


@given(
    INSTANTS, st.timedeltas(timedelta(0), timedelta(days=3)), st.sampled_from(Grain), st.sampled_from(ZONES)
)
def test_pieces_of_a_period_are_the_period(
    since: datetime, length: timedelta, grain: Grain, zone: ZoneInfo
) -> None:
    """Without gaps, in order, none empty."""
    pieces = list(cut(Period(since, since + length), grain, zone))
    assert sum((piece.length for piece in pieces), timedelta()) == length
    assert all(a.until == b.since for a, b in pairwise(pieces))
    assert all(piece.length > timedelta() for piece in pieces)
