"""A changed floor in parts: what of it is new, different or gone, so that a large floor changes without a long pause.

After each part the floor is whole: agents come before the queues that they serve, new queues before old ones that send calls to
them, and what is gone goes last.
"""

from collections.abc import Callable, Iterable, Iterator
from collections.abc import Set as AbstractSet
from typing import TypeVar

from app.acd.events import FloorAmended
from app.acd.model import Floor, Queue
from app.ids import AgentId

T = TypeVar("T")

_WAITING = 100


def difference(old: Floor, new: Floor) -> FloorAmended:
    """All of it as one."""
    agents = tuple(agent for id_, agent in new.agents.items() if old.agents.get(id_) != agent)
    come = frozenset(new.agents.keys() - old.agents.keys())
    queues = [queue for queue in new.queues.values() if _is_different(queue, old) or _has(queue, come)]
    return FloorAmended(
        agents,
        tuple(sorted(queues, key=lambda queue: queue.id in old.queues)),
        new.pause_codes if new.pause_codes != old.pause_codes else None,
        new.rings if new.rings != old.rings else None,
        tuple(id_ for id_ in old.agents if id_ not in new.agents),
        tuple(id_ for id_ in old.queues if id_ not in new.queues),
    )


def growth(
    old: Floor, new: Floor, *, agents_at_a_time: int = 200, members_at_a_time: int = 1_000
) -> Iterator[FloorAmended]:
    """What is new or different. At these sizes a part takes some milliseconds.

    How long a queue takes depends on its members, and on its waiting calls, for which a hundred members are counted.
    """
    whole = difference(old, new)
    if whole.pause_codes is not None or whole.rings is not None:
        yield FloorAmended(pause_codes=whole.pause_codes, rings=whole.rings)
    for agents in _batches(whole.agents, lambda _agent: 1, limit=agents_at_a_time):
        yield FloorAmended(agents=agents)
    for queues in _batches(
        whole.queues, lambda queue: len(queue.members) + _WAITING, limit=members_at_a_time
    ):
        yield FloorAmended(queues=queues)


def shrinkage(old: Floor, new: Floor, *, agents_at_a_time: int = 200) -> Iterator[FloorAmended]:
    """What is gone. Its turn comes when nothing leads there any more."""
    whole = difference(old, new)
    for queue_id in whole.removed_queues:
        yield FloorAmended(removed_queues=(queue_id,))
    for agents in _batches(whole.removed_agents, lambda _agent: 1, limit=agents_at_a_time):
        yield FloorAmended(removed_agents=agents)


def amended(floor: Floor, change: FloorAmended) -> Floor:
    """The floor with this change."""
    agents, queues = dict(floor.agents), dict(floor.queues)
    agents.update((agent.id, agent) for agent in change.agents)
    queues.update((queue.id, queue) for queue in change.queues)
    for agent_id in change.removed_agents:
        agents.pop(agent_id, None)
    for queue_id in change.removed_queues:
        queues.pop(queue_id, None)
    codes = floor.pause_codes if change.pause_codes is None else change.pause_codes
    return Floor(agents, queues, codes, change.rings or floor.rings)


def _is_different(queue: Queue, old: Floor) -> bool:
    return old.queues.get(queue.id) != queue


def _has(queue: Queue, agents: AbstractSet[AgentId]) -> bool:
    """Whether one of these serves the queue: a new agent has no seat yet."""
    return bool(agents) and any(member.agent_id in agents for member in queue.members)


def _batches(things: Iterable[T], weigh: Callable[[T], int], *, limit: int) -> Iterator[tuple[T, ...]]:
    batch: list[T] = []
    weight = 0
    for thing in things:
        if batch and weight + weigh(thing) > limit:
            yield tuple(batch)
            batch, weight = [], 0
        batch.append(thing)
        weight += weigh(thing)
    if batch:
        yield tuple(batch)
