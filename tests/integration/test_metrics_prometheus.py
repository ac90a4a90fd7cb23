"""A real Prometheus reads the running service, with real calls: every panel of every dashboard has something to show."""

import json
from collections.abc import AsyncIterator
from math import isfinite
from pathlib import Path

import pytest
import pytest_asyncio
from websockets.asyncio.client import connect

from app.simulator.answering import Answer
from metrics.dashboards.files import documents
from tests.support.dashboards import panels
from tests.support.hotline_site import SERVICE
from tests.support.live_client import Wallboard
from tests.support.prometheus import Prometheus, scraping
from tests.support.service import Hotline
from tests.support.until import until

pytestmark = [pytest.mark.integration, pytest.mark.asyncio(loop_scope="session")]

_FILLED_WITHIN = 20.0
_IN_GRAFANA = {"$__rate_interval": "15s", "$__range": "5m", "$queue": ".*"}
"""What Grafana puts in before it asks."""


@pytest_asyncio.fixture(loop_scope="session")
async def prometheus(hotline: Hotline, tmp_path: Path) -> AsyncIterator[Prometheus]:
    """It reads the service from before the first call on."""
    service = hotline.thirdring.service
    async with scraping(tmp_path, url=hotline.thirdring.url, token=service.admin_token) as prometheus:
        yield prometheus


async def until_true(prometheus: Prometheus, expression: str) -> None:
    """Wait until a query has a finite value."""

    async def is_filled() -> bool:
        return any(isfinite(value) for value in await prometheus.values(expression))

    await until(is_filled, f"nothing to show: {expression}", timeout=_FILLED_WITHIN)


async def play(hotline: Hotline) -> None:
    """One call is talked, one waits and is abandoned; a wallboard looks on."""
    agent = await hotline.agent(1, Answer())
    there = await hotline.call(SERVICE)
    await there.until_answered()
    await hotline.until_talking()
    here = await agent.next_call()
    waiting = await hotline.call(SERVICE)
    await until(lambda: len(hotline.board.calls) == 2, "the second call did not arrive")
    waiting.hang_up()
    there.hang_up()
    await here.until_ended()


async def test_every_panel_of_every_dashboard_shows_something(
    hotline: Hotline, prometheus: Prometheus
) -> None:
    """Each query is asked as Grafana would ask it."""
    token = hotline.thirdring.service.admin_token
    await until_true(prometheus, 'thirdring_queue_calls_offered_total{queue="queue4001"}')
    async with connect(hotline.thirdring.url.replace("http", "ws") + "/api/v1/live") as connection:
        wallboard = await Wallboard(connection, token).authenticate()
        await wallboard.subscribe("queues", "agents", "calls")
        await wallboard.hear()
        await play(hotline)
        for document in documents().values():
            for panel in panels(json.loads(document)):
                for target in panel["targets"]:
                    expression = target["expr"]
                    for name, value in _IN_GRAFANA.items():
                        expression = expression.replace(name, value)
                    await until_true(prometheus, expression)


async def test_the_counters_count_what_happened(hotline: Hotline, prometheus: Prometheus) -> None:
    """One call answered, one abandoned, seen from outside."""
    query = 'sum(thirdring_queue_calls_{}_total{{queue="queue4001"}})'
    await until_true(prometheus, query.format("answered"))
    before = {name: (await prometheus.values(query.format(name)))[0] for name in ("offered", "answered")}
    await play(hotline)
    await until_true(prometheus, f"{query.format('offered')} >= {before['offered'] + 2}")
    assert await prometheus.values(query.format("answered")) == [before["answered"] + 1]
