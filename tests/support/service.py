"""The whole service on the real Asterisk, with phones that speak SIP and RTP: what the call tests stand on.

    async def test_a_caller_reaches_an_agent(hotline: Hotline) -> None:
        agent = await hotline.agent(1, Answer())        # phone1 registers, agent1 logs in
        there = await hotline.call(SERVICE)             # somebody outside calls 4001
        await there.until_answered()

One service runs for the whole session, in this process: `hotline` gives a test clean desks, and after it sees to it that nothing
is left: no call, no leg, no channel in Asterisk. `start_service` starts one of the test's own, with a site of its own.

Tests that use these share one event loop: `pytestmark = pytest.mark.asyncio(loop_scope="session")`.
"""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import suppress
from dataclasses import fields, replace
from itertools import count
from pathlib import Path
from typing import Any, Self, TypeVar

import pytest
import pytest_asyncio
from pydantic import SecretStr

from app.acd.events import DeviceChanged, LogInRequested, LogOutRequested, WrapUpEndRequested
from app.acd.model import DeviceState, UnavailableReason
from app.acd.views import AgentView
from app.ari.requests import bridges, channels, endpoints
from app.ari.snapshots import Endpoint
from app.asterisk.process import Asterisk
from app.calls.call import Call, Phase
from app.calls.events import AsteriskSeen, Event, HangUpRequested
from app.calls.facts import Fact
from app.calls.turn import Outcome
from app.ids import AgentId, DeviceId
from app.main import Thirdring, running
from app.runtime.health import Level
from app.settings import Settings
from app.simulator.answering import Answer, Answering, RingForEver
from app.simulator.errors import RegistrationRefused
from app.simulator.incoming_dialog import IncomingDialog
from app.simulator.outgoing_dialog import OutgoingDialog
from app.simulator.phone import Phone
from app.simulator.wire import Wire
from tests.support.asterisk import password_of
from tests.support.hotline_site import SERVICE, Json, hotline_site, write_site
from tests.support.until import until

F = TypeVar("F", bound=Fact)

STRANGE_CALL = "999"
"""What a phone dials to be in a call that Thirdring does not know."""

_STRANGE_CALLS = f"""
[thirdring-phone]
exten => {STRANGE_CALL},1,Answer()
 same => n,Wait(30)
"""
_SLOWEST_START = 20.0
_ENDS_WITHIN = 5.0


class RunningService:
    """`app.main.running` in a task of its own, so that a fixture may open it in one task and close it in another.

    `carrier` is the wire behind the site's trunk: a phone on it has an outside number. `theirs` is the Asterisk that the site names,
    where Thirdring does not run its own.
    """

    def __init__(
        self,
        directory: Path,
        site: Json,
        *,
        carrier: Wire | None = None,
        theirs: Asterisk | None = None,
        database_url: str | None = None,
    ) -> None:
        self.site_file = directory / "site.yaml"
        self.write_site(site)
        self.carrier = carrier
        self._theirs = theirs
        url = None if database_url is None else SecretStr(database_url)
        self._settings = Settings(data_dir=directory / "data", site=self.site_file, port=0, database_url=url)
        self._is_over = asyncio.Event()
        self.thirdring: Thirdring

    def write_site(self, site: Json) -> None:
        """Another site file; the service reads it at `reload_site`."""
        write_site(site, self.site_file)

    async def open(self) -> None:
        """Return when calls can be taken."""
        opened: asyncio.Future[Thirdring] = asyncio.get_running_loop().create_future()
        self._task = asyncio.create_task(self._run(opened))
        await asyncio.wait([opened, self._task], return_when=asyncio.FIRST_COMPLETED, timeout=_SLOWEST_START)
        self.thirdring = opened.result() if opened.done() else self._task.result()
        await until(lambda: self.thirdring.service.health().is_ready, "the service takes no calls")
        await self._allow_strange_calls()

    @property
    def asterisk(self) -> Asterisk:
        """The one that carries the calls."""
        asterisk = self.thirdring.asterisk or self._theirs
        assert asterisk is not None
        return asterisk

    async def _allow_strange_calls(self) -> None:
        extras = replace(self.asterisk.config.extras, extensions=_STRANGE_CALLS)
        await self.asterisk.reload(replace(self.asterisk.config, extras=extras))

    async def close(self) -> None:
        """End it in order. Raises what it failed by."""
        self._is_over.set()
        await self._task

    async def _run(self, opened: "asyncio.Future[Thirdring]") -> Any:
        async with running(self._settings) as thirdring:
            opened.set_result(thirdring)
            await self._is_over.wait()


class Hotline:
    """What a test works with: the service, its facts since the test began, phones and callers on one wire."""

    def __init__(self, service: RunningService) -> None:
        self.service = service
        self.thirdring = service.thirdring
        self.dispatcher = self.thirdring.service.dispatcher
        self.board = self.dispatcher.board
        self.facts: list[Fact] = []
        self._devices: dict[DeviceId, DeviceState] = {}
        self.wire = Wire()
        self._phones: list[Phone] = []
        self._numbers = count(13800000001)

    async def __aenter__(self) -> Self:
        await self.wire.open()
        self.dispatcher.listeners.append(self._listen)
        return self

    async def __aexit__(self, *_: object) -> None:
        """Everybody hangs up and goes home; then nothing may be left."""
        try:
            await self._end_calls()
        finally:
            await self._go_home()
            views = [part for part in self.thirdring.service.health().parts if part.name == "views"]
            assert [part.level for part in views] == [Level.OK], views
            self.dispatcher.listeners.remove(self._listen)
            self.wire.close()

    def _listen(self, _seq: int, event: Event, outcome: Outcome) -> None:
        self.facts.extend(outcome.facts)
        changes = event.devices if isinstance(event, AsteriskSeen) else (event,)
        self._devices |= {each.device_id: each.state for each in changes if isinstance(each, DeviceChanged)}

    async def _until_device(self, user: str, state: DeviceState) -> None:
        """Asterisk tells of a registration a moment after it has answered it."""
        await until(lambda: self._devices.get(DeviceId(user)) is state, f"{user} is not {state}")

    # --- people ----------------------------------------------------------------------------------------------------

    @property
    def server(self) -> tuple[str, int]:
        """Where phones find Asterisk."""
        return "127.0.0.1", self.service.asterisk.ports.sip

    async def phone(self, user: str, answering: Answering = RingForEver()) -> Phone:  # noqa: B008 - a frozen value
        """A registered phone of the site."""
        phone = Phone(user, password_of(user), self.server, wire=self.wire, answering=answering)
        await phone.open()
        self._phones.append(phone)
        await phone.register()
        await self._until_device(user, DeviceState.REACHABLE)
        return phone

    async def agent(self, number: int, answering: Answering = RingForEver()) -> Phone:  # noqa: B008 - a frozen value
        """Agent `number` at phone `number`, registered, logged in and available: the phone."""
        phone = await self.phone(f"phone{number}", answering)
        await self.log_in(number)
        return phone

    async def agent_while_calls_wait(self, number: int) -> Phone:
        """As `agent`, for a moment at which an offer follows the log-in at once."""
        phone = await self.phone(f"phone{number}")
        self.submit(logs_in(number))
        return phone

    async def phone_of_new_agent(self, number: int) -> Phone:
        """As `agent`, for one that a reload brought: Asterisk gets to know the phone a moment later than we do."""
        phone = Phone(f"phone{number}", password_of(f"phone{number}"), self.server, wire=self.wire)
        await phone.open()
        self._phones.append(phone)
        await self._register_when_known(phone)
        await self.log_in(number)
        return phone

    async def _register_when_known(self, phone: Phone) -> None:
        async def is_registered() -> bool:
            with suppress(RegistrationRefused):
                await phone.register()
            return phone.is_registered

        await until(is_registered, f"{phone.user} may not register", timeout=_ENDS_WITHIN)

    async def log_in(self, number: int) -> None:
        """The agent takes the seat; return when offers can come."""
        self.submit(logs_in(number))
        await until(lambda: self.reason(number) is None, f"agent{number} is not available")

    async def outside(self, number: str, answering: Answering = RingForEver()) -> Phone:  # noqa: B008 - a frozen value
        """A phone in the outside world, reached by the trunk."""
        assert self.service.carrier is not None
        phone = Phone(number, server=self.server, wire=self.service.carrier, answering=answering)
        await phone.open()
        self._phones.append(phone)
        await until(self._has_trunk, "the trunk's carrier does not answer")
        return phone

    async def _has_trunk(self) -> bool:
        """Between tests nobody answers for the carrier: Asterisk may have given it up, and asks again only after a minute."""
        known = (await self.thirdring.link.client.ask(endpoints.show_all())).decode(list[Endpoint])
        if any(endpoint.resource == "carrier" and endpoint.state == "online" for endpoint in known):
            return True
        await self.service.asterisk.console("pjsip qualify carrier")
        return False

    async def caller(self) -> Phone:
        """Somebody outside, with a number that nobody had before."""
        phone = Phone(str(next(self._numbers)), server=self.server, wire=self.wire)
        await phone.open()
        self._phones.append(phone)
        return phone

    async def call(self, number: str) -> OutgoingDialog:
        """Somebody outside calls."""
        return await (await self.caller()).call(number)

    async def talk(self, number: str = SERVICE) -> tuple[OutgoingDialog, IncomingDialog]:
        """Agent 1 takes the seat and answers somebody who calls; return when the two are joined."""
        agent = await self.agent(1, Answer())
        there = await self.call(number)
        here = await agent.next_call()
        await self.until_talking()
        return there, here

    # --- the brains ------------------------------------------------------------------------------------------------

    def submit(self, event: Event) -> Outcome:
        """Something happens."""
        return self.dispatcher.submit(event)

    def agent_view(self, number: int) -> AgentView:
        """Agent `number` now."""
        view = self.board.engine.agent(AgentId(f"agent{number}"))
        assert view is not None
        return view

    def reason(self, number: int) -> UnavailableReason | None:
        """Why agent `number` gets no offer."""
        return self.agent_view(number).unavailable_reason

    @property
    def the_call(self) -> Call:
        """The only call there is."""
        (call,) = self.board.calls.values()
        return call

    async def until_talking(self, calls: int = 1) -> None:
        """Wait until so many calls talk."""
        await until(lambda: self.in_phase(Phase.TALKING) == calls, f"expected {calls} talking calls")

    def in_phase(self, phase: Phase) -> int:
        """How many calls are in that phase."""
        return sum(call.phase is phase for call in self.board.calls.values())

    def told(self, kind: type[F], **wanted: object) -> list[F]:
        """The facts of a kind since the test began, with these field values."""
        return [fact for fact in self.facts if isinstance(fact, kind) and _has(fact, wanted)]

    async def fact(self, kind: type[F], **wanted: object) -> F:
        """The only such fact; wait for it if need be."""
        await until(
            lambda: self.told(kind, **wanted), f"no {kind.__name__} {wanted} in {self.facts}", timeout=5
        )
        told = self.told(kind, **wanted)
        assert len(told) == 1, f"expected one {kind.__name__} {wanted}, found {told}"
        return told[0]

    # --- the end ---------------------------------------------------------------------------------------------------

    async def _end_calls(self) -> None:
        """All hang up. Whatever then is still there is stuck: say so, and clear it away for the next test."""
        for phone in self._phones:
            for dialog in phone.dialogs:
                dialog.hang_up()
        try:
            await self._until_no_call_is_left()
            await self._until_asterisk_is_empty()
            assert not self.board.legs
            assert not list(self.board.engine.calls())
        finally:
            for call_id in list(self.board.calls):
                self.submit(HangUpRequested(call_id))

    async def _until_no_call_is_left(self) -> None:
        def problem() -> str:
            stories = "\n".join(map(str, self.wire.log))
            return f"a call is stuck: {list(self.board.calls.values())}\n{stories}"

        await until(lambda: not self.board.calls, problem, timeout=_ENDS_WITHIN)

    async def _until_asterisk_is_empty(self) -> None:
        left: list[Json] = []

        async def is_empty() -> bool:
            left[:] = await self.in_asterisk()
            return not left

        await until(
            is_empty,
            lambda: f"expected no channel and no bridge in Asterisk, found {left}",
            timeout=_ENDS_WITHIN,
        )

    async def in_asterisk(self) -> list[Json]:
        """All channels and bridges that Asterisk has."""
        ask = self.thirdring.link.client.ask
        answers = [await ask(channels.show_all()), await ask(bridges.show_all())]
        return [thing for answer in answers for thing in answer.decode(list[Json])]

    async def _go_home(self) -> None:
        for agent in list(self.board.engine.agents()):
            self.submit(WrapUpEndRequested(agent.id))
            self.submit(LogOutRequested(agent.id))
        for phone in self._phones:
            await self._unplug(phone)

    async def _unplug(self, phone: Phone) -> None:
        """The next test finds the phone unregistered, whatever became of it in this one."""
        if phone.has_vanished:
            phone.reappear()
        if DeviceId(phone.user) in self._devices:
            await phone.unregister()
            await self._until_device(phone.user, DeviceState.UNREACHABLE)
        phone.close()


def logs_in(number: int) -> LogInRequested:
    """Agent `number` logs in at the own phone."""
    return LogInRequested(AgentId(f"agent{number}"))


def _has(fact: Fact, wanted: dict[str, object]) -> bool:
    known = {field.name for field in fields(fact)}
    return all(name in known and getattr(fact, name) == value for name, value in wanted.items())


StartService = Callable[[Json], Awaitable[RunningService]]


@pytest_asyncio.fixture(scope="session", loop_scope="session")
async def shared_service(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[RunningService]:
    """One running service for all tests."""
    directory = tmp_path_factory.mktemp("hotline")
    async with Wire() as carrier:
        service = RunningService(directory, hotline_site(directory, carrier=carrier.address), carrier=carrier)
        await service.open()
        yield service
        await service.close()


@pytest_asyncio.fixture(loop_scope="session")
async def hotline(shared_service: RunningService) -> AsyncIterator[Hotline]:
    """The shared service with nobody at the desks."""
    async with Hotline(shared_service) as hotline:
        yield hotline


@pytest_asyncio.fixture(loop_scope="session")
async def start_service(tmp_path: Path) -> AsyncIterator[StartService]:
    """Starts a service with a site of the test's own."""
    started: list[RunningService] = []

    async def start(site: Json) -> RunningService:
        service = RunningService(tmp_path, site)
        started.append(service)
        await service.open()
        return service

    yield start
    for service in started:
        await service.close()
