"""ARI over one websocket, tested with bytes: no loop, no socket."""

import base64
import json
import logging

import pytest
from websockets.frames import Frame, Opcode
from websockets.http11 import Request as Handshake
from websockets.server import ServerProtocol

from app.ari.address import Address
from app.ari.messages import ApplicationRegistered, RESTResponse, UnknownEvent
from app.ari.protocol import AriProtocol, HandshakeRefused, Opened, Received
from app.ari.requests import applications, channels

ADDRESS = Address(url="http://127.0.0.1:8088/ari", user="thirdring", password="very-secret", app="thirdring")


class Pair:
    """Our protocol and a server's, back to back."""

    def __init__(self, *, refuse: int | None = None) -> None:
        self.ours = AriProtocol(ADDRESS)
        self.server = ServerProtocol()
        self.ours.connect()
        [self.handshake] = self._at_server()
        assert isinstance(self.handshake, Handshake)
        response = self.server.reject(refuse, "no") if refuse else self.server.accept(self.handshake)
        self.server.send_response(response)
        self.received = self.read()

    def _at_server(self) -> list[object]:
        self.server.receive_data(self.ours.data_to_send())
        return list(self.server.events_received())

    def texts(self) -> list[dict[str, object]]:
        """What we sent, as the server reads it."""
        return [json.loads(bytes(frame.data)) for frame in self._at_server() if isinstance(frame, Frame)]

    def read(self) -> list[Received]:
        """What the server sent, as we read it, in single bytes: how the network cuts it must not matter."""
        received: list[Received] = []
        for byte in b"".join(self.server.data_to_send()):
            received += self.ours.receive(bytes([byte]))
        return received

    def tell(self, *texts: str) -> list[Received]:
        """The server sends these messages."""
        for text in texts:
            self.server.send_text(text.encode())
        return self.read()


def test_the_handshake_carries_the_password_in_a_header_only() -> None:
    """Never in the URL."""
    handshake = Pair().handshake
    assert isinstance(handshake, Handshake)
    assert handshake.path == "/ari/events?app=thirdring"
    expected = base64.b64encode(b"thirdring:very-secret").decode()
    assert handshake.headers["Authorization"] == f"Basic {expected}"


def test_the_password_is_not_logged_even_at_debug(caplog: pytest.LogCaptureFixture) -> None:
    """The websocket library would log the handshake."""
    with caplog.at_level(logging.DEBUG):
        AriProtocol(ADDRESS).connect()
    assert base64.b64encode(b"thirdring:very-secret").decode() not in caplog.text


def test_the_first_thing_received_is_that_the_websocket_is_open() -> None:
    """Requests may go from then on, not before."""
    assert not AriProtocol(ADDRESS).is_open
    pair = Pair()
    assert pair.received == [Opened()]
    assert pair.ours.is_open


def test_a_refused_handshake_is_told_with_its_status() -> None:
    """401 is a wrong password, 404 an Asterisk without ARI."""
    pair = Pair(refuse=401)
    assert pair.received == [HandshakeRefused(401, "server rejected WebSocket connection: HTTP 401")]
    assert not pair.ours.is_open


def test_a_server_that_speaks_no_http_is_refused_at_its_end() -> None:
    """Some other service listens there."""
    ours = AriProtocol(ADDRESS)
    ours.connect()
    received = [*ours.receive(b"SSH-2.0-OpenSSH_9.2\r\n\r\n"), *ours.receive(b"")]
    assert not ours.is_open
    assert received == [HandshakeRefused(0, "did not receive a valid HTTP response")]


def test_a_request_is_one_message_with_its_parameters_apart() -> None:
    """As Asterisk's RESTRequest wants it."""
    pair = Pair()
    pair.ours.request("7", channels.play("a/b", "p", media=["sound:50% &", "tone:ring"]))
    assert pair.texts() == [
        {
            "type": "RESTRequest",
            "request_id": "7",
            "method": "POST",
            "uri": "channels/a%2Fb/play/p",
            "query_strings": [{"name": "media", "value": "sound:50% &,tone:ring"}],
        }
    ]


def test_a_body_travels_as_json_text() -> None:
    """With its content type."""
    pair = Pair()
    pair.ours.request("7", applications.filter_events("app", disallowed=["ü"]))
    [message] = pair.texts()
    assert message["content_type"] == "application/json"
    assert json.loads(str(message["message_body"])) == {"disallowed": [{"type": "ü"}]}


def test_a_burst_leaves_in_one_piece_and_in_order() -> None:
    """One write for the owner."""
    pair = Pair()
    for number in range(3):
        pair.ours.request(str(number), channels.answer("c"))
    assert [message["request_id"] for message in pair.texts()] == ["0", "1", "2"]
    assert pair.ours.data_to_send() == b""


def test_messages_come_in_order_and_typed() -> None:
    """Answers and events alike."""
    received = Pair().tell(
        '{"type":"ApplicationRegistered"}',
        '{"type":"RESTResponse","request_id":"1","status_code":200}',
        '{"type":"Other"}',
    )
    assert [type(message) for message in received] == [ApplicationRegistered, RESTResponse, UnknownEvent]


def test_an_event_that_comes_twice_is_received_once() -> None:
    """Answers are not touched: each has its own request."""
    pair = Pair()
    event, answer = (
        '{"type":"ApplicationRegistered"}',
        '{"type":"RESTResponse","request_id":"1","status_code":200}',
    )
    assert len(pair.tell(event, event, answer, answer)) == 3


def test_a_message_in_fragments_is_put_together() -> None:
    """RFC 6455, section 5.4."""
    pair = Pair()
    pair.server.send_text(b'{"type":"Applica', fin=False)
    pair.server.send_continuation(b"tionRegi", fin=False)
    pair.server.send_continuation(b'stered"}', fin=True)
    assert pair.read() == [ApplicationRegistered()]


def test_a_ping_of_the_server_is_answered() -> None:
    """Or it would drop us."""
    pair = Pair()
    pair.server.send_ping(b"x")
    pair.read()
    pair.server.receive_data(pair.ours.data_to_send())
    [pong] = pair.server.events_received()
    assert isinstance(pong, Frame)
    assert pong.opcode is Opcode.PONG


def test_after_the_close_no_request_may_go() -> None:
    """And closing twice is harmless."""
    pair = Pair()
    pair.ours.close()
    pair.ours.close()
    assert not pair.ours.is_open
