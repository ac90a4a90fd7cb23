"""Reports of real calls: what happened on the wire is what the report counts, and what the queue log tells."""

import json
from datetime import timedelta
from typing import Any

import aiohttp
import pytest

from app.acd.events import ResumeRequested
from app.acd.model import UnavailableReason
from app.ids import AgentId
from app.simulator.answering import Answer, Decline
from tests.support.hotline_site import SERVICE, STRICT
from tests.support.service import Hotline
from tests.support.until import until

pytestmark = [pytest.mark.integration, pytest.mark.asyncio(loop_scope="session")]

_WRITTEN_WITHIN = 5.0
QUEUE = f"queue{SERVICE}"


class Reader:
    """Asks the running service for what happened since the test began."""

    def __init__(self, hotline: Hotline, http: aiohttp.ClientSession) -> None:
        service = hotline.thirdring.service
        self._http = http
        self._url = hotline.thirdring.url
        self._reports = f"{self._url}/api/v1/reports"
        self._headers = {"Authorization": f"Bearer {service.admin_token}"}
        began = service.clock.now()
        self._period = {"since": began.isoformat(), "until": (began + timedelta(hours=1)).isoformat()}

    async def text(self, path: str = "", **query: str) -> str:
        """One answer."""
        return await self._got(f"{self._reports}{path}", {**self._period, **query})

    async def behind(self, link: str, figure: str) -> Any:
        """The records behind a figure of a row with this link."""
        return json.loads(await self._got(f"{self._url}{link.replace('{figure}', figure)}", {}))["records"]

    async def _got(self, url: str, query: dict[str, str]) -> str:
        async with self._http.get(url, params=query, headers=self._headers) as answer:
            assert answer.status == 200, await answer.text()
            return await answer.text()

    async def figures(self) -> Any:
        """The figures of the queue's calls, once the handled ones are written down."""

        async def written() -> Any:
            report = json.loads(await self._got(self._reports, {**self._period, "queue_id": QUEUE}))
            figures = report["total"]["figures"]
            return figures if figures["handled"] and figures["abandoned"] else None

        return await until(written, "the calls are not written down", timeout=_WRITTEN_WITHIN)


async def test_a_report_counts_what_happened_on_the_wire(hotline: Hotline) -> None:
    """One caller talks, the next gives up while the agent is busy."""
    async with aiohttp.ClientSession() as http:
        reader = Reader(hotline, http)
        agent = await hotline.agent(1, Answer(after=timedelta(milliseconds=300)))
        there = await hotline.call(SERVICE)
        await hotline.until_talking()
        here = await agent.next_call()
        waiting = await hotline.call(SERVICE)
        await until(lambda: len(hotline.board.calls) == 2, "the second call did not arrive")
        waiting.hang_up()
        await until(lambda: len(hotline.board.calls) == 1, "the second call did not end")
        here.hang_up()
        await there.until_ended()
        figures = await reader.figures()
        log = (await reader.text("/queue-log")).splitlines()
    counts = ("offered", "answered", "abandoned", "handled", "agent_hang_ups", "waiting")
    assert [figures[name] for name in counts] == [2, 1, 1, 1, 1, 0]
    assert figures["avg_ring"] == pytest.approx(0.3, abs=0.25)
    assert figures["avg_ring"] <= figures["asa"] < 1
    assert _events_by_call(log) == [
        ["ENTERQUEUE", "CONNECT", "COMPLETEAGENT"],
        ["ENTERQUEUE", "ABANDON"],
    ]


async def test_a_ring_report_tells_the_queue_from_the_ringing(hotline: Hotline) -> None:
    """The second caller waits a second for the agent, whose phone then rings 300 ms: no breach, and no second of the agent's."""
    async with aiohttp.ClientSession() as http:
        reader = Reader(hotline, http)
        agent = await hotline.agent(1, Answer(after=timedelta(milliseconds=300)))
        first = await hotline.call(SERVICE)
        await hotline.until_talking()
        here = await agent.next_call()
        second = await hotline.call(SERVICE)
        waited = hotline.thirdring.service.clock.now() + timedelta(seconds=1)
        await until(lambda: hotline.thirdring.service.clock.now() >= waited, "time stands still")
        here.hang_up()
        await first.until_ended()
        await hotline.until_talking()
        await hotline.thirdring.journal.flush()
        report = json.loads(await reader.text("/rings", queue_id=QUEUE, by="agent"))
        (row,) = report["rows"]
        behind = await reader.behind(row["calls"], "agent_ring_1")
        second.hang_up()
    figures = row["figures"]
    assert (row["agent_id"], figures["agent_rings_within"], figures["agent_ring_compliance"]) == (
        "agent1",
        2,
        1.0,
    )
    assert (figures["agent_ring_1"], figures["caller_rings_within"]) == (2, 2)
    assert 2 * figures["avg_rung_wait"] == pytest.approx(0.6, abs=0.4)
    assert 1.0 <= 2 * figures["avg_queue_wait"] < 2
    assert figures["asa"] == pytest.approx(figures["avg_queue_wait"] + figures["avg_rung_wait"], abs=1e-5)
    assert [(each["ring"], each["what"]) for each in behind] == [(1, "answered")] * 2
    assert (row["worst_agent_rings"], row["worst_caller_rings"]) == ([], [])


async def test_a_report_counts_what_agents_called_outside(hotline: Hotline) -> None:
    """One number answers and is talked to for half a second, the other declines."""
    async with aiohttp.ClientSession() as http:
        reader = Reader(hotline, http)
        agent = await hotline.agent(1)
        customer = await hotline.outside("13912345678", Answer())
        await hotline.outside("13912345679", Decline(status=603))
        now = hotline.thirdring.service.clock.now
        began = now()
        here = await agent.call("13912345678")
        there = await customer.next_call()
        await until(lambda: hotline.the_call.bridged_at, "the two were not joined")
        talked = now() + timedelta(seconds=0.5)
        await until(lambda: now() >= talked, "time stands still")
        here.hang_up()
        await there.until_ended()
        await until(lambda: not hotline.board.calls, "the first call did not end")
        took = now() - began
        await (await agent.call("13912345679")).until_ended()
        await until(lambda: not hotline.board.calls, "the second call did not end")
        await hotline.thirdring.journal.flush()
        (row,) = json.loads(await reader.text(by="agent"))["rows"]
        behind = await reader.behind(row["calls"], "outbound_calls")
    figures = row["figures"]
    assert (row["agent_id"], figures["outbound_calls"], figures["outbound_connected"]) == ("agent1", 2, 1)
    assert 0.5 <= figures["outbound_talk_time"] == figures["avg_outbound_talk"] < took.total_seconds()
    assert 0 < figures["avg_outbound_connecting"] < took.total_seconds() - 0.5
    assert figures["outbound"] > figures["outbound_talk_time"]
    assert [each["what"] for each in behind] == ["connected", "not_connected"]


async def test_an_agent_whose_phone_is_gone_is_not_idle(hotline: Hotline) -> None:
    """For half a second: it unregisters, and comes back."""
    async with aiohttp.ClientSession() as http:
        reader = Reader(hotline, http)
        agent = await hotline.agent(1)
        now = hotline.thirdring.service.clock.now
        lost_after = now()
        await agent.unregister()
        await until(lambda: hotline.reason(1) is not None, "the phone still counts")
        lost_before = now()
        await until(lambda: now() >= lost_before + timedelta(seconds=0.5), "time stands still")
        await agent.register()
        await until(lambda: hotline.reason(1) is None, "the phone is not back")
        back = now()
        await hotline.thirdring.journal.flush()
        (row,) = json.loads(await reader.text(by="agent"))["rows"]
        behind = await reader.behind(row["calls"], "unreachable")
    unreachable = row["figures"]["unreachable"]
    assert 0.5 <= unreachable <= (back - lost_after).total_seconds()
    assert row["figures"]["idle"] > 0
    assert [(each["what"], each["agent_id"]) for each in behind] == [("unreachable", "agent1")]


async def test_the_time_for_which_the_system_paused_an_agent_is_told(hotline: Hotline) -> None:
    """Half a second at least: the phone declines, and the agent comes back."""
    async with aiohttp.ClientSession() as http:
        reader = Reader(hotline, http)
        now = hotline.thirdring.service.clock.now
        await hotline.agent(1, Decline(status=603))
        began = now()
        there = await hotline.call(STRICT)
        await until(lambda: hotline.reason(1) is UnavailableReason.AUTO_PAUSED, "nobody was paused")
        paused_before = now()
        there.hang_up()
        await until(lambda: not hotline.board.calls, "the call did not end")
        await until(lambda: now() >= paused_before + timedelta(seconds=0.5), "time stands still")
        hotline.submit(ResumeRequested(AgentId("agent1")))
        ended = now()
        await hotline.thirdring.journal.flush()
        rows = json.loads(await reader.text(by="agent"))["rows"]
        (row,) = (each for each in rows if each["agent_id"] == "agent1")
        behind = await reader.behind(row["calls"], "auto_paused")
    figures = row["figures"]
    assert 0.5 <= figures["auto_paused"] <= (ended - began).total_seconds()
    assert figures["resting"] == figures["auto_paused"]
    assert figures["offers_declined"] == 1
    assert [(each["what"], each["agent_id"]) for each in behind] == [("paused", "agent1")]


def _events_by_call(log: list[str]) -> list[list[str]]:
    """In the order in which the calls appear."""
    events: dict[str, list[str]] = {}
    for line in log:
        _, call_id, queue, _, event, *_ = line.split("|")
        if queue == QUEUE and call_id != "NONE":
            events.setdefault(call_id, []).append(event)
    return list(events.values())
