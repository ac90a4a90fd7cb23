"""What an agent is doing: two machines side by side, each a table.

*Status* is the human's choice: logged out, available or paused. *State* is what the system does with the agent: idle, offered,
connected, held, wrap-up or outbound. They are apart because they answer different questions. A paused agent may dial out;
an available agent may be in wrap-up; and a pause asked for during a call waits for the call, not the other way round.

A call may be offered only when status is AVAILABLE and state is IDLE. Everything else has one reason: `availability.py`.

State, one cycle: IDLE is offered a call (OFFERED), picks up and is joined (CONNECTED), may hold (HELD) and ends in WRAP_UP or
straight in IDLE. An offer that is not taken releases the agent to IDLE. OUTBOUND is a call that no queue gave; it may
begin at the end of a queue's call, when the agent dialled out during it. Status pending: a pause or log-out asked for outside
IDLE is kept aside and applied on the way back to IDLE (`agents.release`).

A move that is not in the table is a mistake of the engine: `IllegalMove` is raised and nothing has changed.
"""

from enum import StrEnum

from app.acd.errors import IllegalMove
from app.acd.model import AgentState, AgentStatus


class StateMove(StrEnum):
    """What happens to an agent's state."""

    OFFER = "offer"
    CONNECT = "connect"
    HOLD = "hold"
    UNHOLD = "unhold"
    WRAP_UP = "wrap_up"
    DIAL = "dial"
    RELEASE = "release"


class StatusMove(StrEnum):
    """What happens to an agent's status."""

    LOG_IN = "log_in"
    LOG_IN_PAUSED = "log_in_paused"
    PAUSE = "pause"
    RESUME = "resume"
    LOG_OUT = "log_out"


_STATES = {
    AgentState.IDLE: {
        StateMove.OFFER: AgentState.OFFERED,
        StateMove.DIAL: AgentState.OUTBOUND,
    },
    AgentState.OFFERED: {
        StateMove.CONNECT: AgentState.CONNECTED,
        StateMove.DIAL: AgentState.OUTBOUND,
        StateMove.RELEASE: AgentState.IDLE,
    },
    AgentState.CONNECTED: {
        StateMove.HOLD: AgentState.HELD,
        StateMove.WRAP_UP: AgentState.WRAP_UP,
        StateMove.DIAL: AgentState.OUTBOUND,
        StateMove.RELEASE: AgentState.IDLE,
    },
    AgentState.HELD: {
        StateMove.UNHOLD: AgentState.CONNECTED,
        StateMove.WRAP_UP: AgentState.WRAP_UP,
        StateMove.DIAL: AgentState.OUTBOUND,
        StateMove.RELEASE: AgentState.IDLE,
    },
    AgentState.WRAP_UP: {
        StateMove.DIAL: AgentState.OUTBOUND,
        StateMove.RELEASE: AgentState.IDLE,
    },
    AgentState.OUTBOUND: {
        StateMove.RELEASE: AgentState.IDLE,
    },
}

_STATUSES = {
    AgentStatus.LOGGED_OUT: {
        StatusMove.LOG_IN: AgentStatus.AVAILABLE,
        StatusMove.LOG_IN_PAUSED: AgentStatus.PAUSED,
    },
    AgentStatus.AVAILABLE: {
        StatusMove.PAUSE: AgentStatus.PAUSED,
        StatusMove.LOG_OUT: AgentStatus.LOGGED_OUT,
    },
    AgentStatus.PAUSED: {
        StatusMove.PAUSE: AgentStatus.PAUSED,
        StatusMove.RESUME: AgentStatus.AVAILABLE,
        StatusMove.LOG_OUT: AgentStatus.LOGGED_OUT,
    },
}


def next_state(state: AgentState, move: StateMove) -> AgentState:
    """The state after `move`. Raises `IllegalMove` when the table has none."""
    if (after := _STATES[state].get(move)) is None:
        raise IllegalMove("an agent's state", state, move, tuple(_STATES[state]))
    return after


def next_status(status: AgentStatus, move: StatusMove) -> AgentStatus:
    """The status after `move`. Raises `IllegalMove` when the table has none."""
    if (after := _STATUSES[status].get(move)) is None:
        raise IllegalMove("an agent's status", status, move, tuple(_STATUSES[status]))
    return after
