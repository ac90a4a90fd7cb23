"""One websocket per client: a reader, a writer, one who watches its rights, and the end of all. What is said is in `protocol.py`."""

import asyncio
from contextlib import suppress

from fastapi import APIRouter
from starlette.websockets import WebSocket, WebSocketDisconnect

from app.api.auth_cookie import SESSION, check_own_origin
from app.auth.access import Access
from app.auth.actor import Actor
from app.auth.errors import AccountsAway, ForgedRequest
from app.auth.model import Principal
from app.calls.switchboard import Switchboard
from app.ids import AgentId, CallId
from app.live.hub import Hub
from app.live.outbox import Outbox
from app.live.protocol import (
    AUTHENTICATE_IN,
    CloseCode,
    LiveError,
    Numbers,
    Session,
    Subscription,
    View,
    late,
)
from app.live.rights import Rights, text_of
from app.live.wire import Wire
from app.runtime.service import Service

_SEND_SECONDS = 10
"""A client that takes nothing for so long is too slow."""
_CHECK_EVERY_SECONDS = 2
"""How long a right may still be used that ended by time, or by what a call or the site became. What an admin takes away ends at once."""


def live_router(service: Service, hub: Hub, access: Access) -> APIRouter:
    """The live stream."""
    router = APIRouter()

    @router.websocket("/live")
    async def live(websocket: WebSocket) -> None:
        guest = _Guest(service, access, source=websocket.client.host if websocket.client else "")
        await guest.look_at_cookie(websocket)
        await websocket.accept()
        await _Connection(websocket, guest, hub).run()

    return router


class _Guest:
    """Who is at the other end, and what that one may follow. Asked again now and then: rights can end."""

    def __init__(self, service: Service, access: Access, *, source: str) -> None:
        self._service = service
        self._access = access
        self._source = source
        self._principal: Principal | None = None
        self._view: View | None = None
        self._in_full: tuple[Actor, list[str]] | None = None

    @property
    def is_known(self) -> bool:
        """Whether it is known who it is."""
        return self._principal is not None

    async def look_at_cookie(self, websocket: WebSocket) -> None:
        """A page of ours brings its session's cookie with the handshake. Any other client shows a token."""
        with suppress(AccountsAway, ForgedRequest):
            await self._access.identities.ready()
            secret = SESSION.read(websocket)
            if secret is not None:
                check_own_origin(websocket)
                self._principal = await self._access.identities.by_session(secret)

    def shows(self, token: str) -> bool:
        """Whether the token tells who it is. Raises `LiveError` when nobody can say."""
        try:
            self._principal = self._access.identities.known_by_token(token)
        except AccountsAway as error:
            raise LiveError(CloseCode.ACCOUNTS_AWAY, error.detail) from None
        return self._principal is not None

    def follow(self, subscription: Subscription) -> None:
        """Whether it may follow this. That it sees full numbers is audited, from here to its end. Raises `LiveError`."""
        self.leave()
        self._view = subscription.view
        self.check()
        if self._principal is not None and subscription.view.numbers is Numbers.FULL:
            topics = sorted(map(text_of, subscription.view.topics))
            self._in_full = Actor(self._principal, self._source), topics
            self._note("followLive")

    def leave(self) -> None:
        """It follows nothing any more. May be called twice."""
        self._note("unfollowLive")
        self._in_full = None

    def _note(self, action: str) -> None:
        if self._in_full is not None:
            actor, topics = self._in_full
            entry = actor.entry(action, at=self._service.clock.now(), details={"topics": topics})
            self._access.audit.note(entry)

    async def rights_changed(self) -> None:
        """Return as soon as its rights may have changed."""
        await self._access.identities.changed()

    def check(self) -> None:
        """Whether it may still follow what it follows. Raises `LiveError`."""
        if self._principal is None or self._view is None:
            return
        self._principal = self._access.identities.current(self._principal)
        if self._principal is None:
            raise LiveError(CloseCode.UNAUTHENTICATED, "The session or the token is over. Log in again.")
        rights = Rights(self._service.site.teams, lambda call_id: _agents_of(self._board, call_id))
        if (refusal := rights.refusal(self._principal, self._view)) is not None:
            raise LiveError(CloseCode.FORBIDDEN, refusal)

    @property
    def _board(self) -> Switchboard:
        return self._service.dispatcher.board


def _agents_of(board: Switchboard, call_id: CallId) -> set[AgentId]:
    """The agents whom a live call rings or has."""
    call = board.calls.get(call_id)
    legs = call.legs.values() if call else ()
    return {leg.agent_id for leg in legs if leg.agent_id is not None}


class _Connection:
    """One client while it is connected."""

    def __init__(self, websocket: WebSocket, guest: _Guest, hub: Hub) -> None:
        self._websocket = websocket
        self._guest = guest
        self._session = Session(guest.shows, is_known=guest.is_known)
        self._hub = hub
        self._wire = Wire.of(websocket)
        self._outbox = Outbox(self._wire.write)

    async def run(self) -> None:
        """Serve the client until it leaves or must leave."""
        try:
            async with asyncio.TaskGroup() as tasks:
                tasks.create_task(self._read())
                tasks.create_task(self._write())
                tasks.create_task(self._watch())
        except* LiveError as errors:
            self._end(errors)
        except* WebSocketDisconnect:
            pass
        finally:
            self._hub.leave(self._outbox)
            self._guest.leave()

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
            self._guest.follow(subscription)
            self._hub.follow(self._outbox, subscription)

    async def _write(self) -> None:
        """Send what was not written at once."""
        while True:
            delta = await self._outbox.take()
            await self._send(delta.packet if delta else await self._hub.snapshot(self._outbox))

    async def _send(self, packet: bytes) -> None:
        try:
            async with asyncio.timeout(_SEND_SECONDS):
                await self._wire.deliver(packet)
        except TimeoutError:
            detail = f"The client took nothing for {_SEND_SECONDS} s. Connect again."
            raise LiveError(CloseCode.TOO_SLOW, detail) from None

    async def _watch(self) -> None:
        """Rights can end."""
        while True:
            with suppress(TimeoutError):
                async with asyncio.timeout(_CHECK_EVERY_SECONDS):
                    await self._guest.rights_changed()
            self._guest.check()

    def _end(self, errors: ExceptionGroup[LiveError]) -> None:
        """Tell the client why."""
        error = errors.exceptions[0]
        assert isinstance(error, LiveError)  # noqa: S101 - all tasks are flat, so is the group
        self._wire.end(error.code, error.reason)
