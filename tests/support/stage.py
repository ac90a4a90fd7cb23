"""A service without Asterisk and database, for tests of its interfaces: the real brains, the real dispatcher, a list as journal.

The test is the world: it says what callers and phones do, and when time passes.
"""

from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import httpx2
import pytest

from app.acd.events import FloorChanged, TimePassed
from app.acd.model import Agent, Floor, Membership, Queue, Strategy
from app.acd.rings import Cadence, RingLimit
from app.api.app import create_api
from app.api.call_book import CallBook
from app.api.history import History
from app.api.missed_calls import MissedCalls
from app.api.openapi import Api
from app.api.records import Records
from app.auth.access import Access
from app.auth.sign_on_settings import SignOnSettings
from app.auth.store import AccountStore
from app.calls.actions import Action
from app.calls.events import (
    CallerArrived,
    LegAnswered,
    LegEnded,
    LegJoined,
    LegRinging,
    SettingsChanged,
)
from app.calls.hangup import LegEnd
from app.calls.model import CallSettings, Device, EntryPoint
from app.calls.switchboard import Switchboard
from app.ids import AgentId, BridgeId, CallId, DeviceId, EntryNumber, LegId, PauseCode, QueueId
from app.runtime.dispatcher import Dispatcher
from app.runtime.health import Health, Level, Part
from app.runtime.service import Service
from app.site.model import Language, Site
from tests.support.accounts import quick_hasher
from tests.support.clocks import StillClock
from tests.support.memory_store import MemoryStore
from tests.support.metered import metering_of
from tests.support.metrics_records import ListRecords
from tests.support.missed_calls import ListMissedCalls

TOKEN = "a-token-for-tests"
ENTRY = EntryNumber("4001")
SERVICE, SALES = QueueId("service"), QueueId("sales")
LIN, WANG = AgentId("lin"), AgentId("王伟")
PHONES = {LIN: DeviceId("phone1"), WANG: DeviceId("phone2")}


def raise_it(fault: BaseException) -> None:
    """What fails there fails in the test."""
    raise fault


CADENCE = Cadence("cn", (timedelta(seconds=1), timedelta(seconds=4)))


@dataclass
class ListJournal:
    """Keeps entries in memory."""

    entries: list[tuple[str, bytes, datetime, bytes]] = field(default_factory=list)

    def append(self, kind: str, payload: bytes, at: datetime, outcome: bytes = b"") -> int:
        """As `Journal.append`."""
        self.entries.append((kind, payload, at, outcome))
        return len(self.entries)


def floor(*, queues: Sequence[Queue] = ()) -> Floor:
    """Two agents in the queue `service`, nobody in `sales`; more queues as the test wishes."""
    agents = [Agent(LIN, "林晓", PHONES[LIN]), Agent(WANG, "Wang Wei", PHONES[WANG])]
    members = (Membership(LIN), Membership(WANG, level=1))
    first = [
        Queue(SERVICE, "客户服务", members, Strategy.LONGEST_IDLE, wrap_up=timedelta(seconds=30)),
        Queue(SALES, "Sales"),
    ]
    codes = frozenset({PauseCode("lunch"), PauseCode("培训")})
    return Floor(
        {agent.id: agent for agent in agents},
        {queue.id: queue for queue in (*first, *queues)},
        codes,
        RingLimit(CADENCE.ring),
    )


def call_settings() -> CallSettings:
    """One entry number; two phones; outside numbers can be dialled."""
    devices = {device_id: Device(device_id, f"10{n}") for n, device_id in enumerate(PHONES.values(), start=1)}
    return CallSettings({ENTRY: EntryPoint(ENTRY, SERVICE)}, devices, outbound="PJSIP/{number}@trunk")


class Stage:
    """The service, and what the world does to it."""

    def __init__(
        self,
        history: History | None = None,
        records: Records | None = None,
        missed: MissedCalls | None = None,
        accounts: AccountStore | None = None,
        sign_on: SignOnSettings | None = None,
        *,
        is_measured: bool = False,
    ) -> None:
        self.clock = StillClock()
        self.journal = ListJournal()
        self.performed: list[Action] = []
        self.health = Health((Part("asterisk", Level.OK), Part("database", Level.OK)))
        self.changes: list[str] = []
        self.reload_error: Exception | None = None
        self.board = Switchboard()
        self.dispatcher = Dispatcher(
            self.board,
            journal=self.journal,
            clock=self.clock,
            perform=self.performed.extend,
            on_fault=lambda _: None,  # It is `dispatcher.fault`.
            on_listener_fault=raise_it,
        )
        self.service = Service(
            dispatcher=self.dispatcher,
            clock=self.clock,
            site=_site(),
            admin_token=TOKEN,
            data_dir=Path(),
            health=lambda: self.health,
            reload_site=self._reload,
        )
        self.access = Access.over(
            accounts or MemoryStore(),
            clock=self.clock,
            admin_token=TOKEN,
            hasher=quick_hasher(),
            sign_on=sign_on,
        )
        book = CallBook()
        self.dispatcher.listeners.append(book.on_entry)
        self._history = history or book
        self._records = records or ListRecords()
        self._missed = missed or ListMissedCalls()
        self.api = self.make_api(metering=metering_of(self.service) if is_measured else None)

    def make_api(self, **options: Any) -> Api:
        """The interface, with options of `create_api`."""
        return create_api(
            self.service,
            access=self.access,
            history=self._history,
            records=self._records,
            missed=self._missed,
            **options,
        )

    def open(self) -> None:
        """Tell the brains what the site is."""
        self.dispatcher.submit(FloorChanged(floor()))
        self.dispatcher.submit(SettingsChanged(call_settings()))

    async def _reload(self) -> list[str]:
        if self.reload_error is not None:
            raise self.reload_error
        return self.changes

    # --- the world ---------------------------------------------------------------------------------------------------

    def call(self, call_id: str, number: str = "13800138000", name: str = "") -> CallId:
        """A caller dials the entry number."""
        self.dispatcher.submit(CallerArrived(CallId(call_id), ENTRY, number, name))
        return CallId(call_id)

    def rings(self, leg_id: str) -> None:
        """A phone rings."""
        self.dispatcher.submit(LegRinging(LegId(leg_id)))

    def picks_up(self, leg_id: str) -> None:
        """A phone is picked up, and Asterisk joins what it was told to join."""
        self.dispatcher.submit(LegAnswered(LegId(leg_id)))
        leg = self.board.legs[LegId(leg_id)]
        for joined in (leg.call_id, leg.id):
            self.dispatcher.submit(LegJoined(LegId(joined), BridgeId(f"{leg.call_id}-bridge")))

    def puts_down(self, leg_id: str) -> None:
        """A party hangs up, and Asterisk ends every leg of the call."""
        leg = self.board.legs[LegId(leg_id)]
        call = self.board.calls[leg.call_id]
        self.dispatcher.submit(LegEnded(leg.id, LegEnd.BY_PHONE, 16, 200))
        for other in list(call.legs):
            self.dispatcher.submit(LegEnded(other, LegEnd.BY_US, 16))

    def passes(self, seconds: float) -> None:
        """Time passes, and what is due happens."""
        self.clock.move(timedelta(seconds=seconds))
        self.dispatcher.submit(TimePassed())

    # --- a client ----------------------------------------------------------------------------------------------------

    @asynccontextmanager
    async def client(self, token: str | None = TOKEN) -> AsyncIterator[httpx2.AsyncClient]:
        """Talks to the interface without a network. Faults of the interface come as answers, as they do in the service."""
        transport = httpx2.ASGITransport(app=self.api, raise_app_exceptions=False)
        headers = {} if token is None else {"Authorization": f"Bearer {token}"}
        async with httpx2.AsyncClient(
            transport=transport, base_url="http://127.0.0.1:8600", headers=headers
        ) as client:
            yield client


def _site() -> Site:
    return Site(
        name="Stage",
        language=Language.ENGLISH,
        time_zone="Asia/Shanghai",
        cadence=CADENCE,
        floor=floor(),
        calls=call_settings(),
    )


@pytest.fixture
async def stage() -> AsyncIterator[Stage]:
    """An open service with nobody logged in."""
    stage = Stage()
    stage.open()
    yield stage
    stage.dispatcher.stop()


@pytest.fixture
async def client(stage: Stage) -> AsyncIterator[httpx2.AsyncClient]:
    """A client of the stage that knows the token."""
    async with stage.client() as client:
        yield client
