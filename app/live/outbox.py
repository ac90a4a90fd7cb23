"""What waits to be sent to one client. However slow the client is, it never holds more than the latest value of each thing."""

import asyncio
from collections.abc import Callable, Mapping
from datetime import datetime
from functools import cached_property

from app.live.protocol import CloseCode, LiveError
from app.live.topics import Key

KEY_LIMIT = 5_000
"""How many different things may wait for a client that does not keep up."""


class Delta:
    """Changes `after` one number up to another: encoded members of `values` by key.

    Shared by all clients of a view, and encoded once.
    """

    def __init__(
        self,
        values: Mapping[Key, bytes],
        *,
        after: int,
        seq: int,
        at: datetime,
        encode: Callable[["Delta"], str],
    ) -> None:
        self.values = values
        self.after = after
        self.seq = seq
        self.at = at
        self._encode = encode

    @cached_property
    def frame(self) -> str:
        """The message."""
        return self._encode(self)

    def followed_by(self, later: "Delta") -> "Delta":
        """Both as one: where they speak of the same thing, only the later counts."""
        values = {**self.values, **later.values}
        return Delta(values, after=self.after, seq=later.seq, at=later.at, encode=self._encode)


class Outbox:
    """At most the wish for a snapshot and one delta behind it; a delta that finds another waiting is merged into it."""

    def __init__(self, *, key_limit: int = KEY_LIMIT) -> None:
        self._key_limit = key_limit
        self._wants_snapshot = False
        self._delta: Delta | None = None
        self._failure: LiveError | None = None
        self._has_news = asyncio.Event()

    @property
    def is_empty(self) -> bool:
        """Nothing waits: the client has everything, or will have when what is being sent has arrived."""
        return not self._has_news.is_set()

    def want_snapshot(self) -> None:
        """The client must be told everything anew; what waits is void."""
        self._wants_snapshot, self._delta = True, None
        self._has_news.set()

    def put(self, delta: Delta) -> None:
        """Let a delta wait."""
        self._delta = delta if self._delta is None else self._merged(self._delta, delta)
        self._has_news.set()

    async def take(self) -> Delta | None:
        """Wait for what comes next and take it out; None: a snapshot. Raises `LiveError` when the connection must end."""
        await self._has_news.wait()
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
