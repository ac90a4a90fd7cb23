"""The twin on the wire: ARI's websocket and HTTP on a free port of 127.0.0.1, with the faults that a network can have.

async with TwinServer() as server:
    client = Client(server.address(), listener, jitter=random.random)
"""

import asyncio
import json
from collections.abc import Iterator
from contextlib import contextmanager
from types import TracebackType
from typing import Self

from aiohttp import WSCloseCode, WSMsgType, web

from app.ari.address import Address
from app.ari.request import Method, Request
from tests.support.twin import Twin
from tests.support.twin_lane import TwinLane
from tests.support.twin_rest import Reply, TwinRest
from tests.support.twin_things import Json

_METHODS: dict[str, Method] = {"GET": "GET", "POST": "POST", "PUT": "PUT", "DELETE": "DELETE"}


class Session:
    """One controller's websocket: a queue of what goes out, and a lane for what comes in."""

    def __init__(self, lane: TwinLane, socket: web.WebSocketResponse, transport: asyncio.Transport) -> None:
        self.lane = lane
        self.socket = socket
        self.transport = transport
        self.outbox: asyncio.Queue[Json] = asyncio.Queue()

    async def write(self) -> None:
        """Send what is queued, until cancelled."""
        while True:
            await self.socket.send_json(await self.outbox.get())


class TwinServer:
    """One node on the wire. `requests` holds every request that came, in order, with the way it came by."""

    def __init__(self) -> None:
        self.twin = Twin(emit=self._emit)
        self.requests: list[tuple[str, Request]] = []
        self.silent: set[str] = set()
        """Requests, as text, that are carried out and never answered by websocket."""
        self.sessions: list[Session] = []
        """All websockets that are open; events go to the last."""
        self.port = 0
        self.password = "secret"
        self._rest = TwinRest(self.twin)
        self._awake = asyncio.Event()
        self._awake.set()

    async def __aenter__(self) -> Self:
        await self.start()
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.wake()
        await self.stop()

    def address(self, *, password: str | None = None) -> Address:
        """Where to reach it."""
        return Address(
            url=f"http://127.0.0.1:{self.port}/ari",
            user="thirdring",
            password=password or self.password,
            app=self.twin.app,
        )

    async def start(self) -> None:
        """Listen; on the same port as before, if there was one."""
        application = web.Application()
        application.router.add_get("/ari/events", self._serve_events)
        application.router.add_route("*", "/ari/{path:.*}", self._serve_http)
        self._runner = web.AppRunner(application, shutdown_timeout=0.1)
        await self._runner.setup()
        site = web.TCPSite(self._runner, "127.0.0.1", self.port)
        await site.start()
        self.port = self._runner.addresses[0][1]

    async def stop(self) -> None:
        """Close everything and listen no more."""
        self.cut()
        await self._runner.cleanup()

    def cut(self) -> None:
        """Break every websocket without a word, as a crash does."""
        for session in self.sessions:
            session.transport.abort()

    def freeze(self) -> None:
        """Answer nothing any more, neither requests nor pings; connections stay."""
        self._awake.clear()
        for session in self.sessions:
            session.transport.pause_reading()

    def wake(self) -> None:
        """End of `freeze`."""
        self._awake.set()
        for session in self.sessions:
            session.transport.resume_reading()

    async def _serve_events(self, request: web.Request) -> web.StreamResponse:
        if not self._is_authorized(request):
            return web.json_response({"message": "Authentication required"}, status=401)
        socket = web.WebSocketResponse(autoping=False)
        await socket.prepare(request)
        transport = request.transport
        assert isinstance(transport, asyncio.Transport)
        with self._session(socket, transport) as session:
            async with asyncio.TaskGroup() as group:
                writer = group.create_task(session.write())
                await self._read(session)
                writer.cancel()
        return socket

    @contextmanager
    def _session(self, socket: web.WebSocketResponse, transport: asyncio.Transport) -> Iterator[Session]:
        session = Session(TwinLane(self.twin, self._rest), socket, transport)
        if self.sessions:
            self.twin.send("ApplicationReplaced")
        self.sessions.append(session)
        self.twin.connect()
        try:
            yield session
        finally:
            self.sessions.remove(session)
            session.lane.close()
            if not self.sessions:
                self.twin.disconnect()

    async def _read(self, session: Session) -> None:
        async for message in session.socket:
            if message.type is WSMsgType.TEXT:
                self._submit(session, json.loads(message.data))
            elif message.type is WSMsgType.PING and not session.lane.is_blocked:
                await session.socket.pong(message.data)
        await session.socket.close(code=WSCloseCode.OK)

    def _submit(self, session: Session, message: Json) -> None:
        request = _request(
            message["method"],
            message["uri"],
            {parameter["name"]: parameter["value"] for parameter in message.get("query_strings", ())},
            message.get("message_body", ""),
        )
        self.requests.append(("websocket", request))
        session.lane.submit(
            request, lambda reply: self._answer(session, message["request_id"], request, reply)
        )

    def _answer(self, session: Session, request_id: str, request: Request, reply: Reply) -> None:
        if str(request) not in self.silent:
            session.outbox.put_nowait(
                {
                    "type": "RESTResponse",
                    "request_id": request_id,
                    "status_code": reply.status,
                    "reason_phrase": reply.reason,
                    "message_body": reply.body,
                }
            )

    def _emit(self, message: Json) -> None:
        if self.sessions:
            self.sessions[-1].outbox.put_nowait(message)

    async def _serve_http(self, http_request: web.Request) -> web.Response:
        await self._awake.wait()
        if not self._is_authorized(http_request):
            return web.json_response({"message": "Authentication required"}, status=401)
        path = http_request.raw_path.partition("?")[0].removeprefix("/ari/")
        request = _request(http_request.method, path, dict(http_request.query), await http_request.text())
        self.requests.append(("http", request))
        reply = await self._carry_out_alone(request)
        return web.Response(
            status=reply.status, reason=reply.reason, text=reply.body, content_type="application/json"
        )

    async def _carry_out_alone(self, request: Request) -> Reply:
        """A request by HTTP waits for nobody but itself."""
        lane = TwinLane(self.twin, self._rest)
        replied: asyncio.Future[Reply] = asyncio.get_running_loop().create_future()
        lane.submit(request, replied.set_result)
        try:
            return await replied
        finally:
            lane.close()

    def _is_authorized(self, request: web.Request) -> bool:
        return request.headers.get("Authorization") == self.address().authorization


def _request(method: str, path: str, query: dict[str, str], body: str) -> Request:
    return Request(
        method=_METHODS[method],
        path=path,
        query=tuple(query.items()),
        body=json.loads(body) if body else None,
    )
