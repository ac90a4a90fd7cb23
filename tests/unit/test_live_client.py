"""The client follows the floor through whatever happens, and never takes old figures for new ones."""

import asyncio
import itertools
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import pytest

from app.live import client as client_module
from app.live.client import LiveClient, LiveRefused
from app.live.copy import Copy
from app.live.protocol import CloseCode
from tests.support.live_client import serving
from tests.support.live_script import AT, Json, Line, acting
from tests.support.stage import TOKEN, Stage
from tests.support.until import until


@asynccontextmanager
async def following(client: LiveClient) -> AsyncIterator[list[set[str]]]:
    """The client at work; what it told of changes."""
    heard: list[set[str]] = []
    task = asyncio.create_task(_follow(client, heard))
    try:
        yield heard
    finally:
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)


async def _follow(client: LiveClient, heard: list[set[str]]) -> None:
    async for changed in client.changes():
        heard.append(changed)  # noqa: PERF401 - it never ends: the test looks at the list meanwhile


def new_client(url: str, *topics: str, token: str = TOKEN) -> LiveClient:
    """A client that tries again soon."""
    return LiveClient(url, token, topics or ["queues"], jitter=lambda: 0.0)


async def refusal(client: LiveClient) -> str:
    """Why the client gave up."""
    with pytest.raises(LiveRefused) as raised:
        await asyncio.wait_for(_follow(client, []), timeout=5)
    return str(raised.value)


# --- the copy ------------------------------------------------------------------------------------------------------


def message(type_: str, seq: int, after: int | None = None, **values: object) -> Json:
    """A message about queues."""
    members = [{"topic": f"queue:{id_}", "value": value} for id_, value in values.items()]
    behind = {} if after is None else {"after": after}
    return {"type": type_, "epoch": "e", "seq": seq, "at": AT, "values": members, **behind}


def test_a_snapshot_replaces_everything() -> None:
    """What it does not name is gone, and counts as changed."""
    copy = Copy()
    copy.take(message("snapshot", 5, a={"waiting": 1}, b={"waiting": 2}))
    assert copy.take(message("snapshot", 9, b={"waiting": 3})) == {"queue:a", "queue:b"}
    assert copy.values == {"queue:b": {"waiting": 3}}
    assert copy.position == {"epoch": "e", "seq": 9}


def test_a_delta_changes_what_it_names_and_null_is_gone() -> None:
    """The rest stays."""
    copy = Copy()
    copy.take(message("snapshot", 5, a={"waiting": 1}, b={"waiting": 2}, c={"waiting": 3}))
    assert copy.take(message("delta", 9, 5, a={"waiting": 4}, b=None)) == {"queue:a", "queue:b"}
    assert copy.values == {"queue:a": {"waiting": 4}, "queue:c": {"waiting": 3}}


@pytest.mark.parametrize(("after", "is_taken"), [(4, True), (5, True), (6, False)])
@pytest.mark.parametrize("type_", ["delta", "heartbeat"])
def test_a_message_behind_a_missing_one_is_not_taken(type_: str, after: int, *, is_taken: bool) -> None:
    """The position stays where it was: there the client resumes."""
    copy = Copy()
    copy.take(message("snapshot", 5))
    assert (copy.take(message(type_, 9, after)) is not None) is is_taken
    assert copy.position == {"epoch": "e", "seq": 9 if is_taken else 5}


def test_a_delta_of_another_run_of_the_service_is_not_taken() -> None:
    """Its numbers mean something else."""
    copy = Copy()
    copy.take(message("snapshot", 5))
    assert copy.take({**message("delta", 6, 5), "epoch": "other"}) is None


def test_a_delta_before_any_snapshot_is_not_taken() -> None:
    """There is nothing that it could change."""
    copy = Copy()
    assert copy.take(message("delta", 1, 0)) is None
    assert copy.position is None


# --- on the wire ---------------------------------------------------------------------------------------------------


async def test_the_client_follows_the_service(stage: Stage) -> None:
    """Changes come by themselves, and it knows that it is fresh."""
    async with serving(stage.api) as server:
        client = new_client(server.url, "queues", "calls")
        assert client.is_stale
        async with following(client) as heard:
            await until(lambda: heard, "expected a snapshot")
            await until(lambda: not client.is_stale, "expected it to be fresh")
            stage.call("c1")
            await until(lambda: "call:c1" in client.values, "expected the call")
            assert client.values["queue:service"]["waiting"] == 1


async def test_a_wrong_token_is_refused_for_good() -> None:
    """Trying again would not help; the text says so."""
    stage = Stage()
    stage.open()
    async with serving(stage.api) as server:
        assert "token" in await refusal(new_client(server.url, token="wrong"))
    stage.dispatcher.stop()


async def test_an_unknown_topic_is_refused_for_good(stage: Stage) -> None:
    """The reason names it."""
    async with serving(stage.api) as server:
        assert "phones" in await refusal(new_client(server.url, "phones"))


async def test_a_service_that_has_no_live_stream_is_not_tried_again(stage: Stage) -> None:
    """The address leads to something else: the handshake is refused."""
    async with serving(stage.api) as server:
        client = new_client(server.url)
        client._url = client._url.replace("/live", "/nothing")
        assert "handshake" in await refusal(client)


async def test_a_broken_connection_is_resumed_where_it_was() -> None:
    """Stale in between; the second subscription names the position."""
    resumed: list[Json] = []

    async def breaks(line: Line) -> None:
        await line.subscription()
        await line.snapshot(5, a={"waiting": 1})
        line.connection.transport.abort()

    async def goes_on(line: Line) -> None:
        resumed.append(await line.subscription())
        await line.delta(5, 8, b={"waiting": 2})

    async with acting(breaks, goes_on) as url:
        client = new_client(url)
        async with following(client) as heard:
            await until(lambda: "queue:b" in client.values, "expected the delta")
            assert not client.is_stale
    assert resumed[0]["resume"] == {"epoch": "e", "seq": 5}
    assert client.values == {"queue:a": {"waiting": 1}, "queue:b": {"waiting": 2}}
    assert set() in heard


async def test_a_missing_delta_is_asked_for_once() -> None:
    """Also when more messages come before the answer."""
    asked: list[Json] = []
    has_waited = asyncio.Event()

    async def loses_one(line: Line) -> None:
        await line.subscription()
        await line.snapshot(5, a={"waiting": 1})
        await line.delta(7, 8, a={"waiting": 3})
        await line.heartbeat(8, 9)
        asked.append(await line.subscription())
        await line.delta(5, 9, a={"waiting": 3}, b={"waiting": 2})
        with pytest.raises(TimeoutError):
            await asyncio.wait_for(line.hear(), timeout=0.2)
        has_waited.set()

    async with acting(loses_one) as url:
        client = new_client(url)
        async with following(client) as heard:
            await until(lambda: "queue:b" in client.values, "expected what was missing")
            await asyncio.wait_for(has_waited.wait(), timeout=5)
    assert [each["resume"]["seq"] for each in asked] == [5]
    assert heard == [{"queue:a"}, {"queue:a", "queue:b"}]


async def test_silence_makes_the_copy_stale(monkeypatch: pytest.MonkeyPatch) -> None:
    """The connection looks alive, but nobody speaks: connect again."""
    monkeypatch.setattr(client_module, "_SILENCE", 0.1)
    again = asyncio.Event()

    async def falls_silent(line: Line) -> None:
        await line.subscription()
        await line.snapshot(5, a={"waiting": 1})

    async def speaks(line: Line) -> None:
        await again.wait()
        await line.subscription()
        await line.heartbeat(5, 6)

    async with acting(falls_silent, speaks) as url:
        client = new_client(url)
        async with following(client) as heard:
            await until(lambda: set() in heard, "expected the copy to become stale")
            assert client.is_stale
            assert client.values == {"queue:a": {"waiting": 1}}
            monkeypatch.setattr(client_module, "_SILENCE", 5.0)
            again.set()
            await until(lambda: not client.is_stale, "expected a fresh copy")


async def test_messages_behind_a_gap_that_nobody_fills_are_as_good_as_silence(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """A service that speaks and speaks, but not of what is missing: the copy is stale, whatever it hears."""
    monkeypatch.setattr(client_module, "_SILENCE", 0.2)

    async def never_fills_it(line: Line) -> None:
        await line.subscription()
        await line.snapshot(5, a={"waiting": 1})
        for number in itertools.count(7):
            await line.heartbeat(number, number)
            await asyncio.sleep(0.02)

    async with acting(never_fills_it) as url:
        client = new_client(url)
        async with following(client) as heard:
            await until(lambda: set() in heard, "expected the copy to become stale")
            assert client.is_stale


@pytest.mark.parametrize("code", [1012, CloseCode.TOO_SLOW, CloseCode.AUTHENTICATION_LATE])
async def test_an_end_that_is_not_the_clients_fault_is_tried_again(code: int) -> None:
    """A restart, a slow moment, a late token."""

    async def ends(line: Line) -> None:
        await line.subscription()
        await line.end(code, "for a reason")

    async def serves(line: Line) -> None:
        await line.subscription()
        await line.snapshot(1, a={})

    async with acting(ends, serves) as url:
        client = new_client(url)
        async with following(client):
            await until(lambda: not client.is_stale, "expected a fresh copy")


async def test_a_service_that_is_not_there_is_waited_for() -> None:
    """Nothing is raised; the copy is stale."""
    async with acting() as url:
        pass
    client = new_client(url)
    with pytest.raises(TimeoutError):
        await asyncio.wait_for(_follow(client, []), timeout=0.5)
    assert client.is_stale
