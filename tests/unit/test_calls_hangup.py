"""What an unanswered ring means for the agent: the whole table."""

import pytest

from app.acd.model import MISSES, OfferOutcome
from app.calls.hangup import LegEnd, unanswered_outcome


@pytest.mark.parametrize(
    ("sip_code", "outcome"),
    [
        (403, OfferOutcome.DECLINED),
        (408, OfferOutcome.NO_ANSWER),
        (480, OfferOutcome.DECLINED),
        (486, OfferOutcome.BUSY),
        (487, OfferOutcome.NO_ANSWER),
        (600, OfferOutcome.BUSY),
        (603, OfferOutcome.DECLINED),
        (302, OfferOutcome.UNREACHABLE),
        (404, OfferOutcome.UNREACHABLE),
        (488, OfferOutcome.UNREACHABLE),
        (500, OfferOutcome.UNREACHABLE),
        (503, OfferOutcome.UNREACHABLE),
        (606, OfferOutcome.UNREACHABLE),
    ],
)
@pytest.mark.parametrize("has_rung", [True, False])
def test_a_phones_own_status_decides_whether_it_rang_or_not(
    sip_code: int, outcome: OfferOutcome, *, has_rung: bool
) -> None:
    assert unanswered_outcome(LegEnd.BY_PHONE, has_rung=has_rung, sip_code=sip_code) is outcome


@pytest.mark.parametrize(
    ("end", "has_rung", "outcome"),
    [
        (LegEnd.BY_PHONE, True, OfferOutcome.DECLINED),
        (LegEnd.BY_PHONE, False, OfferOutcome.UNREACHABLE),
        (LegEnd.BY_TIMER, True, OfferOutcome.NO_ANSWER),
        (LegEnd.BY_TIMER, False, OfferOutcome.UNREACHABLE),
        (LegEnd.BY_NETWORK, True, OfferOutcome.NO_ANSWER),
        (LegEnd.BY_NETWORK, False, OfferOutcome.UNREACHABLE),
        (LegEnd.UNSEEN, True, OfferOutcome.FAILED),
        (LegEnd.UNSEEN, False, OfferOutcome.FAILED),
    ],
)
def test_without_a_status_of_the_phones_the_ringing_decides(
    end: LegEnd, outcome: OfferOutcome, *, has_rung: bool
) -> None:
    assert unanswered_outcome(end, has_rung=has_rung, sip_code=None) is outcome


def test_the_status_that_asterisks_own_timer_shows_is_no_phones() -> None:
    """Its time-out reads 480, which no phone has sent."""
    assert unanswered_outcome(LegEnd.BY_TIMER, has_rung=True, sip_code=480) is OfferOutcome.NO_ANSWER


def test_a_leg_that_vanished_while_nobody_watched_is_no_miss_of_the_agent() -> None:
    assert unanswered_outcome(LegEnd.UNSEEN, has_rung=True, sip_code=486) not in MISSES
