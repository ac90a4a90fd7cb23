"""Missed calls: why a call or an offer was missed, and whether it costs those on duty something.

A call is missed when it left its queue unanswered and nobody talked to the caller until its end, be it at a number to which it was
diverted. An offer is missed when its agent did not take it; the call may still be answered by another.
"""

from datetime import timedelta
from enum import StrEnum

from app.acd.model import ExitReason, OfferOutcome
from app.calls.model import Charges


class MissCause(StrEnum):
    """Why a call or an offer was missed."""

    IGNORED = "ignored"
    """The phone rang out."""
    DECLINED = "declined"
    BUSY = "busy"
    UNREACHABLE = "unreachable"
    CALLER_LEFT = "caller_left"
    """The caller hung up, in the ring that stands beside the cause."""
    NO_AGENT = "no_agent"
    """Nobody was there for it, or nobody free, and no phone rang."""
    CLOSED = "closed"
    SYSTEM_FAULT = "system_fault"
    REMOVED = "removed"
    """A human, or another rule of the service, took the call out."""


_BY_OUTCOME = {
    OfferOutcome.NO_ANSWER: MissCause.IGNORED,
    OfferOutcome.DECLINED: MissCause.DECLINED,
    OfferOutcome.BUSY: MissCause.BUSY,
    OfferOutcome.UNREACHABLE: MissCause.UNREACHABLE,
}
_BY_REASON = {
    ExitReason.ABANDONED: MissCause.CALLER_LEFT,
    ExitReason.KEY: MissCause.CALLER_LEFT,
    ExitReason.CLOSED: MissCause.CLOSED,
    ExitReason.FAULT: MissCause.SYSTEM_FAULT,
    ExitReason.REMOVED: MissCause.REMOVED,
}
_NOBODYS = frozenset({MissCause.CLOSED, MissCause.SYSTEM_FAULT, MissCause.REMOVED})
"""No agent could have answered."""


def cause_of_offer(outcome: OfferOutcome) -> MissCause | None:
    """Why an offer was missed; None: it was not, or not by its agent's doing."""
    return _BY_OUTCOME.get(outcome)


def cause_of_call(reason: ExitReason, last_miss: OfferOutcome | None) -> MissCause:
    """Why a call was missed that left its queue for `reason`; `last_miss` is how the last agent who was rung missed it."""
    if reason in _BY_REASON:
        return _BY_REASON[reason]
    return MissCause.NO_AGENT if last_miss is None else _BY_OUTCOME[last_miss]


def is_charged(cause: MissCause, wait: timedelta, charges: Charges) -> bool:
    """Whether a missed call costs those on duty something."""
    is_short = cause is MissCause.CALLER_LEFT and wait < charges.spared
    return cause not in _NOBODYS and not is_short
