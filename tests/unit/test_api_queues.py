"""Queues over REST."""

from datetime import time, timedelta

import httpx2
import pytest

from app.acd.events import FloorChanged
from app.acd.model import Calendar, OpenHours, Queue
from app.ids import QueueId
from tests.support.stage import SERVICE, Stage, floor


async def test_all_queues_are_listed_by_id(client: httpx2.AsyncClient) -> None:
    """With name and strategy."""
    queues = (await client.get("/api/v1/queues")).json()
    assert [(queue["id"], queue["name"]) for queue in queues] == [("sales", "Sales"), ("service", "客户服务")]


async def test_a_queue_shows_its_calls_in_order(stage: Stage, client: httpx2.AsyncClient) -> None:
    """First come, first; with place and arrival to the millisecond."""
    stage.call("first")
    stage.clock.move(timedelta(milliseconds=1500))
    stage.call("second")
    calls = (await client.get(f"/api/v1/queues/{SERVICE}")).json()["calls"]
    assert [(call["id"], call["position"], call["enqueued_at"]) for call in calls] == [
        ("first", 1, "2026-11-21T08:30:00.000Z"),
        ("second", 2, "2026-11-21T08:30:01.500Z"),
    ]


async def test_a_queue_counts_its_agents_by_what_keeps_them(stage: Stage, client: httpx2.AsyncClient) -> None:
    """One is rung, the other is logged out."""
    await client.post("/api/v1/agents/lin/log-in")
    stage.call("c1")
    queue = (await client.get("/api/v1/queues/service")).json()
    assert queue["members"] == {"offered": 1, "logged_out": 1}
    assert (queue["waiting"], queue["offered"], queue["connected"]) == (1, 1, 0)
    assert [agent["id"] for agent in queue["agents"]] == ["lin", "王伟"]


async def test_available_agents_are_counted_as_such(client: httpx2.AsyncClient) -> None:
    """They have no reason to be out."""
    await client.post("/api/v1/agents/lin/log-in")
    assert (await client.get("/api/v1/queues/service")).json()["members"]["available"] == 1


async def test_the_list_names_only_the_first_twenty_calls(stage: Stage, client: httpx2.AsyncClient) -> None:
    """A long queue does not make a long list; the detail has them all."""
    for number in range(21):
        stage.call(f"c{number:02}")
    queue = (await client.get("/api/v1/queues/service")).json()
    assert (queue["waiting"], len(queue["next_calls"]), len(queue["calls"])) == (21, 20, 21)


@pytest.mark.parametrize(("minutes", "is_open"), [(-1, False), (0, True), (59, True), (60, False)])
async def test_a_queue_is_open_by_its_calendar(
    stage: Stage,
    client: httpx2.AsyncClient,
    minutes: int,
    is_open: bool,  # noqa: FBT001 - a column of the table
) -> None:
    """From the minute it opens until the minute it closes: Saturday, 16:30 to 17:30 in Shanghai."""
    hours = OpenHours(frozenset({5}), time(16, 30), time(17, 30))
    night = Queue(QueueId("night"), "Night", calendar=Calendar("Asia/Shanghai", (hours,)))
    stage.dispatcher.submit(FloorChanged(floor(queues=[night])))
    stage.clock.move(timedelta(minutes=minutes))
    assert (await client.get("/api/v1/queues/night")).json()["is_open"] is is_open


async def test_a_queue_that_does_not_exist_is_not_found(client: httpx2.AsyncClient) -> None:
    """The detail says how to find those that do."""
    answer = await client.get("/api/v1/queues/nowhere")
    assert (answer.status_code, answer.json()["code"]) == (404, "unknown-queue")
    assert "'nowhere'" in answer.json()["detail"]
