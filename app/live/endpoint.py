"""One websocket per client: a reader, a writer, and the end of both. What is said is in `protocol.py`."""

import asyncio
from contextlib import suppress

from fastapi import APIRouter
from starlette.websockets import WebSocket, WebSocketDisconnect

from app.api.auth import is_admin_token
from app.live.hub import Hub
from app.live.outbox import Outbox
from app.live.protocol import AUTHENTICATE_IN, HEARTBEAT_EVERY, CloseCode, LiveError, Session, late
from app.runtime.service import Service

_SEND_SECONDS = 10
"""A client that takes nothing for so long is too slow."""
_CLOSE_SECONDS = 1


def live_router(service: Service, hub: Hub) -> APIRouter:
    """The live stream."""
    router = APIRouter()

    @router.websocket("/live")
    async def live(websocket: WebSocket) -> None:
        await websocket.accept()
        session = Session(lambda token: is_admin_token(token, service.admin_token))
        await _Connection(websocket, session, hub).run()

    return router


class _Connection:
    """One client while it is connected."""

    def __init__(self, websocket: WebSocket, session: Session, hub: Hub) -> None:
        self._websocket = websocket
        self._session = session
        self._hub = hub
        self._outbox = Outbox()

    async def run(self) -> None:
        """Serve the client until it leaves or must leave."""
        try:
            async with asyncio.TaskGroup() as tasks:
                tasks.create_task(self._read())
                tasks.create_task(self._write())
        except* LiveError as errors:
            await self._close(errors)
        except* WebSocketDisconnect:
            pass
        finally:
            self._hub.leave(self._outbox)

    async def _read(self) -> None:
        try:
            async with asyncio.timeout(AUTHENTICATE_IN.total_seconds()):
                while not self._session.is_authenticated:
                    await self._read_one()
        except TimeoutError:
            raise late() from None
        while True:
            await self._read_one()

    async def _read_one(self) -> None:
        message = await self._websocket.receive()
        if message["type"] == "websocket.disconnect":
            raise WebSocketDisconnect(message.get("code", 1005))
        text = message.get("text")
        if text is None:
            raise LiveError(CloseCode.BAD_MESSAGE, "Expected a text message; a binary one came.")
        subscription = self._session.receive(text)
        if subscription is not None:
            self._hub.follow(self._outbox, subscription)

    async def _write(self) -> None:
        while True:
            await self._send(await self._next_frame())

    async def _next_frame(self) -> str:
        try:
            async with asyncio.timeout(HEARTBEAT_EVERY.total_seconds()):
                delta = await self._outbox.take()
        except TimeoutError:
            # News may have come with the deadline: a heartbeat before it would number what the client has not got.
            return self._hub.heartbeat(self._outbox) if self._outbox.is_empty else await self._next_frame()
        return delta.frame if delta else await self._hub.snapshot(self._outbox)

    async def _send(self, frame: str) -> None:
        try:
            async with asyncio.timeout(_SEND_SECONDS):
                await self._websocket.send_text(frame)
        except TimeoutError:
            detail = f"The client took nothing for {_SEND_SECONDS} s. Connect again."
            raise LiveError(CloseCode.TOO_SLOW, detail) from None

    async def _close(self, errors: ExceptionGroup[LiveError]) -> None:
        """Tell the client why, if it still listens."""
        error = errors.exceptions[0]
        assert isinstance(error, LiveError)  # noqa: S101 - both tasks are flat, so is the group
        with suppress(TimeoutError, RuntimeError, WebSocketDisconnect):
            async with asyncio.timeout(_CLOSE_SECONDS):
                await self._websocket.close(error.code, error.reason)
