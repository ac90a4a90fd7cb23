"""Where a call stands while it wants an agent: with its owner, or in a lane of its queue.

`place` may be called at any time and any number of times; it looks at the call as it is now. A call that wants an agent is
written down as hungry, so that matching looks at it within the same event.
"""

import sys
from bisect import bisect_left
from datetime import timedelta

from app.acd import pools
from app.acd.eligibility import level_limit, next_step, relaxed
from app.acd.model import AgentStatus, CallState, Queue, Strategy
from app.acd.state import AgentRecord, CallRecord, QueueRecord, State
from app.acd.timers import TimerKind


def place(state: State, call: CallRecord) -> None:
    """Let the call stand where it belongs now, and set the timer for when it will belong elsewhere."""
    pools.take(call)
    queue = state.queues[call.queue_id]
    owner = owner_first(state, call)
    if not _wants_agent(call, queue.queue, owner):
        return
    if owner is not None:
        owner.owned[call.id] = call
        call.waits_for = owner
    else:
        _place_in_lane(state, call, queue)
    state.hungry[call.id] = call
    _set_timer(state, call, queue.queue)


def take_away(state: State, call: CallRecord) -> None:
    """The call wants nobody any more."""
    pools.take(call)
    state.hungry.pop(call.id, None)
    for kind in (TimerKind.LANE, TimerKind.MAX_WAIT, TimerKind.STEP):
        state.timers.cancel(kind, call.id)


def limit_wait(state: State, call: CallRecord) -> None:
    """Set the timer of the queue's longest wait, counted from when the call joined this queue."""
    limit = state.queues[call.queue_id].queue.max_wait
    if limit is None or call.is_patient:
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
    return 1 + call.steps if queue.strategy is Strategy.RING_PROGRESSIVELY else 1


def _wants_agent(call: CallRecord, queue: Queue, owner: AgentRecord | None) -> bool:
    if call.state is CallState.WAITING:
        return True
    is_ringing = call.state is CallState.OFFERED and call.winner is None
    return is_ringing and owner is None and len(call.offers) < wanted(call, queue)


def _place_in_lane(state: State, call: CallRecord, queue: QueueRecord) -> None:
    waited = state.now - call.enqueued_at
    pool = pools.pool_for(state, queue, relaxed(call.requires, queue.queue.relaxation, waited))
    call.pool, call.limit = pool, level_limit(queue.queue, waited)
    lane = pools.lane_of(pool, call.limit)
    pools.put(call, lane.waiting if call.state is CallState.WAITING else lane.ringing)


def _set_timer(state: State, call: CallRecord, queue: Queue) -> None:
    moments = []
    if call.owner is not None and state.now < call.owner_until:
        moments.append(call.owner_until)
    step = next_step(queue, max(state.now - call.enqueued_at, timedelta(0)))
    if step is not None:
        moments.append(call.enqueued_at + step)
    if moments:
        state.timers.set(TimerKind.LANE, call.id, min(moments))
