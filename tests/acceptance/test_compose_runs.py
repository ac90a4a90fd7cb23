"""compose.yaml is run: a real engine, the images of the Dockerfile, a call, a kill and an end.

tests/support/stand_ins.py says what stands in for the images of others, and what that does not prove. Grafana is not run.
"""

import json
import shutil
import socket
import time
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, Final

import aiohttp
import pytest
import yaml

from app.asterisk.errors import BundleError
from app.simulator.answering import Answer
from app.simulator.phone import Phone
from app.simulator.wire import Wire
from tests.support.buildah import Buildah, CannotBuild
from tests.support.compose import REPOSITORY, make_secrets
from tests.support.engine import CannotRun, Engine
from tests.support.figures import Figures
from tests.support.stand_ins import export_images
from tests.support.until import until

# The other worker may be building the same images, and then uses them for a while.
pytestmark = [pytest.mark.acceptance, pytest.mark.timeout(1200)]

_RUN: Final = ("thirdring", "asterisk", "database", "prometheus")
_UP: Final = ("up", "--no-build", "--pull=never", "--wait", *_RUN)
_THIRDRING: Final = "http://127.0.0.1:8600"
_PROMETHEUS: Final = "http://127.0.0.1:9090"
_GATEWAY: Final = "172.31.87.1"
"""This machine on the network `phones`."""
_ARI: Final = ("172.31.86.200", 8088)
_SIP_PORT: Final = 5060
_CALLER_HZ, _AGENT_HZ = 600, 1000
_FIGURES: Final = ("offered", "ended", "answered", "handled", "asa", "talk_time")
_SOON: Final = 60.0
_ORDERLY: Final = {0, 143}


@dataclass(frozen=True)
class Composition:
    """The composition of compose.yaml, up."""

    engine: Engine
    folder: Path
    up_after: float
    """Seconds from nothing to healthy."""

    def __call__(self, *arguments: str) -> str:
        """A docker compose command."""
        return self.engine.compose(self.folder, *arguments)

    def inspect(self, service: str) -> dict[str, Any]:
        """All that the engine knows of a service's container."""
        return self.engine.inspect(self("ps", "--all", "--quiet", service).strip())

    @property
    def secrets(self) -> dict[str, str]:
        """Name -> secret, as the service made them up."""
        text = self("exec", "-T", "thirdring", "cat", "/var/lib/thirdring/secrets.json")
        secrets: dict[str, str] = json.loads(text)
        return secrets

    @asynccontextmanager
    async def admin(self) -> AsyncIterator[aiohttp.ClientSession]:
        """The admin, where the ports are published."""
        headers = {"Authorization": f"Bearer {self.secrets['admin_token']}"}
        with self.engine.network():
            async with aiohttp.ClientSession(_THIRDRING, headers=headers, raise_for_status=True) as http:
                yield http


@pytest.fixture(scope="module")
def composition(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Composition]:
    """The composition, up; skipped where it cannot be run."""
    folder = tmp_path_factory.mktemp("composition")
    _lay_out(folder)
    try:
        with Engine.running() as engine:
            _load_images(engine, folder)
            began = time.monotonic()
            engine.compose(folder, *_UP)
            yield Composition(engine, folder, time.monotonic() - began)
    except (CannotRun, CannotBuild, BundleError) as error:
        pytest.skip(f"no container can be run here: {error}")


def _lay_out(folder: Path) -> None:
    """What compose.yaml needs beside it."""
    shutil.copy(REPOSITORY / "compose.yaml", folder)
    shutil.copytree(REPOSITORY / "metrics", folder / "metrics")
    site = Path("app/site/examples/compose.yaml")
    (folder / site).parent.mkdir(parents=True)
    shutil.copy(REPOSITORY / site, folder / site)
    make_secrets(folder)


def _load_images(engine: Engine, folder: Path) -> None:
    services = yaml.safe_load((folder / "compose.yaml").read_text(encoding="utf-8"))["services"]
    with Buildah.open() as buildah:
        archives = export_images(buildah, [services[name]["image"] for name in _RUN], folder)
    for archive in archives:
        engine.load(archive)
        archive.unlink()


async def test_everything_comes_up(composition: Composition, figures: Figures) -> None:
    """Compose waited for every health check; the service takes calls."""
    figures("composition, from nothing to healthy", f"{composition.up_after:.0f} s")
    assert await _parts_that_are_not_ok(composition) == []


async def test_prometheus_scrapes_the_service_and_all_rules_are_evaluated(composition: Composition) -> None:
    """With the token that both were given, and the rules where the configuration names them."""
    with composition.engine.network():
        async with aiohttp.ClientSession(_PROMETHEUS) as http:

            async def target_is_up() -> bool:
                targets = (await _get(http, "/api/v1/targets"))["data"]["activeTargets"]
                return [target["health"] for target in targets] == ["up"]

            async def rules_that_are_not_ok() -> list[str]:
                groups = (await _get(http, "/api/v1/rules"))["data"]["groups"]
                assert groups
                return [rule["name"] for group in groups for rule in group["rules"] if rule["health"] != "ok"]

            async def rules_are_ok() -> bool:
                return not await rules_that_are_not_ok()

            await until(target_is_up, "expected Prometheus to scrape the service", timeout=_SOON)
            await until(rules_are_ok, "expected every rule to be evaluated", timeout=_SOON)


def test_ari_is_reached_from_the_network_of_control_alone(composition: Composition) -> None:
    """Not from Prometheus' network, though it reaches the service; and not where phones are."""
    asterisk = composition.inspect("asterisk")["NetworkSettings"]["Networks"]
    assert asterisk["thirdring_control"]["IPAddress"] == _ARI[0]
    knock = "import socket; socket.create_connection(('{}', {}), timeout=5)".format(*_ARI)
    composition("exec", "-T", "thirdring", "python3", "-c", knock)
    shown = composition("exec", "-T", "prometheus", "sh", "-c", _reach("thirdring", 8600) + _reach(*_ARI))
    assert shown.split() == ["thirdring", "reached", _ARI[0], "away"]
    with composition.engine.network(), pytest.raises(ConnectionRefusedError):
        socket.create_connection((asterisk["thirdring_phones"]["IPAddress"], _ARI[1]), timeout=5)


async def test_a_caller_reaches_an_agent_and_each_hears_the_other(
    composition: Composition, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Phones on the network of the phones, with the password that the service made up."""
    async with composition.admin() as admin:
        await _call(composition, admin, agent=1, monkeypatch=monkeypatch)


async def test_the_figures_of_a_call_outlive_a_kill(
    composition: Composition, monkeypatch: pytest.MonkeyPatch
) -> None:
    """SIGKILL to the service, and up again: the database and the journal are in volumes."""
    async with composition.admin() as admin:
        await _call(composition, admin, agent=2, monkeypatch=monkeypatch)
        before = await _figures(admin)
        composition("kill", "-s", "KILL", "thirdring")
        assert composition.inspect("thirdring")["State"]["ExitCode"] == 137
        composition(*_UP)
        assert await _parts_that_are_not_ok(composition) == []
        assert await _figures(admin) == before


def test_down_ends_every_container_in_order(composition: Composition) -> None:
    """None has to be killed after its time. The last test: it leaves nothing for others."""
    began = time.time()
    composition("down", "--volumes")
    filters = [f"--filter=event={event}" for event in ("die", "kill")]
    told = composition.engine.docker(
        "events", f"--since={began}", f"--until={time.time()}", "--format={{json .}}", *filters
    )
    events = [json.loads(line) for line in told.splitlines()]
    ended = {
        event["Actor"]["Attributes"]["com.docker.compose.service"]: event["Actor"]["Attributes"]["exitCode"]
        for event in events
        if event["Action"] == "die"
    }
    assert set(ended) == set(_RUN)
    assert set(map(int, ended.values())) <= _ORDERLY, ended
    assert [event for event in events if event["Actor"]["Attributes"].get("signal") == "9"] == []
    assert composition.engine.docker("ps", "--all", "--quiet") == ""


# ---- what the tests do -----------------------------------------------------------------------------------------


async def _get(http: aiohttp.ClientSession, path: str) -> Any:
    async with http.get(path) as answer:
        return await answer.json()


async def _parts_that_are_not_ok(composition: Composition) -> list[dict[str, str]]:
    with composition.engine.network():
        async with aiohttp.ClientSession(_THIRDRING) as http:
            parts: list[dict[str, str]] = (await _get(http, "/health/ready"))["parts"]
    assert parts
    return [part for part in parts if part["level"] != "ok"]


async def _figures(admin: aiohttp.ClientSession) -> list[float]:
    """What a report says of today's and yesterday's calls, once all of them are written down."""
    since = datetime.now(UTC) - timedelta(days=1)
    query = {"since": since.isoformat(), "until": (since + timedelta(days=2)).isoformat(), "by": "queue"}

    async def once_complete() -> list[float] | None:
        async with admin.get("/api/v1/reports", params=query) as answer:
            rows = (await answer.json())["rows"]
        found = [[row["figures"][name] for name in _FIGURES] for row in rows if row["queue_id"] == "service"]
        return found[0] if found and found[0][0] == found[0][1] > 0 else None

    figures: list[float] = await until(once_complete, "expected the report to have the calls", timeout=_SOON)
    return figures


def _reach(host: str, port: int) -> str:
    """Shell for a container with busybox: whether the port takes connections."""
    return f"if : | busybox nc -w 5 {host} {port}; then echo {host} reached; else echo {host} away; fi;"


async def _call(
    composition: Composition,
    admin: aiohttp.ClientSession,
    *,
    agent: int,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """A caller reaches this agent, and no other is there; they hear each other, and the caller hangs up."""
    monkeypatch.setattr(Wire, "host", _GATEWAY)
    networks = composition.inspect("asterisk")["NetworkSettings"]["Networks"]
    server = (networks["thirdring_phones"]["IPAddress"], _SIP_PORT)
    password = composition.secrets[f"device_phone{agent}"]
    answering = Answer(after=timedelta(milliseconds=500))
    async with (
        Phone(f"phone{agent}", password, server, answering=answering) as phone,
        Phone("outside", server=server) as caller,
    ):
        await phone.register()
        await _desk(admin, agent, "log-in")
        there = await caller.call("4001", caller_number=f"1380000111{agent}")
        here = await phone.next_call(within=_SOON)
        await here.until_answered(within=_SOON)
        there.play(_CALLER_HZ)
        here.play(_AGENT_HZ)
        await there.hears(_AGENT_HZ, within=_SOON)
        await here.hears(_CALLER_HZ, within=_SOON)
        there.hang_up()
        await here.until_ended(within=_SOON)
        await phone.unregister()
    await _desk(admin, agent, "log-out")


async def _desk(admin: aiohttp.ClientSession, agent: int, what: str) -> None:
    async with admin.post(f"/api/v1/agents/agent{agent}/{what}", json={}):
        """The status is judged by the session."""
