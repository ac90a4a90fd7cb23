"""Many clients of the live stream in a process of its own: `python -m tests.bench.followers`, spoken to over its pipes.

It reads one JSON object from its standard input (`Order`), connects that many clients, and prints a line when all have their snapshot.
From then on it notes when each client received each message. When its input ends it prints what it noted (`Heard`) and exits.

It shares the machine with the service that is measured, so a client costs little here: sockets and epoll, no event loop, and what
messages say is looked at when all is over.
"""

import json
import os
import select
import socket
import sys
import time
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import urlsplit

import msgspec

_CHUNK = 256 * 1024
_TEXT, _CLOSE, _PING, _PONG = 1, 8, 9, 10
_FINAL, _MASKED = 0x80, 0x80
_SHORT, _MEDIUM = 126, 127
"""Lengths that say that the length follows in two or in eight bytes (RFC 6455 section 5.2)."""


class Order(msgspec.Struct):
    """What to do: so many clients follow these topics at this service."""

    url: str
    token: str
    clients: int
    topics: list[str]
    has_own_views: bool
    """Each client follows one thing more, which no other follows: so no two have the same view."""


class Heard(msgspec.Struct):
    """Each different message, and what each client received when: places in `messages` and moments of the monotonic clock in seconds."""

    messages: list[str]
    received: list[list[tuple[int, float]]]
    closed: list[str]
    """Why connections ended before they should."""


@dataclass(slots=True)
class _Follower:
    """One client."""

    socket: socket.socket
    rest: bytes = b""
    received: list[tuple[int, float]] = field(default_factory=list)

    def frames(self, data: bytes) -> list[tuple[int, bytes]]:
        """The frames that are complete now: operation and payload."""
        data, found = self.rest + data, []
        while (end := _end_of(data)) is not None:
            start, stop = end
            found.append((data[0] & 0x0F, data[start:stop]))
            data = data[stop:]
        self.rest = data
        return found

    def say(self, payload: bytes, operation: int = _TEXT) -> None:
        """Send a frame of less than 64 KiB. Clients must mask; a mask of zeros changes nothing."""
        size = len(payload)
        length = bytes([_MASKED | size]) if size < _SHORT else bytes([_MASKED | _SHORT]) + size.to_bytes(2)
        self.socket.sendall(bytes([_FINAL | operation]) + length + bytes(4) + payload)


def _end_of(data: bytes) -> tuple[int, int] | None:
    """Where the payload of the first frame starts and stops; None: it is not complete."""
    if len(data) < 2:
        return None
    start, size = 2, data[1]
    if size >= _SHORT:
        start = 4 if size == _SHORT else 10
        size = int.from_bytes(data[2:start])
    return (start, start + size) if len(data) >= start + size else None


class Followers:
    """All clients of this process."""

    def __init__(self, order: Order) -> None:
        self._order = order
        self._followers: dict[int, _Follower] = {}
        self._numbers: dict[bytes, int] = {}
        """Places of messages."""
        self._places: dict[bytes, int] = {}
        """The same, by what came from the socket when that was one message and nothing else, as it is nearly always."""
        self._closed: list[str] = []
        self._epoll = select.epoll()

    def connect(self) -> None:
        """One after the other, each until it has its snapshot."""
        address = urlsplit(self._order.url)
        for number in range(self._order.clients):
            own = [f"agent:desk-{os.getpid()}-{number}"] if self._order.has_own_views else []
            follower = _Follower(_opened(address.hostname or "", address.port or 80))
            follower.say(_encoded(type="authenticate", token=self._order.token))
            follower.say(_encoded(type="subscribe", topics=self._order.topics + own))
            self._followers[follower.socket.fileno()] = follower
            self._epoll.register(follower.socket, select.EPOLLIN)
            while not follower.received:
                self._serve(1.0)

    def run(self) -> Heard:
        """Note until the input ends."""
        self._epoll.register(sys.stdin, select.EPOLLIN)
        while self._serve(None):
            pass
        messages = [message.decode() for message in self._numbers]
        return Heard(messages, [each.received for each in self._followers.values()], self._closed)

    def _serve(self, timeout: float | None) -> bool:
        """Take what came; False when the input ended."""
        for number, _ in self._epoll.poll(timeout):
            follower = self._followers.get(number)
            if follower is None:
                return False
            self._take(follower)
        return True

    def _take(self, follower: _Follower) -> None:
        data, now = follower.socket.recv(_CHUNK), time.monotonic()
        is_whole = not follower.rest
        if is_whole and data in self._places:
            follower.received.append((self._places[data], now))
            return
        frames = follower.frames(data)
        for operation, payload in frames:
            if operation == _TEXT:
                place = self._numbers.setdefault(payload, len(self._numbers))
                follower.received.append((place, now))
                if is_whole and len(frames) == 1 and not follower.rest:
                    self._places[data] = place
            elif operation == _PING:
                follower.say(payload, _PONG)
            elif operation == _CLOSE:
                self._closed.append(f"{int.from_bytes(payload[:2])} {payload[2:].decode()}")
        if not data:
            self._epoll.unregister(follower.socket)


def _opened(host: str, port: int) -> socket.socket:
    """A connected websocket."""
    opened = socket.create_connection((host, port))
    opened.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    opened.sendall(
        f"GET /api/v1/live HTTP/1.1\r\nHost: {host}:{port}\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
        "Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA==\r\n\r\n".encode()
    )
    answer = b""
    while not answer.endswith(b"\r\n\r\n"):
        answer += opened.recv(1)
    if not answer.startswith(b"HTTP/1.1 101"):
        raise ConnectionError(f"expected the service to open a websocket, got {answer.decode()}")
    return opened


def _encoded(**message: Any) -> bytes:
    return json.dumps(message).encode()


if __name__ == "__main__":
    followers = Followers(msgspec.json.decode(sys.stdin.buffer.readline(), type=Order))
    followers.connect()
    print("ready", flush=True)
    sys.stdout.buffer.write(msgspec.json.encode(followers.run()))
