"""Calls meet agents, until no waiting call and no available agent who could take it are left: the fixed point.

Only what the event touched is looked at: calls that came to want an agent (`State.hungry`) and agents who came free
(`State.freed`). Everybody else was already matched as well as possible, and nothing about them has changed.

Each contender bids the call it stands for: a call itself, an agent the best call within reach. The best bid is served first, and
the call then chooses among *all* agents by its queue's strategy. A bid may be out of date when its turn comes: the contender
then bids anew, and never better than before but for its own call. So no call takes an agent whose own call is due.

There are two rounds: first the calls for which no phone rings yet, then those that let more phones ring at once.

A call that waits for its owner does not compete in its queue. Its owner takes it before any other call, unless the best of the
others has a higher priority (the call's own, without ageing).
"""

from collections.abc import Iterator
from heapq import heapify, heappop, heappush

from app.acd import choice, offers
from app.acd.model import CallState
from app.acd.priority import Rank, rank
from app.acd.state import AgentRecord, CallRecord, QueueRecord, State
from app.ids import AgentId

Bid = tuple[int, Rank, AgentId, CallRecord]
"""Served in this order: owners' own calls, then the global order. The agent's id is empty when the call bids itself."""

_OWNERS, _ORDINARY = 0, 1
_NOBODY = AgentId("")


def match(state: State) -> None:
    """Make every offer that can be made. Afterwards nobody is freed or hungry."""
    for round_ in (CallState.WAITING, CallState.OFFERED):
        bids = list(_opening_bids(state, round_))
        heapify(bids)
        while bids:
            again = _serve(state, heappop(bids), round_)
            if again is not None:
                heappush(bids, again)
    state.freed.clear()
    state.hungry.clear()


def best_call(state: State, agent: AgentRecord, round_: CallState) -> tuple[int, Rank, CallRecord] | None:
    """The call that this agent should take next, with its place in the order of bids."""
    best = min(_heads(state, agent, round_), default=None, key=_rank_of)
    if round_ is not CallState.WAITING or not agent.owned:
        return None if best is None else (_ORDINARY, *best)
    own = min(
        ((_rank(state, call, state.queues[call.queue_id]), call) for call in agent.owned.values()),
        key=_rank_of,
    )
    if best is not None and best[1].priority > own[1].priority:
        return (_ORDINARY, *best)
    return (_OWNERS, *own)


def _opening_bids(state: State, round_: CallState) -> Iterator[Bid]:
    bidders = dict(state.freed)
    for call in state.hungry.values():
        if call.waits_for is not None:
            bidders[call.waits_for.id] = call.waits_for
        elif _is_standing(call, round_):
            yield _ORDINARY, _rank(state, call, state.queues[call.queue_id]), _NOBODY, call
    for agent in bidders.values():
        if (bid := _bid(state, agent, round_)) is not None:
            yield bid


def _serve(state: State, bid: Bid, round_: CallState) -> Bid | None:
    """Let the bid's call have an agent, and return what its contender bids next: each time there is less to bid for."""
    *_, agent_id, call = bid
    if _is_standing(call, round_):
        chosen = choice.choose(state, call)
        if chosen is None:
            return None
        offers.start(state, call, chosen)
    if agent_id != _NOBODY:
        return _bid(state, state.agents[agent_id], round_)
    if _is_standing(call, round_):
        return _ORDINARY, _rank(state, call, state.queues[call.queue_id]), _NOBODY, call
    return None


def _bid(state: State, agent: AgentRecord, round_: CallState) -> Bid | None:
    if agent.reason is not None:
        return None
    best = best_call(state, agent, round_)
    return None if best is None else (best[0], best[1], agent.id, best[2])


def _heads(state: State, agent: AgentRecord, round_: CallState) -> Iterator[tuple[Rank, CallRecord]]:
    """The first call of each lane within the agent's reach."""
    for pool, member in agent.pools:
        for lane in pool.lanes:
            calls = lane.waiting if round_ is CallState.WAITING else lane.ringing
            if calls and member.level <= lane.limit:
                yield _rank(state, calls[0][1], pool.queue), calls[0][1]


def _rank(state: State, call: CallRecord, queue: QueueRecord) -> Rank:
    return rank(call.place, weight=queue.queue.weight, ageing=queue.ageing, now=state.instant)


def _rank_of(head: tuple[Rank, CallRecord]) -> Rank:
    return head[0]


def _is_standing(call: CallRecord, round_: CallState) -> bool:
    return call.state is round_ and (call.lane is not None or call.waits_for is not None)
