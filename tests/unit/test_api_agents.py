"""Agents over REST: every request answers the new view of the agent, or a problem that says what to do."""

from collections import Counter
from dataclasses import replace
from typing import Any

import httpx2
import pytest

from app.acd.engine import Engine
from app.acd.events import FloorChanged
from app.acd.model import Agent
from app.acd.views import AgentView
from app.api.routers import agents as agents_router
from app.api.schemas.agent import AgentShape, agent_of
from app.calls.events import LegEnded
from app.calls.hangup import LegEnd
from app.ids import AgentId, LegId
from tests.support.stage import LIN, WANG, Stage, floor
from tests.support.turns import turns_of_others


async def post(client: httpx2.AsyncClient, path: str, body: object = None) -> Any:
    """A request that succeeds: the agent it answers."""
    answer = await client.post(f"/api/v1/agents/{path}", json=body)
    assert answer.status_code == 200, answer.text
    return answer.json()


async def refused(client: httpx2.AsyncClient, path: str, body: object = None) -> tuple[int, str]:
    """A request that fails: the status and the code."""
    answer = await client.post(f"/api/v1/agents/{path}", json=body)
    assert answer.headers["content-type"] == "application/problem+json"
    return answer.status_code, answer.json()["code"]


async def test_all_agents_are_listed_by_id_with_their_names(client: httpx2.AsyncClient) -> None:
    """Chinese names and ids come as they are."""
    agents = (await client.get("/api/v1/agents")).json()
    assert [(agent["id"], agent["name"]) for agent in agents] == [("lin", "林晓"), ("王伟", "Wang Wei")]


async def test_others_get_their_turn_while_thousands_of_agents_are_listed(
    client: httpx2.AsyncClient, stage: Stage, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A list must not delay a ring."""
    more = {name: Agent(name, name) for name in (AgentId(f"agent{number}") for number in range(1000))}
    stage.dispatcher.submit(FloorChanged(replace(floor(), agents={**floor().agents, **more})))
    seen_at: list[int] = []
    async with turns_of_others() as turns:

        def seen(engine: Engine, view: AgentView) -> AgentShape:
            seen_at.append(turns())
            return agent_of(engine, view)

        monkeypatch.setattr(agents_router, "agent_of", seen)
        listed = (await client.get("/api/v1/agents")).json()
    assert len(listed) == len(seen_at) == 1002
    assert max(Counter(seen_at).values()) <= 100


async def test_an_agent_with_a_chinese_id_is_found(client: httpx2.AsyncClient) -> None:
    """The id stands percent-encoded in the address."""
    answer = await client.get(f"/api/v1/agents/{WANG}")
    assert answer.json()["id"] == "王伟"


async def test_log_in_takes_the_agents_own_device(client: httpx2.AsyncClient) -> None:
    """No body is needed."""
    agent = await post(client, "lin/log-in")
    assert (agent["status"], agent["device_id"], agent["unavailable_reason"]) == ("available", "phone1", None)


async def test_log_in_at_another_device_and_paused(client: httpx2.AsyncClient) -> None:
    """Device and pause code are the agent's choice."""
    agent = await post(client, "lin/log-in", {"device_id": "phone2", "pause": "培训"})
    assert (agent["status"], agent["device_id"], agent["pause_code"]) == ("paused", "phone2", "培训")


async def test_the_same_log_in_twice_changes_nothing(client: httpx2.AsyncClient) -> None:
    """Idempotent: the second answers the same view."""
    assert await post(client, "lin/log-in") == await post(client, "lin/log-in")


async def test_log_in_at_a_taken_device_is_refused(client: httpx2.AsyncClient) -> None:
    """One device, one agent."""
    await post(client, "lin/log-in")
    assert await refused(client, f"{WANG}/log-in", {"device_id": "phone1"}) == (409, "device-taken")


async def test_log_in_at_an_unknown_device_is_refused(client: httpx2.AsyncClient) -> None:
    """The site file names the devices."""
    assert await refused(client, "lin/log-in", {"device_id": "phone9"}) == (409, "unknown-device")


async def test_log_out_ends_the_seat(client: httpx2.AsyncClient) -> None:
    """Idle agents leave at once; a second time changes nothing."""
    await post(client, "lin/log-in")
    agent = await post(client, "lin/log-out")
    assert agent["status"] == "logged_out"
    assert await post(client, "lin/log-out") == agent


async def test_pause_and_resume(client: httpx2.AsyncClient) -> None:
    """The code is kept while the pause lasts."""
    await post(client, "lin/log-in")
    assert (await post(client, "lin/pause", {"code": "lunch"}))["pause_code"] == "lunch"
    assert (await post(client, "lin/resume"))["status"] == "available"


async def test_a_pause_during_an_offer_is_pending(stage: Stage, client: httpx2.AsyncClient) -> None:
    """The call comes first."""
    await post(client, "lin/log-in")
    stage.call("c1")
    agent = await post(client, "lin/pause", {"code": "lunch"})
    assert (agent["status"], agent["pending"], agent["pending_code"]) == ("available", "paused", "lunch")


async def test_a_pause_code_that_the_site_does_not_have_is_refused(client: httpx2.AsyncClient) -> None:
    """The detail lists those that it has."""
    await post(client, "lin/log-in")
    answer = await client.post("/api/v1/agents/lin/pause", json={"code": "nap"})
    assert (answer.status_code, answer.json()["code"]) == (409, "unknown-pause-code")
    assert "lunch, 培训" in answer.json()["detail"]


async def test_wrap_up_is_extended_and_ended(stage: Stage, client: httpx2.AsyncClient) -> None:
    """The deadline moves by what was asked for; the end frees the agent."""
    await post(client, "lin/log-in")
    stage.call("c1")
    stage.picks_up("c1-1")
    stage.puts_down("c1")
    agent = await post(client, "lin/wrap-up/extend", {"seconds": 15.5})
    assert (agent["state"], agent["deadline"]) == ("wrap_up", "2026-11-21T08:30:45.500Z")
    assert (await post(client, "lin/wrap-up/end"))["state"] == "idle"


@pytest.mark.parametrize("seconds", [0, -1, 3600.5, "many", None])
async def test_an_extension_out_of_bounds_is_named(client: httpx2.AsyncClient, seconds: object) -> None:
    """More than 0 s and at most an hour; the pointer says which field is wrong."""
    answer = await client.post("/api/v1/agents/lin/wrap-up/extend", json={"seconds": seconds})
    assert answer.status_code == 422
    assert answer.json()["errors"][0]["pointer"] == "/seconds"


async def test_an_extension_of_an_hour_is_the_longest(stage: Stage, client: httpx2.AsyncClient) -> None:
    """The bound itself is allowed."""
    await post(client, "lin/log-in")
    stage.call("c1")
    stage.picks_up("c1-1")
    stage.puts_down("c1")
    agent = await post(client, "lin/wrap-up/extend", {"seconds": 3600})
    assert agent["deadline"] == "2026-11-21T09:30:30.000Z"


async def test_an_extension_outside_wrap_up_is_refused(client: httpx2.AsyncClient) -> None:
    """There is nothing to extend."""
    await post(client, "lin/log-in")
    assert await refused(client, "lin/wrap-up/extend", {"seconds": 5}) == (409, "not-in-wrap-up")


@pytest.mark.parametrize("path", ["pause", "resume", "wrap-up/end"])
async def test_requests_need_a_seat(client: httpx2.AsyncClient, path: str) -> None:
    """Who is logged out is told to log in first."""
    body = {"code": "lunch"} if path == "pause" else None
    assert await refused(client, f"lin/{path}", body) == (409, "not-logged-in")


@pytest.mark.parametrize("path", ["log-in", "log-out", "pause", "resume", "wrap-up/end", "wrap-up/extend"])
async def test_an_agent_that_does_not_exist_is_not_found(client: httpx2.AsyncClient, path: str) -> None:
    """The same problem for every request."""
    body = {"pause": {"code": "lunch"}, "wrap-up/extend": {"seconds": 5}}.get(path)
    assert await refused(client, f"nobody/{path}", body) == (404, "unknown-agent")
    assert (await client.get("/api/v1/agents/nobody")).json()["code"] == "unknown-agent"


async def test_a_refusal_changes_nothing(stage: Stage, client: httpx2.AsyncClient) -> None:
    """The agent is as before."""
    await post(client, "lin/log-in")
    before = stage.board.engine.agent(LIN)
    await refused(client, "lin/pause", {"code": "nap"})
    assert stage.board.engine.agent(LIN) == before


async def test_a_stopped_service_takes_no_requests(stage: Stage, client: httpx2.AsyncClient) -> None:
    """It says so, instead of claiming success."""
    stage.dispatcher.stop()
    assert await refused(client, "lin/log-in") == (503, "service-stopped")


async def test_a_request_that_breaks_the_brain_says_that_the_service_stopped(
    stage: Stage, client: httpx2.AsyncClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The dispatcher stops for good on a fault; the client learns that its request was not carried out."""

    def fail(*_: object, **__: object) -> None:
        raise RuntimeError

    monkeypatch.setattr(stage.board, "handle", fail)
    assert await refused(client, "lin/log-in") == (503, "service-stopped")
    assert isinstance(stage.dispatcher.fault, RuntimeError)


async def test_counters_are_those_since_log_in(stage: Stage, client: httpx2.AsyncClient) -> None:
    """One call answered, one declined."""
    await post(client, "lin/log-in")
    stage.call("c1")
    stage.picks_up("c1-1")
    stage.clock.move(stage.service.site.cadence.ring)
    stage.puts_down("c1")
    await post(client, "lin/wrap-up/end")
    stage.call("c2")
    stage.rings("c2-1")
    stage.dispatcher.submit(LegEnded(LegId("c2-1"), LegEnd.BY_PHONE, 21, 603))
    agent = (await client.get("/api/v1/agents/lin")).json()
    assert agent["counters"] == {"offered": 2, "answered": 1, "missed": 1, "talk_seconds": 5.0}
    assert agent["unavailable_reason"] == "resting"
