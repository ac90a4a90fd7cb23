"""An agent's time in the seat: status, state and phone, three series of intervals, become one.

The status is the human's choice, the state is what the system does. Only time in which the agent is logged in counts; a state that
lasts through a log-out (idle) is cut there. Who is idle with a phone that no call can reach is told apart.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
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


@dataclass(frozen=True, slots=True)
class UnreachableSpan:
    """No call could reach the agent's phone. `until` None: none can."""

    since: datetime
    until: datetime | None


_Span = StatusSpan | StateSpan | UnreachableSpan


def seat_times(
    agent_id: AgentId,
    statuses: Sequence[StatusSpan],
    states: Sequence[StateSpan],
    unreachable: Sequence[UnreachableSpan] = (),
    *,
    within: Period,
) -> Iterator[SeatTime]:
    """The agent's time in a period. Each series is in order and does not overlap itself; the period ends by now."""
    first = 0
    for seat in _of_status_and_state(agent_id, statuses, states, within):
        if seat.activity is not Activity.IDLE:
            yield seat
            continue
        while first < len(unreachable) and _is_over(unreachable[first], seat.period.since):
            first += 1
        yield from _told_apart(seat, unreachable, first)


def _told_apart(seat: SeatTime, unreachable: Sequence[UnreachableSpan], first: int) -> Iterator[SeatTime]:
    """Idle time in pieces: idle with a phone that calls can reach, and without. The spans before `first` are over."""
    at = seat.period.since
    for index in range(first, len(unreachable)):
        lost = _closed(unreachable[index], seat.period)
        if lost is None:
            break
        if at < lost.since:
            yield replace(seat, period=Period(at, lost.since))
        yield replace(seat, period=lost, activity=Activity.UNREACHABLE)
        at = lost.until
    if at < seat.period.until:
        yield replace(seat, period=Period(at, seat.period.until))


def _of_status_and_state(
    agent_id: AgentId, statuses: Sequence[StatusSpan], states: Sequence[StateSpan], within: Period
) -> Iterator[SeatTime]:
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


def _closed(span: _Span, within: Period) -> Period | None:
    return Period(span.since, within.until if span.until is None else span.until).within(within)


def _is_over(span: _Span, at: datetime) -> bool:
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
