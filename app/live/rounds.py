"""When clients are told what changed, and in which steps: however many they are, calls come first.

    change     wait a moment for more     tell one audience after the other, in slices of time     rest as long as that took

The message of an audience is made when it is its turn, for there may be as many audiences as clients. What changes during a round and
its rest is told in the next round, the latest value of each thing. So telling everybody takes at most half of the loop, and what a
call needs waits for one slice at most.
"""

import asyncio
from collections import deque
from collections.abc import Callable

from app.live.audience import Audience
from app.live.outbox import Delta, Outbox

_GATHER_SECONDS = 0.01
_SLICE_SECONDS = 0.00025
_TURNS_BETWEEN = 2
"""Turns of the loop between two slices: what came for a call during a slice is read in the first, and served in the second."""

Make = Callable[[], Delta | None]
"""Makes the message for an audience; None: a snapshot for each client."""


class Rounds:
    """Round after round, while anybody wants one."""

    def __init__(self, begin: Callable[[], None], end: Callable[[], None]) -> None:
        """`begin` says by `tell` who is to be told; `end` hears that all are."""
        self._begin = begin
        self._end = end
        self._audiences: deque[tuple[Audience, Make]] = deque()
        self._clients: deque[tuple[Audience, Outbox, Delta | None]] = deque()
        self._is_wanted = False
        self._began_at = self._rest_until = 0.0
        self._handle: asyncio.Handle | None = None

    def want(self) -> None:
        """Let there be a round soon. May be said often."""
        self._is_wanted = True
        if self._handle is None:
            self._plan()

    def tell(self, audience: Audience, make: Make) -> None:
        """Let all clients of an audience have what `make` makes, in the present round or in the next one."""
        audience.told_at = asyncio.get_running_loop().time()
        self._audiences.append((audience, make))

    def forget(self) -> None:
        """What is still to be told is void."""
        self._audiences.clear()
        self._clients.clear()

    def _plan(self) -> None:
        loop = asyncio.get_running_loop()
        self._handle = loop.call_at(max(self._rest_until, loop.time() + _GATHER_SECONDS), self._start)

    def _start(self) -> None:
        self._is_wanted = False
        self._began_at = asyncio.get_running_loop().time()
        try:
            self._begin()
        finally:
            self._go_on()

    def _go_on(self) -> None:
        loop = asyncio.get_running_loop()
        until = loop.time() + _SLICE_SECONDS
        try:
            while self._clients or self._audiences:
                self._take_step()
                if loop.time() >= until:
                    break
        finally:
            if self._clients or self._audiences:
                self._pause(_TURNS_BETWEEN)
            else:
                self._finish(loop.time())

    def _pause(self, turns: int) -> None:
        loop = asyncio.get_running_loop()
        self._handle = loop.call_soon(self._pause, turns - 1) if turns else loop.call_soon(self._go_on)

    def _take_step(self) -> None:
        if self._clients:
            _tell_one(*self._clients.popleft())
        else:
            audience, make = self._audiences.popleft()
            delta = make()
            self._clients.extend((audience, client, delta) for client in audience.clients)

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
