"""Why this call goes to this agent, made from counters and heads of lists at the moment of the decision."""

from collections.abc import Iterator
from itertools import islice

from app.acd import agents, choice, pools, waiting
from app.acd.eligibility import NO_LIMIT, Profile
from app.acd.explanation import ABOVE_LEVEL, UNSKILLED, Candidate, Explanation
from app.acd.model import SkillRequirement, UnavailableReason
from app.acd.priority import effective_priority
from app.acd.state import AgentRecord, CallRecord, Pool, QueueRecord, State

_OTHERS = 2
_AVAILABLE = agents.ordinal(None)
_REASONS = tuple((reason, agents.ordinal(reason)) for reason in UnavailableReason)


def explain(state: State, call: CallRecord, agent: AgentRecord) -> Explanation:
    """Call it before the agent is reserved: it describes the floor as the decision saw it."""
    queue = state.queues[call.queue_id]
    is_owner_first = call.waits_for is not None
    pool = None if is_owner_first else call.pool
    eligible = 1 if pool is None else pools.available_within(pool, call.limit)
    return Explanation(
        queue.queue.strategy,
        queue.queue.weight,
        effective_priority(call.place, ageing=queue.ageing, now=state.instant),
        state.now - call.enqueued_at,
        waiting.position(queue, call),
        tuple(_candidates(queue, pool, call, agent)),
        eligible,
        tuple(_passed_over(queue, pool, eligible)),
        None if pool is None or call.limit == NO_LIMIT else call.limit,
        () if pool is None else _requirements(pool.requires),
        is_owner_first,
        None if is_owner_first else _why_not_owner(state, call),
    )


def _candidates(
    queue: QueueRecord, pool: Pool | None, call: CallRecord, chosen: AgentRecord
) -> Iterator[Candidate]:
    if pool is None:
        yield Candidate(chosen.id, (chosen.id,))
        return
    yield next(Candidate(chosen.id, key) for available, key in chosen.entries if available is pool.available)
    others = (key for key in choice.in_reach(queue, pool, call) if key[-1] != chosen.id)
    for key in islice(others, _OTHERS):
        yield Candidate(pools.agent_of(key), key)


def _passed_over(queue: QueueRecord, pool: Pool | None, eligible: int) -> Iterator[tuple[str, int]]:
    for reason, ordinal in _REASONS:
        if queue.counts[ordinal]:
            yield reason, queue.counts[ordinal]
    if pool is None:
        return
    if unskilled := queue.counts[_AVAILABLE] - len(pool.available):
        yield UNSKILLED, unskilled
    if above_level := len(pool.available) - eligible:
        yield ABOVE_LEVEL, above_level


def _requirements(required: Profile) -> tuple[SkillRequirement, ...]:
    return tuple(SkillRequirement(skill, level) for skill, level in required if level > 0)


def _why_not_owner(state: State, call: CallRecord) -> UnavailableReason | None:
    """Why the owner is out of reach although the call was to come to the owner first."""
    if call.owner is None or call.owner_until == call.enqueued_at:
        return None
    owner = state.agents.get(call.owner)
    return UnavailableReason.LOGGED_OUT if owner is None else owner.reason
