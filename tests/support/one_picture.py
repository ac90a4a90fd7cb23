"""Call control and the routing engine tell each other everything, so between two events both have one picture of every call.

assert_one_picture(board)        # names the first call, leg or agent about whom they disagree
"""

from app.acd.model import AgentState, CallState
from app.acd.snapshot import EngineSnapshot, SavedCall
from app.calls.call import Call, CallKind, LegRole, Phase
from app.calls.switchboard import Switchboard
from app.ids import CallId, LegId

_IN_QUEUE = {Phase.WAITING, Phase.CONNECTING}


def assert_one_picture(board: Switchboard) -> None:
    """May be asked between any two events."""
    routed = board.engine.snapshot()
    by_id = {call.id: call for call in routed.calls}
    assert by_id.keys() <= board.calls.keys(), "the engine routes a call that is over"
    for call in board.calls.values():
        _assert_same_call(call, by_id.get(call.id))
    _assert_same_offers(board, routed)
    _assert_same_outbound(board, routed)
    _assert_offers_ring_free_phones(board)


def _assert_same_call(call: Call, routed: SavedCall | None) -> None:
    if call.phase is Phase.TALKING and call.winner is not None:
        assert routed is not None, f"{call.id} talks to an agent, and the engine has no such call"
        assert routed.state is CallState.CONNECTED, f"{call.id} talks, for the engine it is {routed.state}"
        assert routed.agent_id == call.legs[call.winner].agent_id, f"{call.id} talks to another agent"
    elif call.kind is CallKind.INBOUND and call.phase in _IN_QUEUE:
        assert routed is not None, f"{call.id} waits, and no queue has it"
        assert routed.state in {CallState.WAITING, CallState.OFFERED}
        winner = None if routed.winner is None else LegId(routed.winner)
        assert winner == call.winner, f"{call.id}: the winner is {call.winner}, or {routed.winner}"
        assert (call.phase is Phase.CONNECTING) is (call.winner is not None)
    else:
        assert routed is None, f"{call.id} is {call.phase}, and a queue still has it"


def _assert_same_offers(board: Switchboard, routed: EngineSnapshot) -> None:
    """A phone is rung for an offer that is open, and for nothing else."""
    rung = {
        leg.id
        for call in board.calls.values()
        for leg in call.legs.values()
        if leg.role is LegRole.AGENT and not leg.is_dropped and call.phase is not Phase.TALKING
    }
    assert rung == {LegId(offer.id) for offer in routed.offers}


def _assert_same_outbound(board: Switchboard, routed: EngineSnapshot) -> None:
    """Whoever is in a direct call gets no offer, and whoever is in none is not held up by it."""
    for agent in routed.agents:
        calls = {call.id for call in board.calls.values() if agent.agent.id in call.outbound_agents}
        assert set(agent.outbound) == calls, f"{agent.agent.id} is held by {agent.outbound}, is in {calls}"
        assert agent.state is not AgentState.OUTBOUND or calls
        assert agent.state is not AgentState.IDLE or agent.device_id is None or not calls
        _assert_has_call(board, agent.state, agent.call_id)


def _assert_offers_ring_free_phones(board: Switchboard) -> None:
    """A phone that rings for an offer is in no other call of ours."""
    legs = [leg for leg in board.legs.values() if leg.device_id is not None and not leg.is_dropped]
    for leg in legs:
        if leg.role is LegRole.AGENT and leg.answered_at is None:
            others = [each.id for each in legs if each.device_id == leg.device_id and each.id != leg.id]
            assert not others, f"{leg.device_id} rings for {leg.id}, and is in {others}"


def _assert_has_call(board: Switchboard, state: AgentState, call_id: CallId | None) -> None:
    if state in {AgentState.OFFERED, AgentState.CONNECTED, AgentState.HELD}:
        assert call_id in board.calls, f"an agent is {state} with {call_id}, which is over"
