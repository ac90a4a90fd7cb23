"""An agent's time in the seat: status and state, two series of intervals, become one.

The status is the human's choice, the state is what the system does. Only time in which the agent is logged in counts; a state that
lasts through a log-out (idle) is cut there.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime

from app.acd.model import AgentState, AgentStatus
from app.ids import AgentId, CallId, PauseCode
from metrics.intervals import Period
from metrics.records import Activity, SeatTime

_ACTIVITIES = {
    AgentState.IDLE: Activity.IDLE,
    AgentState.OFFERED: Activity.RINGING,
    AgentState.CONNECTED: Activity.TALKING,
    AgentState.HELD: Activity.HOLDING,
    AgentState.WRAP_UP: Activity.WRAPPING_UP,
    AgentState.OUTBOUND: Activity.OUTBOUND,
}


@dataclass(frozen=True, slots=True)
class StatusSpan:
    """The agent had this status. `until` None: still has it."""

    since: datetime
    until: datetime | None
    status: AgentStatus
    pause_code: PauseCode | None = None


@dataclass(frozen=True, slots=True)
class StateSpan:
    """The agent was in this state. `until` None: still is."""

    since: datetime
    until: datetime | None
    state: AgentState
    call_id: CallId | None = None


def seat_times(
    agent_id: AgentId, statuses: Sequence[StatusSpan], states: Sequence[StateSpan], *, within: Period
) -> Iterator[SeatTime]:
    """The agent's time in a period. Both series are in order and do not overlap themselves; the period ends by now."""
    first = 0
    for status in statuses:
        seat = _closed(status, within)
        if seat is None or status.status is AgentStatus.LOGGED_OUT:
            continue
        while first < len(states) and _is_over(states[first], seat.since):
            first += 1
        for index in range(first, len(states)):
            state = states[index]
            if state.since >= seat.until:
                break
            part = _closed(state, seat)
            if part is not None:
                yield _seat_time(agent_id, part, status, state)


def _closed(span: StatusSpan | StateSpan, within: Period) -> Period | None:
    return Period(span.since, within.until if span.until is None else span.until).within(within)


def _is_over(span: StateSpan, at: datetime) -> bool:
    return span.until is not None and span.until <= at


def _seat_time(agent_id: AgentId, period: Period, status: StatusSpan, state: StateSpan) -> SeatTime:
    activity, is_paused = _ACTIVITIES[state.state], status.status is AgentStatus.PAUSED
    if is_paused and activity is Activity.IDLE:
        activity = Activity.PAUSED
    return SeatTime(
        agent_id=agent_id,
        period=period,
        activity=activity,
        is_paused=is_paused,
        pause_code=status.pause_code,
        call_id=state.call_id,
    )
