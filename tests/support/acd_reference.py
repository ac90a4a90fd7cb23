"""The slow, obvious way to say who gets which call: look at every call and every agent, again for every offer.

It shares no code with the engine's routing beyond the plain values, keeps nothing between two questions, and is written for
reading. `expected_offers` takes the situation as a snapshot with the latest offers undone, and names the offers in order.
"""

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from fractions import Fraction
from hashlib import blake2b

from app.acd.model import (
    AgentState,
    AgentStatus,
    CallState,
    DeviceState,
    Membership,
    Queue,
    Step,
    Strategy,
)
from app.acd.snapshot import EngineSnapshot, SavedAgent, SavedCall, SavedQueue
from app.ids import AgentId, CallId, OfferId, QueueId

Offers = list[tuple[OfferId, CallId, AgentId]]
"""Offer id, call, agent; in the order in which the offers are made."""


@dataclass
class Caller:
    """A call that may want an agent."""

    call: SavedCall
    ringing: int
    attempts: int


@dataclass
class Situation:
    """What a dispatcher with a sheet of paper would see at one instant."""

    now: datetime
    queues: dict[QueueId, SavedQueue]
    agents: dict[AgentId, SavedAgent]
    free: set[AgentId]
    callers: dict[CallId, Caller]
    marks: dict[tuple[QueueId, int], tuple[int, AgentId]] = field(default_factory=dict)


def situation(after: EngineSnapshot, before: EngineSnapshot | None, undo: Offers) -> Situation:
    """The situation of `after`, as it was when the offers `undo` had not been made yet.

    `before` is the snapshot before the event: the round-robin marks are taken from it.
    """
    undone = {offer_id for offer_id, _, _ in undo}
    callers = {
        call.id: Caller(
            call,
            len([each for each in call.offers if each not in undone]),
            call.attempts - len([each for each in call.offers if each in undone]),
        )
        for call in after.calls
        if call.state is not CallState.CONNECTED and call.winner is None
    }
    free = {each.agent.id for each in after.agents if _is_free(each, after)} | {agent for _, _, agent in undo}
    marks = {
        (queue.queue.id, level): mark
        for queue in (after if before is None else before).queues
        for level, mark in queue.marks.items()
    }
    return Situation(
        after.now,
        {each.queue.id: each for each in after.queues},
        {each.agent.id: each for each in after.agents},
        free,
        callers,
        marks,
    )


def expected_offers(now: Situation) -> Offers:
    """Every offer that can be made, first to the callers for whom nothing rings, then to those who may have more phones."""
    return list(_round(now, ringing=False)) + list(_round(now, ringing=True))


def _round(now: Situation, *, ringing: bool) -> Iterator[tuple[OfferId, CallId, AgentId]]:
    while True:
        wishes = [wish for agent_id in sorted(now.free) if (wish := _wish(now, agent_id, ringing=ringing))]
        if not wishes:
            return
        _, _, caller, owner_id = min(wishes, key=lambda wish: (not wish[0], wish[1]))
        agent_id = owner_id or _best_agent(now, caller)
        _remember(now, caller, agent_id, owner_first=owner_id is not None)
        yield OfferId(f"{caller.call.id}-{caller.attempts}"), caller.call.id, agent_id


def _wish(
    now: Situation, agent_id: AgentId, *, ringing: bool
) -> tuple[bool, tuple[object, ...], Caller, AgentId | None] | None:
    """What this agent would take next: (is it the agent's own call, its rank, the call, its owner)."""
    wanting = [each for each in now.callers.values() if _wants(now, each, ringing=ringing)]
    own = [each for each in wanting if _owner_first(now, each) == agent_id and not ringing]
    others = [each for each in wanting if _owner_first(now, each) is None and _may_take(now, each, agent_id)]
    first_own = min(own, key=lambda each: _rank(now, each), default=None)
    first_other = min(others, key=lambda each: _rank(now, each), default=None)
    if first_own and not (first_other and first_other.call.priority > first_own.call.priority):
        return True, _rank(now, first_own), first_own, agent_id
    return (False, _rank(now, first_other), first_other, None) if first_other else None


def _wants(now: Situation, caller: Caller, *, ringing: bool) -> bool:
    if bool(caller.ringing) is not ringing:
        return False
    if not ringing:
        return True
    strategy = now.queues[caller.call.queue_id].queue.strategy
    is_owned = _owner_first(now, caller) is not None
    if is_owned:
        return False
    if strategy is Strategy.RING_ALL or caller.ringing < caller.call.phones:
        return True
    return strategy is Strategy.RING_PROGRESSIVELY and caller.ringing < 1 + caller.call.steps


def _owner_first(now: Situation, caller: Caller) -> AgentId | None:
    owner = now.agents.get(caller.call.owner) if caller.call.owner else None
    is_here = owner is not None and owner.status is not AgentStatus.LOGGED_OUT
    return caller.call.owner if is_here and now.now < caller.call.owner_until else None


def _may_take(now: Situation, caller: Caller, agent_id: AgentId) -> bool:
    queue = now.queues[caller.call.queue_id].queue
    member = _member(queue, agent_id)
    if member is None:
        return False
    waited = now.now - caller.call.enqueued_at
    limit = _value(queue.widening, waited, before=min(each.level for each in queue.members))
    widens_at_rings = any(step.widen for step in queue.agent_rings + queue.caller_rings)
    if (queue.widening or widens_at_rings) and member.level > limit + caller.call.wider:
        return False
    easier = _value(queue.relaxation, waited, before=0)
    skills = now.agents[agent_id].agent.skills
    return all(
        level - easier <= 0 or skills.get(skill, 0) >= level - easier for skill, level in caller.call.requires
    )


def _best_agent(now: Situation, caller: Caller) -> AgentId:
    able = [agent_id for agent_id in now.free if _may_take(now, caller, agent_id)]
    order = list(_in_turn(now, caller, able))
    fresh = [agent_id for agent_id in order if agent_id not in caller.call.missed_by]
    return fresh[0] if fresh else min(order, key=caller.call.missed_by.index)


def _in_turn(now: Situation, caller: Caller, able: list[AgentId]) -> Iterator[AgentId]:
    """The agents in the order of the queue's strategy, level by level.

    The places of round robin and of the draws are counted among the free and skilled of a level.
    """
    queue = now.queues[caller.call.queue_id].queue
    members = {each.agent_id: each for each in queue.members}
    for level in sorted({members[agent_id].level for agent_id in able}):
        of_level = [agent_id for agent_id in able if members[agent_id].level == level]
        of_level.sort(key=lambda agent_id: _merit(now, caller, members[agent_id]))
        start = _start(now, caller, [members[agent_id] for agent_id in of_level])
        yield from of_level[start:] + of_level[:start]


def _merit(now: Situation, caller: Caller, member: Membership) -> tuple[object, ...]:
    agent = now.agents[member.agent_id]
    queue = now.queues[caller.call.queue_id].queue
    match queue.strategy:
        case Strategy.LINEAR | Strategy.ROUND_ROBIN:
            merit: tuple[object, ...] = (member.position,)
        case Strategy.FEWEST_CALLS:
            merit = (agent.answered, agent.idle_since)
        case Strategy.LEAST_TALK_TIME:
            merit = (agent.talk, agent.idle_since)
        case Strategy.SKILLS:
            matching = sum(agent.agent.skills.get(skill, 0) for skill, _ in caller.call.requires)
            merit = (-matching, agent.idle_since)
        case Strategy.RANDOM:
            merit = ()
        case Strategy.WEIGHTED_RANDOM:
            merit = (member.weight,)
        case _:
            merit = (agent.idle_since,)
    return *merit, agent.agent.id


def _start(now: Situation, caller: Caller, members: list[Membership]) -> int:
    queue = now.queues[caller.call.queue_id].queue
    match queue.strategy:
        case Strategy.ROUND_ROBIN:
            mark = now.marks.get((queue.id, members[0].level))
            later = [n for n, each in enumerate(members) if mark and (each.position, each.agent_id) > mark]
            return later[0] if later else 0
        case Strategy.RANDOM:
            return _draw(queue, caller) % len(members)
        case Strategy.WEIGHTED_RANDOM:
            tickets = [n for n, each in enumerate(members) for _ in range(each.weight)]
            return tickets[_draw(queue, caller) % len(tickets)]
        case _:
            return 0


def _draw(queue: Queue, caller: Caller) -> int:
    text = f"{queue.seed}/{caller.call.id}/{caller.attempts + 1}"
    return int.from_bytes(blake2b(text.encode(), digest_size=8).digest(), "big")


def _remember(now: Situation, caller: Caller, agent_id: AgentId, *, owner_first: bool) -> None:
    queue = now.queues[caller.call.queue_id].queue
    member = _member(queue, agent_id)
    if member is not None and queue.strategy is Strategy.ROUND_ROBIN and not owner_first:
        now.marks[queue.id, member.level] = (member.position, agent_id)
    now.free.discard(agent_id)
    caller.ringing += 1
    caller.attempts += 1


def _rank(now: Situation, caller: Caller) -> tuple[object, ...]:
    """The global order: weight, effective priority, arrival, id."""
    queue = now.queues[caller.call.queue_id].queue
    minutes = Fraction((now.now - caller.call.enqueued_at) // timedelta(microseconds=1), 60_000_000)
    effective = caller.call.priority + Fraction(round(queue.ageing_per_minute * 10**6), 10**6) * minutes
    return -queue.weight, -effective, caller.call.enqueued_at, caller.call.id


def _is_free(agent: SavedAgent, snapshot: EngineSnapshot) -> bool:
    device_id = agent.device_id
    return (
        agent.status is AgentStatus.AVAILABLE
        and agent.state is AgentState.IDLE
        and agent.rests_until is None
        and device_id is not None
        and snapshot.devices.get(device_id, DeviceState.REACHABLE) is DeviceState.REACHABLE
    )


def _member(queue: Queue, agent_id: AgentId) -> Membership | None:
    return next((each for each in queue.members if each.agent_id == agent_id), None)


def _value(steps: tuple[Step, ...], waited: timedelta, *, before: int) -> int:
    passed = [step for step in steps if step.after <= waited]
    return passed[-1].value if passed else before
