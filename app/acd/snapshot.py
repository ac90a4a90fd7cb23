"""All that must survive the engine: plain frozen values, which msgspec encodes and decodes as they are.

Each `Saved…` mirrors the upper part of the record of the same name in `state.py`, field by field; what is derived is left out and
built anew. `EngineSnapshot`s are equal when the engines behave equally from then on.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, fields
from datetime import datetime, timedelta
from typing import Any, TypeVar

from app.acd import derived, suspension
from app.acd.copying import Copier, Copies
from app.acd.eligibility import Profile
from app.acd.estimate import Pace
from app.acd.model import (
    Agent,
    AgentState,
    AgentStatus,
    CallState,
    DeviceState,
    Floor,
    OfferOutcome,
    Queue,
)
from app.acd.rings import RingAlert
from app.acd.state import AgentRecord, CallRecord, Mark, OfferRecord, QueueRecord, State
from app.ids import AgentId, CallId, DeviceId, OfferId, PauseCode, QueueId

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class SavedAgent:
    """Mirrors `AgentRecord`."""

    agent: Agent
    status_since: datetime
    state_since: datetime
    idle_since: datetime
    status: AgentStatus
    pause_code: PauseCode | None
    pending: AgentStatus | None
    pending_code: PauseCode | None
    device_id: DeviceId | None
    state: AgentState
    call_id: CallId | None
    offer_id: OfferId | None
    wrap_up_ends_at: datetime | None
    rests_until: datetime | None
    outbound: tuple[CallId, ...]
    misses: dict[OfferOutcome, int]
    offered: int
    answered: int
    missed: int
    talk: timedelta
    is_removed: bool


@dataclass(frozen=True, slots=True)
class SavedCall:
    """Mirrors `CallRecord`."""

    id: CallId
    queue_id: QueueId
    priority: int
    requires: Profile
    owner: AgentId | None
    owner_until: datetime
    enqueued_at: datetime
    joined_at: datetime
    attempts: int
    state: CallState
    offers: tuple[OfferId, ...]
    winner: OfferId | None
    steps: int
    step_at: datetime | None
    missed_by: tuple[AgentId, ...]
    visited: tuple[QueueId, ...]
    is_patient: bool
    agent_id: AgentId | None
    connected_at: datetime | None
    rings_from: datetime | None = None
    ring: int = 0
    is_breached: bool = False
    phones: int = 0
    wider: int = 0
    last_miss: OfferOutcome | None = None
    alert: RingAlert | None = None


@dataclass(frozen=True, slots=True)
class SavedOffer:
    """Mirrors `OfferRecord`."""

    id: OfferId
    call_id: CallId
    queue_id: QueueId
    agent_id: AgentId
    device_id: DeviceId
    started_at: datetime
    ring_deadline: datetime
    ringing_at: datetime | None
    answered_at: datetime | None
    ring: int = 0
    is_breached: bool = False


@dataclass(frozen=True, slots=True)
class SavedQueue:
    """Mirrors `QueueRecord`."""

    queue: Queue
    is_removed: bool
    marks: dict[int, Mark]
    pace: Pace


@dataclass(frozen=True, slots=True)
class EngineSnapshot:
    """Everything the engine knows at `now`. Records are in the order of their ids."""

    now: datetime
    floor: Floor
    devices: Mapping[DeviceId, DeviceState]
    agents: tuple[SavedAgent, ...]
    calls: tuple[SavedCall, ...]
    offers: tuple[SavedOffer, ...]
    queues: tuple[SavedQueue, ...]
    suspended_since: datetime | None = None


@dataclass(frozen=True, slots=True)
class EngineCopy:
    """An `EngineSnapshot` in the making: its fields, with records that are given their form when somebody goes through them."""

    now: datetime
    floor: Floor
    devices: Mapping[DeviceId, DeviceState]
    agents: Copies[SavedAgent]
    calls: Copies[SavedCall]
    offers: Copies[SavedOffer]
    queues: Copies[SavedQueue]
    suspended_since: datetime | None

    def snapshot(self) -> EngineSnapshot:
        """All of it, in its form."""
        return EngineSnapshot(
            self.now,
            self.floor,
            self.devices,
            tuple(self.agents),
            tuple(self.calls),
            tuple(self.offers),
            tuple(self.queues),
            self.suspended_since,
        )


_AGENTS = Copier(SavedAgent, changing={"misses": dict})
_CALLS = Copier(SavedCall, changing={"offers": tuple, "missed_by": tuple})
_OFFERS = Copier(SavedOffer)
_QUEUES = Copier(SavedQueue, changing={"marks": dict})


def copy(state: State) -> EngineCopy:
    """Copy what must survive. The copy shares nothing that later changes."""
    return EngineCopy(
        state.now,
        state.floor,
        dict(state.devices),
        _copies(_AGENTS, state.agents),
        _copies(_CALLS, state.calls),
        _copies(_OFFERS, state.offers),
        _copies(_QUEUES, state.queues),
        state.suspended_since,
    )


def load(snapshot: EngineSnapshot) -> State:
    """The state that was saved, with everything derived built anew."""
    state = State(snapshot.floor, snapshot.now)
    state.devices.update(snapshot.devices)
    state.agents.update((each.agent.id, _record(AgentRecord, each)) for each in snapshot.agents)
    state.calls.update((each.id, _record(CallRecord, each)) for each in snapshot.calls)
    state.offers.update((each.id, _record(OfferRecord, each)) for each in snapshot.offers)
    state.queues.update((each.queue.id, _record(QueueRecord, each)) for each in snapshot.queues)
    if snapshot.suspended_since is not None:
        state.suspended_since = snapshot.suspended_since
        suspension.suspend(state)
    derived.build(state)
    return state


def _copies(copier: Copier[T], records: Mapping[Any, object]) -> Copies[T]:
    return copier.copy(records[each] for each in sorted(records))


def _record(kind: Any, saved: object) -> Any:
    """The record with the values that were saved; lists and dicts, which it changes in place, are its own."""
    made_by = {each.name: each.default_factory for each in fields(kind)}
    return kind(**{name: _thawed(getattr(saved, name), made_by[name]) for name in _names(type(saved))})


def _names(kind: Any) -> Iterable[str]:
    return (each.name for each in fields(kind))


def _thawed(value: Any, made_by: Any) -> object:
    return made_by(value) if made_by in (list, dict) else value
