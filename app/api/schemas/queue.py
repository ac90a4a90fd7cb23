"""A queue as it is shown."""

from datetime import datetime
from itertools import islice
from typing import Annotated

from pydantic import Field

from app.acd.engine import Engine
from app.acd.hours import is_open
from app.acd.model import Strategy
from app.acd.views import CallView, QueueView
from app.api.schemas.agent import AgentShape, agent_shape
from app.api.schemas.base import Instant, Shape
from app.ids import CallId
from app.live.today import Today

AVAILABLE = "available"
_NEXT_CALLS = 20


class QueueShape(Shape):
    """One queue now."""

    id: str
    name: str
    strategy: Strategy | None
    is_open: Annotated[bool, Field(description="Whether the calendar lets calls enter now.")]
    waiting: Annotated[int, Field(description="Calls that are not connected yet.")]
    offered: Annotated[int, Field(description="Those of the waiting for which phones ring.")]
    connected: int
    longest_wait_since: Annotated[Instant | None, Field(description="When the longest waiting call arrived.")]
    next_calls: Annotated[list[str], Field(description="Ids of the first calls in order, at most 20.")]
    service_level: Annotated[
        float | None,
        Field(
            description="Today so far, by the site's formula; null: no call counts yet, or it is not known."
        ),
    ]
    members: Annotated[
        dict[str, int],
        Field(description="Agents by why they are unavailable; `available` counts those who are not."),
    ]


class WaitingCall(Shape):
    """A call in a queue, in its place."""

    id: str
    position: int | None
    priority: int
    enqueued_at: Instant
    is_offered: Annotated[bool, Field(description="Whether phones ring for it.")]
    attempts: Annotated[int, Field(description="Offers made so far.")]
    expected_wait_seconds: Annotated[float | None, Field(description="From now; null: not known yet.")]


class QueueDetail(QueueShape):
    """One queue with its calls in order and its agents."""

    calls: list[WaitingCall]
    agents: list[AgentShape]


def queue_of(engine: Engine, view: QueueView, today: Today, *, now: datetime) -> QueueShape:
    """The shape of a view."""
    queue = engine.floor.queues.get(view.id)
    return QueueShape(
        id=view.id,
        name=queue.name if queue else view.id,
        strategy=queue.strategy if queue else None,
        is_open=queue is not None and is_open(queue.calendar, now),
        waiting=len(view.waiting),
        offered=len(view.offered),
        connected=view.connected,
        longest_wait_since=view.longest_wait_since,
        next_calls=list(islice(view.waiting, _NEXT_CALLS)),
        service_level=_rounded(today.service_level(view)),
        members={str(reason or AVAILABLE): count for reason, count in view.members.items()},
    )


def queue_detail(engine: Engine, view: QueueView, today: Today, *, now: datetime) -> QueueDetail:
    """The queue with its calls and agents."""
    queue = engine.floor.queues.get(view.id)
    members = (agent_shape(engine, member.agent_id) for member in (queue.members if queue else ()))
    return QueueDetail(
        **dict(queue_of(engine, view, today, now=now)),
        calls=[_waiting_call(engine, call_id, now) for call_id in view.waiting],
        agents=[agent for agent in members if agent is not None],
    )


def _waiting_call(engine: Engine, call_id: CallId, now: datetime) -> WaitingCall:
    call = engine.call(call_id)
    assert call is not None  # noqa: S101 - the queue has just named it
    return WaitingCall(
        id=call.id,
        position=call.position,
        priority=call.priority,
        enqueued_at=call.enqueued_at,
        is_offered=bool(call.offers),
        attempts=call.attempts,
        expected_wait_seconds=expected_wait_seconds(engine, call, now),
    )


def expected_wait_seconds(engine: Engine, call: CallView, now: datetime) -> float | None:
    """How long this call will still wait, if anything is known of it."""
    wait = engine.expected_wait(call.id, now)
    return None if wait is None else round(wait.total_seconds(), 1)


def _rounded(level: float | None) -> float | None:
    return None if level is None else round(level, 4)
