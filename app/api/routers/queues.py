"""Queues: who waits, and who could answer."""

from typing import Annotated

from fastapi import APIRouter, Path

from app.api.errors import UnknownThing
from app.api.problems import described
from app.api.schemas.base import Name
from app.api.schemas.queue import QueueDetail, QueueShape, queue_detail, queue_of
from app.ids import QueueId
from app.live.today import Today
from app.runtime.service import Service

QueuePath = Annotated[Name, Path(description="The queue's id in the site file.", examples=["service"])]


def queues_router(service: Service, today: Today) -> APIRouter:
    """The operations on queues."""
    router = APIRouter(prefix="/queues", tags=["queues"])

    @router.get(
        "",
        operation_id="listQueues",
        summary="All queues",
    )
    async def list_queues() -> list[QueueShape]:
        """Every queue, by id; removed ones are listed until their last call ends."""
        engine, now = service.dispatcher.board.engine, service.clock.now()
        return sorted(
            (queue_of(engine, view, today, now=now) for view in engine.queues()), key=lambda queue: queue.id
        )

    @router.get(
        "/{queue_id}",
        operation_id="showQueue",
        summary="One queue with its calls and agents",
        responses=described("unknown-queue"),
    )
    async def show_queue(queue_id: QueuePath) -> QueueDetail:
        """The waiting calls in order, each with its place and estimate, and the agents with what they do."""
        engine = service.dispatcher.board.engine
        view = engine.queue(QueueId(queue_id))
        if view is None:
            raise UnknownThing("queue", queue_id)
        return queue_detail(engine, view, today, now=service.clock.now())

    return router
