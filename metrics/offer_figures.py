"""The figures of offers to agents: how many of each outcome, what share, how long phones rang."""

from collections.abc import Callable

from app.acd.model import MISSES, OfferOutcome
from metrics.figure import Figures, Subject, Unit, average, ratio
from metrics.records import Offer
from metrics.tally import Tally
from metrics.terms import Terms

OFFERS = Figures(Subject.OFFERS)


def _ended_as(*outcomes: OfferOutcome) -> Callable[[Offer, Terms], bool]:
    return lambda offer, _: offer.outcome in outcomes


@OFFERS.figure(Unit.COUNT, lambda each, _: each.outcome is not None)
def offers(tally: Tally) -> int:
    """Offers to agents that have ended."""
    return tally.offers


def _define_outcome(name: str, outcome: OfferOutcome, text: str) -> None:
    OFFERS.count(name, text, lambda tally: tally.outcomes[outcome], _ended_as(outcome))


_define_outcome("offers_answered", OfferOutcome.ANSWERED, "Offers answered, and the call joined.")
_define_outcome("rna", OfferOutcome.NO_ANSWER, "Ring-no-answer: offers that rang out.")
_define_outcome("offers_declined", OfferOutcome.DECLINED, "Offers that the agent rejected.")
_define_outcome("offers_busy", OfferOutcome.BUSY, "Offers to a phone that was busy.")
_define_outcome(
    "offers_unreachable", OfferOutcome.UNREACHABLE, "Offers to a phone that could not be reached."
)
_define_outcome("offers_failed", OfferOutcome.FAILED, "Offers that the system could not make.")
_define_outcome("offers_lost", OfferOutcome.LOST, "Offers answered, and hung up before the two were joined.")
_define_outcome("offers_withdrawn", OfferOutcome.WITHDRAWN, "Offers taken back: the caller left.")
_define_outcome(
    "offers_answered_elsewhere", OfferOutcome.ANSWERED_ELSEWHERE, "Offers taken back: another agent answered."
)


@OFFERS.figure(Unit.COUNT, _ended_as(*MISSES))
def offers_missed(tally: Tally) -> int:
    """Offers that their agents missed: rang out, declined, busy or unreachable."""
    return sum(tally.outcomes[outcome] for outcome in MISSES)


@OFFERS.figure(Unit.RATE, _ended_as(OfferOutcome.ANSWERED))
def agent_answer_rate(tally: Tally) -> float | None:
    """Offers answered ÷ offers."""
    return ratio(tally.outcomes[OfferOutcome.ANSWERED], tally.offers)


@OFFERS.figure(Unit.RATE, _ended_as(OfferOutcome.NO_ANSWER))
def rna_rate(tally: Tally) -> float | None:
    """Ring-no-answer ÷ offers."""
    return ratio(tally.outcomes[OfferOutcome.NO_ANSWER], tally.offers)


@OFFERS.figure(Unit.SECONDS, _ended_as(OfferOutcome.ANSWERED))
def avg_ring(tally: Tally) -> float | None:
    """Σ ring of answered offers ÷ answered offers. From the phone's first ringing to the pick-up."""
    return average(tally.ring_of_answered, tally.outcomes[OfferOutcome.ANSWERED])


@OFFERS.figure(Unit.SECONDS, lambda each, _: each.outcome is not None)
def max_ring(tally: Tally) -> float:
    """The longest ringing of an offer that has ended."""
    return tally.max_ring.total_seconds()
