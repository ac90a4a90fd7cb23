"""The live stream as a wallboard sees it: real websockets to a real server on the loopback address."""

import asyncio
import json
import time
from collections.abc import AsyncIterator, Sized
from contextlib import asynccontextmanager
from datetime import time as clock_time
from datetime import timedelta
from typing import Any

import pytest
from websockets.exceptions import ConnectionClosed, InvalidStatus

from app.acd.events import DeviceChanged, FloorChanged, LogInRequested, TimePassed
from app.acd.model import Calendar, DeviceState, Floor, OpenHours, Queue
from app.calls.events import LegEnded, LegHeld
from app.calls.hangup import LegEnd
from app.calls.turn import Outcome
from app.ids import AgentId, DeviceId, LegId, QueueId
from app.live import asyncapi, endpoint, hub, wire
from app.live.outbox import Outbox
from app.live.protocol import CloseCode, Frames, Numbers, Position, Subscription, View
from app.live.topics import parse_topics
from tests.support.clocks import START
from tests.support.live_client import LiveServer, Wallboard, serving
from tests.support.stage import LIN, WANG, Stage, floor
from tests.support.until import until


@pytest.fixture
async def server(stage: Stage) -> AsyncIterator[LiveServer]:
    """The stage, served."""
    async with serving(stage.api) as server:
        yield server


async def end_of(board: Wallboard) -> tuple[int, str]:
    """How the server ended the connection."""
    with pytest.raises(ConnectionClosed) as raised:
        await asyncio.wait_for(_hear_out(board), timeout=5)
    assert raised.value.rcvd is not None
    return raised.value.rcvd.code, raised.value.rcvd.reason


async def _hear_out(board: Wallboard) -> None:
    while True:
        await board.connection.recv()


def log_in(stage: Stage, *agents: AgentId) -> None:
    """Agents take their seats."""
    for agent in agents:
        stage.dispatcher.submit(LogInRequested(agent))


# --- who may listen ------------------------------------------------------------------------------------------------


async def test_a_wrong_token_closes_the_connection(server: LiveServer) -> None:
    """With a code of its own."""
    async with server.wallboard() as board:
        await board.authenticate("wrong")
        code, reason = await end_of(board)
    assert code == CloseCode.UNAUTHENTICATED
    assert "token" in reason


async def test_who_says_nothing_is_closed(server: LiveServer, monkeypatch: pytest.MonkeyPatch) -> None:
    """After the deadline; nothing was told."""
    monkeypatch.setattr(endpoint, "AUTHENTICATE_IN", timedelta(milliseconds=50))
    async with server.wallboard() as board:
        assert (await end_of(board))[0] == CloseCode.AUTHENTICATION_LATE


async def test_a_message_that_is_none_closes_the_connection(server: LiveServer) -> None:
    """Text that is no message, and bytes."""
    for message in ("hello", b"\x00"):
        async with server.wallboard() as board:
            await board.connection.send(message)
            assert (await end_of(board))[0] == CloseCode.BAD_MESSAGE


@pytest.mark.parametrize(
    "options", [{"origin": "http://evil.example"}, {"additional_headers": {"Host": "evil"}}]
)
async def test_pages_of_other_sites_cannot_connect(server: LiveServer, options: dict[str, Any]) -> None:
    """By the Origin header, which a page cannot change, and by the Host header."""
    with pytest.raises(InvalidStatus):
        async with server.wallboard(**options):
            pass


async def test_a_token_in_the_address_is_of_no_use(server: LiveServer) -> None:
    """The first message must have it."""
    async with server.wallboard() as board:
        await board.subscribe("queues")
        assert (await end_of(board))[0] == CloseCode.UNAUTHENTICATED


# --- what they hear ------------------------------------------------------------------------------------------------


async def test_the_first_message_is_a_snapshot_of_what_is_followed(stage: Stage, server: LiveServer) -> None:
    """And of nothing else."""
    stage.call("c1")
    async with server.following("queues", "agent:lin") as board:
        assert set(board.values) == {"queue:service", "queue:sales", "agent:lin"}
        assert board.values["queue:service"]["waiting"] == 1
        assert board.values["agent:lin"]["name"] == "林晓"
        assert board.seq == len(stage.journal.entries)


async def test_a_call_is_followed_from_its_arrival_to_its_end(stage: Stage, server: LiveServer) -> None:
    """Each change comes by itself; at the end the call is gone, and its queue and agent have changed."""
    log_in(stage, LIN)
    async with server.following("calls", "queue:service", "agent:lin") as board:
        stage.call("c1")
        await board.hear_of("call:c1", state="offered")
        await board.hear_of("agent:lin", state="offered", call_id="c1")
        stage.picks_up("c1-1")
        await board.hear_of("call:c1", phase="talking", agent_id="lin")
        await board.hear_of("queue:service", waiting=0, connected=1)
        stage.dispatcher.submit(LegHeld(LegId("c1-1")))
        await board.hear_of("call:c1", held_since="2026-11-21T08:30:00.000Z")
        stage.puts_down("c1")
        await board.hear_of("agent:lin", state="wrap_up")
        assert board.values["call:c1"] is None
        assert board.values["queue:service"]["connected"] == 0


async def test_numbers_rise_and_are_those_of_the_journal(stage: Stage, server: LiveServer) -> None:
    """So that whoever has a number knows what it has."""
    async with server.following("calls") as board:
        heard = [board.seq]
        for number in range(3):
            stage.call(f"c{number}")
            await board.hear_of(f"call:c{number}")
            heard.append(board.seq)
    assert heard == sorted(set(heard))
    assert heard[-1] == len(stage.journal.entries)


async def test_only_what_is_followed_is_heard(stage: Stage, server: LiveServer) -> None:
    """The other agent's log-in is not."""
    async with server.following("agent:lin") as board:
        log_in(stage, WANG, LIN)
        message = await board.hear()
    assert [each["topic"] for each in message["values"]] == ["agent:lin"]


async def test_a_new_subscription_replaces_the_one_before(stage: Stage, server: LiveServer) -> None:
    """It begins with a snapshot."""
    async with server.following("queues") as board:
        await board.subscribe("agents")
        assert (await board.hear())["type"] == "snapshot"
        assert set(board.values) == {"agent:lin", "agent:王伟"}
        stage.call("c1")
        log_in(stage, LIN)
        message = await board.hear()
    assert {each["topic"] for each in message["values"]} == {"agent:lin"}


async def test_numbers_are_masked_unless_asked_for(stage: Stage, server: LiveServer) -> None:
    """Two views of one call; the caller's name is hidden with the number."""
    stage.call("c1", "13800138000", "张三")
    async with server.following("calls") as masked, server.following("calls", numbers="full") as full:
        assert (masked.values["call:c1"]["from_number"], masked.values["call:c1"]["from_name"]) == (
            "138****8000",
            "",
        )
        assert (full.values["call:c1"]["from_number"], full.values["call:c1"]["from_name"]) == (
            "13800138000",
            "张三",
        )
        stage.call("c2", "13900139000", "李四")
        assert (await masked.hear_of("call:c2"))["from_number"] == "139****9000"
        assert (await full.hear_of("call:c2"))["from_name"] == "李四"


async def test_an_agent_whose_rest_ends_by_time_alone_is_told(stage: Stage, server: LiveServer) -> None:
    """And the queue counts again."""
    log_in(stage, LIN)
    async with server.following("agent:lin", "queue:service") as board:
        stage.call("c1")
        stage.rings("c1-1")
        stage.dispatcher.submit(LegEnded(LegId("c1-1"), LegEnd.BY_PHONE, 21, 603))
        stage.puts_down("c1")
        await board.hear_of("agent:lin", unavailable_reason="resting")
        stage.passes(10)
        await board.hear_of("agent:lin", unavailable_reason=None)
        await board.hear_of("queue:service", members={"available": 1, "logged_out": 1})


async def test_a_rest_that_ends_together_with_something_else_is_told(
    stage: Stage, server: LiveServer
) -> None:
    """Another event may come in the very moment in which the rest is over, before the timer does."""
    log_in(stage, LIN)
    async with server.following("agent:lin") as board:
        stage.call("c1")
        stage.rings("c1-1")
        stage.dispatcher.submit(LegEnded(LegId("c1-1"), LegEnd.BY_PHONE, 21, 603))
        stage.puts_down("c1")
        await board.hear_of("agent:lin", unavailable_reason="resting")
        stage.clock.move(timedelta(seconds=10))
        stage.dispatcher.submit(DeviceChanged(DeviceId("phone2"), DeviceState.REACHABLE))
        await board.hear_of("agent:lin", unavailable_reason=None)


async def test_a_rest_that_began_before_anybody_listened_ends_as_well(
    stage: Stage, server: LiveServer
) -> None:
    log_in(stage, LIN)
    stage.call("c1")
    stage.rings("c1-1")
    stage.dispatcher.submit(LegEnded(LegId("c1-1"), LegEnd.BY_PHONE, 21, 603))
    stage.puts_down("c1")
    async with server.following("agent:lin") as board:
        assert board.values["agent:lin"]["unavailable_reason"] == "resting"
        stage.passes(10)
        await board.hear_of("agent:lin", unavailable_reason=None)


async def test_a_device_that_is_lost_is_told(stage: Stage, server: LiveServer) -> None:
    log_in(stage, LIN)
    async with server.following("agents") as board:
        stage.dispatcher.submit(DeviceChanged(DeviceId("phone1"), DeviceState.UNREACHABLE))
        await board.hear_of("agent:lin", unavailable_reason="device_unreachable")


async def test_a_changed_site_is_a_new_snapshot(stage: Stage, server: LiveServer) -> None:
    """What is gone is gone from it."""
    async with server.following("agents", "queues") as board:
        changed = floor()
        stage.dispatcher.submit(FloorChanged(Floor({LIN: changed.agents[LIN]}, {}, changed.pause_codes)))
        assert (await board.hear())["type"] == "snapshot"
        assert set(board.values) == {"agent:lin"}


async def test_a_queue_that_opens_by_its_calendar_is_told(
    stage: Stage, server: LiveServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Nothing happens at that moment but time."""
    monkeypatch.setattr(hub, "_LOOK_EVERY_SECONDS", 0.02)
    hours = OpenHours(frozenset({5}), clock_time(16, 31), clock_time(17))
    night = Queue(QueueId("night"), "Night", calendar=Calendar("Asia/Shanghai", (hours,)))
    stage.dispatcher.submit(FloorChanged(floor(queues=[night])))
    async with server.following("queue:night") as board:
        assert board.values["queue:night"]["is_open"] is False
        stage.clock.move(timedelta(minutes=1))
        await board.hear_of("queue:night", is_open=True)


def test_no_duration_that_runs_is_ever_sent() -> None:
    """Instants only: the page counts. Durations are settings of the site, and sums of what is over."""
    schemas = asyncapi.document()["components"]["schemas"].values()
    names = {name for schema in schemas for name in schema.get("properties", ())}
    durations = {name for name in names if name.endswith(("_seconds", "_ms"))}
    assert durations == {"ring_ms", "service_level_ms", "talk_seconds", "held_ms"}


async def test_silence_is_filled_with_heartbeats(server: LiveServer, monkeypatch: pytest.MonkeyPatch) -> None:
    """They carry the number, so that the page knows that it is up to date; a client's own are taken silently."""
    monkeypatch.setattr(hub, "HEARTBEAT_EVERY", timedelta(milliseconds=50))
    monkeypatch.setattr(hub, "_LOOK_EVERY_SECONDS", 0.02)
    async with server.following("queues") as board:
        seq = board.seq
        await board.say(type="heartbeat")
        message = await board.hear()
    assert (message["type"], message["seq"]) == ("heartbeat", seq)
    assert message["at"].endswith("Z")


# --- who was away --------------------------------------------------------------------------------------------------


async def test_who_resumes_gets_only_what_was_missed(stage: Stage, server: LiveServer) -> None:
    """A delta, not a snapshot; a call that ended meanwhile is gone."""
    stage.call("c1")
    async with server.following("calls") as board:
        seq, epoch = board.seq, board.epoch
    stage.puts_down("c1")
    stage.call("c2")
    async with server.wallboard() as again:
        await again.authenticate()
        await again.resume("calls", seq=seq, epoch=epoch)
        message = await again.hear()
        while "call:c2" not in again.values:
            await again.hear()
    assert message["type"] == "delta"
    assert (again.values["call:c1"], again.values["call:c2"]["id"]) == (None, "c2")


@pytest.mark.parametrize(("seq", "epoch"), [(0, None), (10**9, None), (None, "another")])
async def test_who_cannot_resume_gets_a_snapshot(
    stage: Stage, server: LiveServer, seq: int | None, epoch: str | None
) -> None:
    """A number that is too old, one of the future, or one of another run of the service."""
    async with server.following("calls") as board:
        position = board.seq, board.epoch
    stage.call("c1")
    async with server.wallboard() as again:
        await again.authenticate()
        await again.resume("calls", seq=position[0] if seq is None else seq, epoch=epoch or position[1])
        assert (await again.hear())["type"] == "snapshot"
        await again.hear_of("call:c1")


async def test_the_hub_sleeps_some_time_after_the_last_client_left(
    stage: Stage, server: LiveServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Then a resuming client gets a snapshot: nobody kept what it missed."""
    monkeypatch.setattr(hub, "_AWAKE_SECONDS", 0.05)
    async with server.following("calls") as board:
        seq, epoch = board.seq, board.epoch
    listener = _hub_of(stage)
    await until(lambda: not listener._is_awake, "expected the hub to fall asleep")
    stage.call("c1")
    assert listener._pending == []
    async with server.wallboard() as again:
        await again.authenticate()
        await again.resume("calls", seq=seq, epoch=epoch)
        assert (await again.hear())["type"] == "snapshot"
        assert "call:c1" in again.values


def _hub_of(stage: Stage) -> hub.Hub:
    """The hub that listens to the stage."""
    owners = (getattr(listener, "__self__", None) for listener in stage.dispatcher.listeners)
    return next(owner for owner in owners if isinstance(owner, hub.Hub))


# --- who is slow ---------------------------------------------------------------------------------------------------


@asynccontextmanager
async def let_go(
    stage: Stage, server: LiveServer, monkeypatch: pytest.MonkeyPatch
) -> AsyncIterator[Wallboard]:
    """A client that took nothing until it was let go, while another one heard everything."""
    monkeypatch.setattr(endpoint, "_SEND_SECONDS", 0.3)
    listener = _hub_of(stage)
    async with server.following("calls", "queues", "agents") as quick:
        async with server.wallboard(max_queue=1, compression=None) as slow:
            await slow.authenticate()
            await slow.subscribe("calls", "queues")
            slow.connection.transport.pause_reading()
            await until(lambda: listener.client_count == 2, "expected both clients")
            number = 0
            deadline = time.monotonic() + 20
            while listener.client_count == 2:
                assert time.monotonic() < deadline, "expected the slow client to be let go"
                for _ in range(100):
                    stage.call(f"c{number:05}")
                    number += 1
                await quick.hear_of(f"call:c{number - 1:05}")
            yield slow
        assert listener.client_count == 1


async def test_a_client_that_takes_nothing_is_let_go_and_told_why(
    stage: Stage, server: LiveServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It harms nobody else, and hears the reason when it takes something again."""
    async with let_go(stage, server, monkeypatch) as slow:
        slow.connection.transport.resume_reading()
        code, reason = await end_of(slow)
    assert (code, reason) == (CloseCode.TOO_SLOW, "The client took nothing for 0.3 s. Connect again.")


async def test_a_client_that_never_takes_anything_again_keeps_no_socket(
    stage: Stage, server: LiveServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A service lives for weeks: what waits for such a client is dropped after a while."""
    monkeypatch.setattr(wire, "_LINGER_SECONDS", 0.1)
    async with let_go(stage, server, monkeypatch) as slow:
        await until(lambda: server.connection_count == 1, "expected the socket to be closed")
        slow.connection.transport.abort()


async def test_who_resumes_before_everything_was_sent_gets_a_snapshot(
    stage: Stage, server: LiveServer
) -> None:
    """What was missed must not stand behind what is still to come of the view before."""
    async with server.following("queues") as board:
        client, position = Outbox(), Position(board.epoch, board.seq)
        calls, agents = (View(parse_topics([text]), Numbers.MASKED) for text in ("calls", "agents"))
        _hub_of(stage).follow(client, Subscription(calls, None))
        _hub_of(stage).follow(client, Subscription(agents, position))
        assert await client.take() is None
        _hub_of(stage).follow(client, Subscription(agents, position))
        assert await client.take() is None
        _hub_of(stage).leave(client)


async def test_a_snapshot_is_built_once_for_all_who_want_the_same(
    stage: Stage, server: LiveServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    """After a reload everybody does; and nobody gets one that shows less than was told before it was asked for."""
    listener = _hub_of(stage)
    clients = [Outbox() for _ in range(3)]
    calls, agents = (View(parse_topics([text]), Numbers.MASKED) for text in ("calls", "agents"))
    built = list[View]()
    build = listener._snapshot

    async def noted(view: View) -> bytes:
        built.append(view)
        return await build(view)

    monkeypatch.setattr(listener, "_snapshot", noted)
    for client, view in zip(clients, (calls, calls, agents), strict=True):
        listener.follow(client, Subscription(view, None))
    first, second, _ = await asyncio.gather(*map(listener.snapshot, clients))
    assert (built, first is second) == ([calls, agents], True)
    stage.call("c1")
    await until(lambda: not listener._pending, "expected a round")
    assert b"c1" in await listener.snapshot(clients[0])
    for client in clients:
        listener.leave(client)


async def test_what_is_over_leaves_nothing_behind(stage: Stage, server: LiveServer) -> None:
    """A service lives for weeks: calls, clients and views come and go by the thousand."""
    listener = _hub_of(stage)
    async with server.following("calls", "queues", "alerts") as board:
        before = None
        for number in range(60):
            async with server.following("calls", f"call:c{number}", numbers="full"):
                stage.call(f"c{number}")
                await board.hear_of(f"call:c{number}")
                stage.puts_down(f"c{number}")
                await board.hear_of_end(f"call:c{number}")
            if number == 20:
                await until(lambda: listener.client_count == 1, "expected the other client to leave")
                before = _sizes(listener)
        await until(lambda: listener.client_count == 1, "expected the other client to leave")
        assert _sizes(listener) == before


def _sizes(listener: hub.Hub) -> dict[str, int]:
    """How much the hub holds, but for the ring, which has a limit."""
    held: dict[str, Sized] = {
        "values": listener._values._encoded,
        "audiences": listener._audiences._audience_by_view,
        "topics": listener._audiences._audiences_by_topic,
        "clients": listener._audiences._audience_by_client,
        "alerts": listener._alerts._alerts,
        "alerts by source": listener._alerts._ids_by_source,
        "deadlines": listener._alerts._breaks_at,
        "to be told": listener._rounds._clients,
    }
    return {name: len(each) for name, each in held.items()}


async def test_too_many_clients_are_told_so(server: LiveServer, monkeypatch: pytest.MonkeyPatch) -> None:
    """The limit itself is served."""
    monkeypatch.setattr(hub, "CLIENT_LIMIT", 1)
    async with server.following("queues"), server.wallboard() as second:
        await second.authenticate()
        await second.subscribe("queues")
        assert (await end_of(second))[0] == CloseCode.TOO_MANY_CLIENTS


async def test_a_flush_that_fails_is_made_good_by_a_snapshot(
    stage: Stage, server: LiveServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Clients must never take old values for new ones."""
    listener = _hub_of(stage)
    async with server.following("calls") as board:
        with monkeypatch.context() as broken:
            broken.setattr(listener._marks, "add", None)
            stage.call("c1")
            await until(lambda: not listener._pending, "expected a flush")
        assert (await board.hear())["type"] == "snapshot"
        assert "call:c1" in board.values


async def test_the_server_may_end_with_clients_connected(stage: Stage) -> None:
    """They are told 1012 (service restart), and nothing hangs."""
    async with serving(stage.api) as server:
        connection = server.wallboard()
        board = await connection.__aenter__()
        await board.authenticate()
        await board.subscribe("queues")
        await board.hear()
    assert (await end_of(board))[0] == 1012
    await connection.__aexit__(None, None, None)


def test_nothing_is_kept_while_nobody_listens() -> None:
    """However much happens."""
    stage = Stage()
    listener = _hub_of(stage)
    for seq in range(100):
        listener.on_entry(seq, TimePassed(), Outcome())
    assert listener._pending == []


def test_messages_are_compact_json() -> None:
    """No blanks: they are many."""
    frame = Frames("e").heartbeat(after=4, seq=5, at=START)
    assert json.loads(frame) == {
        "type": "heartbeat",
        "epoch": "e",
        "after": 4,
        "seq": 5,
        "at": "2026-11-21T08:30:00.000Z",
    }
    assert b" " not in frame
