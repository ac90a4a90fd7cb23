"""Asterisk's pulse: how long it takes to answer a question that concerns no call and no controller.

While it takes longer than usual, Asterisk or its machine stands still: what phones send meanwhile is told late, whoever controls the calls.
"""

import asyncio
import time
from contextlib import suppress
from typing import Self

_EVERY = 0.05
_OPTIONS = (
    "OPTIONS sip:pulse@{host} SIP/2.0\r\n"
    "Via: SIP/2.0/UDP {me};branch=z9hG4bK-pulse-{number};rport\r\n"
    "From: <sip:pulse@{me}>;tag=pulse\r\n"
    "To: <sip:pulse@{host}>\r\n"
    "Call-ID: pulse-{number}@{me}\r\n"
    "CSeq: 1 OPTIONS\r\n"
    "Max-Forwards: 70\r\n"
    "Content-Length: 0\r\n\r\n"
)


class Pulse(asyncio.DatagramProtocol):
    """Asks a SIP server again and again while the block lasts; `waited` is how many nanoseconds all answers took together."""

    def __init__(self, server: tuple[str, int]) -> None:
        self._server = server
        self._asked: int | None = None
        self.waited = 0

    async def __aenter__(self) -> Self:
        loop = asyncio.get_running_loop()
        self._transport, _ = await loop.create_datagram_endpoint(lambda: self, remote_addr=self._server)
        self._task = asyncio.create_task(self._ask())
        return self

    async def __aexit__(self, *_: object) -> None:
        self._task.cancel()
        with suppress(asyncio.CancelledError):
            await self._task
        self._transport.close()

    def datagram_received(self, data: bytes, addr: tuple[str, int]) -> None:  # noqa: ARG002 - asyncio's signature
        """Any answer will do."""
        if self._asked is not None:
            self.waited += time.monotonic_ns() - self._asked
            self._asked = None

    async def _ask(self) -> None:
        me = "{}:{}".format(*self._transport.get_extra_info("sockname"))
        number = 0
        while True:
            if self._asked is None:
                number += 1
                self._asked = time.monotonic_ns()
                text = _OPTIONS.format(host=self._server[0], me=me, number=number)
                self._transport.sendto(text.encode())
            await asyncio.sleep(_EVERY)
