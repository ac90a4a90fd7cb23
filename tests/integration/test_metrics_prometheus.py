"""A real Prometheus reads the demonstration, whose every panel has something to show, and a hotline whose calls are known one by one."""

import asyncio
import json
import os
import sys
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest

from app.asterisk.child import tied_to_us
from app.simulator.answering import Answer
from metrics.dashboards.files import documents
from tests.support.dashboards import panels
from tests.support.hotline_site import SERVICE
from tests.support.prometheus import Prometheus, scraping
from tests.support.service import Hotline
from tests.support.until import until

pytestmark = [
    pytest.mark.integration,
    pytest.mark.asyncio(loop_scope="session"),
    pytest.mark.timeout(240),
]

_STARTED_WITHIN = 60.0
_SHOWN_WITHIN = 100.0
_COUNTED_WITHIN = 20.0
_ENDS_WITHIN = 30.0
_IN_GRAFANA = {"$__rate_interval": "15s", "$__range": "5m", "$queue": ".*"}
"""What Grafana puts in before it asks."""
_METRICS_TOKEN = "prometheus_of_the_demonstration_floor"


@asynccontextmanager
async def demo(directory: Path) -> AsyncIterator[str]:
    """`thirdring demo` in a directory of its own, on free ports; gives the address of its service."""
    log, told = directory / "demo.log", directory / "demo" / "service.json"
    with log.open("w") as out:
        process = await asyncio.create_subprocess_exec(
            *(*tied_to_us(signal="TERM"), sys.executable, "-m", "app", "demo", "--data", str(directory)),
            env=os.environ | {"THIRDRING_PORT": "0", "THIRDRING_METRICS_TOKEN": _METRICS_TOKEN},
            stdout=out,
            stderr=out,
        )
    try:
        await until(
            lambda: told.exists() or process.returncode is not None,
            lambda: f"the demo does not start: {log.read_text()[-3000:]}",
            timeout=_STARTED_WITHIN,
        )
        assert process.returncode is None, log.read_text()
        yield json.loads(told.read_text())["url"]
        assert process.returncode is None, f"the demo ended by itself: {log.read_text()[-3000:]}"
    finally:
        if process.returncode is None:
            process.terminate()
        await asyncio.wait_for(process.wait(), _ENDS_WITHIN)


def queries() -> Iterator[tuple[str, str]]:
    """Each query of each panel of each dashboard: where it stands, and what Grafana asks for it."""
    for file, document in documents().items():
        for panel in panels(json.loads(document)):
            for target in panel["targets"]:
                expression = target["expr"]
                for name, value in _IN_GRAFANA.items():
                    expression = expression.replace(name, value)
                yield f"{file}, {panel['title']}, {target['legendFormat']}: {expression}", expression


async def test_every_panel_of_every_dashboard_shows_something_of_the_demo(tmp_path: Path) -> None:
    """Prometheus comes with its own token and the rules that are delivered; each query is asked as Grafana would ask it."""
    async with (
        demo(tmp_path) as url,
        scraping(tmp_path, url=url, token=_METRICS_TOKEN) as prometheus,
    ):
        empty = dict(queries())

        async def are_all_filled() -> bool:
            for place, expression in list(empty.items()):
                if await prometheus.is_filled(expression):
                    del empty[place]
            return not empty

        await until(
            are_all_filled,
            lambda: "\n".join(["nothing to show in these panels:", *empty]),
            timeout=_SHOWN_WITHIN,
        )


async def test_the_counters_count_what_happened(hotline: Hotline, tmp_path: Path) -> None:
    """One call answered, one abandoned, seen from outside."""
    query = 'sum(thirdring_queue_calls_{}_total{{queue="queue4001"}})'
    token = hotline.thirdring.service.admin_token
    async with scraping(tmp_path, url=hotline.thirdring.url, token=token) as prometheus:
        await until_filled(prometheus, query.format("answered"))
        before = {name: (await prometheus.values(query.format(name)))[0] for name in ("offered", "answered")}
        await play(hotline)
        await until_filled(prometheus, f"{query.format('offered')} >= {before['offered'] + 2}")
        assert await prometheus.values(query.format("answered")) == [before["answered"] + 1]


async def until_filled(prometheus: Prometheus, expression: str) -> None:
    """Wait until a query has a finite value."""
    await until(lambda: prometheus.is_filled(expression), f"no value: {expression}", timeout=_COUNTED_WITHIN)


async def play(hotline: Hotline) -> None:
    """One call is talked, one waits and is abandoned."""
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
