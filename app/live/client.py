"""A client of the live stream: keeps a copy of what it follows, and says when that copy is stale.

    async with LiveClient(url, token, ["queues", "agents"]) as live:
        async for changed in live.changes():      # topics that changed; all of them after a snapshot
            draw(live.values, stale=live.is_stale)

It reconnects by itself and resumes where it was. What is in `values` while `is_stale` is the last that was known.
"""

import asyncio
import json
from collections.abc import AsyncIterator, Sequence
from contextlib import suppress
from typing import Any, Self
from urllib.parse import urlsplit

from websockets.asyncio.client import ClientConnection, connect
from websockets.exceptions import WebSocketException

_SILENCE_SECONDS = 12.0
"""More than two heartbeats of the server."""
_RETRY_SECONDS = 0.5
_BIGGEST_MESSAGE = 64 * 1024 * 1024


class LiveRefused(Exception):
    """The service will not serve this client: the reason says what to change."""


class LiveClient:
    """Follows topics. One consumer."""

    def __init__(self, url: str, token: str, topics: Sequence[str], *, numbers: str = "masked") -> None:
        parts = urlsplit(url)
        scheme = "wss" if parts.scheme == "https" else "ws"
        self._url = f"{scheme}://{parts.netloc}/api/v1/live"
        self._token = token
        self._topics = list(topics)
        self._numbers = numbers
        self._position: dict[str, Any] | None = None
        self.values: dict[str, dict[str, Any]] = {}
        """Topic of one thing to its present value."""
        self.is_stale = True

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(self, *_: object) -> None:
        self.is_stale = True

    async def changes(self) -> AsyncIterator[set[str]]:
        """The topics that changed, message by message; an empty set when only freshness did. Raises `LiveRefused`."""
        while True:
            with suppress(OSError, TimeoutError):
                async with connect(self._url, max_size=_BIGGEST_MESSAGE, proxy=None) as connection:
                    await self._subscribe(connection)
                    async for changed in self._read(connection):
                        yield changed
            if not self.is_stale:
                self.is_stale = True
                yield set()
            await asyncio.sleep(_RETRY_SECONDS)

    async def _subscribe(self, connection: ClientConnection) -> None:
        await connection.send(json.dumps({"type": "authenticate", "token": self._token}))
        wanted: dict[str, Any] = {"type": "subscribe", "topics": self._topics, "numbers": self._numbers}
        if self._position is not None:
            wanted["resume"] = self._position
        await connection.send(json.dumps(wanted))

    async def _read(self, connection: ClientConnection) -> AsyncIterator[set[str]]:
        while True:
            try:
                async with asyncio.timeout(_SILENCE_SECONDS):
                    message = json.loads(await connection.recv())
            except WebSocketException:
                _raise_if_refused(connection)
                return
            changed = self._take(message)
            yield changed

    def _take(self, message: dict[str, Any]) -> set[str]:
        self._position = {"epoch": message["epoch"], "seq": message["seq"]}
        self.is_stale = False
        gone: set[str] = set()
        if message["type"] == "snapshot":
            gone = set(self.values)
            self.values = {}
        changed = {member["topic"] for member in message.get("values", ())}
        for member in message.get("values", ()):
            if member["value"] is None:
                self.values.pop(member["topic"], None)
            else:
                self.values[member["topic"]] = member["value"]
        return changed | gone


def _raise_if_refused(connection: ClientConnection) -> None:
    code, reason = connection.close_code, connection.close_reason
    if code is not None and 4400 <= code < 4408:  # noqa: PLR2004 - CloseCode: bad message, unauthenticated
        raise LiveRefused(f"The live stream was closed by the service ({code}): {reason}")
