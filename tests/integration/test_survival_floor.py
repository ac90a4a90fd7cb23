"""A whole floor at work while the service is killed again and again: nobody is hung up on, and the books balance."""

import asyncio
import random
from pathlib import Path
from typing import Any

import aiohttp
import pytest

from app.ids import AgentId, DeviceId, EntryNumber
from app.simulator.floor import Floor
from app.simulator.rest import RestActions
from app.simulator.scenario import AgentScript, Callers, Habit, Phase, Scenario
from app.simulator.spread import Uniform
from app.simulator.tally import CallResult
from tests.support.service_process import ServiceProcess

pytestmark = [pytest.mark.integration, pytest.mark.timeout(120)]

SEED, KILLS = 7, 6
NUMBERS = range(1, 7)
AGENTS = [AgentId(f"agent{number}") for number in NUMBERS]
DEVICES = [DeviceId(f"phone{number}") for number in NUMBERS]
ONE_BY_ONE, ALL_AT_ONCE = EntryNumber("4001"), EntryNumber("4002")
SITE: dict[str, Any] = {
    "name": "Killed",
    "time_zone": "Asia/Shanghai",
    "devices": {device: {"extension": f"10{number}"} for number, device in enumerate(DEVICES, start=1)},
    "agents": {
        agent: {"name": agent, "device": device} for agent, device in zip(AGENTS, DEVICES, strict=True)
    },
    "queue_defaults": {"ring_timeout": "5s"},
    "queues": {
        "one": {"members": AGENTS, "wrap_up": "1s"},
        "all": {"members": AGENTS, "strategy": "ring_all"},
    },
    "entry_points": {
        ONE_BY_ONE: {"queue": "one"},
        ALL_AT_ONCE: {"queue": "all", "answer": "on_connect", "waiting": "ringback"},
    },
}
SCENARIO = Scenario(
    seed=SEED,
    callers=Callers(
        arrivals=(Phase(at_seconds=0, per_minute=200),),
        entries={ONE_BY_ONE: 2.0, ALL_AT_ONCE: 1.0},
        patience_seconds=Uniform(low=3, high=15),
        talk_seconds=Uniform(low=0.2, high=3),
        for_seconds=12,
        ended_by_agent=0.3,
        numbers=100_000,
    ),
    habits={"usual": Habit(answer_after_seconds=Uniform(low=0, high=2), ignores=0.05, declines=0.05)},
    agents=tuple(
        AgentScript(agent=agent, device=device, habit="usual")
        for agent, device in zip(AGENTS, DEVICES, strict=True)
    ),
)


class Desks(RestActions):
    """Agents who try again while the service is away. Each of its starts listens on another port."""

    def __init__(self, http: aiohttp.ClientSession, service: ServiceProcess) -> None:
        super().__init__(http, service.url, service.token)
        self._service = service

    async def _post(self, path: str, body: dict[str, str]) -> None:
        while True:
            self._url = f"{self._service.url}/api/v1"
            try:
                return await super()._post(path, body)
            except aiohttp.ClientError:
                await asyncio.sleep(0.05)


async def kill_again_and_again(service: ServiceProcess) -> None:
    """At moments that nobody chose."""
    moments = random.Random(SEED)
    for _ in range(KILLS):
        await asyncio.sleep(moments.uniform(0.3, 2))
        await service.killed()
        await service.start()


async def test_nobody_is_hung_up_on_while_the_service_is_killed_again_and_again(tmp_path: Path) -> None:
    async with ServiceProcess(tmp_path, site=SITE) as service, aiohttp.ClientSession() as http:
        passwords = {device: service.password_of(device) for device in DEVICES}
        desks = Desks(http, service)
        floor = Floor(SCENARIO, server=service.sip, passwords=passwords, actions=desks, media=False)
        playing = asyncio.create_task(floor.run())
        await kill_again_and_again(service)
        calls = (await playing).calls
        for agent in AGENTS:
            await service.until_agent(agent, "idle")
        left = (await service.ask("GET", "calls?state=live"))["calls"]
    assert calls[CallResult.COMPLETED] > 0
    assert (calls[CallResult.DROPPED], calls[CallResult.REFUSED]) == (0, 0)
    assert left == []
    assert "every outcome is the one that was written down" in await service.command("replay")
