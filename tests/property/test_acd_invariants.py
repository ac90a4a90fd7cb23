"""Whatever happens on a floor, in whatever order, the engine keeps its promises (the invariants of the architecture)."""

from collections import Counter, defaultdict
from collections.abc import Callable
from datetime import UTC, datetime, timedelta

import msgspec
import pytest
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule

from app.acd.amendments import growth, shrinkage
from app.acd.commands import ConnectCall
from app.acd.decision import Decision
from app.acd.engine import Engine
from app.acd.events import (
    CallBridged,
    CallEnqueued,
    CallExited,
    CallFinished,
    CallHeld,
    CallUnheld,
    DeviceChanged,
    Event,
    FloorChanged,
    LogInRequested,
    LogOutRequested,
    OfferAnswered,
    OfferFailed,
    OfferRinging,
    OutboundFinished,
    OutboundStarted,
    PauseRequested,
    ResumeRequested,
    RoutingResumed,
    RoutingSuspended,
    TimePassed,
    WrapUpEndRequested,
    WrapUpExtendRequested,
)
from app.acd.facts import (
    AgentStateChanged,
    AgentStatusChanged,
    CallConnected,
    CallLeft,
    CallQueued,
    OfferEnded,
    OfferStarted,
    RequestRefused,
)
from app.acd.model import (
    AgentState,
    AgentStatus,
    CallState,
    DeviceState,
    ExitReason,
    Floor,
    OfferOutcome,
    SkillRequirement,
)
from app.acd.snapshot import EngineSnapshot, SavedCall
from app.ids import AgentId, CallId, DeviceId, OfferId, PauseCode, QueueId
from tests.support.acd_floors import (
    AGENTS,
    CALLS,
    DEVICES,
    LUNCH,
    QUEUES,
    TRAINING,
    floors,
    requirements,
    seconds,
)
from tests.support.acd_reference import expected_offers, situation

pytestmark = pytest.mark.thorough

_AWAY = 8
"""For how many events Asterisk stays away."""
_START = datetime(2026, 3, 1, tzinfo=UTC)


class _FloorLife(RuleBasedStateMachine):
    """Drives an engine, and a twin that is saved, encoded, decoded and restored at any time, with the same events."""

    def __init__(self) -> None:
        super().__init__()
        self.now = _START
        self.reloaded_at = 0
        self.suspended_at: int | None = None
        self.engine = Engine()
        self.twin = Engine()
        self.history: list[tuple[Event, datetime, Decision]] = []
        self.started: Counter[OfferId] = Counter()
        self.ended: Counter[OfferId] = Counter()
        self.queued: Counter[QueueId] = Counter()
        self.out: Counter[QueueId] = Counter()
        self.attempts: defaultdict[CallId, int] = defaultdict(int)
        self.logged_in: dict[AgentId, datetime] = {}
        self.states: dict[AgentId, tuple[AgentState, datetime]] = {}
        self.spent: defaultdict[AgentId, timedelta] = defaultdict(timedelta)

    # --- telling the engine --------------------------------------------------------------------------------------

    def tell(self, event: Event) -> Decision:
        self.now += timedelta(seconds=len(self.history) % 3)
        if self.suspended_at is not None and len(self.history) > self.suspended_at + _AWAY:
            self.suspended_at = None
            self._tell_at_once(RoutingResumed())
        return self._tell_at_once(event)

    def _tell_at_once(self, event: Event) -> Decision:
        before = self.engine.snapshot()
        decision = self.engine.handle(event, now=self.now)
        restored = self.twin.handle(event, now=self.now)
        assert restored == decision
        self.history.append((event, self.now, decision))
        self._follow(decision)
        self._compare_with_reference(before, event, decision)
        return decision

    def _compare_with_reference(self, before: EngineSnapshot, event: Event, decision: Decision) -> None:
        made = [
            (each.offer_id, each.call_id, each.agent_id)
            for each in decision.facts
            if isinstance(each, OfferStarted)
        ]
        after = self.engine.snapshot()
        if {offer_id for offer_id, _, _ in made} - {each.id for each in after.offers}:
            return
        expected = [] if self.engine.is_suspended else expected_offers(situation(after, before, made))
        assert expected == made, event

    def _follow(self, decision: Decision) -> None:
        for fact in decision.facts:
            if follow := _FOLLOWERS.get(type(fact)):
                follow(self, fact)

    def _offer_started(self, fact: OfferStarted) -> None:
        self.started[fact.offer_id] += 1
        self.attempts[fact.call_id] += 1
        assert fact.offer_id == f"{fact.call_id}-{self.attempts[fact.call_id]}"

    def _offer_ended(self, fact: OfferEnded) -> None:
        self.ended[fact.offer_id] += 1

    def _call_queued(self, fact: CallQueued) -> None:
        self.queued[fact.queue_id] += 1

    def _call_gone(self, fact: CallConnected | CallLeft) -> None:
        if isinstance(fact, CallConnected) or fact.position:
            self.out[fact.queue_id] += 1

    def _status_changed(self, fact: AgentStatusChanged) -> None:
        if fact.status is AgentStatus.LOGGED_OUT and fact.agent_id in self.logged_in:
            self._spend(fact.agent_id, fact.at)
            assert self.spent.pop(fact.agent_id) == fact.at - self.logged_in.pop(fact.agent_id)
            del self.states[fact.agent_id]
        elif fact.status is not AgentStatus.LOGGED_OUT and fact.agent_id not in self.logged_in:
            self.logged_in[fact.agent_id] = fact.at

    def _state_changed(self, fact: AgentStateChanged) -> None:
        """A wrap-up that is extended is told again; it began when it began."""
        if fact.agent_id in self.states and self.states[fact.agent_id][0] is fact.state:
            return
        self._spend(fact.agent_id, fact.at)
        self.states[fact.agent_id] = (fact.state, fact.at)

    def _spend(self, agent_id: AgentId, at: datetime) -> None:
        since = self.states[agent_id][1] if agent_id in self.states else at
        self.spent[agent_id] += at - since

    # --- what may happen -----------------------------------------------------------------------------------------

    @initialize(floor=floors(is_whole=True), here=st.sets(st.sampled_from(AGENTS), min_size=2))
    def opens(self, floor: Floor, here: set[AgentId]) -> None:
        self.tell(FloorChanged(floor))
        for agent_id in sorted(here):
            self.tell(LogInRequested(agent_id))

    @rule(
        call_id=st.sampled_from(CALLS),
        queue_id=st.sampled_from(QUEUES),
        priority=st.integers(0, 2),
        requires=st.just(()) | requirements,
        owner=st.none() | st.sampled_from(AGENTS),
        owner_for=seconds,
        earlier=st.just(timedelta(0)) | seconds,
    )
    def a_call_comes(  # noqa: PLR0917 - hypothesis passes them by name
        self,
        call_id: CallId,
        queue_id: QueueId,
        priority: int,
        requires: tuple[SkillRequirement, ...],
        owner: AgentId | None,
        owner_for: timedelta,
        earlier: timedelta,
    ) -> None:
        attempts = self.attempts[call_id]
        enqueued_at = self.now - earlier
        self.tell(
            CallEnqueued(call_id, queue_id, priority, requires, owner, owner_for, enqueued_at, attempts)
        )

    def _offer(self, data: st.DataObject) -> OfferId | None:
        open_offers = sorted(each.id for each in self.engine.snapshot().offers)
        return data.draw(st.sampled_from(open_offers)) if open_offers else None

    @rule(queue_id=st.sampled_from(QUEUES), number=st.integers(1, 3))
    def plain_calls_come(self, queue_id: QueueId, number: int) -> None:
        for call_id in [each for each in CALLS if self.engine.call(each) is None][:number]:
            self.tell(CallEnqueued(call_id, queue_id, attempts=self.attempts[call_id]))

    @rule(names=st.sets(st.sampled_from(AGENTS), min_size=2))
    def agents_are_ready(self, names: set[AgentId]) -> None:
        """Most of the time people are at work: without this, chance leaves nobody at the phones."""
        for agent_id in sorted(names):
            self.tell(DeviceChanged(DeviceId(f"phone-{agent_id}"), DeviceState.REACHABLE))
            self.tell(LogInRequested(agent_id))
            self.tell(ResumeRequested(agent_id))
            self.tell(WrapUpEndRequested(agent_id))

    @rule(data=st.data())
    def a_call_is_served(self, data: st.DataObject) -> None:
        if offer_id := self._offer(data):
            call_id = next(each.call_id for each in self.engine.snapshot().offers if each.id == offer_id)
            for event in (
                OfferRinging(offer_id),
                OfferAnswered(offer_id),
                CallBridged(call_id),
                CallFinished(call_id),
            ):
                self.tell(event)

    @rule(data=st.data())
    def a_phone_rings(self, data: st.DataObject) -> None:
        if offer_id := self._offer(data):
            self.tell(OfferRinging(offer_id))

    @rule(data=st.data(), is_bridged=st.booleans())
    def a_phone_is_picked_up(self, data: st.DataObject, is_bridged: bool) -> None:  # noqa: FBT001 - drawn
        if offer_id := self._offer(data):
            decision = self.tell(OfferAnswered(offer_id))
            for command in decision.commands:
                if is_bridged and isinstance(command, ConnectCall):
                    self.tell(CallBridged(command.call_id))

    @rule(data=st.data(), outcome=st.sampled_from(OfferOutcome))
    def an_offer_fails(self, data: st.DataObject, outcome: OfferOutcome) -> None:
        if offer_id := self._offer(data):
            self.tell(OfferFailed(offer_id, outcome))

    @rule(
        data=st.data(),
        kinds=st.lists(
            st.sampled_from([CallHeld, CallUnheld, CallBridged, CallFinished]), min_size=1, max_size=3
        ),
    )
    def a_call_goes_on(self, data: st.DataObject, kinds: list[Callable[[CallId], Event]]) -> None:
        """One of those that talk, if there is one."""
        talking = [call.id for call in self.engine.snapshot().calls if call.state is CallState.CONNECTED]
        call_id = data.draw(st.sampled_from(talking or CALLS))
        for kind in kinds:
            self.tell(kind(call_id))

    @rule(call_id=st.sampled_from(CALLS), reason=st.sampled_from(ExitReason))
    def a_caller_leaves(self, call_id: CallId, reason: ExitReason) -> None:
        self.tell(CallExited(call_id, reason))

    @rule(
        agent_id=st.sampled_from(AGENTS),
        device_id=st.none() | st.sampled_from(DEVICES),
        pause=st.none() | st.sampled_from([LUNCH, TRAINING]),
    )
    def an_agent_logs_in(
        self, agent_id: AgentId, device_id: DeviceId | None, pause: PauseCode | None
    ) -> None:
        self.tell(LogInRequested(agent_id, device_id, pause))

    @rule(
        agent_id=st.sampled_from(AGENTS),
        kind=st.sampled_from([LogOutRequested, ResumeRequested, WrapUpEndRequested]),
    )
    def an_agent_asks(self, agent_id: AgentId, kind: Callable[[AgentId], Event]) -> None:
        self.tell(kind(agent_id))

    @rule(
        agent_id=st.sampled_from(AGENTS), code=st.sampled_from([LUNCH, TRAINING, PauseCode("no-such-code")])
    )
    def an_agent_pauses(self, agent_id: AgentId, code: PauseCode) -> None:
        self.tell(PauseRequested(agent_id, code))

    @rule(agent_id=st.sampled_from(AGENTS), extra=seconds)
    def an_agent_needs_more_time(self, agent_id: AgentId, extra: timedelta) -> None:
        self.tell(WrapUpExtendRequested(agent_id, extra))

    @rule(
        agent_id=st.sampled_from(AGENTS),
        call_id=st.sampled_from([CallId("out1"), CallId("out2")]),
        kind=st.sampled_from([OutboundStarted, OutboundFinished]),
    )
    def an_agent_dials(
        self, agent_id: AgentId, call_id: CallId, kind: Callable[[AgentId, CallId], Event]
    ) -> None:
        self.tell(kind(agent_id, call_id))

    @rule(device_id=st.sampled_from(DEVICES), device_state=st.sampled_from(DeviceState))
    def a_phone_changes(self, device_id: DeviceId, device_state: DeviceState) -> None:
        self.tell(DeviceChanged(device_id, device_state))

    @rule(after=seconds)
    def time_passes(self, after: timedelta) -> None:
        self.now += after

    @rule()
    def a_deadline_comes(self) -> None:
        deadline = self.engine.next_deadline()
        if deadline is not None:
            self.now = max(self.now, deadline)
            self.tell(TimePassed())

    @rule()
    def the_last_event_comes_again(self) -> None:
        """A doubled event says nothing new: at most it is refused again."""
        event, _, first = self.history[-1]
        if isinstance(event, CallEnqueued | WrapUpExtendRequested):
            return  # A call that was refused comes again; more time is more each time.
        if any(isinstance(fact, AgentStatusChanged) and fact.by_system for fact in first.facts):
            return  # What came due behind a resume may have paused the agent anew.
        self.now = self.history[-1][1]
        before = self.engine.snapshot()
        decision = self._tell_at_once(event)
        assert not [each for each in decision.facts if not isinstance(each, RequestRefused)], event
        assert not decision.commands
        assert self.engine.snapshot() == before

    @precondition(lambda self: len(self.history) > self.reloaded_at + 40)
    @rule(floor=floors())
    def the_site_file_is_reloaded(self, floor: Floor) -> None:
        self.reloaded_at = len(self.history)
        self.tell(FloorChanged(floor))

    @precondition(lambda self: self.suspended_at is None)
    @rule()
    def asterisk_goes_away_for_some_events(self) -> None:
        self.suspended_at = len(self.history)
        self.tell(RoutingSuspended())

    @precondition(lambda self: len(self.history) > self.reloaded_at + 40)
    @rule(floor=floors(), at_a_time=st.integers(1, 3))
    def the_site_file_is_reloaded_in_parts(self, floor: Floor, at_a_time: int) -> None:
        self.reloaded_at = len(self.history)
        old = self.engine.floor
        parts = growth(old, floor, agents_at_a_time=at_a_time, members_at_a_time=at_a_time)
        for part in (*parts, *shrinkage(old, floor, agents_at_a_time=at_a_time)):
            self.tell(part)
        assert self.engine.floor == floor

    @rule()
    def the_twin_is_restored(self) -> None:
        saved = self.twin.snapshot()
        assert saved == self.engine.snapshot()
        decoded = msgspec.json.decode(msgspec.json.encode(saved), type=EngineSnapshot)
        assert decoded == saved
        self.twin = Engine.restore(decoded)
        assert self.twin.next_deadline() == self.engine.next_deadline()

    # --- what always holds ---------------------------------------------------------------------------------------

    @invariant()
    def an_agent_has_at_most_one_offer_or_call(self) -> None:
        saved = self.engine.snapshot()
        offered = Counter(each.agent_id for each in saved.offers)
        connected = Counter(each.agent_id for each in saved.calls if each.agent_id)
        for agent in saved.agents:
            is_offered = agent.state is AgentState.OFFERED
            is_connected = agent.state in {AgentState.CONNECTED, AgentState.HELD}
            assert (offered[agent.agent.id], connected[agent.agent.id]) == (is_offered, is_connected)

    @invariant()
    def a_call_is_in_exactly_one_state(self) -> None:
        saved = self.engine.snapshot()
        open_offers = {each.id: each.call_id for each in saved.offers}
        in_line = [call_id for queue in self.engine.queues() for call_id in queue.waiting]
        assert len(in_line) == len(set(in_line))
        for call in saved.calls:
            assert bool(call.offers) is (call.state is CallState.OFFERED)
            assert (call.id in in_line) is (call.state is not CallState.CONNECTED)
            assert all(open_offers.pop(offer_id) == call.id for offer_id in call.offers)
        assert not open_offers

    @invariant()
    def nobody_waits_for_an_agent_who_could_take_the_call(self) -> None:
        if self.engine.is_suspended:
            return
        assert expected_offers(situation(self.engine.snapshot(), None, [])) == []

    @invariant()
    def nobody_waits_in_a_queue_that_is_empty_of_agents(self) -> None:
        saved = self.engine.snapshot()
        if saved.suspended_since is not None:
            return
        views = {queue.id: queue for queue in self.engine.queues()}
        for call in saved.calls:
            rules = next(each.queue for each in saved.queues if each.queue.id == call.queue_id)
            if (
                call.state is not CallState.WAITING
                or rules.leave_when is None
                or _waits_for_owner(call, saved)
            ):
                continue
            reasons = set(views[call.queue_id].members)
            assert not reasons <= rules.leave_when

    @invariant()
    def every_offer_ends_exactly_once(self) -> None:
        assert set(self.started.values()) | set(self.ended.values()) <= {1}
        open_offers = {each.id for each in self.engine.snapshot().offers}
        assert self.started.keys() - self.ended.keys() == open_offers

    @invariant()
    def an_agents_states_add_up_to_the_logged_in_time(self) -> None:
        """Checked at log-out; here, that the facts tell the state that the view shows."""
        for agent in self.engine.agents():
            if agent.status is AgentStatus.LOGGED_OUT:
                assert agent.id not in self.logged_in
            else:
                assert self.states[agent.id] == (agent.state, agent.since)

    @invariant()
    def a_queues_calls_are_all_accounted_for(self) -> None:
        waiting = {queue.id: len(queue.waiting) for queue in self.engine.queues()}
        for queue_id, queued in self.queued.items():
            assert queued == self.out[queue_id] + waiting.get(queue_id, 0)

    @invariant()
    def the_next_deadline_lies_ahead(self) -> None:
        deadline = self.engine.next_deadline()
        assert deadline is None or deadline > self.history[-1][1]

    @invariant()
    def restored_and_live_look_alike(self) -> None:
        assert sorted(self.twin.agents(), key=str) == sorted(self.engine.agents(), key=str)
        assert sorted(self.twin.queues(), key=str) == sorted(self.engine.queues(), key=str)

    def teardown(self) -> None:
        """Replay equals live."""
        replayed = Engine()
        for event, now, decision in self.history:
            assert replayed.handle(event, now=now) == decision
        assert replayed.snapshot() == self.engine.snapshot()


def _waits_for_owner(call: SavedCall, saved: EngineSnapshot) -> bool:
    owner = next((each for each in saved.agents if each.agent.id == call.owner), None)
    return owner is not None and owner.status is not AgentStatus.LOGGED_OUT and saved.now < call.owner_until


_FOLLOWERS: dict[type, Callable[..., None]] = {
    OfferStarted: _FloorLife._offer_started,
    OfferEnded: _FloorLife._offer_ended,
    CallQueued: _FloorLife._call_queued,
    CallConnected: _FloorLife._call_gone,
    CallLeft: _FloorLife._call_gone,
    AgentStatusChanged: _FloorLife._status_changed,
    AgentStateChanged: _FloorLife._state_changed,
}

TestFloorLife = _FloorLife.TestCase
TestFloorLife.settings = settings(
    max_examples=150, stateful_step_count=50, deadline=None, suppress_health_check=list(HealthCheck)
)
