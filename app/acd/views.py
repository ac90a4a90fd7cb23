"""What others may see of the engine: plain values for the API and the live state, made when asked for."""

from dataclasses import dataclass
from datetime import datetime, timedelta

from app.acd import agents, ring_watch, waiting
from app.acd.model import AgentState, AgentStatus, CallState, UnavailableReason
from app.acd.rings import RingAlert
from app.acd.state import AgentRecord, CallRecord, OfferRecord, QueueRecord, State
from app.ids import AgentId, CallId, DeviceId, OfferId, PauseCode, QueueId


@dataclass(frozen=True, slots=True)
class Counters:
    """An agent's figures since log-in. `offered` = answered + missed + taken back or lost + still open."""

    offered: int
    answered: int
    missed: int
    talk: timedelta


@dataclass(frozen=True, slots=True)
class AgentView:
    """One agent now. `since` is when `state` began; `deadline` ends a wrap-up or a rest."""

    id: AgentId
    status: AgentStatus
    status_since: datetime
    pause_code: PauseCode | None
    pending: AgentStatus | None
    pending_code: PauseCode | None
    state: AgentState
    since: datetime
    idle_since: datetime
    device_id: DeviceId | None
    call_id: CallId | None
    offer_id: OfferId | None
    unavailable_reason: UnavailableReason | None
    deadline: datetime | None
    counters: Counters


@dataclass(frozen=True, slots=True)
class QueueView:
    """One queue now. `waiting` holds everyone not connected yet, in order; for those in `offered` phones ring already.

    `members` counts the members per reason to be unavailable; those with None are available.
    """

    id: QueueId
    waiting: tuple[CallId, ...]
    offered: tuple[CallId, ...]
    longest_wait_since: datetime | None
    connected: int
    members: dict[UnavailableReason | None, int]
    is_removed: bool


@dataclass(frozen=True, slots=True)
class CallView:
    """One call now. `position` is None once connected; `attempts` counts the offers made for it so far.

    The caller's rings count from `rings_from`; an answer before `rings_until` is within the limit. None once connected. `alert` calls
    the supervisor until an agent picks up.
    """

    id: CallId
    queue_id: QueueId
    state: CallState
    priority: int
    enqueued_at: datetime
    position: int | None
    offers: tuple[OfferId, ...]
    attempts: int
    agent_id: AgentId | None
    connected_at: datetime | None
    owner: AgentId | None
    rings_from: datetime
    rings_until: datetime | None
    alert: RingAlert | None


@dataclass(frozen=True, slots=True)
class OfferView:
    """One open offer now. The agent's rings count from `ringing_at`; an answer before `rings_until` is within the limit.

    Both are None until the phone rings. At `ring_deadline` the engine ends the offer.
    """

    id: OfferId
    call_id: CallId
    queue_id: QueueId
    agent_id: AgentId
    device_id: DeviceId
    started_at: datetime
    ring_deadline: datetime
    ringing_at: datetime | None
    rings_until: datetime | None
    answered_at: datetime | None


def of_agent(agent: AgentRecord) -> AgentView:
    """The agent's view."""
    return AgentView(
        agent.id,
        agent.status,
        agent.status_since,
        agent.pause_code,
        agent.pending,
        agent.pending_code,
        agent.state,
        agent.state_since,
        agent.idle_since,
        agent.device_id,
        agent.call_id,
        agent.offer_id,
        agent.reason,
        agent.wrap_up_ends_at or agent.rests_until,
        Counters(agent.offered, agent.answered, agent.missed, agent.talk),
    )


def of_queue(state: State, queue: QueueRecord) -> QueueView:
    """The queue's view. Costs as much as there are calls in it."""
    calls = [state.calls[call_id] for _, _, call_id in queue.order]
    return QueueView(
        queue.id,
        tuple(call.id for call in calls),
        tuple(call.id for call in calls if call.state is CallState.OFFERED),
        min((call.enqueued_at for call in calls), default=None),
        queue.connected,
        {
            reason: number
            for reason in (None, *UnavailableReason)
            if (number := queue.counts[agents.ordinal(reason)])
        },
        queue.is_removed,
    )


def of_call(state: State, call: CallRecord) -> CallView:
    """The call's view."""
    rings_from = ring_watch.rings_since(call)
    return CallView(
        call.id,
        call.queue_id,
        call.state,
        call.priority,
        call.enqueued_at,
        position(state, call),
        tuple(call.offers),
        call.attempts,
        call.agent_id,
        call.connected_at,
        call.owner,
        rings_from,
        None if call.connected_at else rings_from + state.floor.rings.span,
        None if call.winner or call.connected_at else call.alert,
    )


def of_offer(state: State, offer: OfferRecord) -> OfferView:
    """The offer's view."""
    return OfferView(
        offer.id,
        offer.call_id,
        offer.queue_id,
        offer.agent_id,
        offer.device_id,
        offer.started_at,
        offer.ring_deadline,
        offer.ringing_at,
        None if offer.ringing_at is None else offer.ringing_at + state.floor.rings.span,
        offer.answered_at,
    )


def position(state: State, call: CallRecord) -> int | None:
    """1 is next; None once connected."""
    if call.state is CallState.CONNECTED:
        return None
    return waiting.position(state.queues[call.queue_id], call)
