"""Which agent a call gets: the first in the queue's order who has not just missed this very call.

Agents who missed it are the last resort, the one whose miss lies longest back first, so that a call does not bounce between
two phones while a third is free.
"""

from collections.abc import Iterator
from itertools import takewhile

from app.acd import pools
from app.acd.selection import draw, in_order
from app.acd.state import AgentKey, AgentRecord, CallRecord, Pool, QueueRecord, State
from app.ids import AgentId


def choose(state: State, call: CallRecord) -> AgentRecord | None:
    """The available agent who gets the call now, if there is one. The call must be placed."""
    if call.waits_for is not None:
        return call.waits_for if call.waits_for.reason is None else None
    pool = call.pool
    if pool is None or not pool.available:
        return None
    key = _freshest(pool, call)
    return None if key is None else state.agents[pools.agent_of(key)]


def in_reach(queue: QueueRecord, pool: Pool, call: CallRecord) -> Iterator[AgentKey]:
    """Available agents in the order in which the call tries them, up to its level limit."""
    order = in_order(
        queue.queue.strategy,
        pool.available,
        marks=queue.marks,
        ticket=lambda: draw(queue.queue.seed, call.id, call.attempts + 1),
    )
    return takewhile(lambda key: int(key[0]) <= call.limit, order)


def _freshest(pool: Pool, call: CallRecord) -> AgentKey | None:
    has_missed: dict[AgentId, AgentKey] = {}
    for key in in_reach(pool.queue, pool, call):
        agent_id = pools.agent_of(key)
        if agent_id not in call.missed_by:
            return key
        has_missed[agent_id] = key
    return next((has_missed[agent_id] for agent_id in call.missed_by if agent_id in has_missed), None)
