"""The routing engine: told what happened, it says what is to be done.

    engine = Engine(floor)
    decision = engine.handle(CallEnqueued(call_id, queue_id), now=now)

`handle` is synchronous, total and deterministic: the same events at the same instants give the same decisions on every machine.
The caller performs the commands in order, comes back with what came of them, and with `TimePassed` at `next_deadline()`.
An instant earlier than the one before counts as that one: time never runs backwards here.
"""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

from app.acd import estimate, happenings, matching, queueing, reload, snapshot, views
from app.acd.decision import Decision
from app.acd.events import Event
from app.acd.model import Floor
from app.acd.snapshot import EngineCopy, EngineSnapshot
from app.acd.state import State
from app.acd.views import AgentView, CallView, OfferView, QueueView
from app.ids import AgentId, CallId, DeviceId, OfferId, QueueId

_BEGINNING = datetime(1970, 1, 1, tzinfo=UTC)
_EMPTY_FLOOR = Floor()


class Engine:
    """One routing domain: its agents, queues and calls. Not thread-safe: one writer."""

    def __init__(self, floor: Floor = _EMPTY_FLOOR) -> None:
        self._state = State(_EMPTY_FLOOR, _BEGINNING)
        reload.change_floor(self._state, floor)
        _come_to_rest(self._state)

    # --- decisions -----------------------------------------------------------------------------------------------

    def handle(self, event: Event, *, now: datetime) -> Decision:
        """Take in one event and decide all that follows from it, down to the last offer that can be made."""
        state = self._state
        state.begin(now)
        happenings.happen(state, event)
        _come_to_rest(state)
        return Decision(tuple(state.facts), tuple(state.commands))

    def next_deadline(self) -> datetime | None:
        """When to come back with `TimePassed`, if nothing else happens before. Later than the last `now`."""
        return self._state.timers.next_at()

    # --- survival ------------------------------------------------------------------------------------------------

    def copy(self) -> EngineCopy:
        """Everything that must survive, taken in one go: what happens from now on is not in it."""
        return snapshot.copy(self._state)

    def snapshot(self) -> EngineSnapshot:
        """Everything that must survive, as plain frozen values."""
        return self.copy().snapshot()

    @classmethod
    def restore(cls, saved: EngineSnapshot) -> "Engine":
        """An engine that behaves from now on like the one that was saved."""
        engine = cls()
        engine._state = snapshot.load(saved)
        return engine

    # --- views ---------------------------------------------------------------------------------------------------

    @property
    def now(self) -> datetime:
        """The latest instant that was told."""
        return self._state.now

    @property
    def is_suspended(self) -> bool:
        """Whether nothing can be done for calls now."""
        return self._state.suspended_since is not None

    @property
    def floor(self) -> Floor:
        """What it routes by now."""
        return self._state.floor

    def agents(self) -> Iterator[AgentView]:
        """All agents of the floor, and removed ones who still finish their call."""
        return map(views.of_agent, list(self._state.agents.values()))

    def agent(self, agent_id: AgentId) -> AgentView | None:
        """This agent now; None when the floor has none of this id."""
        agent = self._state.agents.get(agent_id)
        return None if agent is None else views.of_agent(agent)

    def agent_on(self, device_id: DeviceId) -> AgentId | None:
        """Who is logged in at this device; None when nobody is."""
        return self._state.agent_by_device.get(device_id)

    def queues(self) -> Iterator[QueueView]:
        """All queues of the floor, and removed ones whose calls have not all ended."""
        return (views.of_queue(self._state, queue) for queue in list(self._state.queues.values()))

    def queue(self, queue_id: QueueId) -> QueueView | None:
        """This queue now; None when the floor has none of this id."""
        queue = self._state.queues.get(queue_id)
        return None if queue is None else views.of_queue(self._state, queue)

    def calls(self) -> Iterator[CallView]:
        """All calls that have not ended."""
        return (views.of_call(self._state, call) for call in list(self._state.calls.values()))

    def call(self, call_id: CallId) -> CallView | None:
        """This call now; None when it has ended or was never here."""
        call = self._state.calls.get(call_id)
        return None if call is None else views.of_call(self._state, call)

    def offer(self, offer_id: OfferId) -> OfferView | None:
        """This open offer now; None when it has ended or was never made."""
        offer = self._state.offers.get(offer_id)
        return None if offer is None else views.of_offer(self._state, offer)

    def position(self, call_id: CallId) -> int | None:
        """1 is next; None when the call is connected, ended, or was never here."""
        call = self._state.calls.get(call_id)
        return None if call is None else views.position(self._state, call)

    def expected_wait(self, call_id: CallId, now: datetime) -> timedelta | None:
        """How long the call will probably wait from `now` on; None when it does not wait or nothing is known yet."""
        position = self.position(call_id)
        if position is None:
            return None
        queue = self._state.queues[self._state.calls[call_id].queue_id]
        return estimate.expected_wait(queue.pace, position=position, at_work=queueing.at_work(queue), now=now)


def _come_to_rest(state: State) -> None:
    """Fire what is due, empty what is empty, match what can be matched, until nothing of it is left."""
    while True:
        if (timer := state.timers.pop_due(state.now)) is not None:
            happenings.come_due(state, timer)
        elif state.suspended_since is not None:
            return
        elif state.thinned:
            _clear_thinned(state)
        elif state.freed or state.hungry:
            matching.match(state)
        else:
            return


def _clear_thinned(state: State) -> None:
    thinned = sorted(state.thinned)
    queues = [state.thinned[queue_id] for queue_id in thinned]
    state.thinned.clear()
    for queue in queues:
        queueing.clear_if_empty(state, queue)
