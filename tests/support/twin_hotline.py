"""The brains, the dispatcher and the ARI link on the twin of Asterisk: what call control's shell does, without Asterisk.

async with twin_hotline() as hotline:
    await hotline.log_in(ANN)                # picks up at once
    caller = hotline.twin.call(SERVICE)
    await hotline.until_fact(CallConnected)
"""

import asyncio
import random
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager, suppress
from dataclasses import replace
from datetime import timedelta

from app.acd.events import LogInRequested
from app.acd.facts import OfferEnded
from app.acd.model import OfferOutcome, UnavailableReason
from app.ari.link import AriLink
from app.calls.actions import Action
from app.calls.events import Event, SettingsChanged
from app.calls.facts import Fact
from app.calls.turn import Outcome
from app.clock import SystemClock
from app.ids import AgentId
from app.runtime.dispatcher import Dispatcher
from app.simulator.answering import Answer
from tests.support.stage import ListJournal, raise_it
from tests.support.switchboards import PHONES, Board
from tests.support.twin_server import TwinServer
from tests.support.until import until


class TwinHotline:
    """The brains and the ARI link on a twin of Asterisk. Phones are picked up at once. `events` and `facts` hold all that was dispatched."""

    def __init__(self, server: TwinServer) -> None:
        self.server = server
        self.twin = server.twin
        self.board = Board().board
        self.events: list[Event] = []
        self.facts: list[Fact] = []
        self.dispatcher = Dispatcher(
            self.board,
            journal=ListJournal(),
            clock=SystemClock(),
            perform=self._perform,
            on_fault=self._fail,
            on_listener_fault=raise_it,
        )
        self.dispatcher.listeners.append(self._listen)
        self.link = AriLink(
            server.address(),
            clock=SystemClock(),
            jitter=random.random,
            submit=self.dispatcher.submit,
            is_leg=self.board.legs.__contains__,
        )
        settings = replace(self.board.settings, join_timeout=timedelta(milliseconds=300))
        self.dispatcher.submit(SettingsChanged(settings))
        self.link.watch(PHONES)
        for device in PHONES:
            self.twin.add_phone(device, Answer())

    def _listen(self, _seq: int, event: Event, outcome: Outcome) -> None:
        self.events.append(event)
        self.facts.extend(outcome.facts)

    def _perform(self, actions: Sequence[Action]) -> None:
        self.link.perform(actions)

    def _fail(self, fault: BaseException) -> None:
        raise fault

    async def log_in(self, agent: AgentId) -> None:
        """The agent is there, and so is the phone."""
        self.dispatcher.submit(LogInRequested(agent))
        await until(lambda: self.reason(agent) is not UnavailableReason.DEVICE_UNREACHABLE, "no phone")

    def reason(self, agent: AgentId) -> UnavailableReason | None:
        """Why the agent gets no offer."""
        view = self.board.engine.agent(agent)
        assert view is not None
        return view.unavailable_reason

    async def until_fact(self, kind: type[Fact]) -> None:
        """Wait until this was written down."""
        await until(lambda: any(isinstance(fact, kind) for fact in self.facts), f"no {kind.__name__}")

    def outcomes(self) -> list[OfferOutcome]:
        """How the offers ended."""
        return [fact.outcome for fact in self.facts if isinstance(fact, OfferEnded)]


@asynccontextmanager
async def twin_hotline() -> AsyncIterator[TwinHotline]:
    """A hotline that runs."""
    async with TwinServer() as server:
        running = TwinHotline(server)
        task = asyncio.create_task(running.link.run())
        await asyncio.wait_for(running.link.reconciled.wait(), 10)
        yield running
        running.dispatcher.stop()
        task.cancel()
        with suppress(asyncio.CancelledError):
            await task
