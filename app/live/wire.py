"""The live stream's end of a connection: uvicorn's websocket, with a short way for bytes that are the same for many clients.

A message through ASGI takes 25 us of CPU here: it wakes a task and passes seven layers, and is framed for each client anew. So a message
is framed once (`packet_of`), and those bytes are written to one socket after the other, in 7 us each. What ASGI cannot do at all is to
say good-bye to a client that takes nothing: it would wait for that client first.
"""

import asyncio
from typing import cast

from starlette.websockets import WebSocket, WebSocketDisconnect
from uvicorn.protocols.websockets.websockets_sansio_impl import WebSocketsSansIOProtocol
from websockets.frames import Frame, Opcode
from websockets.http11 import Request

_EXTENSION = "thirdring.wire"
_NO_STATUS = 1006
_LINGER_SECONDS = 10
"""How long a client has to take what was written to it, and its good-bye, when the connection ends."""


class Wire(WebSocketsSansIOProtocol):
    """One connection. uvicorn must serve the interface with it: `ws=Wire`."""

    @staticmethod
    def of(websocket: WebSocket) -> "Wire":
        """The wire of a websocket."""
        wire: Wire = websocket.scope["extensions"][_EXTENSION]
        return wire

    def handle_connect(self, event: Request) -> None:
        """The application begins behind this, and finds the wire among the extensions of its scope."""
        super().handle_connect(event)
        if not self.close_sent:
            cast("dict[str, object]", self.scope["extensions"])[_EXTENSION] = self

    def write(self, packet: bytes) -> bool:
        """Write whole frames, if the client takes what it gets; whether it does."""
        if not self.writable.is_set() or self._is_ending:
            return False
        self.transport.write(packet)
        return True

    async def deliver(self, packet: bytes) -> None:
        """Write whole frames as soon as the client takes what it gets. Raises `WebSocketDisconnect` when it is gone."""
        while not self.write(packet):
            if self._is_ending:
                raise WebSocketDisconnect(_NO_STATUS)
            await self.writable.wait()

    def end(self, code: int, reason: str) -> None:
        """Say good-bye behind everything that was written, whether the client takes it or not. May be called twice."""
        if self._is_ending:
            return
        self.conn.send_close(code, reason)
        self.transport.write(b"".join(self.conn.data_to_send()))
        self.close_sent = True
        self.close_timer = self.loop.call_later(_LINGER_SECONDS, self.transport.close)
        if self.read_paused:
            self.read_paused = False
            self.transport.resume_reading()

    def on_task_complete(self, task: asyncio.Task[None]) -> None:
        """The application has ended. A client that takes nothing must not keep its socket and what waits there for ever."""
        super().on_task_complete(task)
        self.loop.call_later(_LINGER_SECONDS, self.transport.abort)

    @property
    def _is_ending(self) -> bool:
        return self.close_sent or self.transport.is_closing()


def packet_of(message: bytes) -> bytes:
    """A text message as the frame that a server sends (RFC 6455 section 5.2)."""
    return Frame(Opcode.TEXT, message).serialize(mask=False)
