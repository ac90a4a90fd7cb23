"""Compliance with three rings: what is within, what is over, what is left out; and that parts add up."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.acd.model import OfferOutcome
from app.ids import CallId
from metrics.rings import Ringing, RingTally, ringing_of_offer, tally

ringings = st.lists(
    st.builds(
        Ringing,
        st.integers(0, 99).map(lambda number: CallId(f"c{number}")),
        st.integers(1, 9),
        st.booleans(),
        st.booleans(),
        st.booleans(),
    )
)


def ringing(
    ring: int, *, answered: bool = True, missed: bool = False, limit: int = 3, call: str = "c"
) -> Ringing:
    """One that ended in this ring."""
    return Ringing(CallId(call), ring, ring <= limit, answered, missed)


def test_compliance_is_the_share_of_those_within() -> None:
    """Three answers in time, one late: 75 %. By hand."""
    counted = tally([ringing(1), ringing(1), ringing(3), ringing(4)])
    assert (counted.within, counted.over, counted.total, counted.compliance) == (3, 1, 4, 0.75)
    assert counted.by_ring == {1: 2, 3: 1, 4: 1}


@pytest.mark.parametrize(
    ("one", "within", "over"),
    [
        (ringing(3), 1, 0),
        (ringing(4), 0, 1),
        (ringing(2, answered=False), 0, 0),
        (ringing(4, answered=False), 0, 1),
        (ringing(2, answered=False, missed=True), 0, 1),
    ],
    ids=["in time", "late", "gave up in time", "gave up late", "declined at once"],
)
def test_each_way_to_end_counts_once_or_is_left_out(one: Ringing, within: int, over: int) -> None:
    assert (tally([one]).within, tally([one]).over) == (within, over)


def test_without_anything_there_is_no_compliance() -> None:
    """Not 100 %, and not 0 % either."""
    assert RingTally().compliance is None
    assert tally([ringing(1, answered=False)]).compliance is None


def test_the_worst_are_named_with_their_calls() -> None:
    """Most rings first, ten at most, none that is within."""
    counted = tally([ringing(number, call=f"c{number:02}") for number in range(1, 20)])
    assert [each.call_id for each in counted.worst] == [f"c{number:02}" for number in range(19, 9, -1)]


@pytest.mark.parametrize("outcome", OfferOutcome)
def test_an_offer_whose_phone_never_rang_counts_only_when_it_was_missed(outcome: OfferOutcome) -> None:
    """A phone that cannot be reached is a miss; a withdrawal before the first 180 is nothing."""
    found = ringing_of_offer(CallId("c"), outcome, None, is_within=None)
    missed = {OfferOutcome.NO_ANSWER, OfferOutcome.DECLINED, OfferOutcome.BUSY, OfferOutcome.UNREACHABLE}
    assert (found is not None) is (outcome in missed)


def test_an_answered_offer_counts_in_its_ring() -> None:
    found = ringing_of_offer(CallId("c"), OfferOutcome.ANSWERED, 2, is_within=True)
    assert found == Ringing(CallId("c"), 2, is_within=True, is_answered=True)


@given(ringings, st.integers(0, 20))
def test_parts_add_up_to_the_whole(all_: list[Ringing], cut: int) -> None:
    """Intervals, agents and queues may be joined to days, teams and sites."""
    assert tally(all_[:cut]) + tally(all_[cut:]) == tally(all_)
