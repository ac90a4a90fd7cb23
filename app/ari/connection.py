"""One websocket connection to Asterisk: the ordered lane, and the stream of events.

Everything is synchronous. `send` writes at once, and a `burst` leaves in one write. Messages are read in order, straight from
`data_received`.
"""

import asyncio
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress

from app.ari.address import Address
from app.ari.answer import Outcome
from app.ari.errors import AriError, AriReplaced, AriUnauthorized, AriUnreachable
from app.ari.inflight import InFlight, OnOutcome, ended
from app.ari.messages import Event, RESTResponse
from app.ari.protocol import AriProtocol, HandshakeRefused, Opened, Received
from app.ari.request import Request

_CLOSING_SECONDS = 1.0


class Connection(asyncio.Protocol):
    """Made by `open_connection`. Ends once; `lost` then holds why, and every open request has failed."""

    def __init__(
        self,
        address: Address,
        *,
        on_event: Callable[[Event], None],
        on_answer: Callable[[], None],
        on_outcome: OnOutcome,
    ) -> None:
        loop = asyncio.get_running_loop()
        self._address = address
        self._protocol = AriProtocol(address)
        self._on_event = on_event
        self._on_answer = on_answer
        self._in_flight = InFlight(on_outcome)
        self._transport: asyncio.Transport | None = None
        self._is_corked = False
        self.opened: asyncio.Future[AriError | None] = loop.create_future()
        self.lost: asyncio.Future[Exception] = loop.create_future()
        self.heard_at = loop.time()
        """When the last bytes came, by the loop's clock."""

    def send(self, request: Request, *, seconds: float) -> "asyncio.Future[Outcome]":
        """Send now. The future ends with an Outcome, at the latest after `seconds`."""
        if not self._protocol.is_open or self.lost.done():
            return ended(AriUnreachable(f"{request}: not sent, the connection is closed", request=request))
        flight = self._in_flight.start(request, seconds=seconds)
        self._protocol.request(flight.id, request)
        self._flush()
        return flight.future

    @contextmanager
    def burst(self) -> Iterator[None]:
        """What is sent inside leaves in one write at its end."""
        was_corked, self._is_corked = self._is_corked, True
        try:
            yield
        finally:
            self._is_corked = was_corked
            self._flush()

    def ping(self) -> None:
        """Make a living server send something."""
        if self._protocol.is_open:
            self._protocol.ping()
            self._flush()

    async def close(self) -> None:
        """Say goodbye, and wait for the end, at most a second."""
        self._protocol.close()
        self._flush()
        with suppress(TimeoutError):
            await asyncio.wait_for(asyncio.shield(self.lost), _CLOSING_SECONDS)
        self.abort(AriUnreachable("The connection to Asterisk was closed by us"))

    def abort(self, reason: Exception) -> None:
        """End at once. Nothing more is read or sent. Safe to repeat."""
        if self.lost.done():
            return
        self.lost.set_result(reason)
        if not self.opened.done():
            self.opened.set_result(reason if isinstance(reason, AriError) else None)
        if self._transport is not None:
            self._transport.abort()
        self._in_flight.fail_all(lambda request: _lost(request, reason))

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Part of asyncio.Protocol."""
        assert isinstance(transport, asyncio.Transport)  # noqa: S101 - create_connection makes no other kind.
        self._transport = transport
        self._protocol.connect()
        self._flush()

    def data_received(self, data: bytes) -> None:
        """Part of asyncio.Protocol."""
        self.heard_at = asyncio.get_running_loop().time()
        self._receive(data)

    def eof_received(self) -> bool:
        """Part of asyncio.Protocol. False: the transport closes itself."""
        self._receive(b"")
        return False

    def connection_lost(self, exc: Exception | None) -> None:
        """Part of asyncio.Protocol."""
        text = f"Connection to Asterisk at {self._address.url} lost: {exc or 'closed by the other side'}"
        self.abort(AriUnreachable(text))

    def _receive(self, data: bytes) -> None:
        for received in self._protocol.receive(data):
            if self.lost.done():
                return
            self._deliver(received)
        self._flush()

    def _deliver(self, received: Received) -> None:
        """Hand one message to its reader. What the reader sends leaves at once: its other work must not delay a ring."""
        try:
            self._dispatch(received)
        except Exception as error:  # noqa: BLE001 - a reader's bug: ends the connection, raised by `Client.run`.
            self.abort(error)

    def _dispatch(self, received: Received) -> None:
        if isinstance(received, Event):
            self._on_event(received)
        elif isinstance(received, RESTResponse):
            self._answered(received)
        elif isinstance(received, Opened):
            self.opened.set_result(None)
        else:
            self.abort(_refused(received, self._address))

    def _answered(self, response: RESTResponse) -> None:
        self._on_answer()
        self._in_flight.answered(
            response.request_id,
            status=response.status_code,
            reason=response.reason_phrase,
            body=response.message_body,
        )

    def _flush(self) -> None:
        if self._is_corked or self._transport is None or self._transport.is_closing():
            return
        data = self._protocol.data_to_send()
        if data:
            self._transport.write(data)


async def open_connection(connection: Connection, address: Address, *, seconds: float) -> None:
    """Connect, and wait until requests may go. Raises AriUnreachable or AriUnauthorized after at most `seconds`."""
    loop = asyncio.get_running_loop()
    try:
        async with asyncio.timeout(seconds):
            await loop.create_connection(lambda: connection, address.host, address.port, ssl=address.tls())
            refused = await asyncio.shield(connection.opened)
    except (OSError, TimeoutError) as error:
        unreachable = _unreachable(address, error, seconds=seconds)
        connection.abort(unreachable)
        raise unreachable from error
    if refused is not None:
        raise refused


def _unreachable(address: Address, error: Exception, *, seconds: float) -> AriUnreachable:
    got = f"nothing within {seconds:g} s" if isinstance(error, TimeoutError) else str(error)
    return AriUnreachable(
        f"Expected Asterisk's REST interface at {address.url}, got: {got}. "
        "Check that Asterisk runs and that http.conf enables its server on this address and port."
    )


def _refused(refused: HandshakeRefused, address: Address) -> AriError:
    if refused.status in (401, 403):
        return AriUnauthorized(
            f"Expected Asterisk at {address.url} to accept the ARI user {address.user!r}, got: {refused.reason}. "
            "Check the ARI user and password in the settings against ari.conf."
        )
    return AriUnreachable(
        f"Expected a websocket at {address.events_url}, got: {refused.reason}. "
        "Check that ari.conf says enabled=yes and that res_ari_events and res_http_websocket are loaded."
    )


def _lost(request: Request, reason: Exception) -> AriError:
    kind = AriReplaced if isinstance(reason, AriReplaced) else AriUnreachable
    return kind(f"{request}: no answer, as the connection ended. {reason}", request=request)
