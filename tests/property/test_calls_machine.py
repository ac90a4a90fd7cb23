"""Whatever people do and in whatever order the news come: no leg without a call, every call ends once, nobody hears two things."""

from collections import Counter
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, precondition, rule

from app.acd.amendments import growth, shrinkage
from app.acd.events import (
    DeviceChanged,
    FloorChanged,
    LogInRequested,
    LogOutRequested,
    PauseRequested,
    ResumeRequested,
    TimePassed,
    WrapUpEndRequested,
    WrapUpExtendRequested,
)
from app.acd.facts import CallLeft, CallQueued, OfferEnded, OfferStarted
from app.acd.model import AgentState, DeviceState
from app.calls.call import CallKind, Phase
from app.calls.events import (
    AsteriskAway,
    AsteriskLost,
    Event,
    HangUpRequested,
    LegAnswered,
    OriginateRequested,
    SettingsChanged,
)
from app.calls.facts import CallEnded, CallStarted, LegFinished, LegStarted
from app.calls.hangup import HangUpParty, LegEnd
from app.calls.switchboard import Switchboard
from app.calls.turn import Outcome
from app.ids import AgentId, CallId, DeviceId, LegId, QueueId
from app.runtime.codec import decode_event, decode_snapshot, encode_event, encode_facts, encode_snapshot
from tests.support.one_picture import assert_one_picture
from tests.support.switchboards import (
    AGENTS,
    EXTENSIONS,
    IMPATIENT,
    LUNCH,
    NOBODY,
    NOON,
    OUTSIDE,
    PHONES,
    QUEUES,
    RING_ALL,
    RINGBACK,
    SERVICE,
    TICK,
    TO_MESSAGE,
    TO_NUMBER,
    TO_VOICEMAIL,
    TONE,
    call_settings,
    floor,
    other_floor,
    other_settings,
)
from tests.support.tiny_asterisk import Join, TinyAsterisk, TinyLeg

pytestmark = pytest.mark.thorough

ENTRIES = [SERVICE, RING_ALL, RINGBACK, TONE, TO_MESSAGE, TO_NUMBER, TO_VOICEMAIL, IMPATIENT, NOBODY]
FAULTS = [
    "connection",
    "controller",
    "controller between decision and deed",
    "controller over an answer",
    "asterisk",
]
MEANWHILE = ["caller", "pick up", "ring", "put down", "dial", "ask", "desk", "end", "time"]


def _pause(agent: AgentId) -> Event:
    return PauseRequested(agent, LUNCH)


def _extend(agent: AgentId) -> Event:
    return WrapUpExtendRequested(agent, timedelta(seconds=2))


WISHES: list[Callable[[AgentId], Event] | None] = [
    LogInRequested,
    LogOutRequested,
    _pause,
    ResumeRequested,
    WrapUpEndRequested,
    _extend,
    None,
]
choices = st.integers(0, 9)
agents = st.sampled_from(AGENTS)
phones = st.sampled_from(PHONES)
numbers = st.sampled_from([*EXTENSIONS, OUTSIDE, SERVICE, "nobody"])


class CallControl(RuleBasedStateMachine):
    """Callers, agents and a tiny Asterisk around one switchboard."""

    def __init__(self) -> None:
        super().__init__()
        self.asterisk = TinyAsterisk()
        self.board = Switchboard()
        self.now = NOON
        self.journal: list[tuple[Event, Any, Outcome]] = []
        self.serial = 0
        self.surveys = 0
        self.reloaded_at = 0
        self.handle(FloorChanged(floor()))
        self.handle(SettingsChanged(call_settings()))
        self.handle(self.asterisk.survey())
        for agent in AGENTS:
            self.handle(LogInRequested(agent))

    def handle(self, event: Event, *, is_done: bool = True) -> None:
        """One turn: the switchboard decides, Asterisk does."""
        self.now += TICK
        outcome = self.board.handle(event, now=self.now)
        self.journal.append((event, self.now, outcome))
        if is_done:
            self.asterisk.perform(outcome.actions)

    def next_id(self) -> str:
        """An id that no leg and no call had before."""
        self.serial += 1
        return f"c{self.serial}"

    def facts(self, kind: type) -> list[Any]:
        """Everything of a kind that was written down."""
        return [fact for _, _, outcome in self.journal for fact in outcome.facts if isinstance(fact, kind)]

    def pick(self, choice: int, *, ours: bool | None = None, is_up: bool | None = None) -> TinyLeg | None:
        """One of the legs that fit."""
        fitting = [
            leg
            for leg in self.asterisk.legs.values()
            if (ours is None or leg.is_ours is ours) and (is_up is None or leg.is_up is is_up)
        ]
        return fitting[choice % len(fitting)] if fitting else None

    # --- what happens --------------------------------------------------------------------------------------------------

    @rule(entry=st.sampled_from(ENTRIES))
    def somebody_calls(self, entry: str) -> None:
        """A caller."""
        self.asterisk.call_in(LegId(self.next_id()), entry)

    @rule(device=phones, number=numbers)
    def somebody_dials_on_a_phone(self, device: DeviceId, number: str) -> None:
        """An agent or whoever sits there."""
        self.asterisk.dial(LegId(self.next_id()), device, number)

    @rule(agent=agents, number=numbers)
    def an_agent_asks_for_a_call(self, agent: AgentId, number: str) -> None:
        """By a click on the desk."""
        self.handle(OriginateRequested(CallId(self.next_id()), agent, number))

    @rule(choice=choices)
    def a_phone_rings(self, choice: int) -> None:
        """180."""
        leg = self.pick(choice, ours=True, is_up=False)
        if leg is not None:
            self.asterisk.ring(leg)

    @rule(choice=choices)
    def a_phone_is_picked_up(self, choice: int) -> None:
        """200."""
        leg = self.pick(choice, ours=True, is_up=False)
        if leg is not None:
            self.asterisk.pick_up(leg)

    @rule()
    def all_phones_that_ring_are_picked_up(self) -> None:
        """In the same moment, before anybody was told to stop."""
        for leg in list(self.asterisk.legs.values()):
            if leg.is_ours and not leg.is_up:
                self.asterisk.pick_up(leg)

    @rule(choice=choices, sip_code=st.sampled_from([486, 603, 503]))
    def a_phone_says_no(self, choice: int, sip_code: int) -> None:
        """Busy, declined, or broken."""
        leg = self.pick(choice, ours=True, is_up=False)
        if leg is not None:
            self.asterisk.put_down(leg, sip_code=sip_code)

    @rule(choice=choices)
    def a_leg_is_ended_by_its_phone(self, choice: int) -> None:
        """Hung up, or cancelled."""
        leg = self.pick(choice)
        if leg is not None:
            self.asterisk.put_down(leg)

    @rule(choice=choices)
    def a_leg_is_lost(self, choice: int) -> None:
        """Asterisk has rung it long enough, or no sound comes any more."""
        leg = self.pick(choice)
        if leg is not None:
            is_ringing = leg.is_ours and not leg.is_up
            self.asterisk.put_down(leg, end=LegEnd.BY_TIMER if is_ringing else LegEnd.BY_NETWORK)

    @rule(choice=choices, is_held=st.booleans())
    def the_hold_key_is_pressed(self, choice: int, is_held: bool) -> None:  # noqa: FBT001 - hypothesis passes by name
        """Or released."""
        leg = self.pick(choice, is_up=True)
        if leg is not None:
            self.asterisk.hold(leg, is_held=is_held)

    @precondition(lambda self: self.asterisk.has_news)
    @rule(order=st.lists(choices, min_size=1, max_size=6), twice=st.booleans())
    def news_come(self, order: list[int], twice: bool) -> None:  # noqa: FBT001 - hypothesis passes by name
        """Some, of some legs before others; once, or doubled."""
        for choice in order:
            if self.asterisk.has_news:
                event = self.asterisk.tell(choice)
                self.handle(event)
                if twice:
                    self.handle(event)

    @rule(seconds=st.integers(1, 6))
    def time_passes(self, seconds: int) -> None:
        """Ringing and waiting have limits."""
        self.now += timedelta(seconds=seconds)
        self.handle(TimePassed())

    @rule(agent=agents, device=st.none() | phones, wish=st.sampled_from(WISHES))
    def an_agent_asks_for(
        self, agent: AgentId, device: DeviceId | None, wish: Callable[[AgentId], Event] | None
    ) -> None:
        """Rest, or work; or to sit at another phone."""
        if wish is not None:
            self.handle(wish(agent))
        else:
            self.handle(LogOutRequested(agent))
            self.handle(LogInRequested(agent, device))

    @rule()
    def agents_are_ready(self) -> None:
        """Most of the time people are at work: without this, chance leaves nobody at the phones."""
        self.asterisk.unregistered.clear()
        for device in PHONES:
            self.handle(DeviceChanged(device, DeviceState.REACHABLE))
        for agent in AGENTS:
            for event in (LogInRequested(agent), ResumeRequested(agent), WrapUpEndRequested(agent)):
                self.handle(event)

    @rule(entry=st.sampled_from([SERVICE, RING_ALL, RINGBACK]), how=st.sampled_from([Join.DONE, *Join]))
    def a_call_is_answered(self, entry: str, how: Join) -> None:
        """From the dialling to the talk, if somebody is free and nothing goes wrong."""
        leg_id = LegId(self.next_id())
        self.asterisk.call_in(leg_id, entry)
        self.drain()
        for offer in list(self.asterisk.legs.values()):
            if offer.id.startswith(f"{leg_id}-"):
                self.asterisk.ring(offer)
                self.asterisk.pick_up(offer)
        self.asterisk.next_join = how
        self.tell_all()

    @rule()
    def somebody_waits_too_long(self) -> None:
        """And is sent to another phone."""
        self.somebody_calls(IMPATIENT)
        self.tell_all()
        self.time_passes(6)

    @rule(device=phones, state=st.sampled_from(list(DeviceState)))
    def a_phone_changes(self, device: DeviceId, state: DeviceState) -> None:
        """Registered, busy elsewhere, gone."""
        if state is DeviceState.UNREACHABLE:
            self.asterisk.unregistered.add(device)
        else:
            self.asterisk.unregistered.discard(device)
        self.handle(DeviceChanged(device, state))

    @rule(choice=choices)
    def a_call_is_ended_from_outside(self, choice: int) -> None:
        """By a human through us; or one that is over."""
        calls = [*self.board.calls, CallId("over")]
        self.handle(HangUpRequested(calls[choice % len(calls)]))

    @precondition(lambda self: len(self.journal) > self.reloaded_at + 40)
    @rule(agent=st.none() | agents, queue=st.none() | st.sampled_from(QUEUES), is_slow=st.booleans())
    def the_site_file_is_reloaded(
        self,
        agent: AgentId | None,
        queue: QueueId | None,
        is_slow: bool,  # noqa: FBT001 - hypothesis passes by name
    ) -> None:
        """Without one of the agents and their phone, without one of the queues and its number; with a wrap-up or none."""
        self.reloaded_at = len(self.journal)
        old, new = (
            self.board.engine.floor,
            other_floor(agent, queue, wrap_up=timedelta(seconds=4 * is_slow)),
        )
        for part in growth(old, new, agents_at_a_time=1, members_at_a_time=1):
            self.handle(part)
        self.handle(SettingsChanged(other_settings(agent, queue)))
        for part in shrinkage(old, new, agents_at_a_time=1):
            self.handle(part)

    # --- what goes wrong -----------------------------------------------------------------------------------------------

    @rule(fault=st.sampled_from(FAULTS), choice=choices)
    def a_machine_fails(self, fault: str, choice: int) -> None:
        """And is there again."""
        match fault:
            case "connection":
                self.the_connection_breaks()
                self.the_connection_comes_back(is_quick=bool(choice % 2))
            case "controller":
                self.the_controller_restarts()
            case "controller between decision and deed":
                self.the_controller_dies_between_the_decision_and_the_deed(choice)
            case "controller over an answer":
                self.the_controller_dies_over_an_answer(choice)
            case _:
                self.asterisk_dies(is_noticed=bool(choice % 2))

    @rule(
        happenings=st.lists(st.tuples(st.sampled_from(MEANWHILE), choices), max_size=8),
        is_quick=st.booleans(),
        restarts=st.booleans(),
    )
    def the_connection_is_away(
        self,
        happenings: list[tuple[str, int]],
        is_quick: bool,  # noqa: FBT001 - hypothesis passes by name
        restarts: bool,  # noqa: FBT001 - hypothesis passes by name
    ) -> None:
        """People go on meanwhile, and so do their agents' desks, and time."""
        self.the_connection_breaks()
        for name, choice in happenings:
            self.happens(name, choice)
        if restarts:
            self.restore()
        self.the_connection_comes_back(is_quick=is_quick)

    def happens(self, name: str, choice: int) -> None:
        """One of those things that go on while nobody watches."""
        match name:
            case "caller":
                self.somebody_calls(ENTRIES[choice % len(ENTRIES)])
            case "pick up":
                self.a_phone_is_picked_up(choice)
            case "ring":
                self.a_phone_rings(choice)
            case "put down":
                self.a_leg_is_ended_by_its_phone(choice)
            case "dial":
                self.somebody_dials_on_a_phone(PHONES[choice % 3], EXTENSIONS[choice // 3 % 3])
            case "ask":
                self.an_agent_asks_for_a_call(AGENTS[choice % 3], OUTSIDE)
            case "desk":
                self.an_agent_asks_for(AGENTS[choice % 3], None, WISHES[choice % len(WISHES)])
            case "end":
                self.a_call_is_ended_from_outside(choice)
            case "time":
                self.time_passes(choice)

    def the_connection_breaks(self) -> None:
        """What was not told yet is never told, and nothing can be asked for."""
        self.asterisk.disconnect()
        self.handle(AsteriskAway())

    def the_connection_comes_back(self, *, is_quick: bool) -> None:
        """The lists take the place of what was not told. `is_quick`: the dialplan handed over what waited there before we asked."""
        self.surveys += 1
        self.handle(self.asterisk.connect(is_quick=is_quick))

    def the_controller_dies_between_the_decision_and_the_deed(self, choice: int) -> None:
        """The journal has it, Asterisk never heard of it."""
        if self.asterisk.has_news:
            self.handle(self.asterisk.tell(choice), is_done=False)
        self.the_controller_restarts()

    def the_controller_dies_over_an_answer(self, choice: int) -> None:
        """The worst moment: somebody picked up, and the join was never asked for."""
        leg = self.pick(choice, ours=True, is_up=False)
        if leg is None:
            return
        self.asterisk.pick_up(leg)
        answered = LegAnswered(leg.id)
        while (event := self.asterisk.tell(0)) != answered:
            self.handle(event)
        self.handle(answered, is_done=False)
        self.the_controller_restarts()

    def the_controller_restarts(self) -> None:
        """What was not told yet never is."""
        self.restore()
        self.the_connection_breaks()
        self.the_connection_comes_back(is_quick=False)

    def restore(self) -> None:
        """From the snapshot, which must be all there is to know."""
        self.board = Switchboard.restore(decode_snapshot(b"".join(encode_snapshot(self.board.copy()))))

    def asterisk_dies(self, *, is_noticed: bool) -> None:
        """With all its calls. Noticed by its end, or by another start at the next connect."""
        self.asterisk.crash()
        if is_noticed:
            self.handle(AsteriskLost())
        self.handle(self.asterisk.survey())

    # --- looking -------------------------------------------------------------------------------------------------------

    @rule()
    def all_news_come(self) -> None:
        """Now the picture must be right to the last leg."""
        self.drain()
        self.check_that_both_agree()

    def tell_all(self) -> None:
        """And what follows from it."""
        while self.asterisk.has_news:
            self.handle(self.asterisk.tell(0))

    def drain(self) -> None:
        """Tell all. Joins that nothing is told of come to their deadline."""
        self.asterisk.next_join = Join.DONE
        self.tell_all()
        while self.board.joining.next_deadline():
            self.now += self.board.settings.join_timeout
            self.handle(TimePassed())
            self.tell_all()

    # --- what must hold ------------------------------------------------------------------------------------------------

    @invariant()
    def every_leg_and_call_is_written_down_once(self) -> None:
        """One end for each beginning, at the most."""
        for began, ended, name in (
            (CallStarted, CallEnded, "call_id"),
            (LegStarted, LegFinished, "leg_id"),
            (OfferStarted, OfferEnded, "offer_id"),
        ):
            starts = Counter(getattr(fact, name) for fact in self.facts(began))
            ends = Counter(getattr(fact, name) for fact in self.facts(ended))
            assert max(starts.values(), default=1) == 1
            assert ends <= starts

    @invariant()
    def call_control_and_the_engine_have_one_picture(self) -> None:
        """Of every call, offer and agent."""
        assert_one_picture(self.board)

    @invariant()
    def no_deadline_is_in_the_past_once_time_has_passed(self) -> None:
        """Whatever was due was done."""
        deadline = self.board.next_deadline()
        if isinstance(self.journal[-1][0], TimePassed):
            assert deadline is None or deadline > self.now

    @invariant()
    def a_dropped_leg_is_hung_up_once(self) -> None:
        """More often only where a survey shows that it is still there."""
        known = {fact.leg_id for fact in self.facts(LegStarted)}
        asked = Counter(leg_id for leg_id in self.asterisk.asked_to_hang_up if leg_id in known)
        assert max(asked.values(), default=0) <= 1 + self.surveys
        dropped = [leg.id for leg in self.board.legs.values() if leg.is_dropped]
        assert all(asked[leg_id] >= 1 for leg_id in dropped)

    @invariant()
    def nobody_who_talks_hears_music_or_ringing(self) -> None:
        """It would be mixed with the other party's voice."""
        for bridge_id in self.asterisk.bridges:
            parties = self.asterisk.in_bridge(bridge_id)
            if len(parties) > 1:
                assert [leg.sound for leg in parties] == [None] * len(parties)

    def check_that_both_agree(self) -> None:
        """Nothing is under way: what call control believes is what Asterisk has."""
        assert set(self.board.legs) == set(self.asterisk.legs)
        assert not [call for call in self.board.calls.values() if call.phase is Phase.ENDING]
        for call in self.board.calls.values():
            parties = self.asterisk.in_bridge(call.bridge_id)
            caller = self.asterisk.legs[LegId(call.id)]
            if call.phase is Phase.TALKING:
                assert len(parties) == len(call.legs) == 2
                assert all(leg.is_up for leg in parties)
            elif call.phase is Phase.WAITING and call.kind is CallKind.INBOUND:
                assert caller.sound is not None, "a caller hears nothing while waiting"
            assert call.phase is not Phase.CONNECTING
        assert self.asterisk.bridges == {
            call.bridge_id for call in self.board.calls.values() if call.has_bridge
        }

    def teardown(self) -> None:
        """All hang up. Then nobody is left, and the record tells the same story to whoever handles it again."""
        self.drain()
        for leg in list(self.asterisk.legs.values()):
            if not leg.is_ours:
                self.asterisk.put_down(leg)
        self.drain()
        for leg in list(self.asterisk.legs.values()):
            self.asterisk.put_down(leg)
        self.drain()
        assert not self.board.calls
        assert not self.board.legs
        assert not list(self.board.engine.calls())
        resting = {AgentState.IDLE, AgentState.WRAP_UP}
        assert {agent.state for agent in self.board.engine.agents()} <= resting
        for began, ended in ((CallStarted, CallEnded), (LegStarted, LegFinished), (OfferStarted, OfferEnded)):
            assert len(self.facts(began)) == len(self.facts(ended))
        self.check_that_no_caller_was_sent_away_by_mistake()
        self.check_that_replay_equals_live()

    def check_that_no_caller_was_sent_away_by_mistake(self) -> None:
        """A caller who never talked left, was sent elsewhere by a queue's rule, or was ended from outside; or a machine failed."""
        inbound = {fact.call_id for fact in self.facts(CallStarted) if fact.kind is CallKind.INBOUND}
        sent_on = {fact.call_id for fact in self.facts(CallLeft) if fact.target is not None}
        asked = {event.call_id for event, _, _ in self.journal if isinstance(event, HangUpRequested)}
        queued = {fact.call_id for fact in self.facts(CallQueued)}
        for ended in self.facts(CallEnded):
            if ended.call_id in inbound and ended.bridged_at is None:
                assert ended.ended_by is not HangUpParty.AGENT
                is_meant = ended.call_id in sent_on | asked or ended.call_id not in queued
                assert is_meant or ended.ended_by is not HangUpParty.SYSTEM, ended

    def check_that_replay_equals_live(self) -> None:
        """Through the journal's own bytes, in one go from the beginning."""
        again = Switchboard()
        for event, now, outcome in self.journal:
            replayed = again.handle(decode_event(*encode_event(event)), now=now)
            assert encode_facts(replayed.facts) == encode_facts(outcome.facts)
            assert replayed.actions == outcome.actions
        assert b"".join(encode_snapshot(again.copy())) == b"".join(encode_snapshot(self.board.copy()))


CallControl.TestCase.settings = settings(
    max_examples=150, stateful_step_count=50, deadline=None, suppress_health_check=[HealthCheck.too_slow]
)
TestCallControl = CallControl.TestCase
