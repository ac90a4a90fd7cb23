"""Where a call stands while it wants an agent: with its owner, or in a lane of its queue.

`place` may be called at any time and any number of times; it looks at the call as it is now. A call that wants an agent is
written down as hungry, so that matching looks at it within the same event.
"""

import sys
from bisect import bisect_left, bisect_right, insort
from datetime import datetime, timedelta

from app.acd import pools, ring_watch
from app.acd.eligibility import NO_LIMIT, level_limit, relaxed
from app.acd.model import AgentStatus, CallState, Queue, Strategy
from app.acd.priority import place as place_of
from app.acd.state import AgentRecord, CallRecord, QueueRecord, State
from app.acd.timers import TimerKind


def place(state: State, call: CallRecord) -> None:
    """Let the call stand where it belongs now, and set the timer for when it will belong elsewhere."""
    pools.take(call)
    queue = state.queues[call.queue_id]
    owner = owner_first(state, call)
    _set_timer(state, call, queue)
    if not _wants_agent(call, queue.queue, owner):
        return
    if owner is not None:
        owner.owned[call.id] = call
        call.waits_for = owner
    else:
        _place_in_lane(state, call, queue)
    state.hungry[call.id] = call


def line_up(state: State, call: CallRecord) -> None:
    """The call begins to want an agent: give it its place in the order of its queue, and let it stand where it belongs."""
    queue = state.queues[call.queue_id]
    call.place = place_of(call.priority, call.enqueued_at, call.id, ageing=queue.ageing)
    insort(queue.order, call.place)
    if call.owner is not None:
        state.calls_by_owner.setdefault(call.owner, {})[call.id] = call
    limit_wait(state, call)
    place(state, call)


def promote(state: State, call: CallRecord, by: int) -> None:
    """Raise a waiting call's priority, and let it stand where it belongs now."""
    if by:
        pools.take(call)
        queue = state.queues[call.queue_id]
        del queue.order[bisect_left(queue.order, call.place)]
        call.priority += by
        call.place = place_of(call.priority, call.enqueued_at, call.id, ageing=queue.ageing)
        insort(queue.order, call.place)
    place(state, call)


def take_away(state: State, call: CallRecord) -> None:
    """The call wants nobody any more, and gives up its place."""
    pools.take(call)
    order = state.queues[call.queue_id].order
    del order[bisect_left(order, call.place)]
    if call.owner is not None:
        state.calls_by_owner[call.owner].pop(call.id)
    state.hungry.pop(call.id, None)
    if call.winner is None:  # A winner's pick-up has stopped all of them.
        for kind in (TimerKind.LANE, TimerKind.MAX_WAIT, TimerKind.STEP, TimerKind.CALLER_RINGS):
            state.timers.cancel(kind, call.id)


def limit_wait(state: State, call: CallRecord) -> None:
    """Set the timers that end the wait or do something about it. They rest once an agent picked up.

    The queue's longest wait counts from when the call joined this queue, rings count from the caller's first.
    """
    ring_watch.watch_call(state, call)
    limit = state.queues[call.queue_id].queue.max_wait
    if limit is None or call.is_patient or call.winner is not None:
        state.timers.cancel(TimerKind.MAX_WAIT, call.id)
    else:
        state.timers.set(TimerKind.MAX_WAIT, call.id, call.joined_at + limit)


def owner_first(state: State, call: CallRecord) -> AgentRecord | None:
    """The owner, while only the owner may get this call."""
    if call.owner is None or state.now >= call.owner_until:
        return None
    owner = state.agents.get(call.owner)
    return None if owner is None or owner.status is AgentStatus.LOGGED_OUT else owner


def position(queue: QueueRecord, call: CallRecord) -> int:
    """1 is next. Calls whose phones ring keep their position until they are connected."""
    return bisect_left(queue.order, call.place) + 1


def wanted(call: CallRecord, queue: Queue) -> int:
    """How many phones may ring for this call at once, when its owner does not come first."""
    if queue.strategy is Strategy.RING_ALL:
        return sys.maxsize
    by_strategy = 1 + call.steps if queue.strategy is Strategy.RING_PROGRESSIVELY else 1
    return max(by_strategy, call.phones)


def _wants_agent(call: CallRecord, queue: Queue, owner: AgentRecord | None) -> bool:
    if call.state is CallState.WAITING:
        return True
    is_ringing = call.state is CallState.OFFERED and call.winner is None
    return is_ringing and owner is None and len(call.offers) < wanted(call, queue)


def _place_in_lane(state: State, call: CallRecord, queue: QueueRecord) -> None:
    waited = state.now - call.enqueued_at
    pool = pools.pool_for(state, queue, relaxed(call.requires, queue.queue.relaxation, waited))
    call.pool = pool
    call.limit = _level_limit(call, queue, waited)
    lane = pools.lane_of(pool, call.limit)
    pools.put(call, lane.waiting if call.state is CallState.WAITING else lane.ringing)
    if queue.queue.leave_when is not None:
        state.thinned[queue.id] = queue


def _level_limit(call: CallRecord, queue: QueueRecord, waited: timedelta) -> int:
    if not queue.has_levels:
        return NO_LIMIT
    return level_limit(queue.queue.widening, waited, lowest=queue.lowest_level) + call.wider


def _set_timer(state: State, call: CallRecord, queue: QueueRecord) -> None:
    """Come back when the call may belong elsewhere: its owner's time is over, or skills relax, or levels widen."""
    at = None if call.winner is not None else _next_change(state, call, queue)
    if at is None:
        state.timers.cancel(TimerKind.LANE, call.id)
    else:
        state.timers.set(TimerKind.LANE, call.id, at)


def _next_change(state: State, call: CallRecord, queue: QueueRecord) -> datetime | None:
    owner_until = call.owner_until if call.owner is not None and state.now < call.owner_until else None
    if not queue.steps:
        return owner_until
    number = bisect_right(queue.steps, state.now - call.enqueued_at)
    if number == len(queue.steps):
        return owner_until
    step_at = call.enqueued_at + queue.steps[number]
    return step_at if owner_until is None else min(step_at, owner_until)
