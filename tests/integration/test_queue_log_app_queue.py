"""Our queue log beside that of the real app_queue: the same stories, the same phone, the same Asterisk; line by line."""

import asyncio
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from urllib.parse import quote

import pytest

from app.simulator.answering import Answer, Decline, RingForEver
from app.simulator.outgoing_dialog import OutgoingDialog
from app.simulator.phone import Phone
from app.simulator.wire import Wire
from tests.support.app_queue import EXTRAS, AppQueue, Ours, System, site
from tests.support.asterisk import StartAsterisk, node_config, password_of
from tests.support.service_process import ServiceProcess

pytestmark = [pytest.mark.integration, pytest.mark.timeout(120)]

NUMBER = "13800000001"
_RINGS, _TALKS = 1.2, 1.4
_LOGGED_WITHIN = 5.0


@dataclass(slots=True)
class Stories:
    """What callers and the agent do; the same with both systems."""

    system: System
    phone: Phone
    outside: Phone

    async def all(self) -> None:
        """One after the other."""
        await self.system.desk("log-in")
        await self.answered(by_agent=False)
        await self.answered(by_agent=True)
        await self.missed_then_abandoned(RingForEver())
        await self.missed_then_abandoned(Decline(status=603, after=timedelta(seconds=0.7), rings=True))
        await self.given_up_while_it_rings()
        await self.nobody_is_left()
        await self.waited_too_long()
        await self.system.desk("resume")
        await self.system.desk("log-out")

    async def answered(self, *, by_agent: bool) -> None:
        """After a while; then one of the two hangs up."""
        self.phone.answering = Answer(after=timedelta(seconds=_RINGS))
        there = await self._call("service")
        here = await self.phone.next_call()
        await here.until_answered()
        await asyncio.sleep(_TALKS)
        (here if by_agent else there).hang_up()
        await there.until_ended()
        await here.until_ended()

    async def missed_then_abandoned(self, answering: RingForEver | Decline) -> None:
        """The phone rings out, or says no; the caller hangs up before it is rung again."""
        self.phone.answering = answering
        there = await self._call("service")
        here = await self.phone.next_call()
        await here.until_ended()
        await asyncio.sleep(0.3)
        there.hang_up()
        await asyncio.sleep(1)

    async def given_up_while_it_rings(self) -> None:
        """The phone stops."""
        self.phone.answering = RingForEver()
        there = await self._call("service")
        here = await self.phone.next_call()
        await asyncio.sleep(_RINGS)
        there.hang_up()
        await here.until_ended()
        await asyncio.sleep(0.5)

    async def nobody_is_left(self) -> None:
        """The agent takes a break while the phone rings for somebody who then has nobody to wait for."""
        self.phone.answering = RingForEver()
        there = await self._call("fragile")
        here = await self.phone.next_call()
        await self.system.desk("pause")
        await here.until_ended()
        await there.until_ended()

    async def waited_too_long(self) -> None:
        """Nobody is there; the longest wait ends."""
        there = await self._call("sales")
        await there.until_ended()

    async def _call(self, queue: str) -> OutgoingDialog:
        return await self.outside.call(self.system.entries[queue], caller_number=NUMBER)


@dataclass(frozen=True, slots=True)
class Logged:
    """A line of a queue log, without what no two calls share: its second and the ids of channels."""

    queue: str
    agent: str
    event: str
    data: tuple[str, ...]

    @property
    def where(self) -> tuple[str, str, str]:
        """Queue, agent and event."""
        return self.queue, self.agent, self.event


def read(text: str) -> list[list[Logged]]:
    """The lines of each call, in the order of the first ones; last the agent's own, sorted within a second."""
    calls: dict[str, list[Logged]] = {}
    agents: list[tuple[int, Logged]] = []
    for line in text.splitlines():
        at, call_id, queue, agent, event, *data = line.split("|")
        logged = Logged(queue, agent, event, tuple(data))
        if event in _OF_AGENTS:
            agents.append((int(at), logged))
        elif event != "QUEUESTART":
            calls.setdefault(call_id, []).append(logged)
    return [*calls.values(), _in_order(agents)]


_OF_AGENTS = (
    "ADDMEMBER",
    "REMOVEMEMBER",
    "PAUSE",
    "PAUSEALL",
    "UNPAUSE",
    "UNPAUSEALL",
)


def _in_order(lines: list[tuple[int, Logged]]) -> list[Logged]:
    """app_queue goes through an agent's queues in any order, but says ALL first."""
    kinds: list[list[Logged]] = []
    for _, line in lines:
        if not kinds or kinds[-1][0].event != line.event:
            kinds.append([])
        kinds[-1].append(line)
    return [line for kind in kinds for line in sorted(kind, key=lambda each: each.queue)]


def is_same(mine: Logged, other: Logged) -> bool:
    """Same fields in the same places. Seconds may be one off, for both cut them off; milliseconds of a ring as many as a second."""
    if mine.where != other.where or len(mine.data) != len(other.data):
        return False
    return all(
        _is_same_field(mine.event, place, one, two)
        for place, (one, two) in enumerate(zip(mine.data, other.data, strict=True))
    )


def _is_same_field(event: str, place: int, mine: str, other: str) -> bool:
    if event == "CONNECT" and place == 1:
        return bool(mine) and bool(other)  # The channel of the agent, by its id.
    if event in {"RINGNOANSWER", "RINGCANCELED"}:
        return abs(int(mine) - int(other)) <= 1000  # app_queue counts a ring that rang out in whole seconds.
    if event == "ENTERQUEUE" or not mine.isdigit():
        return mine == other
    return other.isdigit() and abs(int(mine) - int(other)) <= 1


async def test_the_queue_log_is_as_that_of_app_queue(start_asterisk: StartAsterisk, tmp_path: Path) -> None:
    """Events, their order, their fields and what these mean."""
    asterisk = await start_asterisk(replace(node_config(tmp_path), extras=EXTRAS))
    server = ("127.0.0.1", asterisk.ports.sip)
    async with (
        Wire() as wire,
        Phone("phone1", password_of("phone1"), server, wire=wire, media=False) as phone,
        Phone("outside", server=server, wire=wire, media=False) as outside,
    ):
        await phone.register()
        theirs = AppQueue(outside, asterisk.log_file.parent / "queue_log")
        await Stories(theirs, phone, outside).all()
        async with ServiceProcess(tmp_path, site=site(asterisk.address.url)) as service:
            since = datetime.now(UTC)
            await Stories(Ours(service), phone, outside).all()
            ours = await our_log(service, since)
    expected, found = read(theirs.log.read_text()), read(ours)
    assert [[line.where for line in call] for call in found] == [
        [line.where for line in call] for call in expected
    ]
    different = [
        (mine, other)
        for one, two in zip(found, expected, strict=True)
        for mine, other in zip(one, two, strict=True)
        if not is_same(mine, other)
    ]
    assert different == []


async def our_log(service: ServiceProcess, since: datetime) -> str:
    """The export, once the log-out is written down."""
    period = f"since={quote(since.isoformat())}&until={quote((since + timedelta(hours=1)).isoformat())}"
    text = ""
    deadline = asyncio.get_running_loop().time() + _LOGGED_WITHIN
    while "REMOVEMEMBER" not in text and asyncio.get_running_loop().time() < deadline:
        text = await service.text(f"/api/v1/reports/queue-log?{period}")
        await asyncio.sleep(0.05)
    return text
