"""Two floors to tell the same story on: a real Asterisk with real phones, and the twin. Both are reached by the real client.

A story is told by what people do (`call`, `hang_up`, how the agent's phone answers) and by requests. What came of it is
`Recorder.tale`: for each party the events in order, without ids and instants.
"""

import asyncio
import random
import re
from collections import defaultdict
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from functools import partial
from typing import Protocol

from app.ari import messages
from app.ari.address import Address
from app.ari.answer import Answer, Outcome
from app.ari.client import Client, State, Transport
from app.ari.errors import AriError
from app.ari.http import ask_once
from app.ari.limits import Limits
from app.ari.listener import Listener
from app.ari.messages import Event
from app.ari.request import Request
from app.ari.requests import applications, bridges, channels
from app.ari.snapshots import Channel, Endpoint
from app.asterisk.process import Asterisk
from app.simulator.answering import Answering
from app.simulator.dialog import Dialog
from app.simulator.phone import Phone
from tests.support.asterisk import password_of
from tests.support.twin_server import TwinServer
from tests.support.twin_things import TwinChannel
from tests.support.until import until

DEVICE = "phone17"
ENTRY = "4001"
LEG = "leg-1"
BRIDGE = "bridge-1"

Tale = dict[str, list[str]]

_PATIENCE = 5.0
_QUIET = 0.15
_INSTANT = re.compile(r"\b\d{13}\b")
"""Milliseconds since 1970."""


class People(Protocol):
    """Those who call and answer."""

    async def call(self) -> None:
        """A caller dials the entry number."""
        ...

    def caller_hangs_up(self) -> None:
        """The caller puts the phone down, answered or not."""
        ...

    def agent_hangs_up(self) -> None:
        """The agent puts the phone down."""
        ...

    def agent_behaves(self, answering: Answering) -> None:
        """What the agent's phone does from now on when it rings."""
        ...

    async def agent_answers(self) -> None:
        """The agent picks up the phone that rings."""
        ...

    async def agent_dials(self, number: str) -> None:
        """The agent calls a number."""
        ...

    async def agent_leaves(self) -> None:
        """The agent's phone unregisters."""
        ...


class RealPeople:
    """Phones of the simulator."""

    def __init__(self, caller: Phone, agent: Phone) -> None:
        self._caller = caller
        self._agent = agent
        self._dialog: Dialog | None = None

    async def call(self) -> None:
        """See People."""
        self._dialog = await self._caller.call(ENTRY)

    def caller_hangs_up(self) -> None:
        """See People."""
        if self._dialog is not None:
            self._dialog.hang_up()

    def agent_hangs_up(self) -> None:
        """See People."""
        for dialog in self._agent.dialogs:
            dialog.hang_up()

    def agent_behaves(self, answering: Answering) -> None:
        """See People."""
        self._agent.answering = answering

    async def agent_answers(self) -> None:
        """See People."""
        dialog = await self._agent.next_call()
        dialog.answer()
        await dialog.until_answered()

    async def agent_dials(self, number: str) -> None:
        """See People."""
        await self._agent.call(number)

    async def agent_leaves(self) -> None:
        """See People."""
        await self._agent.unregister()


class TwinPeople:
    """People of the twin."""

    def __init__(self, server: TwinServer) -> None:
        self._twin = server.twin
        self._phone = self._twin.add_phone(DEVICE)
        self._channel: TwinChannel | None = None

    async def call(self) -> None:
        """See People."""
        self._channel = self._twin.call(ENTRY)

    def caller_hangs_up(self) -> None:
        """See People."""
        if self._channel is not None and not self._channel.has_ended:
            self._twin.hang_up_by_phone(self._channel)

    def agent_hangs_up(self) -> None:
        """See People."""
        for channel in list(self._phone.channels):
            self._twin.hang_up_by_phone(channel)

    def agent_behaves(self, answering: Answering) -> None:
        """See People."""
        self._phone.answering = answering

    async def agent_answers(self) -> None:
        """See People."""
        self._twin.answer_by_phone(self._phone.channels[0])

    async def agent_dials(self, number: str) -> None:
        """See People."""
        self._twin.dial_from(DEVICE, number)

    async def agent_leaves(self) -> None:
        """See People."""
        self._twin.unregister(DEVICE)


class Recorder(Listener):
    """Writes down the events, and tells them by party."""

    def __init__(self) -> None:
        self.events: list[Event] = []
        self.caller_id = ""
        self.troubles: list[AriError] = []

    def on_event(self, event: Event) -> None:
        """Part of Listener."""
        self.events.append(event)
        if isinstance(event, messages.StasisStart) and event.args[0] == "entry":
            self.caller_id = event.channel.id

    def on_disconnected(self, error: AriError) -> None:
        """Part of Listener."""
        self.troubles.append(error)

    def tale(self) -> Tale:
        """For each party what was said of it, in order."""
        told: Tale = defaultdict(list)
        for event in self.events:
            party, words = self._tell(event)
            if party:
                told[party].append(words)
        return {party: _settle_ringing(words) for party, words in told.items()}

    def has(self, party: str, words: str) -> bool:
        """Whether something that begins with these words was said of the party."""
        return any(said.startswith(words) for said in self.tale().get(party, []))

    def _tell(self, event: Event) -> tuple[str, str]:
        """The party, and what is said of it."""
        match event:
            case messages.PlaybackStarted(playback=playback) | messages.PlaybackFinished(playback=playback):
                return "playback", f"{type(event).__name__} {playback.state}"
            case messages.EndpointStateChange(endpoint=endpoint):
                calls = len(endpoint.channel_ids)
                return _device(endpoint), f"EndpointStateChange {endpoint.state} {calls}"
            case messages.PeerStatusChange(endpoint=endpoint, peer=peer):
                return _device(endpoint), f"PeerStatusChange {peer.peer_status}"
            case messages.BridgeDestroyed():
                return "bridge", "BridgeDestroyed"
            case messages.Dial(peer=peer, dialstatus=status):
                return self._party(peer), f"Dial {status}"
        return self._tell_of_channel(event)

    def _tell_of_channel(self, event: Event) -> tuple[str, str]:
        name = type(event).__name__
        channel: Channel | None = getattr(event, "channel", None)
        if channel is None:
            return "", ""
        match event:
            case messages.StasisStart(args=args):
                said = _INSTANT.sub("SINCE", channel.dialplan.app_data)
                detail = f"{args[0]} {said} {_variables(channel)}"
            case messages.ChannelCreated():
                detail = f"{channel.state} {_variables(channel)}".rstrip()
            case messages.StasisEnd():
                detail = f"{channel.state} {_variables(channel)}"
            case messages.ChannelHangupRequest(cause=cause, tech_cause=code, soft=soft):
                detail = f"{'soft' if soft else 'by phone'} {cause} {code}"
            case messages.ChannelDestroyed(cause=cause, tech_cause=code):
                detail = f"{cause} {code} {channel.state}"
            case _:
                detail = channel.state
        return self._party(channel), f"{name} {detail}"

    def _party(self, channel: Channel) -> str:
        if channel.id == LEG:
            return "leg"
        return "agent's call" if channel.name.startswith(f"PJSIP/{DEVICE}-") else "caller"


class Floor:
    """A place where a story happens. The controller is there from `arrive` to `leave`, and may come back."""

    def __init__(self, address: Address, people: People, make_client: Callable[[Recorder], Client]) -> None:
        self._address = address
        self._make_client = make_client
        self.recorder = Recorder()
        self.client = make_client(self.recorder)
        self.people = people
        self.statuses: list[str] = []

    async def arrive(self) -> None:
        """The controller connects, for the first time or again."""
        self.client = self._make_client(self.recorder)
        self._life = asyncio.create_task(self.client.run())
        await until(lambda: self.client.state is State.CONNECTED, "the client is connected")

    async def leave(self) -> None:
        """The controller is gone. Calls go on."""
        self.client.close()
        await self._life

    async def ask(self, *requests: Request) -> None:
        """Send a burst and write down what became of it."""
        outcomes = [await future for future in self.client.send_all(requests)]
        self.statuses += [
            f"{request} {_status(outcome)}" for request, outcome in zip(requests, outcomes, strict=True)
        ]

    async def until(self, party: str, words: str) -> None:
        """Wait until this is said of the party."""
        await until(
            lambda: self.recorder.has(party, words), lambda: f"{party}: {words} in {self.recorder.tale()}"
        )

    async def until_asterisk_has(self, message: str, condition: Callable[[list[Channel]], bool]) -> None:
        """Wait until the channels are so. Asks by HTTP, so it works while the controller is away."""

        async def is_so() -> bool:
            answer = await ask_once(self._address, channels.show_all())
            return isinstance(answer, Answer) and condition(answer.decode(list[Channel]))

        await until(is_so, message, timeout=_PATIENCE)

    async def until_leg_destroyed(self) -> None:
        """Wait until Asterisk tells the end of the leg."""
        await until(
            lambda: any(
                isinstance(event, messages.ChannelDestroyed) and event.channel.id == LEG
                for event in self.recorder.events
            ),
            lambda: f"the leg is destroyed; {self.recorder.tale()}",
        )

    async def until_over(self) -> None:
        """The caller hangs up, and then we the leg; wait until Asterisk says nothing more."""
        self.people.caller_hangs_up()
        if self.recorder.caller_id:
            await self.until_refused(channels.show(self.recorder.caller_id))
        if isinstance(await self.client.send(channels.show(LEG)), Answer):
            self.client.send(channels.hang_up(LEG))
            await self.until_refused(channels.show(LEG))
        self.client.send(bridges.destroy(BRIDGE))
        await self._until_quiet()

    async def until_refused(self, request: Request) -> None:
        """Ask until Asterisk says no: things are still there for a moment after the event of their end."""

        async def is_refused() -> bool:
            return not isinstance(await self.client.send(request), Answer)

        await until(is_refused, f"{request} still works", timeout=_PATIENCE)

    async def _until_quiet(self) -> None:
        """Asterisk's last events come up to some 20 ms behind the end of a channel."""
        clock = asyncio.get_running_loop().time
        count, since = len(self.recorder.events), clock()

        def is_quiet() -> bool:
            nonlocal count, since
            if len(self.recorder.events) != count:
                count, since = len(self.recorder.events), clock()
            return clock() - since > _QUIET

        await until(is_quiet, "Asterisk says nothing more")

    def tale(self) -> Tale:
        """What is to be compared: events by party, and the statuses of the requests."""
        caller = self.recorder.caller_id or "nobody"
        return self.recorder.tale() | {"requests": [line.replace(caller, "CALLER") for line in self.statuses]}


@asynccontextmanager
async def real_floor(
    asterisk: Asterisk,
    sources: list[str],
    *,
    limits: Limits | None = None,
    transport: Transport = Transport.WEBSOCKET,
) -> AsyncIterator[Floor]:
    """A floor on a real Asterisk. `sources` are subscribed while it is open."""
    server, address = ("127.0.0.1", asterisk.ports.sip), asterisk.address
    async with (
        Phone("outside", server=server, media=False) as caller,
        Phone(DEVICE, password_of(DEVICE), server, media=False) as agent,
    ):
        await agent.register()
        make_client = partial(_make_client, address, limits=limits, transport=transport)
        async with _open(
            Floor(address, RealPeople(caller, agent), make_client), address.app, sources
        ) as floor:
            yield floor
        await agent.unregister()


@asynccontextmanager
async def twin_floor(sources: list[str]) -> AsyncIterator[Floor]:
    """A floor on the twin."""
    async with TwinServer() as server:
        address = server.address()
        make_client = partial(_make_client, address)
        async with _open(Floor(address, TwinPeople(server), make_client), address.app, sources) as floor:
            yield floor


def _make_client(
    address: Address,
    recorder: Recorder,
    *,
    limits: Limits | None = None,
    transport: Transport = Transport.WEBSOCKET,
) -> Client:
    return Client(address, recorder, jitter=random.Random(1).random, limits=limits, transport=transport)


@asynccontextmanager
async def _open(floor: Floor, app: str, sources: list[str]) -> AsyncIterator[Floor]:
    """Subscriptions outlive a connection and are counted: each floor takes its own back."""
    await floor.arrive()
    try:
        await floor.client.ask(applications.subscribe(app, sources))
        floor.recorder.events.clear()
        yield floor
        await floor.client.ask(applications.unsubscribe(app, sources))
    finally:
        await floor.leave()


def _device(endpoint: Endpoint) -> str:
    return "device" if endpoint.resource == DEVICE else "strangers"


def _variables(channel: Channel) -> str:
    told = ("TR_CALL", "TR_LEG", "TR_DEVICE")
    return " ".join(channel.channelvars[name] for name in told if channel.channelvars[name])


def _settle_ringing(words: list[str]) -> list[str]:
    """The three first words about a leg come in any order: Dial, Dial RINGING, state Ringing. Put them in one."""
    ringing = ("Dial ", "Dial RINGING", "ChannelStateChange Ringing")
    first = [word for word in ringing if word in words]
    rest = [word for word in words if word not in ringing]
    place = 1 if rest and rest[0].startswith("ChannelCreated") else 0
    return rest[:place] + first + rest[place:]


def _status(outcome: Outcome) -> str:
    return str(getattr(outcome, "status", type(outcome).__name__))
