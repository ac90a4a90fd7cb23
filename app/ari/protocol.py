"""ARI over one websocket, without I/O: bytes in, messages out; requests in, bytes out.

The websocket itself is `websockets`' Sans-I/O protocol. Owners: call `receive` with what the network gave, then send what
`data_to_send` returns; after `connect`, `request`, `ping` and `close` send that too.
"""

import logging
from dataclasses import dataclass

import msgspec
from websockets.client import ClientProtocol
from websockets.frames import Frame, Opcode
from websockets.http11 import Response
from websockets.protocol import State
from websockets.uri import parse_uri

from app.ari.address import Address
from app.ari.messages import Message, RESTResponse, decode
from app.ari.repeats import RepeatFilter
from app.ari.request import Request


@dataclass(frozen=True, slots=True)
class Opened:
    """The websocket is open: requests may go."""


@dataclass(frozen=True, slots=True)
class HandshakeRefused:
    """The server did not open a websocket. `status` is its HTTP status, 0 when it does not speak HTTP."""

    status: int
    reason: str


Received = Message | Opened | HandshakeRefused


class _Parameter(msgspec.Struct):
    name: str
    value: str


class _RESTRequest(msgspec.Struct, tag="RESTRequest", omit_defaults=True):
    request_id: str
    method: str
    uri: str
    query_strings: list[_Parameter] = []  # msgspec copies an empty default for each instance.
    content_type: str = ""
    message_body: str = ""


_encode = msgspec.json.Encoder().encode

# At DEBUG the library logs the handshake with the Authorization header. Its own logger here, never below INFO.
_logger = logging.getLogger("thirdring.ari.websocket")
_logger.setLevel(logging.INFO)


class AriProtocol:
    """One websocket of one application, from handshake to close."""

    def __init__(self, address: Address) -> None:
        self._authorization = address.authorization
        # No size limit: the answer to "all channels" grows with the floor, and the peer is our own Asterisk.
        self._websocket = ClientProtocol(parse_uri(address.events_url), max_size=None, logger=_logger)
        self._fragments: list[bytes] = []
        self._repeats = RepeatFilter()
        self._status = 0
        self._is_refused = False

    @property
    def is_open(self) -> bool:
        """Whether requests may go."""
        return self._websocket.state is State.OPEN

    def connect(self) -> None:
        """Begin the handshake."""
        handshake = self._websocket.connect()
        handshake.headers["Authorization"] = self._authorization
        self._websocket.send_request(handshake)

    def request(self, request_id: str, request: Request) -> None:
        """Queue a request. Its RESTResponse bears `request_id`. Raises InvalidState unless `is_open`."""
        self._websocket.send_text(_encode(_as_message(request_id, request)))

    def ping(self) -> None:
        """Queue a ping; a server that lives answers it, unless a request blocks its thread."""
        self._websocket.send_ping(b"")

    def close(self) -> None:
        """Queue the closing handshake. Safe in any state."""
        if self.is_open:
            self._websocket.send_close(1000)

    def receive(self, data: bytes) -> list[Received]:
        """What `data` completes, in order. Empty data is the end of the stream."""
        if data:
            self._websocket.receive_data(data)
        else:
            self._websocket.receive_eof()
        read = [self._read(event) for event in self._websocket.events_received()]
        return [message for message in (*read, self._refusal()) if message is not None]

    def data_to_send(self) -> bytes:
        """All that is queued, for one write."""
        return b"".join(self._websocket.data_to_send())

    def _read(self, event: object) -> Received | None:
        if isinstance(event, Frame):
            return self._read_frame(event)
        if isinstance(event, Response):
            return self._read_handshake(event)
        return None

    def _read_handshake(self, response: Response) -> Received | None:
        if self._websocket.handshake_exc is None:
            return Opened()
        self._status = response.status_code
        return None

    def _refusal(self) -> HandshakeRefused | None:
        """Told once. Without a status the server did not even speak HTTP."""
        error = self._websocket.handshake_exc
        if error is None or self._is_refused:
            return None
        self._is_refused = True
        return HandshakeRefused(self._status, str(error))

    def _read_frame(self, frame: Frame) -> Message | None:
        if frame.opcode not in (Opcode.TEXT, Opcode.CONT):
            return None  # Pings are answered by the library; pongs and closes show by themselves.
        raw = bytes(frame.data)
        if not frame.fin or self._fragments:
            return self._gather(raw, is_last=frame.fin)
        return self._read_text(raw)

    def _gather(self, raw: bytes, *, is_last: bool) -> Message | None:
        self._fragments.append(raw)
        if not is_last:
            return None
        whole, self._fragments = b"".join(self._fragments), []
        return self._read_text(whole)

    def _read_text(self, raw: bytes) -> Message | None:
        message = decode(raw)
        if not isinstance(message, RESTResponse) and self._repeats.is_repeat(raw):
            return None
        return message


def _as_message(request_id: str, request: Request) -> _RESTRequest:
    message = _RESTRequest(request_id, request.method, request.path)
    if request.query:
        message.query_strings = [_Parameter(name, value) for name, value in request.query]
    if request.body is not None:
        message.content_type = "application/json"
        message.message_body = _encode(request.body).decode()
    return message
