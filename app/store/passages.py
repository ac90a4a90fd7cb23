"""Calls' passages through queues, and the conversations that came of them.

`call` keeps only the last queue of a call; figures of a queue need each. A passage is known by its call, its queue and the caller's first
enqueueing, which all facts about it carry: a call visits a queue once per enqueueing. A conversation is known by its call and the
instant of the join.
"""

from collections.abc import Callable, Mapping
from typing import Any

from sqlalchemy import and_

from app.acd import facts as acd
from app.acd.rings import RingCount
from app.store import tables
from app.store.rows import Rows

WITH_CONVERSATION = tables.passage.outerjoin(
    tables.conversation,
    and_(
        tables.conversation.c.call_id == tables.passage.c.call_id,
        tables.conversation.c.connected_at == tables.passage.c.connected_at,
    ),
).outerjoin(tables.call, tables.call.c.call_id == tables.passage.c.call_id)
"""Passages to select from, each with its call, and with the conversation that came of it."""
TABLES = (tables.passage, tables.conversation)
"""What is filled here, and nowhere else."""


def _queued(fact: acd.CallQueued, rows: Rows) -> None:
    is_first = fact.overflowed_from is None
    rows.put(
        tables.passage,
        call_id=fact.call_id,
        queue_id=fact.queue_id,
        enqueued_at=fact.enqueued_at,
        # A caller may have waited before we knew: that was in the first queue.
        entered_at=fact.enqueued_at if is_first else fact.at,
        overflowed_from=fact.overflowed_from,
        priority=fact.priority,
        position=fact.position,
    )


def _connected(fact: acd.CallConnected, rows: Rows) -> None:
    rows.put(
        tables.passage,
        call_id=fact.call_id,
        queue_id=fact.queue_id,
        enqueued_at=fact.enqueued_at,
        connected_at=fact.at,
        agent_id=fact.agent_id,
        offer_id=fact.offer_id,
        **_rings(fact.rings),
    )


def _left(fact: acd.CallLeft, rows: Rows) -> None:
    rows.put(
        tables.passage,
        call_id=fact.call_id,
        queue_id=fact.queue_id,
        enqueued_at=fact.enqueued_at,
        left_at=fact.at,
        reason=fact.reason,
        left_position=fact.position,
        target_kind=fact.target.kind if fact.target else None,
        target=fact.target.value if fact.target else None,
        **_rings(fact.rings),
    )


def _rings(rings: RingCount | None) -> dict[str, object]:
    if rings is None:
        return {}
    return {"rings_from": rings.since, "ring": rings.number, "is_within_rings": rings.is_within}


def _completed(fact: acd.CallCompleted, rows: Rows) -> None:
    rows.put(
        tables.conversation,
        call_id=fact.call_id,
        connected_at=fact.connected_at,
        queue_id=fact.queue_id,
        agent_id=fact.agent_id,
        completed_at=fact.at,
    )


RECORDERS: Mapping[type, Callable[[Any, Rows], None]] = {
    acd.CallCompleted: _completed,
    acd.CallConnected: _connected,
    acd.CallLeft: _left,
    acd.CallQueued: _queued,
}
