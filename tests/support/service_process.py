"""The service as a process of its own, which a test may kill: what survives, survives outside of it."""

import asyncio
import json
import os
import re
import signal
import sys
import time
from collections.abc import AsyncIterator
from contextlib import AbstractAsyncContextManager, AsyncExitStack
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any, Self

import aiohttp
import pytest
from yarl import URL

from app.simulator.phone import Phone
from tests.support.asterisk_sounds import write_greeting, write_music
from tests.support.hotline_site import Json, write_site
from tests.support.until import until

_STARTED_WITHIN = 20.0
_RECONCILED = re.compile(r"^(\S+) \[info +\] reconciled ", re.MULTILINE)


def small_site(directory: Path) -> Json:
    """A hotline of two agents."""
    members = ["agent1", "agent2"]
    return {
        "name": "Survival",
        "time_zone": "Asia/Shanghai",
        "devices": {"phone1": {"extension": "101"}, "phone2": {"extension": "102"}},
        "pause_codes": ["lunch"],
        "agents": {
            "agent1": {"name": "王芳", "device": "phone1"},
            "agent2": {"name": "李强", "device": "phone2"},
        },
        "queues": {
            "service": {"name": "业务咨询", "members": members, "strategy": "linear", "ring_timeout": "20s"}
        },
        "entry_points": {"4001": {"queue": "service"}},
        "asterisk": {"music": str(write_music(directory)), "greeting": str(write_greeting(directory))},
    }


@dataclass(frozen=True, slots=True)
class Start:
    """How long a start took, in seconds from the start of the process."""

    adopted: float
    """Until everything in Asterisk was adopted, and calls were served."""
    ready: float
    """Until the interface said so."""

    def __str__(self) -> str:
        return f"calls served after {self.adopted:.2f} s, interface after {self.ready:.2f} s"


class ServiceProcess:
    """`thirdring up` in a directory. The Asterisk that it starts outlives a kill, and is stopped by `close`."""

    def __init__(
        self, directory: Path, *, site: Json | None = None, environment: dict[str, str] | None = None
    ) -> None:
        """`site` is the site file as data; without one it is `small_site`. `environment` is added to the process's."""
        self._environment = environment or {}
        self.data = directory / "data"
        self.site = write_site(site or small_site(directory), directory / "site.yaml")
        self._log = directory / "service.log"
        self._process: asyncio.subprocess.Process | None = None
        self._exit = AsyncExitStack()
        self._http: aiohttp.ClientSession

    async def __aenter__(self) -> Self:
        self._http = await self._exit.enter_async_context(aiohttp.ClientSession())
        await self.start()
        return self

    async def __aexit__(self, *_: object) -> None:
        if self._process is None or self._process.returncode is not None:
            await self.start()  # It adopts its Asterisk, and stops it with itself.
        await self.stop()
        await self._exit.aclose()

    async def start(self) -> Start:
        """Start it; returns when the interface says that calls can be taken. What it took is printed."""
        (self.data / "service.json").unlink(missing_ok=True)
        environment = os.environ | {"THIRDRING_PORT": "0", "THIRDRING_LOG_LEVEL": "info"} | self._environment
        environment.pop("PYTHONDONTWRITEBYTECODE", None)  # A service that is started again has its byte code.
        began = time.time()
        with self._log.open("a") as log:
            self._process = await asyncio.create_subprocess_exec(
                sys.executable, "-m", "app", "up", "--site", str(self.site), "--data", str(self.data),
                env=environment, stdout=log, stderr=log,
            )  # fmt: skip
        told = self.data / "service.json"
        process = self._process
        await until(
            lambda: told.exists() or process.returncode is not None, "not started", timeout=_STARTED_WITHIN
        )
        assert told.exists(), f"not started: {self.log()}"
        self._told = json.loads((self.data / "service.json").read_text())
        self.token = json.loads((self.data / "secrets.json").read_text())["admin_token"]
        await self.until_ready()
        start = Start(self._reconciled_at() - began, time.time() - began)
        print(f"service: {start}")  # noqa: T201 - shown with `pytest -rP`, and by the bench
        return start

    def _reconciled_at(self) -> float:
        """When it was last reconciled with Asterisk, by its own log."""
        return datetime.fromisoformat(_RECONCILED.findall(self.log())[-1]).timestamp()

    def kill(self) -> None:
        """SIGKILL: no goodbye."""
        assert self._process is not None
        self._process.kill()

    async def killed(self) -> None:
        """Kill it, and wait until it is gone."""
        self.kill()
        assert self._process is not None
        await self._process.wait()

    async def stop(self) -> None:
        """End it in order, with its Asterisk."""
        assert self._process is not None
        self._process.send_signal(signal.SIGTERM)
        await asyncio.wait_for(self._process.wait(), 15)

    async def ended(self) -> int:
        """Wait until it ended by itself; its exit status."""
        assert self._process is not None
        return await asyncio.wait_for(self._process.wait(), 15)

    async def command(self, name: str) -> str:
        """Run another command of the program over the same data; what it printed. Fails when it fails."""
        process = await asyncio.create_subprocess_exec(
            sys.executable, "-m", "app", name, "--site", str(self.site), "--data", str(self.data),
            stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.STDOUT,
        )  # fmt: skip
        said, _ = await process.communicate()
        assert process.returncode == 0, said.decode()
        return said.decode()

    def another_controller(self) -> AbstractAsyncContextManager[aiohttp.ClientWebSocketResponse]:
        """Somebody who connects to our Asterisk under our application's name."""
        running = self._asterisk()
        password = json.loads((self.data / "secrets.json").read_text())["ari_password"]
        url = f"http://127.0.0.1:{running['ports']['http']}/ari/events?app=thirdring"
        return self._http.ws_connect(
            url, headers={"Authorization": aiohttp.encode_basic_auth("thirdring", password)}
        )

    def log(self) -> str:
        """What it printed."""
        return self._log.read_text() if self._log.exists() else ""

    def pids(self) -> list[int]:
        """The service's process, and its Asterisk's."""
        assert self._process is not None
        return [self._process.pid, self._asterisk()["pid"]]

    def _asterisk(self) -> Any:
        return json.loads((self.data / "asterisk" / "running.json").read_text())

    @property
    def url(self) -> str:
        """Where its interface is."""
        url: str = self._told["url"]
        return url

    @property
    def sip(self) -> tuple[str, int]:
        """Where phones find its Asterisk."""
        return "127.0.0.1", self._told["sip_port"]

    def password_of(self, device: str) -> str:
        """The password that the service made up for a phone."""
        password: str = json.loads((self.data / "secrets.json").read_text())[f"device_{device}"]
        return password

    async def phone(self, device: str, *, media: bool = True) -> Phone:
        """A registered phone of the site, closed with the service."""
        phone = Phone(device, self.password_of(device), self.sip, media=media)
        await phone.open()
        self._exit.callback(phone.close)
        await phone.register()
        return phone

    async def caller(self, number: str = "13800000001") -> Phone:
        """Somebody outside."""
        phone = Phone(number, server=self.sip)
        await phone.open()
        self._exit.callback(phone.close)
        return phone

    # --- the REST interface --------------------------------------------------------------------------------------

    async def is_ready(self) -> bool:
        """Whether it takes calls now."""
        try:
            async with self._http.get(f"{self.url}/health/ready") as answer:
                return answer.status == 200
        except aiohttp.ClientError:
            return False

    async def until_ready(self, *, within: timedelta = timedelta(seconds=10)) -> None:
        """Wait until it takes calls."""
        await until(self.is_ready, lambda: f"not ready: {self.log()[-3000:]}", timeout=within.total_seconds())

    async def kill_asterisk(self) -> None:
        """SIGKILL to the Asterisk that the service runs, and wait until the service says so."""
        os.kill(self._asterisk()["pid"], signal.SIGKILL)
        await until(
            lambda: "asterisk_incident" in self.log(), lambda: f"not noticed: {self.log()[-3000:]}", timeout=5
        )

    async def ask(self, method: str, path: str, body: dict[str, Any] | None = None) -> Any:
        """One request; the answer's JSON. Fails on anything but 2xx."""
        text = await self.text(f"/api/v1/{path}", method=method, body=body)
        return json.loads(text) if text else None

    async def text(self, path: str, *, method: str = "GET", body: dict[str, Any] | None = None) -> str:
        """One request; the answer as it comes. Fails on anything but 2xx."""
        headers = {"Authorization": f"Bearer {self.token}"}
        url = URL(f"{self.url}{path}", encoded=True)
        async with self._http.request(method, url, json=body, headers=headers) as answer:
            text = await answer.text()
            assert answer.ok, f"{method} {path}: {answer.status} {text}"
            return text

    async def log_in(self, *agents: str) -> None:
        """Agents take their seats."""
        for agent in agents:
            await self.ask("POST", f"agents/{agent}/log-in", {})

    async def agent(self, agent: str) -> Any:
        """One agent now."""
        return await self.ask("GET", f"agents/{agent}")

    async def until_ended(self, call_id: str) -> Any:
        """Wait until the call is written down as ended: the database is some milliseconds behind."""

        async def ended() -> Any:
            listed = await self.ask("GET", "calls?state=ended")
            return next(
                (call for call in listed["calls"] if call["id"] == call_id and call["ended_by"]), None
            )

        return await until(ended, f"expected {call_id} to have ended", timeout=5)

    async def until_agent(self, agent: str, state: str, *, within: timedelta = timedelta(seconds=5)) -> Any:
        """Wait until the agent is in that state."""

        async def is_so() -> Any:
            view = await self.agent(agent)
            return view if view["state"] == state else None

        def problem() -> str:
            return f"expected {agent} to become {state}; {self.log()[-3000:]}"

        return await until(is_so, problem, timeout=within.total_seconds())


@pytest.fixture
async def service_process(tmp_path: Path) -> AsyncIterator[ServiceProcess]:
    """A running service that may be killed."""
    async with ServiceProcess(tmp_path) as service:
        yield service
