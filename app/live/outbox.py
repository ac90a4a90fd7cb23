"""What waits to be sent to one client. However slow the client is, it never holds more than the latest value of each thing."""

import asyncio
from collections.abc import Callable, Mapping
from datetime import datetime
from functools import cached_property

from app.live.protocol import CloseCode, LiveError
from app.live.topics import Key
from app.live.wire import packet_of

KEY_LIMIT = 5_000
"""How many different things may wait for a client that does not keep up."""

Write = Callable[[bytes], bool]
"""Writes bytes to a client, if it takes what it gets; whether it does."""


class Delta:
    """Changes `after` one number up to another: encoded members of `values` by key. A heartbeat has none.

    Shared by all clients of a view, and encoded once.
    """

    def __init__(
        self,
        values: Mapping[Key, bytes],
        *,
        after: int,
        seq: int,
        at: datetime,
        encode: Callable[["Delta"], bytes],
    ) -> None:
        self.values = values
        self.after = after
        self.seq = seq
        self.at = at
        self.encode = encode

    @cached_property
    def packet(self) -> bytes:
        """The message as it goes over the wire."""
        return packet_of(self.encode(self))

    def followed_by(self, later: "Delta") -> "Delta":
        """Both as one: where they speak of the same thing, only the later counts."""
        values = {**self.values, **later.values}
        return Delta(values, after=self.after, seq=later.seq, at=later.at, encode=later.encode)


class Outbox:
    """At most the wish for a snapshot and one delta behind it; a delta that finds another waiting is merged into it.

    A delta that nothing stands before is written at once, if the client takes it. All else waits for the client's writer.
    """

    def __init__(self, write: Write = lambda _: False, *, key_limit: int = KEY_LIMIT) -> None:
        self._write = write
        self._key_limit = key_limit
        self._is_sent = True
        """The writer has sent all that it took."""
        self._wants_snapshot = False
        self._delta: Delta | None = None
        self._failure: LiveError | None = None
        self._has_news = asyncio.Event()

    @property
    def is_empty(self) -> bool:
        """Nothing waits, and nothing is being sent."""
        return self._is_sent and not self._has_news.is_set()

    def want_snapshot(self) -> None:
        """The client must be told everything anew; what waits is void."""
        self._wants_snapshot, self._delta = True, None
        self._has_news.set()

    def put(self, delta: Delta) -> None:
        """Write a delta, or let it wait. A heartbeat is needed only by a client that waits for nothing."""
        if self.is_empty and self._write(delta.packet):
            return
        if not (delta.values or self.is_empty):
            return
        self._delta = delta if self._delta is None else self._merged(self._delta, delta)
        self._has_news.set()

    async def take(self) -> Delta | None:
        """Wait for what comes next and take it out; None: a snapshot. What was taken before has been sent.

        Raises `LiveError` when the connection must end.
        """
        self._is_sent = True
        await self._has_news.wait()
        self._is_sent = False
        if self._failure is not None:
            raise self._failure
        if self._wants_snapshot:
            self._wants_snapshot = False
            delta = None
        else:
            delta, self._delta = self._delta, None
        if self._delta is None:
            self._has_news.clear()
        return delta

    def _merged(self, waiting: Delta, delta: Delta) -> Delta:
        merged = waiting.followed_by(delta)
        if len(merged.values) > self._key_limit:
            self._failure = LiveError(
                CloseCode.TOO_SLOW, "The client takes messages too slowly. Connect again."
            )
        return merged
