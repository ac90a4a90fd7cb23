"""What humans ask for, and the answer: done, nothing to do, or refused with what to do instead.

A refusal changes nothing. The same request twice is no error: the second has nothing to do.
"""

from datetime import timedelta

from app.acd import agents
from app.acd.agent_state import StatusMove
from app.acd.availability import AUTO_PAUSE
from app.acd.events import (
    LogInRequested,
    LogOutRequested,
    PauseRequested,
    ResumeRequested,
    WrapUpEndRequested,
    WrapUpExtendRequested,
)
from app.acd.facts import RequestRefused
from app.acd.model import AgentState, AgentStatus, DeviceState
from app.acd.state import AgentRecord, State
from app.ids import AgentId, DeviceId, PauseCode


def log_in(state: State, event: LogInRequested) -> None:
    """Take a seat. Logged in at that seat already: only a pending log-out is called off."""
    agent = _agent(state, event.agent_id)
    if agent is None:
        return
    device_id = event.device_id or agent.agent.device_id
    if agent.status is not AgentStatus.LOGGED_OUT:
        _log_in_again(state, agent, event.device_id)
    elif device_id is None:
        _refuse(
            state, "no_device", f"agent {agent.id} has no device of its own; name the device to log in at"
        )
    elif (holder := state.agent_by_device.get(device_id)) is not None:
        _refuse(
            state,
            "device_taken",
            f"device {device_id} is held by agent {holder}; log that agent out or choose another device",
        )
    elif event.pause is None or _is_known_code(state, event.pause):
        _sit_down(state, agent, device_id, event.pause)


def log_out(state: State, event: LogOutRequested) -> None:
    """Leave the seat, now or when the work in hand is done."""
    agent = _agent(state, event.agent_id)
    if agent is not None and agent.status is not AgentStatus.LOGGED_OUT:
        agents.ask_status(state, agent, AgentStatus.LOGGED_OUT)


def pause(state: State, event: PauseRequested) -> None:
    """Pause with this code, now or when the work in hand is done."""
    agent = _at_seat(state, _agent(state, event.agent_id))
    if agent is None or not _is_known_code(state, event.code):
        return
    is_paused_so = (agent.status, agent.pause_code) == (AgentStatus.PAUSED, event.code)
    if not is_paused_so:
        agents.ask_status(state, agent, AgentStatus.PAUSED, code=event.code)
    elif agent.pending is not None:
        agents.drop_pending(state, agent)


def resume(state: State, event: ResumeRequested) -> None:
    """Be available again; what was pending is called off."""
    agent = _at_seat(state, _agent(state, event.agent_id))
    if agent is None:
        return
    if agent.status is AgentStatus.PAUSED:
        agents.set_status(state, agent, StatusMove.RESUME)
    elif agent.pending is not None:
        agents.drop_pending(state, agent)


def end_wrap_up(state: State, event: WrapUpEndRequested) -> None:
    """The notes are done. An agent whom a reload removed may still say so."""
    agent = _at_seat(state, state.agents.get(event.agent_id) or _agent(state, event.agent_id))
    if agent is not None and agent.state is AgentState.WRAP_UP:
        agents.free(state, agent)


def extend_wrap_up(state: State, event: WrapUpExtendRequested) -> None:
    """More time for the notes."""
    agent = _at_seat(state, _agent(state, event.agent_id))
    if agent is None:
        return
    if agent.state is not AgentState.WRAP_UP:
        _refuse(state, "not_in_wrap_up", f"agent {agent.id} is {agent.state}, not in wrap-up; pause instead")
    elif event.extra <= timedelta(0):
        _refuse(
            state,
            "bad_extension",
            f"expected more than 0 s of extra wrap-up, got {event.extra.total_seconds():g} s",
        )
    else:
        agents.extend_wrap_up(state, agent, event.extra)


def _log_in_again(state: State, agent: AgentRecord, device_id: DeviceId | None) -> None:
    if device_id is not None and device_id != agent.device_id:
        _refuse(
            state,
            "already_logged_in",
            f"agent {agent.id} is logged in at device {agent.device_id}; log out there before logging in at {device_id}",
        )
    elif agent.pending is AgentStatus.LOGGED_OUT:
        agents.drop_pending(state, agent)


def _sit_down(state: State, agent: AgentRecord, device_id: DeviceId, code: PauseCode | None) -> None:
    state.agent_by_device[device_id] = agent.id
    agent.device_id = device_id
    agent.device_state = state.devices.get(device_id, DeviceState.REACHABLE)
    agents.log_in(state, agent, code)


def _agent(state: State, agent_id: AgentId) -> AgentRecord | None:
    agent = state.agents.get(agent_id)
    if agent is None or agent.is_removed:
        _refuse(
            state,
            "unknown_agent",
            f"the floor has no agent {agent_id}; add the agent to the site file and reload",
        )
        return None
    return agent


def _at_seat(state: State, agent: AgentRecord | None) -> AgentRecord | None:
    if agent is not None and agent.status is AgentStatus.LOGGED_OUT:
        _refuse(state, "not_logged_in", f"agent {agent.id} is logged out; log in first")
        return None
    return agent


def _is_known_code(state: State, code: PauseCode) -> bool:
    if code in state.floor.pause_codes and code != AUTO_PAUSE:
        return True
    known = ", ".join(sorted(state.floor.pause_codes - {AUTO_PAUSE})) or "none is configured"
    _refuse(state, "unknown_pause_code", f"pause code {code} is not one of this site's: {known}")
    return False


def _refuse(state: State, code: str, detail: str) -> None:
    state.facts.append(RequestRefused(state.now, code, detail))
