"""The live protocol, free of I/O: what clients may say and when, what the server says, and how a connection ends.

    state              the client may say          deadline             then
    UNAUTHENTICATED    authenticate                `AUTHENTICATE_IN`    AUTHENTICATED, or closed
    AUTHENTICATED      subscribe, heartbeat        none                 a subscription replaces the one before

The server answers `subscribe` with a `snapshot`, or with a `delta` when the client resumes at a number that it still knows, and from
then on sends a numbered `delta` for what changes and a `heartbeat` when nothing does. All messages are JSON objects with a `type`.
The number is that of the journal: whoever has a value numbered 812 knows everything up to the journal's entry 812. Numbers jump, so
deltas and heartbeats also say `after`: the number of the delta before. A client that stands below it missed one.
"""

from collections.abc import Callable, Iterable
from datetime import datetime, timedelta
from enum import Enum, IntEnum
from typing import Literal

import msgspec

from app.live.topics import Topics, WrongTopic, parse_topics

AUTHENTICATE_IN = timedelta(seconds=5)
HEARTBEAT_EVERY = timedelta(seconds=5)
MESSAGE_LIMIT = 16 * 1024
"""Characters of a client's message."""
TOPIC_LIMIT = 256


class CloseCode(IntEnum):
    """Why the server ends a connection. The private range of RFC 6455 section 7.4.2; the last digits are HTTP's kin."""

    BAD_MESSAGE = 4400
    UNAUTHENTICATED = 4401
    FORBIDDEN = 4403
    AUTHENTICATION_LATE = 4408
    TOO_SLOW = 4413
    TOO_MANY_CLIENTS = 4429
    ACCOUNTS_AWAY = 4503


class LiveError(Exception):
    """The connection must end, with this code and this reason (at most 123 bytes, by RFC 6455 section 5.5)."""

    def __init__(self, code: CloseCode, detail: str) -> None:
        super().__init__(detail)
        self.code = code
        self.detail = detail

    @property
    def reason(self) -> str:
        """The detail, cut to what a close frame can hold."""
        return self.detail.encode()[:123].decode(errors="ignore")


class Numbers(Enum):
    """How phone numbers are shown."""

    MASKED = "masked"
    FULL = "full"


class Authenticate(msgspec.Struct, frozen=True, forbid_unknown_fields=True, tag="authenticate"):
    """The first message: who asks."""

    token: str


class Position(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """How far a client has come: the number of the last message it got, and the epoch in which it got it."""

    epoch: str
    seq: int


class Subscribe(msgspec.Struct, frozen=True, forbid_unknown_fields=True, tag="subscribe"):
    """What the client follows from now on."""

    topics: list[str]
    resume: Position | None = None
    numbers: Numbers = Numbers.MASKED


class Heartbeat(msgspec.Struct, frozen=True, forbid_unknown_fields=True, tag="heartbeat"):
    """The client is alive. Nothing is answered."""


class View(msgspec.Struct, frozen=True):
    """What a client sees. Clients of an equal view get the very same bytes."""

    topics: Topics
    numbers: Numbers


class Subscription(msgspec.Struct, frozen=True):
    """A valid wish to follow a view, from a position or from the beginning."""

    view: View
    resume: Position | None


class Session:
    """One client's side of the conversation. `is_known`: its cookie has told who it is; it may still show a token, once."""

    def __init__(self, is_token: Callable[[str], bool], *, is_known: bool = False) -> None:
        self._is_token = is_token
        self._has_shown_token = False
        self.is_authenticated = is_known

    def receive(self, text: str) -> Subscription | None:
        """Take in a message; returns what is to be followed from now on, if the message said so. Raises `LiveError`."""
        message = _parse(text)
        if isinstance(message, Authenticate):
            self._authenticate(message)
        elif not self.is_authenticated:
            raise LiveError(CloseCode.UNAUTHENTICATED, "Expected `authenticate` first; another message came.")
        return _subscription(message) if isinstance(message, Subscribe) else None

    def _authenticate(self, message: Authenticate) -> None:
        if self._has_shown_token:
            raise LiveError(CloseCode.BAD_MESSAGE, "Expected `authenticate` once; it came again.")
        self._has_shown_token = True
        if not self._is_token(message.token):
            raise LiveError(CloseCode.UNAUTHENTICATED, "The token is not the one of this service.")
        self.is_authenticated = True


def late() -> LiveError:
    """The client did not authenticate in time."""
    seconds = AUTHENTICATE_IN.total_seconds()
    return LiveError(CloseCode.AUTHENTICATION_LATE, f"Expected `authenticate` within {seconds:g} s.")


Message = Authenticate | Subscribe | Heartbeat
_decoder: msgspec.json.Decoder[Message] = msgspec.json.Decoder(Message)


def _parse(text: str) -> Message:
    if len(text) > MESSAGE_LIMIT:
        raise LiveError(CloseCode.BAD_MESSAGE, f"Expected at most {MESSAGE_LIMIT} characters in a message.")
    try:
        return _decoder.decode(text)
    except (msgspec.DecodeError, UnicodeEncodeError) as error:
        raise LiveError(CloseCode.BAD_MESSAGE, f"Expected a message of the live protocol: {error}") from None


def _subscription(message: Subscribe) -> Subscription:
    if not 0 < len(message.topics) <= TOPIC_LIMIT:
        found = len(message.topics)
        raise LiveError(CloseCode.BAD_MESSAGE, f"Expected 1 to {TOPIC_LIMIT} topics, got {found}.")
    try:
        topics = parse_topics(message.topics)
    except WrongTopic as error:
        raise LiveError(CloseCode.BAD_MESSAGE, str(error)) from None
    return Subscription(View(topics, message.numbers), message.resume)


# --- what the server says ----------------------------------------------------------------------------------------


class Frames:
    """Encodes the server's messages; `epoch` names this run of the service, in which numbers only rise."""

    def __init__(self, epoch: str) -> None:
        self.epoch = epoch

    def snapshot(self, values: Iterable[bytes], *, seq: int, at: datetime) -> bytes:
        """Everything there is to see. What a client kept before is void."""
        return self._frame("snapshot", seq, at, values)

    def delta(self, values: Iterable[bytes], *, after: int, seq: int, at: datetime) -> bytes:
        """What changed since the delta that `after` numbers. A value that is null is gone."""
        return self._frame("delta", seq, at, values, after)

    def heartbeat(self, *, after: int, seq: int, at: datetime) -> bytes:
        """The server is alive, this is how far it has come, and `after` numbers the last delta."""
        return self._head("heartbeat", seq, at, after) + b"}"

    def _frame(
        self,
        type_: Literal["snapshot", "delta"],
        seq: int,
        at: datetime,
        values: Iterable[bytes],
        after: int | None = None,
    ) -> bytes:
        return self._head(type_, seq, at, after) + b',"values":[' + b",".join(values) + b"]}"

    def _head(self, type_: str, seq: int, at: datetime, after: int | None) -> bytes:
        instant = at.isoformat(timespec="milliseconds").replace("+00:00", "Z")
        behind = "" if after is None else f'"after":{after},'
        return f'{{"type":"{type_}","epoch":"{self.epoch}",{behind}"seq":{seq},"at":"{instant}"'.encode()


def value(topic: str, encoded: bytes | None) -> bytes:
    """A member of `values`: the topic of one thing, and the thing; None when it is gone."""
    return b'{"topic":' + msgspec.json.encode(topic) + b',"value":' + (encoded or b"null") + b"}"
