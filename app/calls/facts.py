"""What happened to calls and legs, for the record. Every fact carries the instant `at`."""

from dataclasses import dataclass
from datetime import datetime

from app.acd import facts as acd
from app.calls.call import CallKind, LegRole
from app.calls.hangup import HangUpParty, LegEnd
from app.ids import AgentId, CallId, DeviceId, LegId


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
    """A party pressed (`is_held`) or released the hold key."""

    at: datetime
    call_id: CallId
    leg_id: LegId
    is_held: bool


@dataclass(frozen=True, slots=True)
class CallEnded:
    """A call is over: the last word on who ended it and why. `bridged_at` None: nobody talked."""

    at: datetime
    call_id: CallId
    ended_by: HangUpParty
    cause: int
    bridged_at: datetime | None
    held_ms: int = 0


Fact = acd.Fact | CallStarted | LegStarted | LegFinished | CallHoldChanged | CallEnded
