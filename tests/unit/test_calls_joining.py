"""A join that Asterisk never reports: the call goes back to its place, and no agent stays reserved."""

from datetime import timedelta

import pytest

from app.acd.events import TimePassed
from app.acd.facts import CallConnected, CallReturned, OfferEnded
from app.acd.model import AgentState, OfferOutcome, UnavailableReason
from app.calls.actions import CreateBridge, HangUpLeg, RingPhone, StartMusic
from app.calls.call import Phase
from app.calls.events import (
    AsteriskSeen,
    CallerArrived,
    LegAnswered,
    LegJoined,
    OriginateRequested,
    SeenLeg,
)
from app.calls.facts import CallEnded
from app.calls.hangup import HangUpParty
from app.calls.switchboard import Switchboard
from app.calls.turn import Outcome
from app.ids import AgentId, BridgeId, CallId, EntryNumber, LegId
from app.runtime.codec import decode_snapshot, encode_snapshot
from app.simulator.answering import Answer
from tests.support.switchboards import AGENTS, EXTENSIONS, NOON, OUTSIDE, PHONES, SERVICE, TO_NUMBER, Board
from tests.support.twin_hotline import twin_hotline
from tests.support.until import until

ANN, BOB, _ = AGENTS
C1 = CallId("c1")
CALLER, OFFER1, OFFER2 = LegId("c1"), LegId("c1-1"), LegId("c1-2")
BRIDGE = BridgeId("c1-bridge")
LIMIT = timedelta(seconds=5)
HAIR = timedelta(microseconds=1)


# --- the rule ----------------------------------------------------------------------------------------------------


def answered(entry: str = SERVICE, *agents: AgentId) -> Board:
    """A caller whose agent has just picked up; the join was asked for."""
    board = Board()
    board.log_in(*(agents or (ANN,)))
    board.handle(CallerArrived(C1, EntryNumber(entry), "138"))
    board.handle(LegAnswered(OFFER1 if entry == SERVICE else LegId("c1-callee")))
    return board


def at_limit(board: Board, *, by: timedelta = timedelta(0)) -> Outcome:
    """Nothing was heard of the join until its deadline, or a bit before or behind it."""
    return board.board.handle(TimePassed(), now=board.now + LIMIT + by)


def reason_of(board: Board, agent_id: AgentId) -> UnavailableReason | None:
    """Why the agent gets no offer."""
    agent = board.board.engine.agent(agent_id)
    assert agent is not None
    return agent.unavailable_reason


def test_the_deadline_is_told_to_whoever_keeps_the_clock() -> None:
    board = answered()
    assert board.board.next_deadline() == board.now + LIMIT


def test_just_before_the_deadline_the_join_is_still_waited_for() -> None:
    board = answered()
    assert at_limit(board, by=-HAIR) == Outcome()
    assert board.board.calls[C1].phase is Phase.CONNECTING


@pytest.mark.parametrize("by", [timedelta(0), HAIR])
def test_at_the_deadline_the_call_goes_back_to_its_place_and_the_agent_is_free(by: timedelta) -> None:
    """It is not the agent's doing: no miss, only the short rest after every fault."""
    board = answered()
    outcome = at_limit(board, by=by)
    assert outcome.actions == (StartMusic(CALLER, "default"), CreateBridge(BRIDGE), HangUpLeg(OFFER1))
    assert [type(fact) for fact in outcome.facts if isinstance(fact, OfferEnded | CallReturned)] == [
        OfferEnded,
        CallReturned,
    ]
    [ended] = [fact for fact in outcome.facts if isinstance(fact, OfferEnded)]
    assert ended.outcome is OfferOutcome.FAILED
    assert board.board.calls[C1].phase is Phase.WAITING
    assert board.board.engine.position(C1) == 1
    agent = board.board.engine.agent(ANN)
    assert agent is not None
    assert (agent.state, agent.unavailable_reason) == (AgentState.IDLE, UnavailableReason.RESTING)
    assert agent.counters.missed == 0


def test_the_next_agent_is_rung_at_once() -> None:
    board = answered(SERVICE, ANN, BOB)
    rung = [action for action in at_limit(board).actions if isinstance(action, RingPhone)]
    assert [action.leg_id for action in rung] == [OFFER2]


def test_what_is_told_behind_the_deadline_joins_nobody() -> None:
    """Asterisk got to it after all: the agent's leg is being hung up already, and the caller waits for another."""
    board = answered()
    at_limit(board)
    board.now += LIMIT
    board.handle(LegJoined(CALLER, BRIDGE))
    assert board.handle(LegJoined(OFFER1, BRIDGE)) == Outcome()
    assert board.board.calls[C1].phase is Phase.WAITING
    assert board.board.calls[C1].bridged_at is None


def test_a_leg_that_is_being_hung_up_is_no_party_to_the_next_join() -> None:
    """The first agent was in the bridge, the caller never was. The second agent is there, and still talks to nobody."""
    board = answered(SERVICE, ANN, BOB)
    board.handle(LegJoined(OFFER1, BRIDGE))
    at_limit(board)
    board.now += LIMIT
    board.handle(LegAnswered(OFFER2))
    assert board.handle(LegJoined(OFFER2, BRIDGE)) == Outcome()
    board.handle(LegJoined(CALLER, BRIDGE))
    assert board.board.calls[C1].phase is Phase.TALKING


def test_a_join_in_time_has_no_deadline_left() -> None:
    board = answered()
    board.handle(LegJoined(CALLER, BRIDGE))
    board.handle(LegJoined(OFFER1, BRIDGE))
    assert board.board.next_deadline() is None
    assert at_limit(board) == Outcome()


def test_after_a_restart_the_join_is_asked_for_again_and_has_all_its_time() -> None:
    """The controller was away for longer than the deadline; the two have been waiting for it."""
    board = answered()
    again = Switchboard.restore(decode_snapshot(b"".join(encode_snapshot(board.board.copy()))))
    later = board.now + 10 * LIMIT
    legs = [
        SeenLeg(leg_id, is_ringing=False, is_up=True, is_ours_now=True, made_by_us=leg_id == OFFER1)
        for leg_id in (CALLER, OFFER1)
    ]
    again.handle(AsteriskSeen(NOON, tuple(legs), (BRIDGE,)), now=later)
    assert again.calls[C1].phase is Phase.CONNECTING
    assert again.next_deadline() == later + LIMIT


def test_a_diverted_caller_who_is_not_joined_is_let_go() -> None:
    board = answered(TO_NUMBER)
    [ended] = [fact for fact in at_limit(board).facts if isinstance(fact, CallEnded)]
    assert ended.ended_by is HangUpParty.SYSTEM
    assert board.board.next_deadline() is None


@pytest.mark.parametrize("number", [EXTENSIONS[1], OUTSIDE])
def test_a_direct_call_that_is_not_joined_ends_and_frees_its_agent(number: str) -> None:
    board = Board()
    board.log_in(ANN)
    board.handle(OriginateRequested(C1, ANN, number))
    board.handle(LegAnswered(LegId("c1")))
    board.handle(LegAnswered(LegId("c1-callee")))
    assert [fact for fact in at_limit(board).facts if isinstance(fact, CallEnded)]
    assert reason_of(board, ANN) is None


# --- with the twin of Asterisk --------------------------------------------------------------------------------------


async def test_an_asterisk_that_never_joins_them_keeps_no_agent() -> None:
    """It waits for an announcement that does not end. Ann is free again, and the caller has not lost the place."""
    async with twin_hotline() as floor:
        floor.twin.playback_length = timedelta(hours=1)
        caller = floor.twin.call(SERVICE)
        floor.twin.play(caller, "endless", "sound:somebody-elses")
        await floor.log_in(ANN)
        await floor.until_fact(CallReturned)
        assert floor.outcomes() == [OfferOutcome.FAILED]
        await until(lambda: floor.reason(ANN) is not UnavailableReason.CONNECTED, "Ann is still reserved")
        call = floor.board.engine.call(CallId(caller.id))
        assert call is not None
        assert not caller.has_ended
        assert floor.board.engine.position(CallId(caller.id)) == 1


async def test_an_asterisk_that_refuses_to_join_them_keeps_no_agent() -> None:
    """The bridge is gone. The caller waits on with music, and the next agent gets a new try with a bridge that is there."""
    async with twin_hotline() as floor:
        caller = floor.twin.call(SERVICE)
        await until(lambda: caller.has_moh, "no music")
        floor.twin.phones[PHONES[0]].answering = Answer(after=timedelta(milliseconds=100))
        await floor.log_in(ANN)
        await until(lambda: floor.twin.bridges, "no bridge")
        [bridge] = floor.twin.bridges.values()
        floor.twin.destroy_bridge(bridge)
        await floor.until_fact(CallReturned)
        assert floor.outcomes() == [OfferOutcome.FAILED]
        await until(lambda: caller.has_moh, "the caller waits in silence")
        await until(lambda: not floor.twin.phones[PHONES[0]].channels, "Ann's phone is not hung up")
        await floor.log_in(BOB)
        await floor.until_fact(CallConnected)


async def test_an_asterisk_that_joins_them_too_late_joins_the_caller_with_the_next_agent() -> None:
    """What it was asked for first happens when nobody wants it any more, and is undone at once."""
    async with twin_hotline() as floor:
        floor.twin.playback_length = timedelta(milliseconds=600)
        caller = floor.twin.call(SERVICE)
        floor.twin.play(caller, "long", "sound:somebody-elses")
        await floor.log_in(ANN)
        await floor.until_fact(CallReturned)
        await floor.until_fact(CallConnected)
        assert floor.outcomes() == [OfferOutcome.FAILED, OfferOutcome.ANSWERED]
        call = floor.board.calls[CallId(caller.id)]
        assert call.phase is Phase.TALKING
        bridge = floor.twin.bridges[call.bridge_id]
        assert {channel.id for channel in bridge.channels} == set(call.legs)
        assert not caller.has_moh
