"""After a gap: each row of `recover.py`'s table, and that looking twice changes nothing."""

from dataclasses import replace
from datetime import datetime, timedelta

import pytest

from app.acd.events import DeviceChanged, LogOutRequested, TimePassed
from app.acd.facts import OfferEnded, OfferStarted
from app.acd.model import DeviceState, OfferOutcome
from app.calls.actions import (
    AnswerLeg,
    CreateBridge,
    DestroyBridge,
    HangUpLeg,
    JoinBridge,
    PlayPrompt,
    RingPhone,
    StartMusic,
    StopMusic,
)
from app.calls.call import Phase
from app.calls.events import (
    AsteriskAway,
    AsteriskLost,
    AsteriskSeen,
    CallerArrived,
    LegAnswered,
    LegEnded,
    LegJoined,
    LegRinging,
    OriginateRequested,
    SeenLeg,
)
from app.calls.facts import CallEnded, CallStarted, LegFinished
from app.calls.hangup import HangUpParty, LegEnd
from app.calls.switchboard import Switchboard
from app.calls.turn import Outcome
from app.ids import BridgeId, CallId, EntryNumber, LegId
from app.runtime.codec import decode_snapshot, encode_snapshot
from tests.support.switchboards import (
    AGENTS,
    IMPATIENT,
    NOON,
    OUTSIDE,
    PHONES,
    RING_ALL,
    SERVICE,
    TO_MESSAGE,
    TO_NUMBER,
    Board,
)

C1, OFFER1, CALLEE = LegId("c1"), LegId("c1-1"), LegId("c1-callee")
BRIDGE = BridgeId("c1-bridge")
STARTED = NOON - timedelta(hours=1)
CALLER = SeenLeg(C1, is_ringing=False, is_up=True, is_ours_now=True, made_by_us=False, dialled=SERVICE)
RINGING = SeenLeg(OFFER1, is_ringing=True, is_up=False, is_ours_now=False, made_by_us=True)
ANSWERED = replace(RINGING, is_ringing=False, is_up=True, is_ours_now=True)


@pytest.fixture
def board() -> Board:
    """A switchboard with Ann and Bob, connected to an Asterisk that runs since long."""
    board = Board()
    board.log_in(*AGENTS[:2])
    board.handle(AsteriskSeen(STARTED))
    return board


def see(
    board: Board, *legs: SeenLeg, bridges: tuple[BridgeId, ...] = (), asked_at: datetime | None = None
) -> Outcome:
    """What Asterisk has, after a gap."""
    return board.handle(AsteriskSeen(STARTED, legs, bridges, asked_at))


def rings(board: Board) -> None:
    """`c1` rings at Ann's phone."""
    board.handle(CallerArrived(CallId(C1), EntryNumber(SERVICE), "138"))
    board.handle(LegRinging(OFFER1))


def talks(board: Board) -> None:
    """`c1` talks to Ann."""
    rings(board)
    board.handle(LegAnswered(OFFER1))
    board.handle(LegJoined(C1, BRIDGE))
    board.handle(LegJoined(OFFER1, BRIDGE))


def phase(board: Board) -> Phase:
    """Where `c1` stands."""
    return board.board.calls[CallId(C1)].phase


def ended_by(outcome: Outcome) -> HangUpParty:
    """Who ended the only call that ended."""
    (fact,) = [fact for fact in outcome.facts if isinstance(fact, CallEnded)]
    return fact.ended_by


# --- we believe in a leg, Asterisk has none ------------------------------------------------------------------------


def test_a_talking_caller_who_is_missing_while_the_agent_is_there_hung_up(board: Board) -> None:
    talks(board)
    outcome = see(board, replace(ANSWERED, bridge_id=BRIDGE), bridges=(BRIDGE,))
    assert ended_by(outcome) is HangUpParty.CALLER
    assert HangUpLeg(OFFER1) in outcome.actions


def test_a_talking_agent_who_is_missing_while_the_caller_is_there_hung_up(board: Board) -> None:
    talks(board)
    outcome = see(board, replace(CALLER, bridge_id=BRIDGE), bridges=(BRIDGE,))
    assert ended_by(outcome) is HangUpParty.AGENT
    assert HangUpLeg(C1) in outcome.actions


def test_when_both_parties_of_a_talk_are_missing_nobody_knows_who_hung_up(board: Board) -> None:
    talks(board)
    assert ended_by(see(board)) is HangUpParty.UNKNOWN
    assert not board.board.calls


def test_a_waiting_caller_who_is_missing_left(board: Board) -> None:
    rings(board)
    outcome = see(board, RINGING)
    assert ended_by(outcome) is HangUpParty.CALLER
    assert HangUpLeg(OFFER1) in outcome.actions


def test_a_ringing_that_is_missing_is_nobodys_miss_and_the_call_goes_on(board: Board) -> None:
    rings(board)
    outcome = see(board, CALLER)
    (offer,) = [fact for fact in outcome.facts if isinstance(fact, OfferEnded)]
    assert offer.outcome is OfferOutcome.FAILED
    assert [action.leg_id for action in outcome.actions if isinstance(action, RingPhone)] == ["c1-2"]


def test_a_leg_that_we_dropped_and_that_is_missing_was_ended_by_us(board: Board) -> None:
    talks(board)
    board.handle(LegEnded(C1, LegEnd.BY_PHONE))
    (finished,) = [fact for fact in see(board).facts if isinstance(fact, LegFinished)]
    assert finished.end is LegEnd.BY_US
    assert not board.board.calls


def test_a_leg_that_was_begun_after_the_question_is_not_missed(board: Board) -> None:
    """An agent's phone was rung while the lists were on their way."""
    asked_at = board.now
    board.handle(OriginateRequested(CallId("c1"), AGENTS[0], OUTSIDE))
    outcome = see(board, asked_at=asked_at)
    assert not outcome.facts
    assert not outcome.actions


# --- Asterisk is further than we knew ------------------------------------------------------------------------------


def test_a_phone_that_was_picked_up_meanwhile_is_joined(board: Board) -> None:
    rings(board)
    outcome = see(board, CALLER, ANSWERED, bridges=(BRIDGE,))
    assert phase(board) is Phase.CONNECTING
    assert JoinBridge(BRIDGE, (C1, OFFER1)) in outcome.actions
    assert StopMusic(C1) in outcome.actions


def test_a_phone_that_was_picked_up_meanwhile_was_so_when_the_dialplan_says(board: Board) -> None:
    rings(board)
    picked_up = board.now
    see(board, CALLER, replace(ANSWERED, answered_at=picked_up), bridges=(BRIDGE,))
    assert board.board.legs[OFFER1].answered_at == picked_up < board.now


def test_a_phone_that_is_up_but_not_ours_yet_is_waited_for(board: Board) -> None:
    """The dialplan hands it over by itself, and its answer is told then."""
    rings(board)
    outcome = see(board, CALLER, replace(ANSWERED, is_ours_now=False), bridges=(BRIDGE,))
    assert phase(board) is Phase.WAITING
    assert JoinBridge(BRIDGE, (C1, OFFER1)) not in outcome.actions


def test_a_phone_that_began_to_ring_meanwhile_rings(board: Board) -> None:
    board.handle(CallerArrived(CallId(C1), EntryNumber(SERVICE), "138"))
    see(board, CALLER, RINGING, bridges=(BRIDGE,))
    assert board.board.legs[OFFER1].ringing_at == board.now


def test_two_who_were_joined_meanwhile_talk(board: Board) -> None:
    rings(board)
    board.handle(LegAnswered(OFFER1))
    see(
        board,
        replace(CALLER, bridge_id=BRIDGE),
        replace(ANSWERED, bridge_id=BRIDGE),
        bridges=(BRIDGE,),
    )
    assert phase(board) is Phase.TALKING


def test_two_who_should_have_been_joined_are_joined_again(board: Board) -> None:
    """The crash came between the decision and the requests."""
    rings(board)
    board.handle(LegAnswered(OFFER1))
    join = JoinBridge(BRIDGE, (C1, OFFER1))
    assert see(board, CALLER, ANSWERED).actions == (CreateBridge(BRIDGE), AnswerLeg(C1), StopMusic(C1), join)


def test_a_diverted_call_whose_phone_answered_is_joined_again(board: Board) -> None:
    board.handle(CallerArrived(CallId(C1), EntryNumber(TO_NUMBER), "138"))
    callee = replace(ANSWERED, leg_id=CALLEE)
    board.handle(LegAnswered(CALLEE))
    outcome = see(board, replace(CALLER, dialled=TO_NUMBER), callee)
    assert JoinBridge(BRIDGE, (C1, CALLEE)) in outcome.actions


def test_a_message_that_nobody_may_have_heard_is_played_again(board: Board) -> None:
    """Without it the caller would hear nothing, for ever."""
    board.handle(CallerArrived(CallId(C1), EntryNumber(TO_MESSAGE), "138"))
    outcome = see(board, replace(CALLER, dialled=TO_MESSAGE))
    assert PlayPrompt(C1, "closed") in outcome.actions


def test_a_waiting_caller_gets_the_music_again(board: Board) -> None:
    """The answer may have been lost as well; it ends the music, which therefore follows it."""
    rings(board)
    outcome = see(board, CALLER, RINGING, bridges=(BRIDGE,))
    assert outcome.actions == (CreateBridge(BRIDGE), AnswerLeg(C1), StartMusic(C1, "default"))


# --- Asterisk has what nobody owns ---------------------------------------------------------------------------------


def test_a_leg_that_we_dropped_and_that_is_still_there_is_dropped_again(board: Board) -> None:
    talks(board)
    board.handle(LegEnded(C1, LegEnd.BY_PHONE))
    assert see(board, ANSWERED).actions == (HangUpLeg(OFFER1),)


def test_a_leg_of_ours_that_nobody_knows_is_hung_up(board: Board) -> None:
    stray = replace(ANSWERED, leg_id=LegId("stray"))
    assert see(board, stray).actions == (HangUpLeg(LegId("stray")),)


def test_a_bridge_of_ours_that_nobody_knows_is_destroyed_and_others_are_left_alone(board: Board) -> None:
    strangers = BridgeId("somebody-elses")
    outcome = see(board, bridges=(BridgeId("old-bridge"), strangers))
    assert outcome.actions == (DestroyBridge(BridgeId("old-bridge")),)


def test_a_caller_whom_nobody_knows_arrives_with_the_true_time(board: Board) -> None:
    arrived = NOON - timedelta(seconds=30)
    outcome = see(board, replace(CALLER, arrived_at=arrived, number="139"))
    (started,) = [fact for fact in outcome.facts if isinstance(fact, CallStarted)]
    assert (started.arrived_at, started.from_number) == (arrived, "139")
    assert phase(board) is Phase.WAITING


def test_a_caller_who_still_waits_in_the_dialplan_is_left_there(board: Board) -> None:
    """It is handed over by itself within half a second."""
    assert see(board, replace(CALLER, is_ours_now=False)) == Outcome()


def test_a_phone_that_dialled_while_nobody_was_there_is_served(board: Board) -> None:
    phone = replace(CALLER, dialled="102", device_id=PHONES[0])
    outcome = see(board, phone)
    assert [action.device_id for action in outcome.actions if isinstance(action, RingPhone)] == [PHONES[1]]


# --- nothing is decided before all is known ------------------------------------------------------------------------


def seen_caller(leg_id: str, *, seconds_ago: int, entry: str = SERVICE) -> SeenLeg:
    """A caller who came while nobody was there."""
    arrived_at = NOON - timedelta(seconds=seconds_ago)
    return replace(CALLER, leg_id=LegId(leg_id), dialled=entry, arrived_at=arrived_at)


def offered(outcome: Outcome) -> list[CallId]:
    """Whose calls were offered, in order."""
    return [fact.call_id for fact in outcome.facts if isinstance(fact, OfferStarted)]


def test_callers_who_came_meanwhile_are_served_in_the_order_of_their_arrival(board: Board) -> None:
    """Asterisk lists them in any order."""
    callers = [seen_caller(f"new{ago}", seconds_ago=ago) for ago in (3, 9, 6)]
    assert offered(see(board, *callers)) == ["new9", "new6"]


def test_an_agent_freed_by_one_end_is_not_offered_a_call_that_ended_too(board: Board) -> None:
    """Ann and Bob talk, a third caller waits; of all that only the waiting of a fourth is left."""
    for number in (1, 2):
        board.handle(CallerArrived(CallId(f"c{number}"), EntryNumber(SERVICE), "138"))
        board.handle(LegAnswered(LegId(f"c{number}-1")))
        for leg_id in (f"c{number}", f"c{number}-1"):
            board.handle(LegJoined(LegId(leg_id), BridgeId(f"c{number}-bridge")))
    for number in (3, 4):
        board.handle(CallerArrived(CallId(f"c{number}"), EntryNumber(SERVICE), "138"))
    assert offered(see(board, replace(CALLER, leg_id=LegId("c4")))) == ["c4"]


def test_a_phone_that_became_unreachable_meanwhile_is_not_offered_a_call(board: Board) -> None:
    """What Asterisk says of the phones counts before anybody is chosen."""
    gone = DeviceChanged(PHONES[0], DeviceState.UNREACHABLE)
    board.handle(AsteriskSeen(STARTED, (seen_caller("new", seconds_ago=1),), devices=(gone,)))
    (offer,) = board.board.engine.snapshot().offers
    assert offer.agent_id == AGENTS[1]


def test_an_answer_of_the_gap_counts_though_the_ring_time_is_over_and_others_left(board: Board) -> None:
    """Another call ended in the gap as well, and of that we hear first."""
    board.handle(CallerArrived(CallId("c0"), EntryNumber(SERVICE), "139"))
    rings(board)
    board.now += timedelta(minutes=1)
    outcome = see(board, CALLER, ANSWERED, bridges=(BRIDGE,))
    assert JoinBridge(BRIDGE, (C1, OFFER1)) in outcome.actions
    assert phase(board) is Phase.CONNECTING


def test_a_phone_picked_up_in_a_long_gap_is_joined_when_it_is_handed_over(board: Board) -> None:
    """It waits in the dialplan for the half second until its next try, long after its ring time."""
    rings(board)
    board.handle(AsteriskAway())
    board.now += timedelta(minutes=1)
    board.handle(TimePassed())
    outcome = see(board, CALLER, replace(ANSWERED, is_ours_now=False), bridges=(BRIDGE,))
    assert HangUpLeg(OFFER1) not in outcome.actions
    board.now += timedelta(milliseconds=500)
    assert JoinBridge(BRIDGE, (C1, OFFER1)) in board.handle(LegAnswered(OFFER1)).actions


def test_while_asterisk_is_away_nobody_is_rung_and_nobody_misses_a_call(board: Board) -> None:
    """A minute, in which each phone would have been rung some times, and every agent been auto-paused."""
    rings(board)
    board.handle(AsteriskAway())
    for _ in range(60):
        board.now += timedelta(seconds=1)
        outcome = board.handle(TimePassed())
        assert outcome == Outcome()
    assert [offer.agent_id for offer in board.board.engine.snapshot().offers] == [AGENTS[0]]


def test_a_join_that_was_under_way_when_asterisk_went_away_is_asked_for_again(board: Board) -> None:
    """And has all its time again."""
    rings(board)
    board.handle(LegAnswered(OFFER1))
    board.handle(AsteriskAway())
    board.now += timedelta(minutes=1)
    board.handle(TimePassed())
    outcome = see(board, CALLER, ANSWERED, bridges=(BRIDGE,))
    assert JoinBridge(BRIDGE, (C1, OFFER1)) in outcome.actions
    assert phase(board) is Phase.CONNECTING


def test_a_message_for_whose_caller_time_ran_out_meanwhile_is_asked_for_once(board: Board) -> None:
    """The caller waited too long during the gap, and is sent on when it is over."""
    board.handle(LogOutRequested(AGENTS[0]))
    board.handle(CallerArrived(CallId(C1), EntryNumber(IMPATIENT), "138"))
    board.handle(AsteriskAway())
    board.now += timedelta(minutes=1)
    outcome = see(board, replace(CALLER, dialled=IMPATIENT))
    assert [action.leg_id for action in outcome.actions if isinstance(action, RingPhone)] == [CALLEE]


# --- the whole node ------------------------------------------------------------------------------------------------


def test_another_start_of_asterisk_ends_every_call_and_asks_for_nothing(board: Board) -> None:
    """Nobody is there to be hung up."""
    talks(board)
    outcome = board.handle(AsteriskSeen(STARTED + timedelta(hours=1)))
    assert ended_by(outcome) is HangUpParty.NETWORK
    assert not outcome.actions
    assert not board.board.calls


def test_when_asterisk_is_lost_no_freed_agent_is_offered_a_lost_call(board: Board) -> None:
    for number in range(1, 5):
        board.handle(CallerArrived(CallId(f"c{number}"), EntryNumber(SERVICE), "138"))
    outcome = board.handle(AsteriskLost())
    assert len([fact for fact in outcome.facts if isinstance(fact, CallEnded)]) == 4
    assert not [fact for fact in outcome.facts if isinstance(fact, OfferStarted)]
    agents = [board.board.engine.agent(agent_id) for agent_id in AGENTS[:2]]
    assert [agent.unavailable_reason for agent in agents if agent is not None] == [None, None]


def test_when_asterisk_is_lost_no_freed_agent_joins_in_the_ringing_of_a_lost_call(board: Board) -> None:
    """Ann rings for one call, Bob for one that would ring every phone."""
    board.handle(CallerArrived(CallId("c1"), EntryNumber(SERVICE), "138"))
    board.handle(CallerArrived(CallId("c2"), EntryNumber(RING_ALL), "138"))
    assert not offered(board.handle(AsteriskLost()))


def test_behind_the_loss_of_asterisk_calls_flow_again(board: Board) -> None:
    """As soon as the new one was seen."""
    board.handle(AsteriskLost())
    outcome = board.handle(AsteriskSeen(STARTED + timedelta(hours=1), (seen_caller("new", seconds_ago=1),)))
    assert offered(outcome) == ["new"]


def test_looking_twice_changes_nothing_the_second_time(board: Board) -> None:
    talks(board)
    legs = (replace(CALLER, bridge_id=BRIDGE), replace(ANSWERED, bridge_id=BRIDGE))
    assert see(board, *legs, bridges=(BRIDGE,)) == Outcome()
    assert see(board, *legs, bridges=(BRIDGE,)) == Outcome()


def test_a_restored_switchboard_finds_the_same(board: Board) -> None:
    """Through the snapshot's own bytes."""
    talks(board)
    other = Board()
    other.board = Switchboard.restore(decode_snapshot(b"".join(encode_snapshot(board.board.copy()))))
    other.now = board.now
    assert see(other, CALLER) == see(board, CALLER)
