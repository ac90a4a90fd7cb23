"""Whoever only opens connections holds up nobody, and holds nothing for long."""

import asyncio
import socket
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import pytest
import uvicorn
from starlette.responses import Response
from starlette.types import Receive, Scope, Send

from app.api import connections
from app.api.connections import Http
from app.interface import Server
from tests.support.until import until

HEAD = b"POST / HTTP/1.1\r\nHost: localhost\r\nContent-Length: 2\r\n\r\n"


async def answering(scope: Scope, receive: Receive, send: Send) -> None:
    """Reads the body, then answers."""
    while (await receive()).get("more_body"):
        pass
    await Response()(scope, receive, send)


@asynccontextmanager
async def serving() -> AsyncIterator[tuple[Server, int]]:
    """A server as the interface has it, and its port."""
    server = Server(uvicorn.Config(answering, http=Http, log_config=None, lifespan="off"))
    with socket.create_server(("127.0.0.1", 0)) as listening:
        task = asyncio.create_task(server.serve(sockets=[listening]))
        await until(lambda: server.started, "the server answers")
        yield server, listening.getsockname()[1]
        server.should_exit = True
        await task


@pytest.mark.parametrize("sent", [b"", b"GET / HT", HEAD, HEAD + b"{"])
async def test_a_client_that_sends_no_whole_request_is_let_go(
    sent: bytes, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Silent, in its head or in its body; a byte now and then does not help."""
    monkeypatch.setattr(connections, "REQUEST_WITHIN_SECONDS", 0.05)
    async with serving() as (_, port):
        reader, writer = await asyncio.open_connection("127.0.0.1", port)
        writer.write(sent)
        assert await asyncio.wait_for(reader.read(), 5) == b""
        writer.close()


async def test_a_client_that_asks_in_time_stays(monkeypatch: pytest.MonkeyPatch) -> None:
    """Also when it asks many times by one connection."""
    monkeypatch.setattr(connections, "REQUEST_WITHIN_SECONDS", 0.1)
    async with serving() as (_, port):
        reader, writer = await asyncio.open_connection("127.0.0.1", port)
        end = asyncio.get_running_loop().time() + 0.4
        while asyncio.get_running_loop().time() < end:
            writer.write(HEAD + b"{}")
            assert await reader.readline() == b"HTTP/1.1 200 OK\r\n"
            await reader.readuntil(b"\r\n\r\n")
        writer.close()


async def test_only_so_many_may_wait(monkeypatch: pytest.MonkeyPatch) -> None:
    """One more is let go at once: file descriptors are for calls first."""
    monkeypatch.setattr(connections, "CONNECTION_LIMIT", 2)
    async with serving() as (server, port):
        ends = [await asyncio.open_connection("127.0.0.1", port) for _ in range(2)]
        await until(lambda: len(server.server_state.connections) == 2, "both are taken in")
        reader, writer = await asyncio.open_connection("127.0.0.1", port)
        assert await asyncio.wait_for(reader.read(), 5) == b""
        for _, each in [*ends, (reader, writer)]:
            each.close()
