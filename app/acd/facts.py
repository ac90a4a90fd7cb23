"""What happened, for the record. Facts fill the history, the live state and the figures; nobody acts on them.

Every fact carries the instant `at` (aware UTC, microseconds).
"""

from dataclasses import dataclass
from datetime import datetime

from app.acd.explanation import Explanation
from app.acd.model import (
    AgentState,
    AgentStatus,
    DeviceState,
    ExitReason,
    OfferOutcome,
    Target,
    UnavailableReason,
)
from app.acd.rings import RingCount
from app.ids import AgentId, CallId, DeviceId, OfferId, PauseCode, QueueId


@dataclass(frozen=True, slots=True)
class CallQueued:
    """A call stands in a queue. `overflowed_from` when another queue sent it on."""

    at: datetime
    call_id: CallId
    queue_id: QueueId
    enqueued_at: datetime
    priority: int
    position: int
    overflowed_from: QueueId | None = None


@dataclass(frozen=True, slots=True)
class OfferStarted:
    """An agent was reserved and the phone is being rung."""

    at: datetime
    offer_id: OfferId
    call_id: CallId
    queue_id: QueueId
    agent_id: AgentId
    device_id: DeviceId
    why: Explanation


@dataclass(frozen=True, slots=True)
class OfferRang:
    """First 180 from the agent's phone."""

    at: datetime
    offer_id: OfferId


@dataclass(frozen=True, slots=True)
class OfferEnded:
    """The offer is over. Exactly one for each `OfferStarted`.

    `rings` are the agent's, until the pick-up or the end; None: the phone never rang.
    """

    at: datetime
    offer_id: OfferId
    call_id: CallId
    queue_id: QueueId
    agent_id: AgentId
    outcome: OfferOutcome
    started_at: datetime
    ringing_at: datetime | None
    rings: RingCount | None = None


@dataclass(frozen=True, slots=True)
class CallConnected:
    """Caller and agent were joined. `answered_at` is the agent's pick-up, `at` the bridge. `rings` are the caller's."""

    at: datetime
    call_id: CallId
    queue_id: QueueId
    agent_id: AgentId
    offer_id: OfferId
    enqueued_at: datetime
    answered_at: datetime
    rings: RingCount | None = None


@dataclass(frozen=True, slots=True)
class CallReturned:
    """A winner hung up before the bridge, or could not be joined: the call waits again, in its old place."""

    at: datetime
    call_id: CallId
    queue_id: QueueId


@dataclass(frozen=True, slots=True)
class CallLeft:
    """A call left a queue without an agent: abandoned, overflowed, or refused at the door (never queued).

    `rings` are the caller's; None at the door. `last_miss` is how the last agent who was rung for the call missed it.
    """

    at: datetime
    call_id: CallId
    queue_id: QueueId
    enqueued_at: datetime
    reason: ExitReason
    target: Target | None
    position: int
    rings: RingCount | None = None
    last_miss: OfferOutcome | None = None


@dataclass(frozen=True, slots=True)
class RingReached:
    """Ring `ring` began unanswered: each from the second to the first behind the limit, and any for which the queue's policy has a step.

    `alert` calls the supervisor.

    With an offer and its agent it is a ring of the agent's phone, without them one that the caller hears.
    """

    at: datetime
    call_id: CallId
    queue_id: QueueId
    ring: int
    offer_id: OfferId | None = None
    agent_id: AgentId | None = None
    alert: bool = False


@dataclass(frozen=True, slots=True)
class RingsBreached:
    """The first ring behind the limit began unanswered: of an offer, or, without one, for the caller. Once for each."""

    at: datetime
    call_id: CallId
    queue_id: QueueId
    ring: int
    offer_id: OfferId | None = None
    agent_id: AgentId | None = None


@dataclass(frozen=True, slots=True)
class CallCompleted:
    """A connected call is over."""

    at: datetime
    call_id: CallId
    queue_id: QueueId
    agent_id: AgentId
    connected_at: datetime


@dataclass(frozen=True, slots=True)
class AgentStatusChanged:
    """The human's choice changed (`by_system` for auto-pause, device loss and the like).

    `pause_code` belongs to the pending status when one is given.
    """

    at: datetime
    agent_id: AgentId
    status: AgentStatus
    pause_code: PauseCode | None = None
    device_id: DeviceId | None = None
    by_system: bool = False
    pending: AgentStatus | None = None
    """A status asked for while busy, which follows later; `status` is then still the old one."""


@dataclass(frozen=True, slots=True)
class AgentStateChanged:
    """What the system does with the agent changed. `deadline` is the end of a timed wrap-up.

    A wrap-up that is extended is told again with its new deadline; it began when it was told first.
    """

    at: datetime
    agent_id: AgentId
    state: AgentState
    call_id: CallId | None = None
    deadline: datetime | None = None


@dataclass(frozen=True, slots=True)
class AgentAvailabilityChanged:
    """Offers can come again, or cannot any more, though neither the agent's status nor the state changed.

    The phone came, went or is busy elsewhere, or the rest behind a missed offer is over. `reason` None: offers can come.
    """

    at: datetime
    agent_id: AgentId
    reason: UnavailableReason | None


@dataclass(frozen=True, slots=True)
class AgentDeviceChanged:
    """Whether calls can reach the phone of an agent who is logged in. Told at each log-in, and when it changes."""

    at: datetime
    agent_id: AgentId
    device_id: DeviceId
    state: DeviceState


@dataclass(frozen=True, slots=True)
class RequestRefused:
    """A human's request made no sense now; nothing changed. `code` is stable, `detail` says what to do."""

    at: datetime
    code: str
    detail: str


Fact = (
    CallQueued
    | OfferStarted
    | OfferRang
    | OfferEnded
    | CallConnected
    | CallReturned
    | CallLeft
    | RingReached
    | RingsBreached
    | CallCompleted
    | AgentStatusChanged
    | AgentStateChanged
    | AgentAvailabilityChanged
    | AgentDeviceChanged
    | RequestRefused
)
