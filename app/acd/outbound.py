"""Calls that no queue gave: the agent dials out, or calls a colleague. They take the agent from the queues meanwhile."""

from app.acd import agents, offers
from app.acd.commands import WithdrawReason
from app.acd.model import FREE_STATES, AgentState, AgentStatus, OfferOutcome
from app.acd.state import AgentRecord, OfferRecord, State
from app.ids import CallId


def started(state: State, agent: AgentRecord, call_id: CallId) -> None:
    """The agent is in this call too. Ringing for a queue's call is taken back; one that was picked up goes on, and comes first."""
    if call_id in agent.outbound:
        return
    agent.outbound += (call_id,)
    if agent.offer_id is not None:
        _take_back_ringing(state, state.offers[agent.offer_id])
    elif agent.status is not AgentStatus.LOGGED_OUT and agent.state in FREE_STATES:
        agents.dial(state, agent)


def _take_back_ringing(state: State, offer: OfferRecord) -> None:
    if offer.answered_at is None:
        offers.take_back(state, offer, OfferOutcome.WITHDRAWN, WithdrawReason.TAKEN_AWAY)


def finished(state: State, agent: AgentRecord, call_id: CallId) -> None:
    """That call ended. After the last one the agent is idle; there is no wrap-up."""
    agent.outbound = tuple(each for each in agent.outbound if each != call_id)
    if agent.state is AgentState.OUTBOUND and not agent.outbound:
        agents.free(state, agent)
