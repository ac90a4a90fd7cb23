"""A service that says what the test wants: for what the real one does not do on purpose, such as losing a message."""

import asyncio
import json
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from typing import Any

from websockets.asyncio.server import ServerConnection, serve

Json = dict[str, Any]
AT = "2026-11-21T08:30:00.000Z"


class Line:
    """One client's connection, from the service's side."""

    def __init__(self, connection: ServerConnection) -> None:
        self.connection = connection

    async def hear(self) -> Json:
        """The client's next message."""
        async with asyncio.timeout(5):
            message: Json = json.loads(await self.connection.recv())
        return message

    async def say(self, **message: object) -> None:
        """Send a message of epoch `e`."""
        await self.connection.send(json.dumps({"epoch": "e", "at": AT, **message}))

    async def snapshot(self, seq: int, **values: object) -> None:
        """Queues by id."""
        await self.say(type="snapshot", seq=seq, values=_members(values))

    async def delta(self, after: int, seq: int, **values: object) -> None:
        """Queues by id."""
        await self.say(type="delta", after=after, seq=seq, values=_members(values))

    async def heartbeat(self, after: int, seq: int) -> None:
        """Nothing changed."""
        await self.say(type="heartbeat", after=after, seq=seq)

    async def subscription(self) -> Json:
        """Hear a client out until it has subscribed."""
        while (message := await self.hear())["type"] != "subscribe":
            pass
        return message

    async def end(self, code: int, reason: str = "") -> None:
        """Close the connection."""
        await self.connection.close(code, reason)


def _members(values: Json) -> list[Json]:
    return [{"topic": f"queue:{id_}", "value": value} for id_, value in values.items()]


@asynccontextmanager
async def acting(*scripts: Callable[[Line], Awaitable[None]]) -> AsyncIterator[str]:
    """A service that plays one script per connection, in turn, then waits for its end; gives its address."""
    left = list(scripts)

    async def play(connection: ServerConnection) -> None:
        await left.pop(0)(Line(connection))
        await connection.wait_closed()

    async with serve(play, "127.0.0.1", 0) as server:
        host, port = next(iter(server.sockets)).getsockname()[:2]
        yield f"http://{host}:{port}"
