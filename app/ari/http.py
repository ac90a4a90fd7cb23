"""Requests by HTTP: the escape lane beside the websocket, the only lane for an Asterisk too old for more, and single questions.

HTTP was chosen for the escape lane over a second websocket: its connections are independent of each other, so one request
that waits for a playback blocks nobody; it needs no second application; and older nodes and downloads need it anyway.
"""

import asyncio
from collections.abc import Callable

import aiohttp
import msgspec
from yarl import URL

from app.ari.address import Address
from app.ari.answer import Outcome
from app.ari.errors import AriError, AriTimeout, AriUnreachable
from app.ari.inflight import Flight, InFlight, OnOutcome, outcome_of
from app.ari.request import Request

_encode = msgspec.json.Encoder().encode

# Asterisk closes idle connections after 15 s (http.conf, session_keep_alive). Ours close first, so that no request
# is written into one that is closing.
_KEEPALIVE_SECONDS = 10.0
_ONCE_WITHIN_SECONDS = 5.0


class HttpLane:
    """Sends requests by HTTP with a fixed number of workers. One worker keeps the order; more are independent.

    Requests may be sent before and during `run`; they wait for a worker no longer than their deadline.
    """

    def __init__(
        self, address: Address, *, workers: int, on_answer: Callable[[], None], on_outcome: OnOutcome
    ) -> None:
        self._address = address
        self._workers = workers
        self._on_answer = on_answer
        self._in_flight = InFlight(on_outcome)
        self._queue: asyncio.Queue[Flight] = asyncio.Queue()

    def send(self, request: Request, *, seconds: float) -> "asyncio.Future[Outcome]":
        """Queue for the next free worker. The future ends with an Outcome, at the latest after `seconds`."""
        flight = self._in_flight.start(request, seconds=seconds)
        self._queue.put_nowait(flight)
        return flight.future

    def fail_all(self, error_for: Callable[[Request], AriError]) -> None:
        """End all that is open, each with its own error."""
        self._in_flight.fail_all(error_for)

    async def run(self) -> None:
        """Serve the queue until cancelled; then what is open fails."""
        try:
            async with (
                _session(self._address, connections=self._workers) as session,
                asyncio.TaskGroup() as group,
            ):
                for _ in range(self._workers):
                    group.create_task(self._work(session))
        finally:
            self.fail_all(
                lambda request: AriUnreachable(f"{request}: no answer, we are closing", request=request)
            )

    async def _work(self, session: aiohttp.ClientSession) -> None:
        while True:
            flight = await self._queue.get()
            if not flight.future.done():
                self._in_flight.finish(flight, await self._perform(session, flight))

    async def _perform(self, session: aiohttp.ClientSession, flight: Flight) -> Outcome:
        request = flight.request
        remaining = flight.deadline - asyncio.get_running_loop().time()
        try:
            async with asyncio.timeout(max(0.0, remaining)):
                outcome = await _exchange(session, self._address, request)
        except TimeoutError:
            # The flight's own timer says the same at the same moment; whoever comes first ends it.
            return AriTimeout(f"{request}: expected an answer by its deadline, got none", request=request)
        except aiohttp.ClientError as error:
            return AriUnreachable(f"{request}: expected an answer by HTTP, got: {error}", request=request)
        self._on_answer()
        return outcome


async def ask_once(address: Address, request: Request) -> Outcome:
    """One request, for who has no client. Never raises, and ends within five seconds."""
    try:
        async with asyncio.timeout(_ONCE_WITHIN_SECONDS), _session(address, connections=1) as session:
            return await _exchange(session, address, request)
    except (aiohttp.ClientError, TimeoutError) as error:
        text = str(error) or f"no answer within {_ONCE_WITHIN_SECONDS:g} s"
        return AriUnreachable(text, request=request)


def _session(address: Address, *, connections: int) -> aiohttp.ClientSession:
    connector = aiohttp.TCPConnector(
        limit=connections, keepalive_timeout=_KEEPALIVE_SECONDS, ssl=address.tls() or True
    )
    return aiohttp.ClientSession(
        headers={"Authorization": address.authorization},
        connector=connector,
        cookie_jar=aiohttp.DummyCookieJar(),
    )


async def _exchange(session: aiohttp.ClientSession, address: Address, request: Request) -> Outcome:
    url = URL(address.url_of(request), encoded=True)
    body = None if request.body is None else _encode(request.body)
    content = {} if body is None else {"Content-Type": "application/json"}
    async with session.request(request.method, url, data=body, headers=content) as response:
        text = await response.read()
        return outcome_of(request, status=response.status, reason=response.reason or "", body=text)
