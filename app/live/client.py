"""A client of the live stream: keeps a copy of what it follows, and says when that copy is stale.

    live = LiveClient(url, token, ["queues", "agents"])
    async for changed in live.changes():      # topics that changed; all of them after a snapshot
        draw(live.values, stale=live.is_stale)

It reconnects by itself, resumes where it was, and asks again when a message is missing. What is in `values` while `is_stale` is
the last that was known.
"""

import asyncio
import json
import random
from collections.abc import AsyncGenerator, Callable, Sequence
from contextlib import aclosing
from typing import Any
from urllib.parse import urlsplit

from websockets.asyncio.client import ClientConnection, connect
from websockets.exceptions import ConnectionClosed, InvalidStatus, WebSocketException

from app.ari.backoff import Backoff
from app.errors import ThirdringError
from app.live.copy import Copy, Value
from app.live.protocol import HEARTBEAT_EVERY, CloseCode

_SILENCE = 2 * HEARTBEAT_EVERY.total_seconds() + 2
"""Two heartbeats were missed."""
_FIRST_RETRY_SECONDS = 0.25
_LONGEST_RETRY_SECONDS = 10.0
_BIGGEST_MESSAGE = 64 * 1024 * 1024
_REFUSALS = frozenset({CloseCode.BAD_MESSAGE, CloseCode.UNAUTHENTICATED, CloseCode.FORBIDDEN})
_REFUSED_STATUSES = frozenset({401, 403, 404, 421})
"""Answers to the handshake that another try does not change."""


class LiveRefused(ThirdringError):
    """The service will not serve this client: the text says what to change."""


class LiveClient:
    """Follows topics. One consumer."""

    def __init__(
        self,
        url: str,
        token: str,
        topics: Sequence[str],
        *,
        numbers: str = "masked",
        jitter: Callable[[], float] = random.random,
    ) -> None:
        parts = urlsplit(url)
        scheme = "wss" if parts.scheme == "https" else "ws"
        self._url = f"{scheme}://{parts.netloc}/api/v1/live"
        self._token = token
        self._wanted: dict[str, Any] = {"type": "subscribe", "topics": list(topics), "numbers": numbers}
        self._backoff = Backoff(first=_FIRST_RETRY_SECONDS, longest=_LONGEST_RETRY_SECONDS, jitter=jitter)
        self._copy = Copy()
        self._has_asked = False
        self.is_stale = True
        self.trouble: str | None = None
        """Why there is no connection; None while there is one, or was none yet."""

    @property
    def values(self) -> dict[str, Value]:
        """Topic of one thing to its present value, or to the last known one while `is_stale`."""
        return self._copy.values

    async def changes(self) -> AsyncGenerator[set[str], None]:
        """The topics that changed, message by message; an empty set when only freshness did. Raises `LiveRefused`."""
        while True:
            async with aclosing(self._connected()) as connected:
                async for changed in connected:
                    yield changed
            if not self.is_stale:
                self.is_stale = True
                yield set()
            await asyncio.sleep(self._backoff.delay())

    async def _connected(self) -> AsyncGenerator[set[str], None]:
        """What changed while one connection lasts."""
        try:
            async with connect(self._url, max_size=_BIGGEST_MESSAGE, proxy=None) as connection:
                await self._say(connection, {"type": "authenticate", "token": self._token})
                await self._subscribe(connection)
                while True:
                    yield await self._hear(connection)
        except InvalidStatus as error:
            _raise_if_refused(error.response.status_code, "the handshake was refused", _REFUSED_STATUSES)
        except ConnectionClosed as error:
            if error.rcvd is not None:
                _raise_if_refused(error.rcvd.code, error.rcvd.reason, _REFUSALS)
        except TimeoutError:
            self.trouble = "it says nothing"
        except (OSError, WebSocketException) as error:
            self.trouble = str(error) or type(error).__name__

    async def _hear(self, connection: ClientConnection) -> set[str]:
        """The next message that can be taken: what it changed. One that cannot, since one before it is missing, is as good as silence."""
        async with asyncio.timeout(_SILENCE):
            while (changed := self._copy.take(json.loads(await connection.recv()))) is None:
                if not self._has_asked:
                    await self._subscribe(connection)
        self._backoff.reset()
        self.is_stale = self._has_asked = False
        self.trouble = None
        return changed

    async def _subscribe(self, connection: ClientConnection) -> None:
        self._has_asked = True
        position = self._copy.position
        await self._say(connection, self._wanted | ({} if position is None else {"resume": position}))

    async def _say(self, connection: ClientConnection, message: dict[str, Any]) -> None:
        await connection.send(json.dumps(message))


def _raise_if_refused(code: int, reason: str, refusals: frozenset[Any]) -> None:
    if code in refusals:
        raise LiveRefused(f"Expected the service to serve the live stream; it refused ({code}): {reason}")
