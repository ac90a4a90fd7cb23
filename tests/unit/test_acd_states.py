"""The two machines of an agent and the one of a call: tables, and nothing beside them."""

import pytest

from app.acd import agent_state, call_state
from app.acd.agent_state import StateMove, StatusMove
from app.acd.call_state import CallMove
from app.acd.errors import IllegalMove
from app.acd.model import AgentState, AgentStatus, CallState


@pytest.mark.parametrize(
    ("before", "move", "after"),
    [
        (AgentState.IDLE, StateMove.OFFER, AgentState.OFFERED),
        (AgentState.OFFERED, StateMove.CONNECT, AgentState.CONNECTED),
        (AgentState.OFFERED, StateMove.RELEASE, AgentState.IDLE),
        (AgentState.CONNECTED, StateMove.HOLD, AgentState.HELD),
        (AgentState.HELD, StateMove.UNHOLD, AgentState.CONNECTED),
        (AgentState.HELD, StateMove.WRAP_UP, AgentState.WRAP_UP),
        (AgentState.WRAP_UP, StateMove.RELEASE, AgentState.IDLE),
        (AgentState.WRAP_UP, StateMove.DIAL, AgentState.OUTBOUND),
        (AgentState.OUTBOUND, StateMove.RELEASE, AgentState.IDLE),
    ],
)
def test_an_agents_state_follows_the_table(before: AgentState, move: StateMove, after: AgentState) -> None:
    """One row of the table."""
    assert agent_state.next_state(before, move) is after


@pytest.mark.parametrize(
    ("state", "move"),
    [
        (AgentState.CONNECTED, StateMove.OFFER),
        (AgentState.WRAP_UP, StateMove.OFFER),
        (AgentState.OUTBOUND, StateMove.OFFER),
        (AgentState.OFFERED, StateMove.OFFER),
        (AgentState.IDLE, StateMove.RELEASE),
        (AgentState.IDLE, StateMove.HOLD),
    ],
)
def test_a_busy_agent_is_never_offered_a_second_call(state: AgentState, move: StateMove) -> None:
    """Moves that are not in the table raise."""
    with pytest.raises(IllegalMove):
        agent_state.next_state(state, move)


def test_logged_out_agents_can_only_log_in() -> None:
    """Pause, resume and log-out need somebody at the seat."""
    for move in (StatusMove.PAUSE, StatusMove.RESUME, StatusMove.LOG_OUT):
        with pytest.raises(IllegalMove):
            agent_state.next_status(AgentStatus.LOGGED_OUT, move)
    assert agent_state.next_status(AgentStatus.LOGGED_OUT, StatusMove.LOG_IN) is AgentStatus.AVAILABLE


def test_an_offered_call_returns_to_waiting_before_it_leaves() -> None:
    """No call leaves with a phone still ringing for it."""
    with pytest.raises(IllegalMove):
        call_state.next_state(CallState.OFFERED, CallMove.LEAVE)
    waiting = call_state.next_state(CallState.OFFERED, CallMove.RETURN)
    assert call_state.next_state(waiting, CallMove.LEAVE) is CallState.ENDED


def test_an_ended_call_stays_ended() -> None:
    """ENDED has no moves."""
    for move in CallMove:
        with pytest.raises(IllegalMove):
            call_state.next_state(CallState.ENDED, move)


def test_an_illegal_move_says_what_was_expected_and_what_came() -> None:
    """The error names the machine, its state, the legal moves and the move asked for."""
    with pytest.raises(IllegalMove, match="a call connected allows finish; the move asked for was offer"):
        call_state.next_state(CallState.CONNECTED, CallMove.OFFER)
