"""Which agent takes a call, when several could: one sort key per strategy, then the order in which to try them.

Every key begins with the membership level (lower levels first) and ends in the agent's id, so that no order is left to luck:

    LONGEST_IDLE, RING_ALL, RING_PROGRESSIVELY   level, idle since, id
    LINEAR, ROUND_ROBIN                          level, position, id
    FEWEST_CALLS                                 level, calls answered since log-in, idle since, id
    LEAST_TALK_TIME                              level, talk time since log-in, idle since, id
    SKILLS                                       level, minus the sum of matching skill levels, idle since, id
    RANDOM                                       level, id
    WEIGHTED_RANDOM                              level, weight, id

Instants and durations stand in microseconds. A key is constant while its agent is available, so the available agents of a
pool are one sorted list. Three strategies do not begin at its head. ROUND_ROBIN begins behind the mark of the queue, which is
the key of the agent it chose last and not an index: so it survives agents that come and go. RANDOM draws an index, and
WEIGHTED_RANDOM a ticket, where each agent holds `weight` tickets; the draw is a hash of the queue's seed, the call's id and the
number of the attempt: the same events draw the same agents on every machine.
"""

from bisect import bisect_left, bisect_right
from collections.abc import Callable, Iterator, Mapping, Sequence
from datetime import timedelta
from hashlib import blake2b
from itertools import chain

from app.acd.eligibility import Profile, match
from app.acd.model import Membership, Strategy
from app.acd.priority import micros
from app.acd.state import AgentKey, AgentRecord, KeyOf, Mark
from app.ids import CallId

_MICROSECOND = timedelta(microseconds=1)


def key_of(strategy: Strategy) -> KeyOf:
    """How to make the key under which an available agent stands in a pool of this strategy."""
    return _KEYS[strategy]


def _by_idle(member: Membership, agent: AgentRecord, _required: Profile) -> AgentKey:
    return (member.level, micros(agent.idle_since), agent.id)


def _by_position(member: Membership, agent: AgentRecord, _required: Profile) -> AgentKey:
    return (member.level, member.position, agent.id)


def _by_calls(member: Membership, agent: AgentRecord, _required: Profile) -> AgentKey:
    return (member.level, agent.answered, micros(agent.idle_since), agent.id)


def _by_talk(member: Membership, agent: AgentRecord, _required: Profile) -> AgentKey:
    return (member.level, agent.talk // _MICROSECOND, micros(agent.idle_since), agent.id)


def _by_match(member: Membership, agent: AgentRecord, required: Profile) -> AgentKey:
    return (member.level, -match(agent.agent.skills, required), micros(agent.idle_since), agent.id)


def _by_id(member: Membership, agent: AgentRecord, _required: Profile) -> AgentKey:
    return (member.level, agent.id)


def _by_weight(member: Membership, agent: AgentRecord, _required: Profile) -> AgentKey:
    return (member.level, max(member.weight, 1), agent.id)


_KEYS: Mapping[Strategy, KeyOf] = {
    Strategy.RING_ALL: _by_idle,
    Strategy.RING_PROGRESSIVELY: _by_idle,
    Strategy.LINEAR: _by_position,
    Strategy.ROUND_ROBIN: _by_position,
    Strategy.LONGEST_IDLE: _by_idle,
    Strategy.FEWEST_CALLS: _by_calls,
    Strategy.LEAST_TALK_TIME: _by_talk,
    Strategy.RANDOM: _by_id,
    Strategy.WEIGHTED_RANDOM: _by_weight,
    Strategy.SKILLS: _by_match,
}


def draw(seed: int, call_id: CallId, attempt: int) -> int:
    """A number that looks random and is the same on every machine."""
    digest = blake2b(f"{seed}/{call_id}/{attempt}".encode(), digest_size=8).digest()
    return int.from_bytes(digest, "big")


def in_order(
    strategy: Strategy, available: Sequence[AgentKey], *, marks: Mapping[int, Mark], ticket: Callable[[], int]
) -> Iterator[AgentKey]:
    """The available agents in the order in which this strategy tries them, lazily.

    `available` is sorted by `key_of`; `marks` is the queue's memory by level; `ticket` makes the draw.
    """
    if strategy not in _STARTS:
        return iter(available)
    return _rotated(available, lambda first, last: _STARTS[strategy](available, first, last, marks, ticket))


def _rotated(available: Sequence[AgentKey], start_of: Callable[[int, int], int]) -> Iterator[AgentKey]:
    """Level by level, each from its own start round to it again."""
    first = 0
    while first < len(available):
        last = bisect_left(available, (int(available[first][0]) + 1,), first)
        start = start_of(first, last)
        for index in chain(range(start, last), range(first, start)):
            yield available[index]
        first = last


def _behind_mark(
    available: Sequence[AgentKey],
    first: int,
    last: int,
    marks: Mapping[int, Mark],
    _ticket: Callable[[], int],
) -> int:
    level = available[first][0]
    mark = marks.get(int(level))
    start = first if mark is None else bisect_right(available, (level, *mark), first, last)
    return first if start == last else start


def _at_random(
    _available: Sequence[AgentKey],
    first: int,
    last: int,
    _marks: Mapping[int, Mark],
    ticket: Callable[[], int],
) -> int:
    return first + ticket() % (last - first)


def _by_ticket(
    available: Sequence[AgentKey],
    first: int,
    last: int,
    _marks: Mapping[int, Mark],
    ticket: Callable[[], int],
) -> int:
    groups = list(_equal_weights(available, first, last))
    left = ticket() % sum(weight * (end - begin) for weight, begin, end in groups)
    for weight, begin, end in groups:
        if left < weight * (end - begin):
            return begin + left // weight
        left -= weight * (end - begin)
    raise AssertionError("a ticket lies within the tickets that exist")


def _equal_weights(available: Sequence[AgentKey], first: int, last: int) -> Iterator[tuple[int, int, int]]:
    """Runs of one level's agents that hold equally many tickets: (weight, begin, end)."""
    while first < last:
        level, weight = available[first][0], int(available[first][1])
        end = bisect_left(available, (level, weight + 1), first, last)
        yield weight, first, end
        first = end


_STARTS: Mapping[Strategy, Callable[..., int]] = {
    Strategy.ROUND_ROBIN: _behind_mark,
    Strategy.RANDOM: _at_random,
    Strategy.WEIGHTED_RANDOM: _by_ticket,
}
