"""What the phones report. A phone that cannot ring makes its agent unavailable; a call in progress goes on."""

from app.acd import agents, offers
from app.acd.commands import WithdrawReason
from app.acd.model import DeviceState, OfferOutcome
from app.acd.state import AgentRecord, State
from app.ids import DeviceId


def changed(state: State, device_id: DeviceId, device_state: DeviceState) -> None:
    """A phone became reachable, busy elsewhere or unreachable. A device never heard of counts as reachable."""
    state.devices[device_id] = device_state
    agent_id = state.agent_by_device.get(device_id)
    if agent_id is None:
        return
    agent = state.agents[agent_id]
    is_new = agent.device_state is not device_state
    agent.device_state = device_state
    agents.look_anew(state, agent)
    if is_new:
        agents.tell_device(state, agent)
    if device_state is DeviceState.UNREACHABLE:
        _stop_ringing(state, agent)


def _stop_ringing(state: State, agent: AgentRecord) -> None:
    """An unreachable phone rings for nobody. Its leg may be dead and silent, so it is withdrawn rather than waited for."""
    if agent.offer_id is None:
        return
    offer = state.offers[agent.offer_id]
    if offer.answered_at is None:
        offers.take_back(state, offer, OfferOutcome.UNREACHABLE, WithdrawReason.TAKEN_AWAY)
