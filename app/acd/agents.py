"""What happens to an agent: moves of the two machines, and what each move brings about.

`release` is the only way back to IDLE. There a pending pause or log-out takes effect, and the agent, if still available, is
written down as freed, so that the next call is offered within the same event.
"""

from datetime import timedelta

from app.acd import pools, waiting
from app.acd.agent_state import StateMove, StatusMove, next_state, next_status
from app.acd.availability import AUTO_PAUSE, unavailable_reason
from app.acd.facts import AgentAvailabilityChanged, AgentDeviceChanged, AgentStateChanged, AgentStatusChanged
from app.acd.model import MISSES, AgentState, AgentStatus, DeviceState, OfferOutcome, Queue, UnavailableReason
from app.acd.state import AgentRecord, State
from app.acd.timers import TimerKind
from app.ids import CallId, OfferId, PauseCode

SHORTEST_REST = timedelta(seconds=1)
"""Least rest after an outcome that a machine reports at once, so that a broken phone is not rung in a tight loop."""

_REPORTED_BY_MACHINES = frozenset(
    {OfferOutcome.BUSY, OfferOutcome.UNREACHABLE, OfferOutcome.FAILED, OfferOutcome.LOST}
)
_ORDINALS = {reason: number for number, reason in enumerate((None, *UnavailableReason))}
REASONS = len(_ORDINALS)
"""Length of `QueueRecord.counts`: members per reason, the available ones first."""


def ordinal(reason: UnavailableReason | None) -> int:
    """Where `QueueRecord.counts` counts the members that are out for this reason; None counts the available ones."""
    return _ORDINALS[reason]


# --- status: the human's choice ----------------------------------------------------------------------------------


def set_status(
    state: State,
    agent: AgentRecord,
    move: StatusMove,
    *,
    code: PauseCode | None = None,
    by_system: bool = False,
) -> None:
    """Make this move now; whatever was pending is settled by it."""
    before = agent.status
    agent.status = next_status(before, move)
    agent.status_since = state.now
    agent.pause_code = code
    agent.pending = agent.pending_code = None
    if agent.status is AgentStatus.AVAILABLE:
        agent.misses.clear()
        agent.idle_since = state.now
    if agent.status is AgentStatus.LOGGED_OUT:
        _end_rest(state, agent)
    _report_status(state, agent, by_system=by_system)
    refresh(state, agent)
    if (was_here := before is not AgentStatus.LOGGED_OUT) != (agent.status is not AgentStatus.LOGGED_OUT):
        _tell_owned_calls(state, agent)
        if was_here:
            _clear_seat(state, agent)


def ask_status(
    state: State,
    agent: AgentRecord,
    status: AgentStatus,
    *,
    code: PauseCode | None = None,
    by_system: bool = False,
) -> None:
    """Pause or log out: at once when idle, else when the agent is idle again."""
    if agent.state is AgentState.IDLE:
        set_status(state, agent, _MOVES[status], code=code, by_system=by_system)
    elif (agent.pending, agent.pending_code) != (status, code):
        agent.pending, agent.pending_code = status, code
        _report_status(state, agent, by_system=by_system)


def log_in(state: State, agent: AgentRecord, code: PauseCode | None) -> None:
    """Take the seat whose device was set; a new shift's figures begin."""
    agent.offered = agent.answered = agent.missed = 0
    agent.talk = timedelta(0)
    agent.misses.clear()
    agent.idle_since = state.now
    set_status(state, agent, StatusMove.LOG_IN if code is None else StatusMove.LOG_IN_PAUSED, code=code)
    tell_device(state, agent)
    if agent.outbound:
        dial(state, agent)
    else:
        agent.state_since = state.now
        _report_state(state, agent)


def drop_pending(state: State, agent: AgentRecord) -> None:
    """The agent thought better of it."""
    agent.pending = agent.pending_code = None
    _report_status(state, agent)


_MOVES = {AgentStatus.PAUSED: StatusMove.PAUSE, AgentStatus.LOGGED_OUT: StatusMove.LOG_OUT}


def _tell_owned_calls(state: State, agent: AgentRecord) -> None:
    """Calls that wait for this owner come here at log-in, and go to their queue at log-out."""
    for call in list(state.calls_by_owner.get(agent.id, {}).values()):
        waiting.place(state, call)


def _clear_seat(state: State, agent: AgentRecord) -> None:
    if agent.device_id is not None:
        state.agent_by_device.pop(agent.device_id, None)
    agent.device_id = None
    agent.device_state = DeviceState.REACHABLE
    if agent.is_removed:
        strike_off(state, agent)


def strike_off(state: State, agent: AgentRecord) -> None:
    """Forget an agent who is logged out and no longer on the floor."""
    pools.unseat(agent, ordinal(UnavailableReason.LOGGED_OUT))
    del state.agents[agent.id]


def _report_status(state: State, agent: AgentRecord, *, by_system: bool = False) -> None:
    state.facts.append(
        AgentStatusChanged(
            state.now,
            agent.id,
            agent.status,
            agent.pause_code if agent.pending is None else agent.pending_code,
            agent.device_id,
            by_system,
            agent.pending,
        )
    )


# --- state: what the system does ---------------------------------------------------------------------------------


def reserve(state: State, agent: AgentRecord, call_id: CallId, offer_id: OfferId) -> None:
    """An offer begins."""
    agent.call_id, agent.offer_id = call_id, offer_id
    agent.offered += 1
    _move(state, agent, StateMove.OFFER)


def connect(state: State, agent: AgentRecord) -> None:
    """The agent and the caller were joined."""
    agent.offer_id = None
    agent.answered += 1
    agent.misses.clear()
    _move(state, agent, StateMove.CONNECT)


def hold(state: State, agent: AgentRecord) -> None:
    """The agent put the caller on hold."""
    _move(state, agent, StateMove.HOLD)


def unhold(state: State, agent: AgentRecord) -> None:
    """The agent took the caller back."""
    _move(state, agent, StateMove.UNHOLD)


def finish(state: State, agent: AgentRecord, queue: Queue, talk: timedelta) -> None:
    """The call ended: on to a call dialled meanwhile, to wrap-up, or straight to idle."""
    agent.talk += talk
    wrap_up = queue.wrap_up if agent.agent.wrap_up is None else agent.agent.wrap_up
    if agent.outbound:
        dial(state, agent)
    elif wrap_up > timedelta(0):
        agent.wrap_up_ends_at = state.now + wrap_up
        state.timers.set(TimerKind.WRAP_UP, agent.id, agent.wrap_up_ends_at)
        _move(state, agent, StateMove.WRAP_UP)
    else:
        free(state, agent)


def dial(state: State, agent: AgentRecord) -> None:
    """The agent is in a call of `agent.outbound`; a wrap-up ends by it."""
    _end_wrap_up(state, agent)
    agent.call_id, agent.offer_id = agent.outbound[0], None
    _move(state, agent, StateMove.DIAL)


def extend_wrap_up(state: State, agent: AgentRecord, extra: timedelta) -> None:
    """More time for the notes. The agent must be in wrap-up."""
    ends_at = (agent.wrap_up_ends_at or state.now) + extra
    agent.wrap_up_ends_at = ends_at
    state.timers.set(TimerKind.WRAP_UP, agent.id, ends_at)
    _report_state(state, agent)


def free(state: State, agent: AgentRecord) -> None:
    """A call, a wrap-up or an outbound call is over: idle, and longest idle is counted from here."""
    release(state, agent, resets_idle=True)


def release(state: State, agent: AgentRecord, *, resets_idle: bool) -> None:
    """Back to idle, where a pending pause or log-out takes effect; or on to a call dialled meanwhile."""
    if agent.outbound:
        dial(state, agent)
        return
    _end_wrap_up(state, agent)
    if resets_idle:
        agent.idle_since = state.now
    agent.call_id = agent.offer_id = None
    _move(state, agent, StateMove.RELEASE)
    if agent.pending is not None:
        ask_status(state, agent, agent.pending, code=agent.pending_code, by_system=agent.is_removed)


def _move(state: State, agent: AgentRecord, move: StateMove) -> None:
    agent.state = next_state(agent.state, move)
    agent.state_since = state.now
    _report_state(state, agent)
    refresh(state, agent)


def _report_state(state: State, agent: AgentRecord) -> None:
    state.facts.append(
        AgentStateChanged(state.now, agent.id, agent.state, agent.call_id, agent.wrap_up_ends_at)
    )


def _end_wrap_up(state: State, agent: AgentRecord) -> None:
    agent.wrap_up_ends_at = None
    state.timers.cancel(TimerKind.WRAP_UP, agent.id)


# --- misses and rests --------------------------------------------------------------------------------------------


def rest(state: State, agent: AgentRecord, queue: Queue, outcome: OfferOutcome) -> None:
    """Leave the agent in peace for a while after an offer that ended like this. Call before `release`."""
    delay = _delay(queue, outcome)
    if delay > timedelta(0):
        agent.rests_until = state.now + delay
        state.timers.set(TimerKind.REST, agent.id, agent.rests_until)


def wake(state: State, agent: AgentRecord) -> None:
    """The rest is over."""
    _end_rest(state, agent)
    look_anew(state, agent)


def count_miss(state: State, agent: AgentRecord, queue: Queue, outcome: OfferOutcome) -> None:
    """One more miss in a row of this kind; at the queue's limit the agent is paused. Call after `release`."""
    agent.missed += 1
    misses = agent.misses[outcome] = agent.misses.get(outcome, 0) + 1
    limit = getattr(queue.auto_pause, outcome)
    if limit is not None and misses >= limit and agent.status is AgentStatus.AVAILABLE:
        set_status(state, agent, StatusMove.PAUSE, code=AUTO_PAUSE, by_system=True)


def _delay(queue: Queue, outcome: OfferOutcome) -> timedelta:
    delay: timedelta = getattr(queue.delays, outcome) if outcome in MISSES else timedelta(0)
    return max(delay, SHORTEST_REST) if outcome in _REPORTED_BY_MACHINES else delay


def _end_rest(state: State, agent: AgentRecord) -> None:
    agent.rests_until = None
    state.timers.cancel(TimerKind.REST, agent.id)


# --- availability ------------------------------------------------------------------------------------------------


def refresh(state: State, agent: AgentRecord) -> None:
    """Bring pools and counters up to date with the agent's reason; touches only this agent's queues."""
    before, reason = agent.reason, unavailable_reason(agent)
    if reason is before:
        return
    agent.reason = reason
    _recount(state, agent, _ORDINALS[before], _ORDINALS[reason])
    if before is None:
        pools.leave(agent)
    elif reason is None:
        pools.enter(agent)
        state.freed[agent.id] = agent


def tell_device(state: State, agent: AgentRecord) -> None:
    """For the record: whether calls can reach the phone of an agent who is logged in."""
    if agent.device_id is not None:
        state.facts.append(AgentDeviceChanged(state.now, agent.id, agent.device_id, agent.device_state))


def look_anew(state: State, agent: AgentRecord) -> None:
    """As `refresh`, after something that is no change of status or state and is told by nothing else."""
    before = agent.reason
    refresh(state, agent)
    if agent.reason is not before:
        state.facts.append(AgentAvailabilityChanged(state.now, agent.id, agent.reason))


def _recount(state: State, agent: AgentRecord, before: int, after: int) -> None:
    for queue in agent.seats:
        queue.counts[before] -= 1
        queue.counts[after] += 1
        if queue.order and queue.queue.leave_when is not None:
            state.thinned[queue.id] = queue
