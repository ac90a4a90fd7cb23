"""When clients are told what changed, and in which steps: however many they are, calls come first.

    change     wait a moment for more     messages are made     clients are told, a slice of time each turn     rest as long as that took

What changes during a round and its rest is told in the next round, the latest value of each thing. So telling everybody takes at most half
of the loop, and a call never waits longer than for one slice.
"""

import asyncio
from collections import deque
from collections.abc import Callable

from app.live.audience import Audience
from app.live.outbox import Delta, Outbox

_GATHER_SECONDS = 0.01
_SLICE_SECONDS = 0.0005


class Rounds:
    """Round after round, while anybody wants one."""

    def __init__(self, begin: Callable[[], None], end: Callable[[], None]) -> None:
        """`begin` says by `tell` who is to be told what; `end` hears that all are told."""
        self._begin = begin
        self._end = end
        self._queue: deque[tuple[Audience, Outbox, Delta | None]] = deque()
        self._is_wanted = False
        self._began_at = self._rest_until = 0.0
        self._handle: asyncio.Handle | None = None

    def want(self) -> None:
        """Let there be a round soon. May be said often."""
        self._is_wanted = True
        if self._handle is None:
            self._plan()

    def tell(self, audience: Audience, delta: Delta | None) -> None:
        """Let all clients of an audience have this in the present round, or in the next one; None: a snapshot."""
        audience.told_at = asyncio.get_running_loop().time()
        self._queue.extend((audience, client, delta) for client in audience.clients)

    def _plan(self) -> None:
        loop = asyncio.get_running_loop()
        self._handle = loop.call_at(max(self._rest_until, loop.time() + _GATHER_SECONDS), self._start)

    def _start(self) -> None:
        self._is_wanted = False
        self._began_at = asyncio.get_running_loop().time()
        self._begin()
        self._go_on()

    def _go_on(self) -> None:
        loop = asyncio.get_running_loop()
        until = loop.time() + _SLICE_SECONDS
        try:
            while self._queue:
                _tell_one(*self._queue.popleft())
                if loop.time() >= until:
                    break
        finally:
            if self._queue:
                self._handle = loop.call_soon(self._go_on)
            else:
                self._finish(loop.time())

    def _finish(self, now: float) -> None:
        self._rest_until = now + (now - self._began_at)
        self._handle = None
        self._end()
        if self._is_wanted:
            self._plan()


def _tell_one(audience: Audience, client: Outbox, delta: Delta | None) -> None:
    if client not in audience.clients:
        return  # It left, or follows something else by now.
    if delta is None:
        client.want_snapshot()
    else:
        client.put(delta)
