"""The client, over real sockets, against the twin of Asterisk: connecting, order, deadlines, faults, endings."""

import asyncio
import gc
import random
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import replace
from datetime import timedelta

import pytest

from app.ari.answer import Answer, Outcome
from app.ari.client import Client, Ending, Lane, State, Transport
from app.ari.errors import (
    AriCircuitOpen,
    AriError,
    AriNotFound,
    AriRefused,
    AriReplaced,
    AriTimeout,
    AriUnauthorized,
    AriUnreachable,
)
from app.ari.limits import Limits
from app.ari.listener import Listener
from app.ari.messages import Event, PlaybackStarted, StasisStart
from app.ari.request import Request
from app.ari.requests import applications, asterisk, bridges, channels, playbacks
from tests.support.twin_server import TwinServer
from tests.support.until import until

QUICK = Limits(
    deadline=timedelta(milliseconds=300),
    ping_interval=timedelta(milliseconds=50),
    ping_deadline=timedelta(milliseconds=200),
    first_delay=timedelta(milliseconds=10),
    longest_delay=timedelta(milliseconds=50),
)


class Owner(Listener):
    """Writes down what it is told."""

    def __init__(self) -> None:
        self.client: Client | None = None
        self.events: list[Event] = []
        self.outcomes: list[tuple[Request, Outcome, float]] = []
        self.troubles: list[AriError] = []
        self.connects = 0

    def on_event(self, event: Event) -> None:
        """Part of Listener."""
        self.events.append(event)

    async def on_connected(self) -> None:
        """Part of Listener."""
        self.connects += 1

    def on_disconnected(self, error: AriError) -> None:
        """Part of Listener."""
        self.troubles.append(error)

    def on_outcome(self, request: Request, outcome: Outcome, seconds: float) -> None:
        """Part of Listener."""
        self.outcomes.append((request, outcome, seconds))

    def has(self, kind: type[Event]) -> bool:
        """Whether such an event came."""
        return any(isinstance(event, kind) for event in self.events)


def make_client(
    server: TwinServer, owner: Owner, *, limits: Limits = QUICK, transport: Transport = Transport.WEBSOCKET
) -> Client:
    """A client of this server."""
    return Client(server.address(), owner, jitter=random.Random(1).random, limits=limits, transport=transport)


@asynccontextmanager
async def running(client: Client) -> AsyncIterator[asyncio.Task[Ending]]:
    """The client runs inside; at the end it is closed."""
    life = asyncio.create_task(client.run())
    try:
        yield life
    finally:
        client.close()
        await asyncio.wait([life])


@pytest.fixture
async def server() -> AsyncIterator[TwinServer]:
    """A twin that listens."""
    async with TwinServer() as server:
        yield server


@pytest.fixture
def owner() -> Owner:
    """Who is told."""
    return Owner()


@pytest.fixture
async def client(server: TwinServer, owner: Owner) -> AsyncIterator[Client]:
    """A connected client."""
    client = make_client(server, owner)
    async with running(client):
        await connected(client)
        yield client


async def connected(client: Client) -> None:
    """Wait for the connection."""
    await until(lambda: client.state is State.CONNECTED, f"the client connects, but it is {client.state}")


def asked(server: TwinServer, way: str = "websocket") -> list[str]:
    """What came to the server this way, in order."""
    return [str(request) for by, request in server.requests if by == way]


# Connecting.


async def test_the_event_filter_is_set_before_anything_else(server: TwinServer, client: Client) -> None:
    """Else Asterisk would send three times as much."""
    assert asked(server, "http") == ["PUT applications/thirdring/eventFilter"]
    assert asked(server) == []
    assert server.twin.filtered == set(applications.NOISE)


async def test_events_wait_until_the_owner_has_reconciled(server: TwinServer) -> None:
    """And are then delivered in order."""
    go_on = asyncio.Event()

    class SlowOwner(Owner):
        async def on_connected(self) -> None:
            await go_on.wait()

    owner = SlowOwner()
    client = make_client(server, owner)
    async with running(client):
        await until(lambda: client.state is State.RECONCILING, "the client reconciles")
        first, second = server.twin.call("4001"), server.twin.call("4002")
        await until(lambda: client.event_counts["StasisStart"] == 2, "both events have come")
        assert owner.events == []
        go_on.set()
        await connected(client)
        arrived = [event.channel.id for event in owner.events if isinstance(event, StasisStart)]
        assert arrived == [first.id, second.id]


async def test_requests_may_be_sent_while_reconciling(server: TwinServer) -> None:
    """That is what reconciling is."""

    class Asking(Owner):
        async def on_connected(self) -> None:
            assert self.client is not None
            self.answer = await self.client.ask(channels.show_all())

    owner = Asking()
    owner.client = make_client(server, owner)
    async with running(owner.client):
        await connected(owner.client)
    assert owner.answer == Answer(200, "[]")


async def test_a_reconcile_that_fails_is_tried_again_on_a_new_connection(server: TwinServer) -> None:
    """Without a reconcile there is no picture to act on."""

    class Unlucky(Owner):
        async def on_connected(self) -> None:
            await super().on_connected()
            if self.connects == 1:
                raise AriTimeout("too slow")

    owner = Unlucky()
    client = make_client(server, owner)
    async with running(client):
        await connected(client)
    assert owner.connects == 2
    assert [str(trouble) for trouble in owner.troubles] == ["too slow"]


async def test_an_owner_who_never_ends_reconciling_is_given_up(server: TwinServer) -> None:
    """After the limit the connection is tried anew."""

    class Lost(Owner):
        async def on_connected(self) -> None:
            await super().on_connected()
            if self.connects == 1:
                await asyncio.Event().wait()

    owner = Lost()
    client = make_client(server, owner, limits=replace(QUICK, reconcile_timeout=timedelta(milliseconds=50)))
    async with running(client):
        await connected(client)
    assert isinstance(owner.troubles[0], AriTimeout)


async def test_a_client_that_starts_before_asterisk_connects_when_it_comes(
    server: TwinServer, owner: Owner
) -> None:
    """It tries for ever, and says why it cannot."""
    await server.stop()
    client = make_client(server, owner)
    async with running(client):
        await until(lambda: len(owner.troubles) >= 2, "two attempts fail")
        await server.start()
        await connected(client)
    assert all(isinstance(trouble, AriUnreachable) for trouble in owner.troubles)
    assert "Check that Asterisk runs" in str(owner.troubles[0])


async def test_a_wrong_password_ends_the_first_attempt_with_advice(server: TwinServer, owner: Owner) -> None:
    """Somebody must change a setting: trying again would not help."""
    client = Client(server.address(password="wrong"), owner, jitter=random.Random(1).random)
    with pytest.raises(AriUnauthorized, match="Check the ARI user and password"):
        await client.run()


async def test_a_password_that_becomes_wrong_later_is_tried_again(server: TwinServer, owner: Owner) -> None:
    """A mistake in ari.conf must not end a service that has calls."""
    client = make_client(server, owner)
    async with running(client):
        await connected(client)
        right, server.password = server.password, "changed"
        server.cut()
        await until(lambda: any(isinstance(t, AriUnauthorized) for t in owner.troubles), "it is refused")
        server.password = right
        await until(lambda: owner.connects == 2, "it connects again")


# Sending.


async def test_requests_are_carried_out_in_the_order_sent(server: TwinServer, client: Client) -> None:
    """Also when nobody waits for any of them."""
    burst = [bridges.create(f"b{number}") for number in range(50)]
    await asyncio.gather(*client.send_all(burst))
    assert asked(server) == [str(request) for request in burst]
    assert list(server.twin.bridges) == [f"b{number}" for number in range(50)]


async def test_what_the_twin_does_not_know_it_refuses(client: Client) -> None:
    """No test passes by luck."""
    outcome = await client.send(asterisk.modules())
    assert isinstance(outcome, AriRefused)
    assert outcome.status == 501


async def test_a_burst_leaves_in_one_write(
    server: TwinServer, client: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    """One system call for all that one decision causes."""
    assert client._connection is not None
    writes: list[bytes] = []
    monkeypatch.setattr(client._connection._transport, "write", writes.append)
    futures = client.send_all([asterisk.ping(), asterisk.ping(), asterisk.ping()])
    assert len(writes) == 1
    assert len(futures) == 3


async def test_what_an_event_causes_leaves_before_the_next_event_is_read(server: TwinServer) -> None:
    """The first caller's agent does not wait for the second caller's event."""

    class Busy(Owner):
        def on_event(self, event: Event) -> None:
            super().on_event(event)
            assert self.client is not None
            if isinstance(event, StasisStart):
                self.client.send(channels.ring(event.channel.id))
                self.client.send(channels.start_moh(event.channel.id))

    owner = Busy()
    owner.client = make_client(server, owner)
    async with running(owner.client):
        await connected(owner.client)
        first, second = server.twin.call("4001"), server.twin.call("4002")
        await until(lambda: first.has_moh and second.has_moh, "both hear music")
    acts = [line for line in asked(server) if line.startswith("POST")]
    assert acts == [
        f"POST channels/{channel.id}/{act}" for channel in (first, second) for act in ("ring", "moh")
    ]


async def test_a_refusal_is_a_value_and_ask_raises_it(client: Client) -> None:
    """Both ways to say the same."""
    outcome = await client.send(channels.answer("none"))
    assert isinstance(outcome, AriNotFound)
    with pytest.raises(AriNotFound, match="Channel not found"):
        await client.ask(channels.answer("none"))


async def test_a_failure_that_nobody_awaits_is_told_to_the_owner_and_warns_nobody(
    client: Client, owner: Owner
) -> None:
    """Hang-ups are sent and forgotten."""
    complaints: list[object] = []
    asyncio.get_running_loop().set_exception_handler(lambda _loop, context: complaints.append(context))
    client.send(channels.hang_up("none"))
    await until(lambda: len(owner.outcomes) == 2, "the owner is told, after the filter's outcome")
    gc.collect()
    request, outcome, seconds = owner.outcomes[1]
    assert str(request) == "DELETE channels/none"
    assert isinstance(outcome, AriNotFound)
    assert 0 < seconds < 1
    assert complaints == []


async def test_a_request_without_an_answer_ends_at_its_deadline(server: TwinServer, client: Client) -> None:
    """With an error that says what may still happen."""
    server.silent.add("GET asterisk/info")
    outcome = await client.send(asterisk.info(), deadline=timedelta(milliseconds=30))
    assert isinstance(outcome, AriTimeout)
    assert "within 0.03 s" in str(outcome)


async def test_a_request_that_is_cancelled_by_its_sender_harms_nobody(
    server: TwinServer, client: Client
) -> None:
    """Its answer comes and is dropped."""
    client.send(asterisk.ping()).cancel()
    assert isinstance(await client.send(asterisk.ping()), Answer)


async def test_without_a_connection_requests_fail_at_once(server: TwinServer, owner: Owner) -> None:
    """They are not kept: the reconcile will tell what is still to be done."""
    outcome = await make_client(server, owner).send(asterisk.ping())
    assert isinstance(outcome, AriUnreachable)
    assert "the client is connecting" in str(outcome)


# A blocked lane, and the circuit.


async def caller_with_playback(server: TwinServer, client: Client, owner: Owner) -> str:
    """An answered caller to whom something long is played."""
    server.twin.playback_length = timedelta(seconds=60)
    channel = server.twin.call("4001")
    await client.ask(channels.answer(channel.id))
    await client.ask(channels.play(channel.id, "pb", media=["sound:long"]))
    await until(lambda: owner.has(PlaybackStarted), "the playback starts")
    return channel.id


async def test_the_escape_lane_works_while_a_playback_blocks_the_ordered_one(
    server: TwinServer, client: Client, owner: Owner
) -> None:
    """Stopping the playback frees what waits, in order."""
    caller = await caller_with_playback(server, client, owner)
    await client.ask(bridges.create("b"))
    blocked = client.send(bridges.add_channels("b", [caller]))
    behind = client.send(asterisk.ping())
    await client.ask(playbacks.stop("pb"), lane=Lane.ESCAPE)
    assert isinstance(await blocked, Answer)
    assert isinstance(await behind, Answer)


async def block(server: TwinServer, client: Client, owner: Owner) -> str:
    """Let three requests time out behind a playback."""
    caller = await caller_with_playback(server, client, owner)
    await client.ask(bridges.create("b"))
    soon = timedelta(milliseconds=20)
    requests = [bridges.add_channels("b", [caller]), asterisk.info(), asterisk.info()]
    await asyncio.gather(*(client.send(request, deadline=soon) for request in requests))
    return caller


async def test_the_circuit_opens_after_three_time_outs_and_refuses_ordinary_requests(
    server: TwinServer, client: Client, owner: Owner
) -> None:
    """At once, without waiting for another deadline."""
    await block(server, client, owner)
    assert client.is_circuit_open
    assert client.circuit_openings == 1
    assert isinstance(await client.send(asterisk.info()), AriCircuitOpen)


async def test_an_open_circuit_stops_neither_hang_ups_nor_events(
    server: TwinServer, client: Client, owner: Owner
) -> None:
    """Hang-ups take the escape lane."""
    caller = await block(server, client, owner)
    server.twin.call("4002")
    await until(lambda: client.event_counts["StasisStart"] == 2, "the next caller's event comes")
    assert isinstance(await client.send(channels.hang_up(caller)), Answer)
    assert asked(server, "http")[-1] == f"DELETE channels/{caller}"


async def test_the_circuit_closes_when_asterisk_answers_again(
    server: TwinServer, client: Client, owner: Owner
) -> None:
    """By a late answer or by the probe."""
    await block(server, client, owner)
    client.send(playbacks.stop("pb"))
    await until(lambda: not client.is_circuit_open, "the circuit closes")
    assert isinstance(await client.send(asterisk.info()), Answer)


async def test_when_asterisk_answers_again_the_owner_looks_what_was_not_done(
    server: TwinServer, client: Client, owner: Owner
) -> None:
    """On the same connection: what was held back or timed out is in nobody's picture. Once is enough."""
    await block(server, client, owner)
    await until(lambda: asked(server, "http").count("GET asterisk/ping") >= 2, "it is looked at twice")
    assert owner.connects == 1
    client.send(playbacks.stop("pb"))
    await until(lambda: owner.connects == 2, "the owner looks around")
    await until(lambda: client.state is State.CONNECTED, "it goes on")
    server.twin.call("4002")
    await until(lambda: client.event_counts["StasisStart"] == 2, "events go on")
    assert isinstance(await client.send(asterisk.info()), Answer)
    assert (owner.connects, owner.troubles) == (2, [])


async def test_a_blocked_lane_is_not_taken_for_a_dead_asterisk(
    server: TwinServer, client: Client, owner: Owner
) -> None:
    """Asterisk answers no ping on it, but it answers by HTTP."""
    await block(server, client, owner)
    await until(lambda: asked(server, "http").count("GET asterisk/ping") >= 2, "it is asked by HTTP, twice")
    assert client.state is State.CONNECTED
    assert owner.troubles == []


async def test_a_lane_that_is_silent_for_too_long_is_given_up_all_the_same(
    server: TwinServer, owner: Owner
) -> None:
    """Else a broken websocket beside a working HTTP would never be noticed."""
    limits = replace(QUICK, silence_limit=timedelta(milliseconds=500))
    client = make_client(server, owner, limits=limits)
    async with running(client):
        await connected(client)
        await block(server, client, owner)
        await until(lambda: owner.connects == 2, "it connects again")
    assert "heard nothing for" in str(owner.troubles[0])


# Losing and ending.


async def test_a_lost_connection_fails_what_is_open_and_comes_back(
    server: TwinServer, client: Client, owner: Owner
) -> None:
    """With a new filter and a new reconcile."""
    server.silent.add("GET asterisk/info")
    waiting = client.send(asterisk.info())
    await client.ask(asterisk.ping())
    server.cut()
    assert isinstance(await waiting, AriUnreachable)
    await until(lambda: owner.connects == 2, "it connects again")
    assert asked(server, "http").count("PUT applications/thirdring/eventFilter") == 2
    assert len(owner.troubles) == 1


async def test_a_frozen_asterisk_is_noticed_and_left(
    server: TwinServer, client: Client, owner: Owner
) -> None:
    """No byte, no answer by HTTP: the connection is dropped; when it wakes up we are there again."""
    server.freeze()
    await until(lambda: owner.troubles, "the silence is noticed")
    assert "answer pings" in str(owner.troubles[0])
    server.wake()
    await until(lambda: owner.connects == 2, "it connects again")


async def test_a_quiet_connection_is_kept_without_asking_by_http(
    server: TwinServer, client: Client, owner: Owner
) -> None:
    """Pings keep it alive at night, when nobody calls."""
    began = asyncio.get_running_loop().time()
    long_enough = QUICK.ping_deadline.total_seconds() * 2
    await until(lambda: asyncio.get_running_loop().time() - began > long_enough, "time goes by")
    assert asked(server, "http") == ["PUT applications/thirdring/eventFilter"]
    assert client.state is State.CONNECTED
    assert owner.troubles == []


async def test_one_that_lost_its_application_to_another_controller_acts_no_more(
    server: TwinServer, owner: Owner
) -> None:
    """Asterisk would still obey it: it must stop by itself."""
    first, second = make_client(server, owner), make_client(server, Owner())
    async with running(first) as life:
        await connected(first)
        server.silent.add("GET asterisk/info")
        caller = await caller_with_playback(server, first, owner)
        waiting = first.send(asterisk.info())
        escaping = first.send(channels.answer(caller), lane=Lane.ESCAPE)
        async with running(second):
            await connected(second)
            assert await life is Ending.REPLACED
            count = len(server.requests)
            assert isinstance(await waiting, AriReplaced)
            assert isinstance(await escaping, AriReplaced)
            assert isinstance(await first.send(channels.hang_up("c")), AriReplaced)
            assert isinstance(await first.send(channels.hang_up("c"), lane=Lane.ESCAPE), AriReplaced)
            assert len(server.requests) == count
    assert first.state is State.REPLACED


async def test_closing_ends_the_run_and_what_is_open(server: TwinServer, owner: Owner) -> None:
    """The server sees a proper goodbye."""
    client = make_client(server, owner)
    async with running(client) as life:
        await connected(client)
        server.silent.add("GET asterisk/info")
        waiting = client.send(asterisk.info())
        client.close()
        client.close()
        assert await life is Ending.CLOSED
    assert isinstance(await waiting, AriUnreachable)
    await until(lambda: not server.sessions, "the server's side is closed")
    assert owner.troubles == []


async def test_a_client_closed_before_it_runs_ends_at_once(server: TwinServer, owner: Owner) -> None:
    """It does not even connect."""
    client = make_client(server, owner)
    client.close()
    assert await client.run() is Ending.CLOSED
    assert server.requests == []


async def test_a_bug_in_the_reader_of_events_ends_the_run_with_it(server: TwinServer) -> None:
    """It must not go on deciding calls."""

    class Broken(Owner):
        def on_event(self, event: Event) -> None:
            raise ZeroDivisionError(event)

    client = make_client(server, Broken())
    async with running(client) as life:
        await connected(client)
        server.twin.call("4001")
        with pytest.raises(ZeroDivisionError):
            await life


# HTTP alone.


async def test_an_older_asterisk_gets_its_requests_by_http_in_order(server: TwinServer, owner: Owner) -> None:
    """Events still come by websocket."""
    client = make_client(server, owner, transport=Transport.HTTP)
    async with running(client):
        await connected(client)
        burst = [bridges.create(f"b/%41 {number}", name="50% &") for number in range(20)]
        outcomes = await asyncio.gather(*client.send_all(burst))
        server.twin.call("4001")
        await until(lambda: owner.has(StasisStart), "the caller's event comes")
    assert all(isinstance(outcome, Answer) for outcome in outcomes)
    assert asked(server, "http")[1:] == [str(request) for request in burst]
    assert asked(server, "websocket") == []
    assert {bridge.name for bridge in server.twin.bridges.values()} == {"50% &"}
    assert list(server.twin.bridges) == [f"b/%41 {number}" for number in range(20)]


async def test_by_http_too_a_request_ends_at_its_deadline(server: TwinServer, owner: Owner) -> None:
    """And those behind it have their own."""
    client = make_client(server, owner, transport=Transport.HTTP)
    async with running(client):
        await connected(client)
        caller = await caller_with_playback(server, client, owner)
        soon = timedelta(milliseconds=50)
        blocked = client.send(channels.answer(caller), deadline=soon)
        behind = client.send(asterisk.ping())
        assert isinstance(await blocked, AriTimeout)
        assert isinstance(await behind, Answer)
