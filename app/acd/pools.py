"""The ordered lists that make decisions cheap. All of it is derived; nothing here decides.

Each queue has one *pool* per profile of required skills that its calls ask for: the available agents who satisfy it, sorted by the
queue's strategy. A pool has *lanes*: its waiting calls, sorted, one lane per level limit. Calls of one lane differ in nothing
but their order, so an agent who comes free looks at the heads of the lanes only, and a call looks at the head of its pool only.
"""

from bisect import bisect_left, insort

from app.acd.eligibility import Profile, is_skilled
from app.acd.model import Membership
from app.acd.priority import Place
from app.acd.selection import key_of
from app.acd.state import AgentRecord, CallRecord, Lane, Pool, QueueRecord, State
from app.ids import AgentId

_IDLE_POOLS = 32
"""How many pools a queue keeps beyond the ones in use, before it drops those without calls."""


def pool_for(state: State, queue: QueueRecord, required: Profile) -> Pool:
    """The queue's pool for this profile, made when it is asked for first."""
    pool = queue.pools.get(required)
    if pool is None:
        if len(queue.pools) > _IDLE_POOLS:
            _drop_idle_pools(state, queue)
        pool = queue.pools[required] = Pool(queue, required, key_of(queue.queue.strategy))
        for agent_id, member in queue.members.items():
            _admit(pool, state.agents[agent_id], member)
    return pool


def lane_of(pool: Pool, limit: int) -> Lane:
    """The pool's lane for calls that may use levels up to `limit`."""
    for lane in pool.lanes:
        if lane.limit == limit:
            return lane
    lane = Lane(limit)
    pool.lanes.append(lane)
    return lane


def put(call: CallRecord, lane: list[tuple[Place, CallRecord]]) -> None:
    """Let the call stand in this list of a lane."""
    insort(lane, (call.place, call))
    call.lane = lane


def take(call: CallRecord) -> None:
    """Take the call out of the lane, or from the owner, where it stands. May be called twice."""
    if call.lane is not None:
        del call.lane[bisect_left(call.lane, (call.place,))]
        call.lane = None
    if call.waits_for is not None:
        del call.waits_for.owned[call.id]
        call.waits_for = None


def enter(agent: AgentRecord) -> None:
    """The agent became available: stand in every pool that fits."""
    for pool, member in agent.pools:
        _stand(pool, agent, member)


def leave(agent: AgentRecord) -> None:
    """The agent is no longer available."""
    for available, key in agent.entries:
        del available[bisect_left(available, key)]
    agent.entries.clear()


def readmit(agent: AgentRecord) -> None:
    """The agent has other skills: stand in the pools that fit now."""
    leave(agent)
    agent.pools.clear()
    for queue in agent.seats:
        for pool in queue.pools.values():
            _admit(pool, agent, queue.members[agent.id])


def unseat(agent: AgentRecord, ordinal: int) -> None:
    """The agent, counted under this ordinal, leaves the floor for good: no queue has this member any more."""
    for queue in agent.seats:
        del queue.members[agent.id]
        queue.counts[ordinal] -= 1
    agent.seats.clear()
    agent.pools.clear()


def dissolve(state: State, queue: QueueRecord) -> None:
    """The queue is gone for good: no agent has this seat any more."""
    _forget_all(state, queue, list(queue.pools.values()))
    for agent_id in queue.members:
        state.agents[agent_id].seats.remove(queue)
    queue.pools.clear()
    queue.members.clear()


def available_within(pool: Pool, limit: int) -> int:
    """How many available agents of the pool stand at or below this level."""
    return bisect_left(pool.available, (limit + 1,))


def agent_of(key: tuple[int | str, ...]) -> AgentId:
    """The agent whose key this is."""
    return AgentId(str(key[-1]))


def _admit(pool: Pool, agent: AgentRecord, member: Membership) -> None:
    if not is_skilled(agent.agent.skills, pool.requires):
        return
    agent.pools.append((pool, member))
    if agent.reason is None:
        _stand(pool, agent, member)


def _stand(pool: Pool, agent: AgentRecord, member: Membership) -> None:
    key = pool.key_of(member, agent, pool.requires)
    insort(pool.available, key)
    agent.entries.append((pool.available, key))


def _drop_idle_pools(state: State, queue: QueueRecord) -> None:
    idle = [pool for pool in queue.pools.values() if not any(_is_used(lane) for lane in pool.lanes)]
    for pool in idle:
        del queue.pools[pool.requires]
    _forget_all(state, queue, idle)


def _is_used(lane: Lane) -> bool:
    return bool(lane.waiting or lane.ringing)


def _forget_all(state: State, queue: QueueRecord, pools: list[Pool]) -> None:
    for agent_id in queue.members:
        _forget(state.agents[agent_id], pools)


def _forget(agent: AgentRecord, pools: list[Pool]) -> None:
    gone = {id(pool) for pool in pools}
    lists = {id(pool.available) for pool in pools}
    agent.pools = [(pool, member) for pool, member in agent.pools if id(pool) not in gone]
    agent.entries = [(available, key) for available, key in agent.entries if id(available) not in lists]
