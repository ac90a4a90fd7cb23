"""Two floors to tell the same story on: a real Asterisk with real phones, and the twin. Both are reached by the real client.

A story is told by what people do (`call`, `hang_up`, how the agent's phone answers) and by requests. What came of it is
`Recorder.tale`: for each party the events in order, without ids and instants.
"""

import asyncio
import random
from collections import defaultdict
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Protocol

from app.ari import messages
from app.ari.address import Address
from app.ari.answer import Answer, Outcome
from app.ari.client import Client, State, Transport
from app.ari.errors import AriError
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
from tests.support.until import until

DEVICE = "phone17"
ENTRY = "4001"
LEG = "leg-1"
BRIDGE = "bridge-1"

Tale = dict[str, list[str]]

_PATIENCE = 5.0
_QUIET = 0.15


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

    async def agent_leaves(self) -> None:
        """See People."""
        await self._agent.unregister()


class TwinPeople:
    """People of the twin."""

    def __init__(self, server: TwinServer) -> None:
        self._twin = server.twin
        self._phone = self._twin.add_phone(DEVICE)

    async def call(self) -> None:
        """See People."""
        self._channel = self._twin.call(ENTRY)

    def caller_hangs_up(self) -> None:
        """See People."""
        if not self._channel.has_ended:
            self._twin.hang_up_by_phone(self._channel)

    def agent_hangs_up(self) -> None:
        """See People."""
        for channel in list(self._phone.channels):
            self._twin.hang_up_by_phone(channel)

    def agent_behaves(self, answering: Answering) -> None:
        """See People."""
        self._phone.answering = answering

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
        """Whether this was said of the party."""
        return words in self.tale().get(party, [])

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
                detail = args[0]
            case messages.ChannelHangupRequest(cause=cause, tech_cause=code, soft=soft):
                detail = f"{'soft' if soft else 'by phone'} {cause} {code}"
            case messages.ChannelDestroyed(cause=cause, tech_cause=code):
                detail = f"{cause} {code} {channel.state}"
            case _:
                detail = channel.state
        return self._party(channel), f"{name} {detail}"

    def _party(self, channel: Channel) -> str:
        return "leg" if channel.id == LEG else "caller"


class Floor:
    """A place where a story happens."""

    def __init__(self, client: Client, recorder: Recorder, people: People) -> None:
        self.client = client
        self.recorder = recorder
        self.people = people
        self.statuses: list[str] = []

    async def ask(self, *requests: Request) -> None:
        """Send a burst and write down what became of it."""
        outcomes = [await future for future in self.client.send_all(requests)]
        self.statuses += [
            f"{request} {_status(outcome)}" for request, outcome in zip(requests, outcomes, strict=True)
        ]

    async def until(self, party: str, words: str) -> None:
        """Wait until this is said of the party."""
        await until(lambda: self.recorder.has(party, words), f"{party}: {words} in {self.recorder.tale()}")

    async def until_leg_destroyed(self) -> None:
        """Wait until Asterisk tells the end of the leg."""
        await until(
            lambda: any(
                isinstance(event, messages.ChannelDestroyed) and event.channel.id == LEG
                for event in self.recorder.events
            ),
            f"the leg is destroyed; {self.recorder.tale()}",
        )

    async def until_over(self) -> None:
        """The caller hangs up, and then we the leg; wait until Asterisk says nothing more."""
        self.people.caller_hangs_up()
        await self._until_gone(self.recorder.caller_id)
        if isinstance(await self.client.send(channels.show(LEG)), Answer):
            self.client.send(channels.hang_up(LEG))
            await self._until_gone(LEG)
        self.client.send(bridges.destroy(BRIDGE))
        await self._until_quiet()

    async def _until_gone(self, channel_id: str) -> None:
        deadline = asyncio.get_running_loop().time() + _PATIENCE
        while isinstance(await self.client.send(channels.show(channel_id)), Answer):
            assert asyncio.get_running_loop().time() < deadline, f"{channel_id} is still there"

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
        caller = self.recorder.caller_id
        return self.recorder.tale() | {"requests": [line.replace(caller, "CALLER") for line in self.statuses]}


def address_of(asterisk: Asterisk) -> Address:
    """Where the client finds this node."""
    user = asterisk.config.ari
    return Address(url=asterisk.ari_url, user=user.name, password=user.password, app=asterisk.config.app)


@asynccontextmanager
async def real_floor(
    asterisk: Asterisk,
    sources: list[str],
    *,
    limits: Limits | None = None,
    transport: Transport = Transport.WEBSOCKET,
) -> AsyncIterator[Floor]:
    """A floor on a real Asterisk. `sources` are subscribed while it is open."""
    server = ("127.0.0.1", asterisk.ports.sip)
    recorder = Recorder()
    client = Client(
        address_of(asterisk), recorder, jitter=random.Random(1).random, limits=limits, transport=transport
    )
    async with (
        Phone("outside", server=server, media=False) as caller,
        Phone(DEVICE, password_of(DEVICE), server, media=False) as agent,
    ):
        await agent.register()
        async with _running(client), _subscribed(client, recorder, asterisk.config.app, sources):
            yield Floor(client, recorder, RealPeople(caller, agent))
        await agent.unregister()


@asynccontextmanager
async def twin_floor(sources: list[str]) -> AsyncIterator[Floor]:
    """A floor on the twin."""
    async with TwinServer(password="secret") as server:
        recorder = Recorder()
        client = Client(server.address(), recorder, jitter=random.Random(1).random)
        people = TwinPeople(server)
        async with _running(client), _subscribed(client, recorder, server.twin.app, sources):
            yield Floor(client, recorder, people)


@asynccontextmanager
async def _running(client: Client) -> AsyncIterator[None]:
    async with asyncio.TaskGroup() as group:
        group.create_task(client.run())
        try:
            await until(lambda: client.state is State.CONNECTED, "the client is connected")
            yield
        finally:
            client.close()


@asynccontextmanager
async def _subscribed(
    client: Client, recorder: Recorder, app: str, sources: list[str]
) -> AsyncIterator[None]:
    """Subscriptions outlive a connection and are counted: each test takes its own back."""
    await client.ask(applications.subscribe(app, sources))
    recorder.events.clear()
    try:
        yield
    finally:
        await client.ask(applications.unsubscribe(app, sources))


def _device(endpoint: Endpoint) -> str:
    return "device" if endpoint.resource == DEVICE else "strangers"


def _settle_ringing(words: list[str]) -> list[str]:
    """The three first words about a leg come in any order: Dial, Dial RINGING, state Ringing. Put them in one."""
    ringing = ("Dial ", "Dial RINGING", "ChannelStateChange Ringing")
    first = [word for word in ringing if word in words]
    rest = [word for word in words if word not in ringing]
    place = 1 if rest and rest[0].startswith("ChannelCreated") else 0
    return rest[:place] + first + rest[place:]


def _status(outcome: Outcome) -> str:
    return str(getattr(outcome, "status", type(outcome).__name__))
