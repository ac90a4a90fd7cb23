"""Why an agent gets no offer now: exactly one reason, the first that applies in the order of `UnavailableReason`."""

from app.acd.model import AgentState, AgentStatus, DeviceState, UnavailableReason
from app.acd.state import AgentRecord
from app.ids import PauseCode

AUTO_PAUSE = PauseCode("auto")
"""The pause code of the system's own pause after too many misses. Humans cannot ask for it."""

AWAY = frozenset(
    {
        UnavailableReason.LOGGED_OUT,
        UnavailableReason.PAUSED,
        UnavailableReason.AUTO_PAUSED,
        UnavailableReason.DEVICE_UNREACHABLE,
    }
)
"""Who is out for one of these takes no call soon. All others are *at work*: available, or will be by themselves."""

_BY_STATE = {
    AgentState.OFFERED: UnavailableReason.OFFERED,
    AgentState.CONNECTED: UnavailableReason.CONNECTED,
    AgentState.HELD: UnavailableReason.HELD,
    AgentState.OUTBOUND: UnavailableReason.OUTBOUND,
    AgentState.WRAP_UP: UnavailableReason.WRAP_UP,
}
_BY_DEVICE = {
    DeviceState.UNREACHABLE: UnavailableReason.DEVICE_UNREACHABLE,
    DeviceState.BUSY_ELSEWHERE: UnavailableReason.DEVICE_BUSY,
}


def unavailable_reason(agent: AgentRecord) -> UnavailableReason | None:
    """The one reason, or None: a call may be offered."""
    if agent.status is AgentStatus.LOGGED_OUT:
        return UnavailableReason.LOGGED_OUT
    if agent.state is not AgentState.IDLE:
        return _BY_STATE[agent.state]
    if agent.status is AgentStatus.PAUSED:
        is_auto = agent.pause_code == AUTO_PAUSE
        return UnavailableReason.AUTO_PAUSED if is_auto else UnavailableReason.PAUSED
    if agent.device_state is not DeviceState.REACHABLE:
        return _BY_DEVICE[agent.device_state]
    return None if agent.rests_until is None else UnavailableReason.RESTING
