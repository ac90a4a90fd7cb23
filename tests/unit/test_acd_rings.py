"""Rings: which one it is, and what is within three of them, to the millisecond and for every cadence of the table."""

from datetime import timedelta

import pytest

from app.acd.rings import Cadence, RingLimit
from app.site.cadence import CADENCES
from tests.support.acd import START

MILLISECOND = timedelta(milliseconds=1)
CHINA = RingLimit(timedelta(seconds=5))
EVERY_CADENCE = pytest.mark.parametrize("cadence", CADENCES.values(), ids=lambda cadence: cadence.name)


def milliseconds(*parts: int) -> tuple[timedelta, ...]:
    """A pattern."""
    return tuple(timedelta(milliseconds=part) for part in parts)


@pytest.mark.parametrize(("country", "ring"), [("cn", 5000), ("us", 6000), ("gb", 3000), ("hu", 5000)])
def test_a_ring_is_all_bursts_and_pauses_of_the_pattern(country: str, ring: int) -> None:
    """The British double burst is one ring, not two."""
    assert CADENCES[country].ring == timedelta(milliseconds=ring)


@EVERY_CADENCE
def test_an_answer_is_within_three_rings_until_the_fourth_begins(cadence: Cadence) -> None:
    """One millisecond before the limit is within; at the limit and behind it is not."""
    limit = RingLimit(cadence.ring)
    assert limit.span == sum(cadence.pattern * 3, timedelta())
    assert [limit.is_within(limit.span + late) for late in (-MILLISECOND, timedelta(), MILLISECOND)] == [
        True,
        False,
        False,
    ]


@EVERY_CADENCE
def test_a_ring_lasts_until_the_burst_of_the_next(cadence: Cadence) -> None:
    """Ring n ends, to the millisecond, where ring n + 1 begins."""
    limit = RingLimit(cadence.ring)
    for number in range(1, 6):
        begins = limit.begins(number)
        assert limit.number(begins) == number
        assert limit.number(begins + cadence.pattern[0]) == number
        assert limit.number(limit.begins(number + 1) - MILLISECOND) == number


def test_the_second_burst_of_a_double_ring_belongs_to_the_same_ring() -> None:
    """0.4 on, 0.2 off, 0.4 on, 2 off: at 0.6 s the phone still rings for the first time."""
    limit = RingLimit(Cadence("gb", milliseconds(400, 200, 400, 2000)).ring)
    instants = milliseconds(0, 600, 2999, 3000, 3600, 8999, 9000)
    assert [limit.number(at) for at in instants] == [1, 1, 1, 2, 2, 3, 4]


def test_the_number_of_rings_is_the_sites() -> None:
    limit = RingLimit(timedelta(seconds=5), rings=2)
    assert [limit.is_within(timedelta(seconds=at)) for at in (9.999, 10)] == [True, False]


def test_a_count_says_from_when_how_many_and_whether_within() -> None:
    early = CHINA.count(START, START + timedelta(seconds=15) - MILLISECOND)
    late = CHINA.count(START, START + timedelta(seconds=15))
    assert (early.since, early.number, early.is_within) == (START, 3, True)
    assert (late.number, late.is_within) == (4, False)


def test_ringing_that_ended_before_it_began_is_the_first_ring() -> None:
    """Two clocks may differ by a hair; no ring has the number 0."""
    assert CHINA.count(START, START - MILLISECOND).number == 1
