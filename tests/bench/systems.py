"""The three systems that are compared, on one Asterisk: a plain Dial, app_queue, and Thirdring.

entry number     who decides
5NNN             Dial(PJSIP/phoneNNN): the dialplan knows the agent already
6001             Queue(bench): app_queue, with the same phones as members
4001             Thirdring
"""

import asyncio
import json
import os
import signal
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path

import aiohttp

from app.asterisk.installation import private_installation
from app.asterisk.node_config import AriUser, Device, Extras, NodeConfig, PhonePolicy
from app.asterisk.process import Asterisk
from app.ids import DeviceId

ARI_PASSWORD = "password-of-the-bench"
QUEUES = """
[general]
autofill=yes
[bench]
strategy=leastrecent
ringinuse=no
wrapuptime=0
timeout=15
retry=0
{members}
"""
EXTENSIONS = """
[thirdring-entry]
exten => _5XXX,1,Dial(PJSIP/phone${MATH(${EXTEN}-5000,int)})
 same => n,Hangup()
exten => 6001,1,Queue(bench)
 same => n,Hangup()
"""
SITE = """
name: Bench
time_zone: UTC
devices:
{devices}
agents:
{agents}
queues:
  bench: {{name: Bench, strategy: longest_idle, ring_timeout: 15s, wrap_up: 0s, members: [{members}]}}
entry_points:
  4001: {{queue: bench}}
asterisk:
  url: {url}
  user: thirdring
  password: {{env: BENCH_ARI_PASSWORD}}
"""


def password_of(number: int) -> str:
    """The password of a phone of the bench."""
    return f"password-{number}"


@dataclass(slots=True)
class Node:
    """The one Asterisk."""

    asterisk: Asterisk
    agents: int

    @property
    def sip(self) -> tuple[str, int]:
        """Where phones find it."""
        return "127.0.0.1", self.asterisk.ports.sip

    def cpu(self) -> timedelta:
        """CPU time of Asterisk so far."""
        assert self.asterisk.pid is not None
        return Process(self.asterisk.pid).cpu()


@asynccontextmanager
async def node(directory: Path, *, agents: int) -> AsyncIterator[Node]:
    """An Asterisk with that many phones, a queue of them, and a Dial to each."""
    numbers = range(1, agents + 1)
    members = "\n".join(f"member => PJSIP/phone{number}" for number in numbers)
    config = NodeConfig(
        ari=AriUser(password=ARI_PASSWORD),
        devices=tuple(Device(id=DeviceId(f"phone{n}"), password=password_of(n)) for n in numbers),
        phones=PhonePolicy(qualify_every=timedelta(0), rtp_timeout=timedelta(0)),
        extras=Extras(
            modules=("app_queue.so", "func_math.so"),
            extensions=EXTENSIONS,
            files={"queues.conf": QUEUES.format(members=members)},
        ),
    )
    asterisk = Asterisk(config, directory=directory / "asterisk", installation=private_installation())
    await asterisk.start()
    try:
        yield Node(asterisk, agents)
    finally:
        await asterisk.stop()


@dataclass(frozen=True, slots=True)
class Process:
    """What a process used, as the kernel counts."""

    pid: int

    def cpu(self) -> timedelta:
        """CPU time so far."""
        fields = Path(f"/proc/{self.pid}/stat").read_text().rpartition(")")[2].split()
        return timedelta(seconds=(int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK"))

    def memory_mib(self) -> float:
        """Resident memory."""
        pages = int(Path(f"/proc/{self.pid}/statm").read_text().split()[1])
        return pages * os.sysconf("SC_PAGE_SIZE") / 2**20


@dataclass(slots=True)
class Controller:
    """The running service."""

    process: Process
    url: str
    token: str


@asynccontextmanager
async def controller(directory: Path, bench_node: Node) -> AsyncIterator[Controller]:
    """Thirdring as its own process, driving the node; all agents logged in."""
    numbers = range(1, bench_node.agents + 1)
    site = directory / "site.yaml"
    site.write_text(
        SITE.format(
            devices="\n".join(f"  phone{n}: {{extension: {1000 + n}}}" for n in numbers),
            agents="\n".join(f"  agent{n}: {{name: Agent {n}, device: phone{n}}}" for n in numbers),
            members=", ".join(f"agent{n}" for n in numbers),
            url=bench_node.asterisk.address.url,
        )
    )
    data = directory / "data"
    environment = os.environ | {
        "BENCH_ARI_PASSWORD": ARI_PASSWORD,
        "THIRDRING_PORT": "0",
        "THIRDRING_LOG_LEVEL": "warning",
    }
    with (directory / "service.log").open("w") as log:
        process = await asyncio.create_subprocess_exec(
            *(sys.executable, "-m", "app", "up", "--site", str(site), "--data", str(data)),
            stdout=log,
            stderr=log,
            env=environment,
        )
    try:
        told = await _told(process, data / "service.json", directory / "service.log")
        token = json.loads((data / "secrets.json").read_text())["admin_token"]
        running = Controller(Process(process.pid), told["url"], token)
        await _log_in(running, bench_node.agents)
        yield running
    finally:
        process.send_signal(signal.SIGTERM)
        await process.wait()


@asynccontextmanager
async def bare_controller(bench_node: Node) -> AsyncIterator[None]:
    """The controller that decides nothing, as its own process."""
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", "tests.bench.bare", bench_node.asterisk.address.url, str(bench_node.agents)),
        stdout=asyncio.subprocess.PIPE,
        env=os.environ | {"BENCH_ARI_PASSWORD": ARI_PASSWORD},
    )
    try:
        assert process.stdout is not None
        if not await process.stdout.readline():
            raise RuntimeError("the bare controller did not start")
        yield
    finally:
        process.kill()
        await process.wait()


async def _told(process: asyncio.subprocess.Process, where: Path, log: Path) -> dict[str, str]:
    for _ in range(1000):
        if where.exists() and (text := where.read_text()):
            told: dict[str, str] = json.loads(text)
            return told
        if process.returncode is not None:
            break
        await asyncio.sleep(0.02)
    raise RuntimeError(f"the service did not start: {log.read_text()}")


async def _log_in(running: Controller, agents: int) -> None:
    headers = {"Authorization": f"Bearer {running.token}"}
    async with aiohttp.ClientSession(headers=headers) as http:
        for number in range(1, agents + 1):
            async with http.post(f"{running.url}/api/v1/agents/agent{number}/log-in", json={}) as answer:
                answer.raise_for_status()
