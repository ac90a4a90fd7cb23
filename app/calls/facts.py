"""What happened to calls and legs, for the record. Every fact carries the instant `at`."""

from dataclasses import dataclass
from datetime import datetime

from app.acd import facts as acd
from app.calls.call import CallKind, LegRole
from app.calls.hangup import HangUpParty, LegEnd
from app.calls.missed import MissCause
from app.ids import AgentId, CallId, DeviceId, LegId, MissedId, OfferId, QueueId


@dataclass(frozen=True, slots=True)
class CallStarted:
    """A call exists. `arrived_at` is the caller's arrival, which may be before we knew."""

    at: datetime
    call_id: CallId
    kind: CallKind
    arrived_at: datetime
    from_number: str
    from_name: str
    to_number: str
    agent_id: AgentId | None = None


@dataclass(frozen=True, slots=True)
class LegStarted:
    """A phone is being rung, or an inbound leg arrived."""

    at: datetime
    leg_id: LegId
    call_id: CallId
    role: LegRole
    device_id: DeviceId | None = None
    agent_id: AgentId | None = None


@dataclass(frozen=True, slots=True)
class LegFinished:
    """A leg is over, with its moments."""

    at: datetime
    leg_id: LegId
    call_id: CallId
    end: LegEnd
    cause: int
    sip_code: int | None
    ringing_at: datetime | None
    answered_at: datetime | None
    joined_at: datetime | None


@dataclass(frozen=True, slots=True)
class CallHoldChanged:
    """A party pressed (`is_held`) or released the hold key. Each party has its own."""

    at: datetime
    call_id: CallId
    leg_id: LegId
    is_held: bool


@dataclass(frozen=True, slots=True)
class CallEnded:
    """A call is over: the last word on who ended it and why. `bridged_at` None: nobody talked.

    `held_ms` is how long somebody at one of our phones had the other party on hold.
    """

    at: datetime
    call_id: CallId
    ended_by: HangUpParty
    cause: int
    bridged_at: datetime | None
    held_ms: int = 0


@dataclass(frozen=True, slots=True)
class CallMissed:
    """A call that stood in a queue, or at its door, ended and nobody had talked to the caller.

    `ring` is the caller's ring in which it left its last queue; None: refused at the door. Charges are for each agent on duty, and
    for the supervisor, at the instant `at`.
    """

    at: datetime
    call_id: CallId
    queue_id: QueueId
    enqueued_at: datetime
    cause: MissCause
    ring: int | None
    agent_charge: int
    supervisor_charge: int
    supervisor: str | None = None


@dataclass(frozen=True, slots=True)
class OfferMissed:
    """An offer that its agent did not take (`OfferEnded` tells how) ended while `supervisor` was on duty."""

    at: datetime
    offer_id: OfferId
    supervisor: str


@dataclass(frozen=True, slots=True)
class MissedCallWaived:
    """Somebody with the right to do so decided that a missed call costs nobody anything."""

    at: datetime
    missed_id: MissedId
    reason: str
    by: str


@dataclass(frozen=True, slots=True)
class MissedCallDisputed:
    """Somebody objects to what a missed call costs: who may waive it is to decide."""

    at: datetime
    missed_id: MissedId
    reason: str
    by: str


@dataclass(frozen=True, slots=True)
class MissedCallRecovered:
    """The caller of a missed call was talked to at `reached_at`, in the call `reached_by`, as `by` noted."""

    at: datetime
    missed_id: MissedId
    reached_by: CallId
    reached_at: datetime
    by: str


Fact = (
    acd.Fact
    | CallStarted
    | LegStarted
    | LegFinished
    | CallHoldChanged
    | CallEnded
    | CallMissed
    | OfferMissed
    | MissedCallWaived
    | MissedCallDisputed
    | MissedCallRecovered
)
