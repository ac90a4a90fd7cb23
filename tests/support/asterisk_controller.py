"""A controller of few words: connects to ARI as the service does, sends requests, waits for events.

Tests of the dialplan use it to see what a controller would be given; the service's own client has tests of its own.
"""

import asyncio
import json
from types import TracebackType
from typing import Any, Self

from websockets.asyncio.client import ClientConnection, connect

from app.asterisk.process import Asterisk

Event = dict[str, Any]


class Controller:
    """One connection to the events of the node's application. Use it in an `async with`."""

    def __init__(self, asterisk: Asterisk) -> None:
        self._address = asterisk.address
        self._requests = 0
        self.seen: list[Event] = []

    async def __aenter__(self) -> Self:
        self._connection: ClientConnection = await connect(
            self._address.events_url, additional_headers={"Authorization": self._address.authorization}
        )
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self._connection.close()

    async def until(self, kind: str, *, within: float = 5) -> Event:
        """The next event of this type; others before it are dropped."""
        try:
            async with asyncio.timeout(within):
                while True:
                    event: Event = json.loads(await self._connection.recv())
                    self.seen.append(event)
                    if event["type"] == kind:
                        return event
        except TimeoutError:
            kinds = [event["type"] for event in self.seen]
            raise AssertionError(f"expected the event {kind} within {within} s, saw {kinds}") from None

    async def request(self, method: str, uri: str, *, body: Event | None = None, **query: str) -> Event:
        """Send a request and wait for its answer; events before it are dropped."""
        self._requests += 1
        request: Event = {
            "type": "RESTRequest",
            "request_id": str(self._requests),
            "method": method,
            "uri": uri,
            "query_strings": [{"name": name, "value": value} for name, value in query.items()],
        }
        if body:
            request |= {"content_type": "application/json", "message_body": json.dumps(body)}
        await self._connection.send(json.dumps(request))
        return await self.until("RESTResponse")
