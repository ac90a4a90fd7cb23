"""Call control without a loop: what happens goes in, what is written down and to be done comes out."""

from dataclasses import replace
from datetime import timedelta

import pytest

from app.acd.events import LogInRequested, TimePassed
from app.acd.facts import CallConnected, CallLeft, OfferEnded, RequestRefused
from app.acd.model import AgentState, ExitReason, OfferOutcome
from app.calls.actions import (
    Action,
    AnswerLeg,
    CreateBridge,
    DeclineTransfer,
    DestroyBridge,
    DialNumber,
    HangUpLeg,
    JoinBridge,
    PlayPrompt,
    RingPhone,
    SendToDialplan,
    StartMusic,
    StartRingback,
    StopMusic,
    StopRingback,
)
from app.calls.call import CallKind, Phase
from app.calls.events import (
    AsteriskAway,
    CallerArrived,
    HangUpRequested,
    JoinRefused,
    LegAnswered,
    LegEnded,
    LegHeld,
    LegJoined,
    LegRefused,
    LegRinging,
    LegUnheld,
    OriginateRequested,
    PhoneDialled,
    PromptFinished,
    SettingsChanged,
    TransferRequested,
)
from app.calls.facts import CallEnded, CallHoldChanged, CallStarted, LegFinished
from app.calls.hangup import HangUpParty, HangUpReason, LegEnd
from app.calls.turn import Outcome
from app.ids import AgentId, BridgeId, CallId, DeviceId, EntryNumber, LegId
from tests.support.one_picture import assert_one_picture
from tests.support.switchboards import (
    AGENTS,
    EXTENSIONS,
    IMPATIENT,
    NOBODY,
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
    Board,
)

ANN, BOB, CAT = AGENTS
C1, C2 = LegId("c1"), LegId("c2")
BRIDGE = BridgeId("c1-bridge")
OFFER1, OFFER2 = LegId("c1-1"), LegId("c1-2")


@pytest.fixture
def board() -> Board:
    """A switchboard with Ann at her phone."""
    board = Board()
    board.log_in(ANN)
    return board


def arrives(entry: str, leg_id: LegId = C1) -> CallerArrived:
    """A caller dials the number."""
    return CallerArrived(CallId(leg_id), EntryNumber(entry), "138")


def kinds(outcome: Outcome) -> list[type[Action]]:
    """What is to be done, by kind."""
    return [type(action) for action in outcome.actions]


def only(outcome: Outcome, kind: type) -> object:
    """The only fact of a kind."""
    (fact,) = [fact for fact in outcome.facts if isinstance(fact, kind)]
    return fact


def state_of(board: Board, agent_id: AgentId) -> AgentState:
    """What the agent does now."""
    agent = board.board.engine.agent(agent_id)
    assert agent is not None
    return agent.state


def connect(board: Board, *, entry: str = SERVICE) -> None:
    """A call of `c1` with the first agent who is offered it."""
    board.handle(arrives(entry))
    board.handle(LegRinging(OFFER1))
    board.handle(LegAnswered(OFFER1))
    board.handle(LegJoined(C1, BRIDGE))
    board.handle(LegJoined(OFFER1, BRIDGE))
    assert board.board.calls[CallId("c1")].phase is Phase.TALKING


# --- arriving ----------------------------------------------------------------------------------------------------


def test_the_agents_phone_rings_before_anything_is_done_for_the_caller(board: Board) -> None:
    outcome = board.handle(arrives(SERVICE))
    assert kinds(outcome) == [RingPhone, CreateBridge, AnswerLeg, StartMusic]
    ring = outcome.actions[0]
    assert isinstance(ring, RingPhone)
    assert (ring.device_id, ring.shows_name, ring.shows_number) == (PHONES[0], "Service", "138")


def test_the_owner_of_an_entry_number_is_rung_before_everybody_and_then_the_queue(board: Board) -> None:
    """Though another stands before the owner in the linear queue."""
    board.log_in(AGENTS[1])
    settings = board.board.settings
    number = EntryNumber(SERVICE)
    owned = replace(settings.entry_points[number], owner=AGENTS[1], owner_for=timedelta(seconds=20))
    board.handle(SettingsChanged(replace(settings, entry_points={**settings.entry_points, number: owned})))
    rings = [each for each in board.handle(arrives(SERVICE)).actions if isinstance(each, RingPhone)]
    assert [each.device_id for each in rings] == [PHONES[1]]
    board.now += timedelta(seconds=20)
    rings = [each for each in board.handle(TimePassed()).actions if isinstance(each, RingPhone)]
    assert [each.device_id for each in rings] == [PHONES[0]]


@pytest.mark.parametrize(
    ("entry", "expected"),
    [(SERVICE, [AnswerLeg, StartMusic]), (RINGBACK, [StartRingback]), (TONE, [AnswerLeg, StartRingback])],
)
def test_what_a_waiting_caller_hears_is_the_entry_numbers_choice(
    entry: str, expected: list[type[Action]]
) -> None:
    assert kinds(Board().handle(arrives(entry))) == expected


def test_a_number_that_is_no_entry_is_refused_as_unknown(board: Board) -> None:
    outcome = board.handle(arrives(NOBODY))
    assert outcome.actions == (HangUpLeg(C1, HangUpReason.UNKNOWN_NUMBER),)
    assert only(outcome, CallEnded)


def test_a_caller_told_twice_is_one_call(board: Board) -> None:
    board.handle(arrives(SERVICE))
    assert board.handle(arrives(SERVICE)) == Outcome()


# --- answering ---------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("entry", "expected"),
    [
        (SERVICE, [StopMusic, JoinBridge]),
        (RINGBACK, [AnswerLeg, JoinBridge]),
        (TONE, [StopRingback, JoinBridge]),
    ],
)
def test_an_answer_stops_what_plays_and_joins_the_two_in_one_burst(
    board: Board, entry: str, expected: list[type[Action]]
) -> None:
    board.handle(arrives(entry))
    assert kinds(board.handle(LegAnswered(OFFER1))) == expected


def test_an_answer_told_twice_joins_once(board: Board) -> None:
    board.handle(arrives(SERVICE))
    board.handle(LegAnswered(OFFER1))
    assert board.handle(LegAnswered(OFFER1)) == Outcome()


@pytest.mark.parametrize(
    ("earlier_ms", "ring_ms"),
    [
        pytest.param(3_000, 7_000, id="while nobody was there to hear it"),
        pytest.param(12_000, 0, id="before the ringing: by another clock"),
        pytest.param(-5_000, 10_000, id="in the future: by another clock"),
    ],
)
def test_an_answer_that_is_told_late_counts_from_when_it_was_given(
    board: Board, earlier_ms: int, ring_ms: int
) -> None:
    board.handle(arrives(SERVICE))
    board.handle(LegRinging(OFFER1))
    rang_at = board.now
    board.now = rang_at + timedelta(milliseconds=9_990)  # The next event comes 10 ms later.
    board.handle(LegAnswered(OFFER1, rang_at + timedelta(milliseconds=10_000 - earlier_ms)))
    board.handle(LegJoined(C1, BRIDGE))
    connected = only(board.handle(LegJoined(OFFER1, BRIDGE)), CallConnected)
    assert isinstance(connected, CallConnected)
    assert connected.answered_at - rang_at == timedelta(milliseconds=ring_ms)


def test_the_call_talks_when_both_are_in_the_bridge_and_not_before(board: Board) -> None:
    board.handle(arrives(SERVICE))
    board.handle(LegAnswered(OFFER1))
    board.handle(LegJoined(C1, BRIDGE))
    assert board.board.calls[CallId("c1")].phase is Phase.CONNECTING
    board.handle(LegJoined(OFFER1, BRIDGE))
    assert board.board.calls[CallId("c1")].phase is Phase.TALKING


def test_of_two_who_answer_the_second_is_hung_up_as_answered_elsewhere(board: Board) -> None:
    board.log_in(BOB)
    board.handle(arrives(RING_ALL))
    outcome = board.handle(LegAnswered(OFFER2))
    assert HangUpLeg(OFFER1, HangUpReason.ANSWERED_ELSEWHERE) in outcome.actions
    assert board.handle(LegAnswered(OFFER1)) == Outcome()


def test_somebody_who_answers_a_leg_that_nobody_knows_is_hung_up(board: Board) -> None:
    """The leg outlived its call: who answered must not wait in silence."""
    assert board.handle(LegAnswered(LegId("stray"))).actions == (HangUpLeg(LegId("stray")),)


def test_a_winner_who_is_gone_before_the_join_leaves_the_caller_in_the_old_place(board: Board) -> None:
    board.log_in(BOB)
    board.handle(arrives(SERVICE))
    board.handle(LegAnswered(OFFER1))
    outcome = board.handle(LegEnded(OFFER1, LegEnd.BY_PHONE))
    assert [type(action) for action in outcome.actions] == [StartMusic, RingPhone]
    ended = only(outcome, OfferEnded)
    assert isinstance(ended, OfferEnded)
    assert ended.outcome is OfferOutcome.LOST
    assert board.board.calls[CallId("c1")].phase is Phase.WAITING


def test_a_join_that_asterisk_refuses_ends_the_agents_leg_and_the_caller_waits_on(board: Board) -> None:
    board.handle(arrives(SERVICE))
    board.handle(LegAnswered(OFFER1))
    outcome = board.handle(JoinRefused(BRIDGE, "Channel not found"))
    assert outcome.actions == (StartMusic(C1, "default"), CreateBridge(BRIDGE), HangUpLeg(OFFER1))
    assert board.board.calls[CallId("c1")].phase is Phase.WAITING


def test_a_phone_that_cannot_be_rung_passes_the_call_on(board: Board) -> None:
    board.log_in(BOB)
    board.handle(arrives(SERVICE))
    outcome = board.handle(LegRefused(OFFER1, "Allocation failed"))
    ended = only(outcome, OfferEnded)
    assert isinstance(ended, OfferEnded)
    assert ended.outcome is OfferOutcome.UNREACHABLE
    assert kinds(outcome) == [RingPhone]


# --- ending ------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("leg", "end", "party"),
    [
        (C1, LegEnd.BY_PHONE, HangUpParty.CALLER),
        (OFFER1, LegEnd.BY_PHONE, HangUpParty.AGENT),
        (C1, LegEnd.BY_NETWORK, HangUpParty.NETWORK),
        (OFFER1, LegEnd.BY_NETWORK, HangUpParty.NETWORK),
        (C1, LegEnd.BY_TIMER, HangUpParty.SYSTEM),
        (OFFER1, LegEnd.UNSEEN, HangUpParty.UNKNOWN),
    ],
)
def test_who_ends_a_talk_follows_from_the_first_leg_that_ended(
    board: Board, leg: LegId, end: LegEnd, party: HangUpParty
) -> None:
    connect(board)
    outcome = board.handle(LegEnded(leg, end, 16))
    ended = only(outcome, CallEnded)
    assert isinstance(ended, CallEnded)
    assert (ended.ended_by, ended.cause) == (party, 16)
    other = OFFER1 if leg == C1 else C1
    assert kinds(outcome) == [HangUpLeg, DestroyBridge]
    assert outcome.actions[0] == HangUpLeg(other)


def test_a_waiting_caller_whose_end_nobody_saw_has_left(board: Board) -> None:
    """It was no system who hung up on this caller."""
    board.handle(arrives(SERVICE))
    outcome = board.handle(LegEnded(C1, LegEnd.UNSEEN, 16))
    left, ended = only(outcome, CallLeft), only(outcome, CallEnded)
    assert isinstance(left, CallLeft)
    assert isinstance(ended, CallEnded)
    assert (left.reason, ended.ended_by) == (ExitReason.ABANDONED, HangUpParty.CALLER)


def test_a_caller_who_was_given_back_to_the_dialplan_was_ended_by_us(board: Board) -> None:
    """The voicemail box is the dialplan's, and so is the caller from then on."""
    board.handle(arrives(TO_VOICEMAIL))
    ended = only(board.handle(LegEnded(C1, LegEnd.UNSEEN, 16)), CallEnded)
    assert isinstance(ended, CallEnded)
    assert ended.ended_by is HangUpParty.SYSTEM


def test_an_end_told_twice_ends_once(board: Board) -> None:
    connect(board)
    board.handle(LegEnded(C1, LegEnd.BY_PHONE))
    assert board.handle(LegEnded(C1, LegEnd.BY_PHONE)) == Outcome()


def test_a_leg_that_we_ended_is_written_down_as_ended_by_us_whatever_asterisk_says(board: Board) -> None:
    connect(board)
    board.handle(LegEnded(C1, LegEnd.BY_PHONE))
    finished = only(board.handle(LegEnded(OFFER1, LegEnd.BY_PHONE, 16)), LegFinished)
    assert isinstance(finished, LegFinished)
    assert finished.end is LegEnd.BY_US
    assert not board.board.calls


def test_a_caller_who_leaves_while_the_phone_rings_stops_it(board: Board) -> None:
    board.handle(arrives(SERVICE))
    outcome = board.handle(LegEnded(C1, LegEnd.BY_PHONE))
    left = only(outcome, CallLeft)
    assert isinstance(left, CallLeft)
    assert left.reason is ExitReason.ABANDONED
    assert kinds(outcome) == [HangUpLeg, DestroyBridge]


def test_a_freed_phone_is_hung_up_before_it_is_rung_again(board: Board) -> None:
    connect(board)
    board.handle(arrives(SERVICE, C2))
    outcome = board.handle(LegEnded(C1, LegEnd.BY_PHONE))
    assert [type(action) for action in outcome.actions[:2]] == [HangUpLeg, RingPhone]


def test_a_call_ended_from_outside_ends_both_legs(board: Board) -> None:
    connect(board)
    outcome = board.handle(HangUpRequested(CallId("c1")))
    assert kinds(outcome) == [HangUpLeg, HangUpLeg, DestroyBridge]
    assert board.handle(HangUpRequested(CallId("c1"))) == Outcome()


# --- hold --------------------------------------------------------------------------------------------------------


def test_hold_is_summed_up_and_shown(board: Board) -> None:
    connect(board)
    board.handle(LegHeld(OFFER1))
    assert state_of(board, ANN) is AgentState.HELD
    board.handle(LegUnheld(OFFER1))
    ended = only(board.handle(LegEnded(C1, LegEnd.BY_PHONE)), CallEnded)
    assert isinstance(ended, CallEnded)
    assert ended.held_ms == 10


def test_a_hold_key_pressed_twice_is_one_hold(board: Board) -> None:
    connect(board)
    assert only(board.handle(LegHeld(OFFER1)), CallHoldChanged)
    assert board.handle(LegHeld(OFFER1)) == Outcome()


def test_a_transfer_key_is_declined_and_the_call_goes_on(board: Board) -> None:
    connect(board)
    assert board.handle(TransferRequested(OFFER1)) == Outcome(actions=(DeclineTransfer(OFFER1),))
    assert board.handle(TransferRequested(LegId("nobody's"))) == Outcome()


def test_each_party_has_a_hold_of_its_own(board: Board) -> None:
    """The caller's own hold is written down; the agent's state and the held time are of the agent's alone."""
    connect(board)
    call = board.board.calls[CallId("c1")]
    holds = []
    for event in (LegHeld(C1), LegHeld(OFFER1), LegUnheld(C1), LegUnheld(OFFER1)):
        changed = only(board.handle(event), CallHoldChanged)
        assert isinstance(changed, CallHoldChanged)
        holds.append((changed.leg_id, changed.is_held, state_of(board, ANN), call.held_since is not None))
    assert holds == [
        (C1, True, AgentState.CONNECTED, False),
        (OFFER1, True, AgentState.HELD, True),
        (C1, False, AgentState.HELD, True),
        (OFFER1, False, AgentState.CONNECTED, False),
    ]
    assert call.held == 2 * TICK


def test_a_caller_at_one_of_our_phones_holds_like_any_other_caller(board: Board) -> None:
    """It is the caller's own hold, whoever sits there."""
    board.handle(PhoneDialled(CallId("c1"), PHONES[1], SERVICE))
    board.handle(LegAnswered(OFFER1))
    for event in (LegJoined(C1, BRIDGE), LegJoined(OFFER1, BRIDGE), LegHeld(C1), LegUnheld(C1)):
        board.handle(event)
    assert board.board.calls[CallId("c1")].held == timedelta(0)


def test_two_agents_who_hold_each_other_are_on_hold_until_both_have_released(board: Board) -> None:
    """One hold, not the sum of two."""
    board.log_in(BOB)
    board.handle(OriginateRequested(CallId("c1"), ANN, EXTENSIONS[1]))
    board.handle(LegAnswered(C1))
    callee = LegId("c1-callee")
    board.handle(LegAnswered(callee))
    board.handle(LegJoined(C1, BRIDGE))
    board.handle(LegJoined(callee, BRIDGE))
    for event in (LegHeld(C1), LegHeld(callee), LegUnheld(C1), LegUnheld(callee)):
        board.handle(event)
    assert board.board.calls[CallId("c1")].held == 3 * TICK


def test_a_hold_that_runs_when_the_call_ends_counts(board: Board) -> None:
    connect(board)
    board.handle(LegHeld(OFFER1))
    ended = only(board.handle(LegEnded(C1, LegEnd.BY_PHONE)), CallEnded)
    assert isinstance(ended, CallEnded)
    assert ended.held_ms == 10


# --- diversions --------------------------------------------------------------------------------------------------


def test_a_message_is_played_once_the_caller_is_answered_and_ends_the_call(board: Board) -> None:
    assert board.handle(arrives(TO_MESSAGE)).actions == (AnswerLeg(C1), PlayPrompt(C1, "closed"))
    assert board.handle(PromptFinished(C1)).actions == (HangUpLeg(C1),)


def test_a_voicemail_box_is_the_dialplans(board: Board) -> None:
    (action,) = board.handle(arrives(TO_VOICEMAIL)).actions
    assert isinstance(action, SendToDialplan)
    assert action.extension == "box-box"


def test_a_caller_sent_to_a_phone_at_the_door_hears_ringing(board: Board) -> None:
    assert kinds(board.handle(arrives(TO_NUMBER))) == [CreateBridge, RingPhone, StartRingback]


def test_the_phone_that_a_call_was_sent_to_is_joined_and_the_call_talks(board: Board) -> None:
    board.handle(arrives(TO_NUMBER))
    callee = LegId("c1-callee")
    assert kinds(board.handle(LegAnswered(callee))) == [AnswerLeg, JoinBridge]
    board.handle(LegJoined(C1, BRIDGE))
    board.handle(LegJoined(callee, BRIDGE))
    assert board.board.calls[CallId("c1")].phase is Phase.TALKING
    ended = only(board.handle(LegEnded(callee, LegEnd.BY_PHONE)), CallEnded)
    assert isinstance(ended, CallEnded)
    assert ended.ended_by is HangUpParty.CALLEE


def test_a_join_refused_to_a_diverted_call_ends_it(board: Board) -> None:
    """Nobody else can take it."""
    board.handle(arrives(TO_NUMBER))
    board.handle(LegAnswered(LegId("c1-callee")))
    outcome = board.handle(JoinRefused(BRIDGE, "Channel not found"))
    assert kinds(outcome) == [HangUpLeg, HangUpLeg, DestroyBridge]


def test_a_phone_that_a_call_is_sent_to_rings_for_nothing_else_decided_in_the_same_moment() -> None:
    """Cat's phone rang out, would be rung again, and is where the impatient caller is sent to: all at one instant."""
    board = Board()
    board.log_in(CAT)
    board.handle(arrives(IMPATIENT))
    board.now += timedelta(seconds=2) - TICK
    board.handle(arrives(SERVICE, C2))
    board.handle(LegRinging(LegId("c2-1")))
    board.now += timedelta(seconds=3) - 2 * TICK
    outcome = board.handle(TimePassed())
    rung = [action.leg_id for action in outcome.actions if isinstance(action, RingPhone)]
    hung_up = [action.leg_id for action in outcome.actions if isinstance(action, HangUpLeg)]
    assert set(rung) - set(hung_up) == {LegId("c1-callee")}
    assert_one_picture(board.board)


@pytest.mark.parametrize(
    ("sip_code", "reason"),
    [(486, HangUpReason.BUSY), (600, HangUpReason.BUSY), (603, HangUpReason.NO_ANSWER)],
)
def test_why_the_far_end_did_not_answer_is_passed_on(
    board: Board, sip_code: int, reason: HangUpReason
) -> None:
    board.handle(arrives(TO_NUMBER))
    outcome = board.handle(LegEnded(LegId("c1-callee"), LegEnd.BY_PHONE, 17, sip_code))
    assert outcome.actions[0] == HangUpLeg(C1, reason)


# --- direct calls ------------------------------------------------------------------------------------------------


def test_an_agents_call_rings_the_own_phone_first(board: Board) -> None:
    outcome = board.handle(OriginateRequested(CallId("c1"), ANN, OUTSIDE))
    (ring,) = outcome.actions
    assert isinstance(ring, RingPhone)
    assert (ring.device_id, ring.shows_number) == (PHONES[0], OUTSIDE)
    outcome = board.handle(LegAnswered(C1))
    assert kinds(outcome) == [StartRingback, DialNumber, CreateBridge]
    outcome = board.handle(LegAnswered(LegId("c1-callee")))
    assert kinds(outcome) == [StopRingback, JoinBridge]


@pytest.mark.parametrize(
    ("agent", "number", "code"),
    [
        (AgentId("nobody"), OUTSIDE, "agent-not-logged-in"),
        (BOB, OUTSIDE, "agent-not-logged-in"),
        (ANN, "nobody", "number-not-dialable"),
    ],
)
def test_a_call_that_cannot_be_made_is_refused_with_a_code(
    board: Board, agent: AgentId, number: str, code: str
) -> None:
    outcome = board.handle(OriginateRequested(CallId("c1"), agent, number))
    refused = only(outcome, RequestRefused)
    assert isinstance(refused, RequestRefused)
    assert refused.code == code
    assert not outcome.actions


def test_an_agent_in_a_call_cannot_start_another(board: Board) -> None:
    connect(board)
    refused = only(board.handle(OriginateRequested(CallId("c2"), ANN, OUTSIDE)), RequestRefused)
    assert isinstance(refused, RequestRefused)
    assert refused.code == "agent-busy"


def test_no_call_can_be_asked_for_while_asterisk_is_away(board: Board) -> None:
    """The agent would wait for a phone that cannot ring."""
    board.handle(AsteriskAway())
    refused = only(board.handle(OriginateRequested(CallId("c2"), ANN, OUTSIDE)), RequestRefused)
    assert isinstance(refused, RequestRefused)
    assert refused.code == "asterisk-away"
    assert not board.board.calls


def test_an_agent_who_dials_an_entry_number_is_a_caller_and_gets_no_offer(board: Board) -> None:
    outcome = board.handle(PhoneDialled(CallId("c1"), PHONES[0], SERVICE))
    assert kinds(outcome) == [AnswerLeg, StartMusic]
    started = only(outcome, CallStarted)
    assert isinstance(started, CallStarted)
    assert (started.kind, started.from_number) == (CallKind.INBOUND, "101")
    agent = board.board.engine.agent(ANN)
    assert agent is not None
    assert agent.state is AgentState.OUTBOUND


@pytest.mark.parametrize(
    ("event", "phone"),
    [
        (PhoneDialled(CallId("c1"), PHONES[1], "103"), PHONES[1]),
        (PhoneDialled(CallId("c1"), PHONES[1], "103"), PHONES[2]),
        (PhoneDialled(CallId("c1"), PHONES[1], SERVICE), PHONES[1]),
    ],
    ids=["who dialled", "who is rung", "who waits in a queue"],
)
def test_an_agent_who_logs_in_at_a_phone_in_use_is_in_that_call(event: PhoneDialled, phone: DeviceId) -> None:
    """The phone rings for nothing else, and the agent is free when the call ends."""
    board = Board()
    board.handle(event)
    board.handle(LogInRequested(BOB, phone))
    agent = board.board.engine.agent(BOB)
    assert agent is not None
    assert agent.state is AgentState.OUTBOUND
    assert_one_picture(board.board)
    board.handle(LegEnded(C1, LegEnd.BY_PHONE))
    agent = board.board.engine.agent(BOB)
    assert agent is not None
    assert agent.state is AgentState.IDLE


def test_a_log_in_that_is_refused_puts_nobody_into_the_call_of_that_phone(board: Board) -> None:
    """Ann sits there."""
    board.handle(PhoneDialled(CallId("c1"), PHONES[0], OUTSIDE))
    assert only(board.handle(LogInRequested(BOB, PHONES[0])), RequestRefused)
    agent = board.board.engine.agent(BOB)
    assert agent is not None
    assert agent.state is AgentState.IDLE
    assert_one_picture(board.board)


def test_an_agent_who_leaves_the_own_queue_call_is_not_offered_it_on_the_way_out(board: Board) -> None:
    board.handle(PhoneDialled(CallId("c1"), PHONES[0], SERVICE))
    outcome = board.handle(LegEnded(C1, LegEnd.BY_PHONE))
    assert not outcome.actions
    assert not board.board.calls


def test_a_phone_that_the_site_does_not_know_may_dial_too(board: Board) -> None:
    outcome = board.handle(PhoneDialled(CallId("c1"), DeviceId("lobby"), "101"))
    assert kinds(outcome) == [StartRingback, RingPhone, CreateBridge]


@pytest.mark.parametrize("number", ["12\N{SUPERSCRIPT TWO}", "12a", "+", ""])
def test_what_is_no_number_is_not_dialled_outside(board: Board, number: str) -> None:
    outcome = board.handle(PhoneDialled(CallId("c1"), PHONES[0], number))
    assert outcome.actions[-1] == HangUpLeg(C1, HangUpReason.UNKNOWN_NUMBER)
