"""Compliance with three rings: what is within, what is over, what is left out; that parts add up; and the wait apart from the rings."""

from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.acd.model import ExitReason, OfferOutcome
from metrics.definitions import FIGURES, RING_FIGURES
from metrics.intervals import Period
from metrics.records import Offer, Passage
from metrics.rings import RingTally, ringing_of_offer, ringing_of_passage, time_rung
from metrics.tally import Tally
from metrics.terms import Terms
from tests.support.metrics_records import OFFERS, PASSAGES, answered, at, left, offer, refused, rung, waits


def tally(*records: Passage | Offer) -> Tally:
    """All of them counted."""
    counted = Tally()
    for each in records:
        if isinstance(each, Offer):
            counted.add_offer(each)
        else:
            counted.add_passage(each, Terms())
    return counted


def test_compliance_is_the_share_of_those_within() -> None:
    """Three answers in time, one late: 75 %. By hand."""
    counted = tally(*(rung(offer(OfferOutcome.ANSWERED), ring) for ring in (1, 1, 3, 4))).agent_rings
    assert (counted.within, counted.over, counted.total, counted.compliance) == (3, 1, 4, 0.75)
    assert counted.by_ring == {1: 2, 3: 1, 4: 1}


@pytest.mark.parametrize(
    ("one", "within", "over"),
    [
        (rung(offer(OfferOutcome.ANSWERED), 3), 1, 0),
        (rung(offer(OfferOutcome.ANSWERED), 4), 0, 1),
        (rung(offer(OfferOutcome.WITHDRAWN), 2), 0, 0),
        (rung(offer(OfferOutcome.WITHDRAWN), 4), 0, 1),
        (rung(offer(OfferOutcome.ANSWERED_ELSEWHERE), 3), 0, 0),
        (rung(offer(OfferOutcome.DECLINED), 1), 0, 1),
        (rung(offer(OfferOutcome.NO_ANSWER), 3), 0, 1),
        (offer(None), 0, 0),
    ],
    ids=["in time", "late", "withdrawn", "withdrawn late", "elsewhere", "declined", "rang out", "open"],
)
def test_each_way_in_which_an_offer_ends_counts_once_or_is_left_out(
    one: Offer, within: int, over: int
) -> None:
    assert (tally(one).agent_rings.within, tally(one).agent_rings.over) == (within, over)
    assert tally(one).caller_rings == RingTally()


@pytest.mark.parametrize(
    ("one", "within", "over"),
    [
        (rung(answered(12), 3), 1, 0),
        (rung(answered(16), 4), 0, 1),
        (rung(left(9), 2), 0, 0),
        (rung(left(16), 4), 0, 1),
        (rung(left(16, ExitReason.TIMEOUT), 4), 0, 1),
        (refused(), 0, 0),
        (waits(), 0, 0),
    ],
    ids=["in time", "late", "gave up in time", "gave up late", "overflowed late", "refused", "waits"],
)
def test_each_way_in_which_a_wait_ends_counts_once_or_is_left_out(
    one: Passage, within: int, over: int
) -> None:
    assert (tally(one).caller_rings.within, tally(one).caller_rings.over) == (within, over)
    assert tally(one).agent_rings == RingTally()


def test_without_anything_there_is_no_compliance() -> None:
    """Not 100 %, and not 0 % either."""
    assert RingTally().compliance is None
    assert tally(rung(offer(OfferOutcome.WITHDRAWN), 1)).agent_rings.compliance is None


def test_the_worst_are_named_with_their_calls() -> None:
    """Most rings first, ten at most, none that is within."""
    counted = tally(*(rung(answered(ring, start=ring), ring) for ring in range(1, 20))).caller_rings
    assert [each.ring for each in counted.worst] == list(range(19, 9, -1))
    assert counted.worst[0].record.call_id == "answered-19-19"


@pytest.mark.parametrize("outcome", OfferOutcome)
def test_an_offer_whose_phone_never_rang_counts_only_when_it_was_missed(outcome: OfferOutcome) -> None:
    """A phone that cannot be reached is a miss; a withdrawal before the first 180 is nothing."""
    missed = {OfferOutcome.NO_ANSWER, OfferOutcome.DECLINED, OfferOutcome.BUSY, OfferOutcome.UNREACHABLE}
    assert (ringing_of_offer(offer(outcome, None)) is not None) is (outcome in missed)


@given(st.lists(PASSAGES), st.lists(OFFERS), st.integers(0, 20))
def test_parts_add_up_to_the_whole(passages: list[Passage], offers: list[Offer], cut: int) -> None:
    """Intervals, agents and queues may be joined to days, teams and sites."""
    for ringings in (list(map(ringing_of_passage, passages)), list(map(ringing_of_offer, offers))):
        whole, first, second = RingTally(), RingTally(), RingTally()
        for index, each in enumerate(ringings):
            whole.add(each)
            (first if index < cut else second).add(each)
        joined = first + second
        assert (joined.within, joined.over, joined.by_ring) == (whole.within, whole.over, whole.by_ring)
        assert [each.ring for each in joined.worst] == [each.ring for each in whole.worst]


# --- figures -------------------------------------------------------------------------------------------------------


@given(st.lists(PASSAGES), st.lists(OFFERS))
def test_a_figure_counts_exactly_the_records_behind_it(passages: list[Passage], offers: list[Offer]) -> None:
    """Within and over make the total, and each answer has its ring."""
    counted, terms = tally(*passages, *offers), Terms()
    for whose, records in (("caller", passages), ("agent", offers)):
        names = [
            name for name in RING_FIGURES if name.startswith(f"{whose}_ring") and "compliance" not in name
        ]
        for name in names:
            behind = [each for each in records if FIGURES[name].is_behind(each, terms)]
            assert FIGURES[name].value(counted, terms) == len(behind), name
        within, over, total, *by_ring = (FIGURES[name].value(counted, terms) or 0 for name in names)
        assert within + over == total
        assert len(by_ring) == 7
        assert sum(by_ring) >= within


# --- the wait apart from the rings -----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("spans", "seconds"),
    [
        ([], 0),
        ([(10, 25)], 15),
        ([(10, 25), (40, 45)], 20),
        ([(10, 25), (12, 20), (20, 30)], 20),
        ([(-5, 5), (95, 120)], 10),
        ([(150, 160)], 0),
    ],
    ids=["none", "one", "one after the other", "at once", "beyond the ends", "another time"],
)
def test_time_is_rung_once_however_many_phones_ring(spans: list[tuple[int, int]], seconds: int) -> None:
    """And only within the wait: from 0 to 100 s here."""
    periods = [Period(at(since), at(until)) for since, until in spans]
    assert time_rung(periods, Period(at(0), at(100))) == timedelta(seconds=seconds)


def test_a_caller_who_waited_in_the_queue_is_not_the_agents_breach() -> None:
    """64 s of wait, of which the phone rang 4 s: over for the caller, within for the agent, and both are shown."""
    counted = tally(rung(answered(64), 13, seconds=4), rung(offer(OfferOutcome.ANSWERED, 4), 1))
    figures = {name: FIGURES[name].value(counted, Terms()) for name in RING_FIGURES}
    assert (figures["caller_rings_over"], figures["agent_rings_within"]) == (1, 1)
    assert (figures["asa"], figures["avg_queue_wait"], figures["avg_rung_wait"]) == (64, 60, 4)
    assert (figures["caller_ring_from_7"], figures["agent_ring_1"], figures["max_queue_wait"]) == (
        1,
        1,
        60,
    )
