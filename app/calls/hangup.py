"""Who ended a leg, and what an unanswered ring means for the agent.

The controller decides this, not the phone: Asterisk's cause codes are the same for a phone that rejects and for a timer that
fires. What tells them apart (measured, Asterisk 22.10.1): a hang-up by the phone gives `ChannelHangupRequest` without `soft`, a
hang-up by us or by a timer gives it with `soft`, and a reject carries the SIP status in `tech_cause`. A ring time-out of
Asterisk's own shows SIP 480 that no phone has sent, and no hang-up request at all. Nor does a reject that comes at once, now and then:
a channel that lived for less than a second with a status of SIP was rejected.
"""

from enum import StrEnum

from app.acd.model import OfferOutcome


class HangUpParty(StrEnum):
    """Who ended a leg or a call."""

    CALLER = "caller"
    AGENT = "agent"
    CALLEE = "callee"
    """The far end of an outbound, internal or diverted call."""
    SYSTEM = "system"
    """A rule of ours, or a human through us."""
    NETWORK = "network"
    """The phone or Asterisk vanished: no sound, no signalling."""
    UNKNOWN = "unknown"
    """It happened while no controller watched."""


class LegEnd(StrEnum):
    """How a leg ended, as seen from Asterisk."""

    BY_PHONE = "by_phone"
    BY_US = "by_us"
    BY_TIMER = "by_timer"
    """Asterisk's own ring time-out."""
    BY_NETWORK = "by_network"
    """RTP time-out, transport failure, or Asterisk itself was lost."""
    UNSEEN = "unseen"
    """Nobody saw how: found missing at a reconcile, or gone before Asterisk began to tell us of it."""


class HangUpReason(StrEnum):
    """What we tell the phone when we end a leg."""

    NORMAL = "normal"
    ANSWERED_ELSEWHERE = "answered_elsewhere"
    BUSY = "busy"
    NO_ANSWER = "no_answer"
    CONGESTION = "congestion"
    UNKNOWN_NUMBER = "unknown_number"


_OUTCOME_BY_SIP_CODE = {
    403: OfferOutcome.DECLINED,
    408: OfferOutcome.NO_ANSWER,
    480: OfferOutcome.DECLINED,  # Do-not-disturb, and what browser phones send for "reject".
    486: OfferOutcome.BUSY,
    487: OfferOutcome.NO_ANSWER,
    600: OfferOutcome.BUSY,
    603: OfferOutcome.DECLINED,
}


def unanswered_outcome(end: LegEnd, *, has_rung: bool, sip_code: int | None) -> OfferOutcome:
    """What an offer's outcome is when its leg ended unanswered, and not by us.

    A leg that vanished while no controller watched is nobody's fault. A phone that answers any other 3xx to 6xx (404, 488 for a
    body it cannot read, 500, 503 ...) could not be reached.
    """
    if end is LegEnd.UNSEEN:
        return OfferOutcome.FAILED
    if end is LegEnd.BY_PHONE and sip_code is not None:
        return _OUTCOME_BY_SIP_CODE.get(sip_code, OfferOutcome.UNREACHABLE)
    if end is LegEnd.BY_PHONE and has_rung:
        return OfferOutcome.DECLINED
    return OfferOutcome.NO_ANSWER if has_rung else OfferOutcome.UNREACHABLE
