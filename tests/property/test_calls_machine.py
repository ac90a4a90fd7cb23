"""Whatever people do and in whatever order the news come: no leg without a call, every call ends once, nobody hears two things."""

from collections import Counter
from datetime import timedelta
from typing import Any

import pytest
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, precondition, rule

from app.acd.events import (
    DeviceChanged,
    FloorChanged,
    LogInRequested,
    LogOutRequested,
    TimePassed,
)
from app.acd.facts import OfferEnded, OfferStarted
from app.acd.model import AgentState, DeviceState
from app.calls.call import CallKind, Phase
from app.calls.events import (
    AsteriskLost,
    Event,
    HangUpRequested,
    LegAnswered,
    OriginateRequested,
    SettingsChanged,
)
from app.calls.facts import CallEnded, CallStarted, LegFinished, LegStarted
from app.calls.switchboard import Switchboard
from app.calls.turn import Outcome
from app.ids import AgentId, CallId, DeviceId, LegId
from app.runtime.codec import decode_event, decode_snapshot, encode_event, encode_facts, encode_snapshot
from tests.support.one_picture import assert_one_picture
from tests.support.switchboards import (
    AGENTS,
    EXTENSIONS,
    IMPATIENT,
    NOBODY,
    NOON,
    OUTSIDE,
    PHONES,
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
)
from tests.support.tiny_asterisk import TinyAsterisk, TinyLeg

pytestmark = pytest.mark.thorough

ENTRIES = [SERVICE, RING_ALL, RINGBACK, TONE, TO_MESSAGE, TO_NUMBER, TO_VOICEMAIL, IMPATIENT, NOBODY]
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

    @rule(choice=choices, sip_code=st.sampled_from([None, 486, 603, 503]))
    def a_leg_is_ended_by_its_phone(self, choice: int, sip_code: int | None) -> None:
        """Hung up, declined or cancelled."""
        leg = self.pick(choice)
        if leg is not None:
            self.asterisk.put_down(leg, sip_code=None if leg.is_up else sip_code)

    @rule(choice=choices, is_held=st.booleans())
    def the_hold_key_is_pressed(self, choice: int, is_held: bool) -> None:  # noqa: FBT001 - hypothesis passes by name
        """Or released."""
        leg = self.pick(choice, is_up=True)
        if leg is not None:
            self.asterisk.hold(leg, is_held=is_held)

    @precondition(lambda self: self.asterisk.has_news)
    @rule(choice=choices, twice=st.booleans())
    def news_come(self, choice: int, twice: bool) -> None:  # noqa: FBT001 - hypothesis passes by name
        """Once, or doubled."""
        event = self.asterisk.tell(choice)
        self.handle(event)
        if twice:
            self.handle(event)

    @rule(seconds=st.integers(1, 6))
    def time_passes(self, seconds: int) -> None:
        """Ringing and waiting have limits."""
        self.now += timedelta(seconds=seconds)
        self.handle(TimePassed())

    @rule(agent=agents, comes=st.booleans())
    def an_agent_comes_or_goes(self, agent: AgentId, comes: bool) -> None:  # noqa: FBT001 - hypothesis passes by name
        """Log-in and log-out."""
        self.handle(LogInRequested(agent) if comes else LogOutRequested(agent))

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

    @rule()
    def the_connection_breaks_and_comes_back(self) -> None:
        """What was not told yet is never told; the lists take its place."""
        self.asterisk.forget_news()
        self.surveys += 1
        self.handle(self.asterisk.survey())

    @precondition(lambda self: self.asterisk.has_news)
    @rule(choice=choices)
    def the_controller_dies_between_the_decision_and_the_deed(self, choice: int) -> None:
        """The journal has it, Asterisk never heard of it."""
        self.handle(self.asterisk.tell(choice), is_done=False)
        self.the_controller_restarts()

    @rule(choice=choices)
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

    @rule()
    def the_controller_restarts(self) -> None:
        """From its snapshot, which must be all there is to know."""
        self.board = Switchboard.restore(decode_snapshot(encode_snapshot(self.board.snapshot())))
        self.the_connection_breaks_and_comes_back()

    @rule(noticed=st.booleans())
    def asterisk_dies(self, noticed: bool) -> None:  # noqa: FBT001 - hypothesis passes by name
        """With all its calls. Noticed by its end, or by another start at the next connect."""
        self.asterisk.crash()
        if noticed:
            self.handle(AsteriskLost())
        self.handle(self.asterisk.survey())

    @rule()
    def asterisk_loses_a_join(self) -> None:
        """The next one."""
        self.asterisk.loses_a_join = True

    @rule()
    def all_news_come(self) -> None:
        """Now the picture must be right to the last leg."""
        self.drain()
        self.check_that_both_agree()

    def drain(self) -> None:
        """Tell everything, and what follows from it. Joins that nothing is told of come to their deadline."""
        self.asterisk.loses_a_join = False
        while self.asterisk.has_news or self.board.joining.next_deadline():
            if self.asterisk.has_news:
                self.handle(self.asterisk.tell(0))
            else:
                self.now += self.board.settings.join_timeout
                self.handle(TimePassed())

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
    def no_deadline_is_in_the_past(self) -> None:
        """Whatever was due was done."""
        deadline = self.board.next_deadline()
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
        self.check_that_replay_equals_live()

    def check_that_replay_equals_live(self) -> None:
        """Through the journal's own bytes, in one go from the beginning."""
        again = Switchboard()
        for event, now, outcome in self.journal:
            replayed = again.handle(decode_event(*encode_event(event)), now=now)
            assert encode_facts(replayed.facts) == encode_facts(outcome.facts)
            assert replayed.actions == outcome.actions
        assert encode_snapshot(again.snapshot()) == encode_snapshot(self.board.snapshot())


CallControl.TestCase.settings = settings(
    max_examples=150, stateful_step_count=50, deadline=None, suppress_health_check=[HealthCheck.too_slow]
)
TestCallControl = CallControl.TestCase
