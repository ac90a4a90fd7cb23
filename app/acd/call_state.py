"""What a call is doing: one table.

A call waits, is offered (to one agent, or to several at once), is connected, and ends. It is in exactly one of these. An offer
that fails while others still ring keeps the call OFFERED; the last one to fail returns it to WAITING, in its old place, since its
place is a matter of its arrival and not of its state. An agent who picked up is the *winner*; the call stays OFFERED
until both are joined, because until then it can still come back.

A move that is not in the table is a mistake of the engine: `IllegalMove` is raised and nothing has changed.
"""

from enum import StrEnum

from app.acd.errors import IllegalMove
from app.acd.model import CallState


class CallMove(StrEnum):
    """What happens to a call."""

    OFFER = "offer"
    RETURN = "return"
    CONNECT = "connect"
    LEAVE = "leave"
    FINISH = "finish"


_STATES = {
    CallState.WAITING: {
        CallMove.OFFER: CallState.OFFERED,
        CallMove.LEAVE: CallState.ENDED,
    },
    CallState.OFFERED: {
        CallMove.OFFER: CallState.OFFERED,
        CallMove.RETURN: CallState.WAITING,
        CallMove.CONNECT: CallState.CONNECTED,
    },
    CallState.CONNECTED: {
        CallMove.FINISH: CallState.ENDED,
    },
    CallState.ENDED: {},
}


def next_state(state: CallState, move: CallMove) -> CallState:
    """The state after `move`. Raises `IllegalMove` when the table has none."""
    if (after := _STATES[state].get(move)) is None:
        raise IllegalMove("a call", state, move, tuple(_STATES[state]))
    return after
