"""What the engine is told. Past tense: it happened, and the engine never refuses a fact of the world.

`Requested` events come from a human: the engine answers with a `RequestRefused` fact when the request makes no sense now, and its
state is then unchanged. Late and doubled events (an answer to an offer already withdrawn) are legal and have an empty result.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta

from app.acd.model import Agent, DeviceState, ExitReason, Floor, OfferOutcome, Queue, SkillRequirement
from app.acd.rings import RingLimit
from app.ids import AgentId, CallId, DeviceId, OfferId, PauseCode, QueueId


@dataclass(frozen=True, slots=True)
class FloorChanged:
    """The site file was loaded: the floor as a whole. Calls and agents in flight keep their state."""

    floor: Floor


@dataclass(frozen=True, slots=True)
class FloorAmended:
    """A part of a reloaded site file: what is new or different (each as a whole), and what is gone. None: as before.

    Queues that new agents serve belong to it, or to a later part. `app/acd/amendments.py` makes the parts.
    """

    agents: tuple[Agent, ...] = ()
    queues: tuple[Queue, ...] = ()
    pause_codes: frozenset[PauseCode] | None = None
    rings: RingLimit | None = None
    removed_agents: tuple[AgentId, ...] = ()
    removed_queues: tuple[QueueId, ...] = ()


@dataclass(frozen=True, slots=True)
class TimePassed:
    """`next_deadline()` has come. Handling it makes progress: the next deadline is later than now."""


@dataclass(frozen=True, slots=True)
class RoutingSuspended:
    """Asterisk is away: nobody can be rung, joined or sent elsewhere, until `RoutingResumed`."""


@dataclass(frozen=True, slots=True)
class RoutingResumed:
    """Asterisk is back, and what happened meanwhile has been told."""


# --- calls -----------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class CallEnqueued:
    """A call enters a queue. `enqueued_at` is given when the caller waited before we knew (default: now).

    A call that comes back under the same id after it had ended (a transfer to a queue) brings along how many offers were made
    for it before, as `attempts`, so that offer ids stay unique. While the engine has the call, the event changes nothing.
    `rings_from` is the caller's first ring-back; None: the caller hears music, and rings count from `enqueued_at`.
    """

    call_id: CallId
    queue_id: QueueId
    priority: int = 0
    requires: tuple[SkillRequirement, ...] = ()
    owner: AgentId | None = None
    owner_for: timedelta = timedelta(0)
    enqueued_at: datetime | None = None
    attempts: int = 0
    rings_from: datetime | None = None


@dataclass(frozen=True, slots=True)
class CallExited:
    """A call that nobody had taken left: the caller hung up, pressed a key, or somebody took it out."""

    call_id: CallId
    reason: ExitReason = ExitReason.ABANDONED


@dataclass(frozen=True, slots=True)
class CallBridged:
    """Caller and agent hear each other."""

    call_id: CallId


@dataclass(frozen=True, slots=True)
class CallHeld:
    """The agent put the caller on hold."""

    call_id: CallId


@dataclass(frozen=True, slots=True)
class CallUnheld:
    """The agent took the caller back."""

    call_id: CallId


@dataclass(frozen=True, slots=True)
class CallFinished:
    """A connected call ended, whoever ended it. Its agent goes to wrap-up."""

    call_id: CallId


# --- offers ----------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class OfferRinging:
    """The agent's phone rings (180)."""

    offer_id: OfferId


@dataclass(frozen=True, slots=True)
class OfferAnswered:
    """The agent's phone was picked up, at `answered_at` if that was earlier than now. The first answer that is told wins the call."""

    offer_id: OfferId
    answered_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class OfferFailed:
    """The agent's leg ended before the call was bridged; `outcome` says how (after an answer LOST, or FAILED when it was our doing)."""

    offer_id: OfferId
    outcome: OfferOutcome


# --- agents ----------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class LogInRequested:
    """An agent takes a seat. `device_id` None means the agent's own device; `pause` logs in paused."""

    agent_id: AgentId
    device_id: DeviceId | None = None
    pause: PauseCode | None = None


@dataclass(frozen=True, slots=True)
class LogOutRequested:
    """An agent leaves; during a call, an offer or wrap-up this is pending until it is over."""

    agent_id: AgentId


@dataclass(frozen=True, slots=True)
class PauseRequested:
    """An agent pauses with a code of `Floor.pause_codes`; pending while busy."""

    agent_id: AgentId
    code: PauseCode


@dataclass(frozen=True, slots=True)
class ResumeRequested:
    """An agent is available again (also clears an auto-pause and a pending pause or log-out)."""

    agent_id: AgentId


@dataclass(frozen=True, slots=True)
class WrapUpEndRequested:
    """The agent is done with the notes."""

    agent_id: AgentId


@dataclass(frozen=True, slots=True)
class WrapUpExtendRequested:
    """The agent needs more time for the notes."""

    agent_id: AgentId
    extra: timedelta


@dataclass(frozen=True, slots=True)
class OutboundStarted:
    """The agent is in a call that no queue gave: outbound or internal. An open offer is withdrawn."""

    agent_id: AgentId
    call_id: CallId


@dataclass(frozen=True, slots=True)
class OutboundFinished:
    """That call ended."""

    agent_id: AgentId
    call_id: CallId


@dataclass(frozen=True, slots=True)
class DeviceChanged:
    """A phone became reachable, busy elsewhere, or unreachable."""

    device_id: DeviceId
    state: DeviceState


Event = (
    FloorChanged
    | FloorAmended
    | TimePassed
    | RoutingSuspended
    | RoutingResumed
    | CallEnqueued
    | CallExited
    | CallBridged
    | CallHeld
    | CallUnheld
    | CallFinished
    | OfferRinging
    | OfferAnswered
    | OfferFailed
    | LogInRequested
    | LogOutRequested
    | PauseRequested
    | ResumeRequested
    | WrapUpEndRequested
    | WrapUpExtendRequested
    | OutboundStarted
    | OutboundFinished
    | DeviceChanged
)
