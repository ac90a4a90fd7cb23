"""A call's way through the queues: in at the door, on by overflow, out with an agent or without one.

Every queue is visited once. A call that overflows keeps its arrival, and with it its ageing and its right to relaxed skills and
wider levels; only the longest wait is counted anew in each queue. When queues point at each other in a circle, a call that
timed out stays where it is, without any further time limit, and one that finds no place anywhere is hung up.
"""

from app.acd import agents, offers, pools, ring_watch, waiting
from app.acd.availability import AWAY
from app.acd.call_state import CallMove, next_state
from app.acd.commands import DivertCall, WithdrawReason
from app.acd.eligibility import profile
from app.acd.estimate import answered
from app.acd.events import CallEnqueued
from app.acd.facts import CallCompleted, CallConnected, CallLeft, CallQueued
from app.acd.hours import is_open
from app.acd.model import CallState, ExitReason, OfferOutcome, Target, TargetKind, UnavailableReason
from app.acd.state import CallRecord, QueueRecord, State
from app.ids import QueueId

HANG_UP = Target(TargetKind.HANG_UP)
_BY_CALLER = frozenset({ExitReason.ABANDONED, ExitReason.KEY})


# --- in ----------------------------------------------------------------------------------------------------------


def enqueue(state: State, event: CallEnqueued) -> None:
    """A new call knocks. A call that is here already stays as it is."""
    if event.call_id in state.calls:
        return
    enqueued_at = min(event.enqueued_at or state.now, state.now)
    call = CallRecord(
        event.call_id,
        event.queue_id,
        event.priority,
        profile(event.requires),
        event.owner,
        enqueued_at + event.owner_for,
        enqueued_at,
        state.now,
        event.attempts,
        rings_from=None if event.rings_from is None else min(event.rings_from, state.now),
    )
    _knock(state, call, event.queue_id, overflowed_from=None)


def _knock(state: State, call: CallRecord, queue_id: QueueId, *, overflowed_from: QueueId | None) -> None:
    call.visited += (queue_id,)
    queue = state.queues.get(queue_id)
    if queue is None or queue.is_removed:
        _send_on(state, call, queue_id, ExitReason.REMOVED, HANG_UP)
        return
    reason = _refusal(state, queue, call)
    if reason is None:
        _admit(state, call, queue, overflowed_from)
    else:
        _send_on(state, call, queue_id, reason, _target(queue, reason))


def _refusal(state: State, queue: QueueRecord, call: CallRecord) -> ExitReason | None:
    rules = queue.queue
    if not is_open(rules.calendar, state.now):
        return ExitReason.CLOSED
    if rules.max_length is not None and len(queue.order) >= rules.max_length:
        return ExitReason.JOIN_FULL
    if is_empty(queue, rules.join_unless) and waiting.owner_first(state, call) is None:
        return ExitReason.JOIN_EMPTY
    return None


def is_empty(queue: QueueRecord, counted_out: frozenset[UnavailableReason] | None) -> bool:
    """Whether every member is unavailable for one of these reasons. None: never empty."""
    if counted_out is None:
        return False
    return _count(queue, counted_out) == len(queue.members)


def _admit(state: State, call: CallRecord, queue: QueueRecord, overflowed_from: QueueId | None) -> None:
    call.queue_id, call.joined_at, call.ring = queue.id, state.now, 0
    state.calls[call.id] = call
    waiting.line_up(state, call)
    state.facts.append(
        CallQueued(
            state.now,
            call.id,
            queue.id,
            call.enqueued_at,
            call.priority,
            waiting.position(queue, call),
            overflowed_from,
        )
    )


# --- out without an agent ----------------------------------------------------------------------------------------


def leave(state: State, call: CallRecord, reason: ExitReason) -> None:
    """The caller left, or somebody took the call out: nothing is left to do for it."""
    _step_out(state, call, reason, target=None)
    call.state = next_state(call.state, CallMove.LEAVE)
    _forget(state, call)


def time_out(state: State, call: CallRecord) -> None:
    """The longest wait is over."""
    queue = state.queues[call.queue_id]
    target = _target(queue, ExitReason.TIMEOUT)
    if target.kind is TargetKind.QUEUE and target.value in call.visited:
        call.is_patient = True
        waiting.limit_wait(state, call)
        return
    _overflow(state, call, ExitReason.TIMEOUT, target)


def clear_if_empty(state: State, queue: QueueRecord) -> None:
    """Send the waiting calls on when no member is left for them; ringing phones ring on."""
    if not is_empty(queue, queue.queue.leave_when):
        return
    for _, _, call_id in list(queue.order):
        call = state.calls[call_id]
        if call.state is CallState.WAITING and call.waits_for is None:
            _overflow(state, call, ExitReason.EMPTY, _target(queue, ExitReason.EMPTY))


def _overflow(state: State, call: CallRecord, reason: ExitReason, target: Target) -> None:
    target = _reachable(call, target)
    _step_out(state, call, reason, target)
    _forget(state, call)
    _follow(state, call, reason, target)


def _send_on(state: State, call: CallRecord, queue_id: QueueId, reason: ExitReason, target: Target) -> None:
    """Refused at the door of this queue."""
    target = _reachable(call, target)
    state.facts.append(CallLeft(state.now, call.id, queue_id, call.enqueued_at, reason, target, position=0))
    call.queue_id = queue_id
    _follow(state, call, reason, target)


def _follow(state: State, call: CallRecord, reason: ExitReason, target: Target) -> None:
    if target.kind is TargetKind.QUEUE:
        _knock(state, call, QueueId(target.value), overflowed_from=call.queue_id)
    else:
        state.commands.append(DivertCall(call.id, target, reason))


def _step_out(state: State, call: CallRecord, reason: ExitReason, target: Target | None) -> None:
    """Leave the line: offers are taken back, the place is given up."""
    queue = state.queues[call.queue_id]
    position = waiting.position(queue, call)
    withdrawal = WithdrawReason.CALLER_LEFT if reason in _BY_CALLER else WithdrawReason.TAKEN_AWAY
    call.winner = None
    offers.withdraw_all(state, call, OfferOutcome.WITHDRAWN, withdrawal)
    if call.state is CallState.OFFERED:
        call.state = next_state(call.state, CallMove.RETURN)
    call.steps, call.step_at, call.phones, call.wider = 0, None, 0, 0
    rings = state.floor.rings.count(ring_watch.rings_since(call), state.now)
    state.facts.append(
        CallLeft(
            state.now, call.id, queue.id, call.enqueued_at, reason, target, position, rings, call.last_miss
        )
    )
    waiting.take_away(state, call)


def _target(queue: QueueRecord, reason: ExitReason) -> Target:
    overflow = queue.queue.overflow
    return {
        ExitReason.JOIN_FULL: overflow.full,
        ExitReason.JOIN_EMPTY: overflow.empty,
        ExitReason.EMPTY: overflow.empty,
        ExitReason.TIMEOUT: overflow.timeout,
        ExitReason.CLOSED: overflow.closed,
    }[reason]


def _reachable(call: CallRecord, target: Target) -> Target:
    """The target itself, unless it is a queue that the call has been to already."""
    return HANG_UP if target.kind is TargetKind.QUEUE and target.value in call.visited else target


def _forget(state: State, call: CallRecord) -> None:
    del state.calls[call.id]
    close_if_done(state, state.queues[call.queue_id])


def close_if_done(state: State, queue: QueueRecord) -> None:
    """A queue that the floor no longer has is kept until its last call has ended."""
    if queue.is_removed and not queue.order and not queue.connected:
        pools.dissolve(state, queue)
        del state.queues[queue.id]


# --- out with an agent -------------------------------------------------------------------------------------------


def connect(state: State, call: CallRecord) -> None:
    """Caller and winner were joined. Nothing happens when there is no winner: the report is late or doubled."""
    if call.winner is None:
        return
    queue, offer = state.queues[call.queue_id], state.offers[call.winner]
    waiting.take_away(state, call)
    call.state = next_state(call.state, CallMove.CONNECT)
    call.agent_id, call.connected_at = offer.agent_id, state.now
    queue.connected += 1
    _learn_pace(state, queue)
    offers.end(state, offer, OfferOutcome.ANSWERED)
    answered_at = offer.answered_at or state.now
    state.facts.append(
        CallConnected(
            state.now,
            call.id,
            queue.id,
            offer.agent_id,
            offer.id,
            call.enqueued_at,
            answered_at,
            state.floor.rings.count(ring_watch.rings_since(call), answered_at),
        )
    )


def finish(state: State, call: CallRecord) -> None:
    """A connected call is over; its agent goes on to wrap-up."""
    queue = state.queues[call.queue_id]
    agent_id, connected_at = call.agent_id, call.connected_at
    if agent_id is None or connected_at is None:
        return
    call.state = next_state(call.state, CallMove.FINISH)
    queue.connected -= 1
    state.facts.append(CallCompleted(state.now, call.id, queue.id, agent_id, connected_at))
    agents.finish(state, state.agents[agent_id], queue.queue, state.now - connected_at)
    _forget(state, call)


def at_work(queue: QueueRecord) -> int:
    """Members who serve now or will again soon: logged in, not paused, with a phone that works."""
    return len(queue.members) - _count(queue, AWAY)


def _count(queue: QueueRecord, reasons: frozenset[UnavailableReason]) -> int:
    """Members who are unavailable for one of these reasons."""
    return sum(queue.counts[agents.ordinal(reason)] for reason in reasons)


def _learn_pace(state: State, queue: QueueRecord) -> None:
    queue.pace = answered(queue.pace, at=state.now, at_work=at_work(queue), still_waiting=len(queue.order))
