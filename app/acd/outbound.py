"""Calls that no queue gave: the agent dials out, or calls a colleague. They take the agent from the queues meanwhile."""

from app.acd import agents, offers
from app.acd.commands import WithdrawReason
from app.acd.model import AgentState, AgentStatus, OfferOutcome
from app.acd.state import AgentRecord, State
from app.ids import CallId

_CONNECTED = frozenset({AgentState.CONNECTED, AgentState.HELD})


def started(state: State, agent: AgentRecord, call_id: CallId) -> None:
    """The agent is in this call too. An open offer is taken back; a queue's call in progress goes on, and comes first."""
    if call_id in agent.outbound:
        return
    agent.outbound += (call_id,)
    if agent.offer_id is not None:
        offer = state.offers[agent.offer_id]
        offers.take_back(state, offer, OfferOutcome.WITHDRAWN, WithdrawReason.TAKEN_AWAY)
    if agent.status is not AgentStatus.LOGGED_OUT and agent.state not in _CONNECTED | {AgentState.OUTBOUND}:
        agents.dial(state, agent)


def finished(state: State, agent: AgentRecord, call_id: CallId) -> None:
    """That call ended. After the last one the agent is idle; there is no wrap-up."""
    agent.outbound = tuple(each for each in agent.outbound if each != call_id)
    if agent.state is AgentState.OUTBOUND and not agent.outbound:
        agents.free(state, agent)
