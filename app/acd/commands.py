"""What the engine wants done. Imperative; somebody else acts, in the order given."""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from app.acd.explanation import Explanation
from app.acd.model import ExitReason, Target
from app.ids import AgentId, CallId, DeviceId, OfferId, QueueId


class WithdrawReason(StrEnum):
    """Why an offer is taken back. The phone shows no missed call for ANSWERED_ELSEWHERE."""

    ANSWERED_ELSEWHERE = "answered_elsewhere"
    CALLER_LEFT = "caller_left"
    RING_TIMEOUT = "ring_timeout"
    TAKEN_AWAY = "taken_away"
    """The call overflowed, or the agent became unavailable (outbound call, forced log-out, removed)."""


@dataclass(frozen=True, slots=True)
class OfferCall:
    """Ring this agent's phone for this call. The engine itself ends the offer at `ring_deadline`."""

    offer_id: OfferId
    call_id: CallId
    queue_id: QueueId
    agent_id: AgentId
    device_id: DeviceId
    ring_deadline: datetime
    why: Explanation


@dataclass(frozen=True, slots=True)
class WithdrawOffer:
    """Stop ringing. An answer that crosses with it is ignored."""

    offer_id: OfferId
    reason: WithdrawReason


@dataclass(frozen=True, slots=True)
class ConnectCall:
    """Join caller and agent.

    Answer with `CallBridged`; with `OfferFailed` when the agent is gone (LOST) or they cannot be joined (FAILED); or with `CallExited`.
    """

    call_id: CallId
    offer_id: OfferId
    agent_id: AgentId


@dataclass(frozen=True, slots=True)
class DivertCall:
    """The call has left the queues: send it to `target` (never a queue: the engine does that itself)."""

    call_id: CallId
    target: Target
    reason: ExitReason


Command = OfferCall | WithdrawOffer | ConnectCall | DivertCall
