"""Builds everything that follows from the records and the floor: seats, counters, lines, pools and timers.

Used after a restore, and for one queue when its rules change. Whatever it builds must equal what the events would have kept up to date
one by one: the property tests compare the two.
"""

from app.acd import agents, pools, ring_watch, waiting
from app.acd.availability import unavailable_reason
from app.acd.eligibility import has_levels, lowest_level, steps
from app.acd.model import CallState, DeviceState
from app.acd.priority import ageing
from app.acd.state import AgentRecord, CallRecord, QueueRecord, State
from app.acd.timers import TimerKind


def build(state: State) -> None:
    """Throw away what is derived, and build it anew. Everybody is written down to be matched."""
    state.calls_by_owner.clear()
    for agent in state.agents.values():
        _reset_agent(state, agent)
    for queue in state.queues.values():
        _reset_queue(state, queue)
        _mark_rings(state, queue)
    for call in state.calls.values():
        _reset_call(state, call)
    for offer in state.offers.values():
        if offer.answered_at is None:
            state.timers.set(TimerKind.RING, offer.id, offer.ring_deadline)
            ring_watch.watch_offer(state, offer)


def rebuild_queue(state: State, queue: QueueRecord) -> None:
    """The queue has other rules or members: let everybody stand where they belong now, and be matched."""
    calls = [state.calls[call_id] for _, _, call_id in queue.order]
    for call in calls:
        pools.take(call)
    pools.dissolve(state, queue)
    connected = queue.connected
    _reset_queue(state, queue)
    queue.connected = connected
    _mark_rings(state, queue)
    for call in calls:
        waiting.line_up(state, call)
    _watch_offers(state, calls)
    for agent_id in queue.members:
        if state.agents[agent_id].reason is None:
            state.freed[agent_id] = state.agents[agent_id]


def mark_rings(state: State) -> None:
    """What a ring is has changed: set the timers of all rings anew."""
    for queue in state.queues.values():
        _mark_rings(state, queue)
        calls = [state.calls[call_id] for _, _, call_id in queue.order]
        for call in calls:
            ring_watch.watch_call(state, call)
        _watch_offers(state, calls)


def _watch_offers(state: State, calls: list[CallRecord]) -> None:
    for call in calls:
        for offer_id in call.offers:
            ring_watch.watch_offer(state, state.offers[offer_id])


def _reset_agent(state: State, agent: AgentRecord) -> None:
    agent.seats, agent.pools, agent.entries, agent.owned = [], [], [], {}
    agent.device_state = DeviceState.REACHABLE
    if agent.device_id is not None:
        state.agent_by_device[agent.device_id] = agent.id
        agent.device_state = state.devices.get(agent.device_id, DeviceState.REACHABLE)
    agent.reason = unavailable_reason(agent)
    if agent.reason is None:
        state.freed[agent.id] = agent
    if agent.wrap_up_ends_at is not None:
        state.timers.set(TimerKind.WRAP_UP, agent.id, agent.wrap_up_ends_at)
    if agent.rests_until is not None:
        state.timers.set(TimerKind.REST, agent.id, agent.rests_until)


def _reset_queue(state: State, queue: QueueRecord) -> None:
    queue.ageing = ageing(queue.queue)
    queue.steps = steps(queue.queue)
    queue.lowest_level = lowest_level(queue.queue)
    queue.has_levels = has_levels(queue.queue)
    queue.order, queue.pools, queue.connected = [], {}, 0
    queue.counts = [0] * agents.REASONS
    queue.members = {each.agent_id: each for each in queue.queue.members if each.agent_id in state.agents}
    for agent_id in queue.members:
        agent = state.agents[agent_id]
        agent.seats.append(queue)
        queue.counts[agents.ordinal(agent.reason)] += 1


def _mark_rings(state: State, queue: QueueRecord) -> None:
    queue.agent_marks = ring_watch.marks(queue.queue.agent_rings, state.floor.rings)
    queue.caller_marks = ring_watch.marks(queue.queue.caller_rings, state.floor.rings)


def _reset_call(state: State, call: CallRecord) -> None:
    queue = state.queues[call.queue_id]
    if call.state is CallState.CONNECTED:
        queue.connected += 1
        return
    call.pool = call.lane = call.waits_for = None
    waiting.line_up(state, call)
    if call.step_at is not None:
        state.timers.set(TimerKind.STEP, call.id, call.step_at)
