"""A wallboard for tests: a websocket client that keeps what it is told, and a server on a free port."""

import asyncio
import json
import socket
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any, Self

import uvicorn
from websockets.asyncio.client import ClientConnection, connect

from app.api.openapi import Api
from app.live.wire import Wire
from tests.support.stage import TOKEN
from tests.support.until import until

_PATIENCE = 5.0


class Wallboard:
    """Follows topics and keeps the latest value of each thing."""

    def __init__(self, connection: ClientConnection, token: str) -> None:
        self.connection = connection
        self._token = token
        self.values: dict[str, Any] = {}
        self.seq = -1
        self.epoch = ""

    async def say(self, **message: object) -> None:
        """Send a message."""
        await self.connection.send(json.dumps(message))

    async def authenticate(self, token: str | None = None) -> Self:
        """Show the token, or another."""
        await self.say(type="authenticate", token=self._token if token is None else token)
        return self

    async def subscribe(self, *topics: str, **options: object) -> Self:
        """Follow topics from now on."""
        await self.say(type="subscribe", topics=topics, **options)
        return self

    async def resume(self, *topics: str, seq: int, epoch: str) -> Self:
        """Follow topics from a position on."""
        return await self.subscribe(*topics, resume={"epoch": epoch, "seq": seq})

    async def hear(self) -> dict[str, Any]:
        """The next message; what it tells is kept."""
        async with asyncio.timeout(_PATIENCE):
            message: dict[str, Any] = json.loads(await self.connection.recv())
        self._keep(message)
        return message

    async def hear_of(self, topic: str, *, patience: float = _PATIENCE, **wanted: object) -> dict[str, Any]:
        """Listen until the thing has these fields; return it."""
        async with asyncio.timeout(patience):
            while not _has(self.values.get(topic), wanted):
                await self.hear()
        found: dict[str, Any] = self.values[topic]
        return found

    async def hear_of_end(self, topic: str) -> None:
        """Listen until the thing is gone."""
        async with asyncio.timeout(_PATIENCE):
            while self.values.get(topic) is not None:
                await self.hear()

    def _keep(self, message: dict[str, Any]) -> None:
        self.seq, self.epoch = message["seq"], message["epoch"]
        if message["type"] == "snapshot":
            self.values.clear()
        for each in message.get("values", ()):
            self.values[each["topic"]] = each["value"]


def _has(value: dict[str, Any] | None, wanted: dict[str, object]) -> bool:
    return value is not None and all(value[name] == want for name, want in wanted.items())


class LiveServer:
    """Where the interface is served."""

    def __init__(self, host: str, *, token: str = TOKEN, server: uvicorn.Server | None = None) -> None:
        self._host = host
        self._token = token
        self._server = server

    @property
    def url(self) -> str:
        """As a person would write it."""
        return f"http://{self._host}"

    @property
    def connection_count(self) -> int:
        """How many sockets are open at a server of the test's own."""
        return len(self._server.server_state.connections) if self._server else 0

    @asynccontextmanager
    async def wallboard(self, **options: Any) -> AsyncIterator[Wallboard]:
        """A connected client that said nothing yet."""
        async with connect(f"ws://{self._host}/api/v1/live", **options) as connection:
            yield Wallboard(connection, self._token)

    @asynccontextmanager
    async def following(self, *topics: str, **options: object) -> AsyncIterator[Wallboard]:
        """A client that has its first message."""
        async with self.wallboard() as board:
            await board.authenticate()
            await board.subscribe(*topics, **options)
            await board.hear()
            yield board


@asynccontextmanager
async def serving(api: Api, *, port: int = 0) -> AsyncIterator[LiveServer]:
    """Serve it as the service does; at a free port, or at one that was in use a moment ago."""
    listener = socket.socket(socket.AF_INET, socket.SOCK_STREAM, socket.IPPROTO_TCP)
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    listener.bind(("127.0.0.1", port))
    config = uvicorn.Config(api, ws=Wire, log_config=None, timeout_graceful_shutdown=1)
    server = uvicorn.Server(config)
    async with asyncio.TaskGroup() as tasks:
        running = tasks.create_task(server.serve(sockets=[listener]))
        await until(lambda: server.started, "expected the server to start")
        try:
            yield LiveServer(f"127.0.0.1:{listener.getsockname()[1]}", server=server)
        finally:
            server.should_exit = True
            await running
            listener.close()
