"""SIP messages: text in, values out, and back (RFC 3261 sections 7, 20 and 25).

The parser is tolerant, as 4.1 of RFC 4475 asks: short names, folded lines, bare line feeds and a missing Content-Length are
read as they are meant. What is written is always the plain long form. Pure: nothing here touches a socket or a clock.
"""

import re
from collections.abc import Iterable
from dataclasses import dataclass
from functools import lru_cache

from app.simulator.errors import MalformedMessage

VERSION = "SIP/2.0"
MAGIC_COOKIE = "z9hG4bK"  # RFC 3261 8.1.1.7: a branch that starts so is unique to its transaction.

# RFC 3261 7.3.3 and the registry of short names that it began.
_LONG_NAMES = {
    "c": "Content-Type",
    "e": "Content-Encoding",
    "f": "From",
    "i": "Call-ID",
    "k": "Supported",
    "l": "Content-Length",
    "m": "Contact",
    "o": "Event",
    "r": "Refer-To",
    "s": "Subject",
    "t": "To",
    "u": "Allow-Events",
    "v": "Via",
}

_REASONS = {
    100: "Trying",
    180: "Ringing",
    183: "Session Progress",
    200: "OK",
    202: "Accepted",
    400: "Bad Request",
    404: "Not Found",
    408: "Request Timeout",
    480: "Temporarily Unavailable",
    481: "Call/Transaction Does Not Exist",
    486: "Busy Here",
    487: "Request Terminated",
    488: "Not Acceptable Here",
    491: "Request Pending",
    501: "Not Implemented",
    503: "Service Unavailable",
    600: "Busy Everywhere",
    603: "Decline",
}

_TAG = re.compile(r";\s*tag\s*=\s*([^;,\s]+)", re.IGNORECASE)
_BRANCH = re.compile(r";\s*branch\s*=\s*([^;,\s]+)", re.IGNORECASE)
_URI_USER = re.compile(r"sips?:([^@;>:]+)(?::[^@]*)?@", re.IGNORECASE)
_URI_ADDRESS = re.compile(r"sips?:(?:[^@>]*@)?(\[[^\]]+\]|[^;:>?\s]+)(?::(\d+))?", re.IGNORECASE)
_FOLD = re.compile(r"\r?\n[ \t]+")

DEFAULT_PORT = 5060


class Headers:
    """The header lines of a message in their order. Names compare without case; a short name is its long one."""

    __slots__ = ("_first", "_pairs")

    def __init__(self, pairs: Iterable[tuple[str, str]] = ()) -> None:
        self._pairs = tuple(pairs)
        self._first: dict[str, str] = {}
        for name, value in self._pairs:
            self._first.setdefault(name.lower(), value)

    def __getitem__(self, name: str) -> str:
        return self._first[name.lower()]

    def __contains__(self, name: str) -> bool:
        return name.lower() in self._first

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Headers) and self._pairs == other._pairs

    def __hash__(self) -> int:
        return hash(self._pairs)

    def __repr__(self) -> str:
        return f"Headers({list(self._pairs)!r})"

    @property
    def pairs(self) -> tuple[tuple[str, str], ...]:
        """All lines as (name, value), in their order."""
        return self._pairs

    def get(self, name: str, default: str = "") -> str:
        """The first value under this name, or the default."""
        return self._first.get(name.lower(), default)

    def every(self, name: str) -> list[str]:
        """All values under this name, in their order; a line of several values is split at its commas."""
        wanted = name.lower()
        return [part for line, value in self._pairs if line.lower() == wanted for part in split_values(value)]


class _Message:
    """What requests and responses share."""

    __slots__ = ("_cseq", "body", "headers")

    headers: Headers
    body: bytes

    def __init__(self, headers: Headers, body: bytes) -> None:
        self.headers = headers
        self.body = body
        self._cseq: tuple[int, str] | None = None

    @property
    def start_line(self) -> str:
        """The first line, without its line end."""
        raise NotImplementedError

    @property
    def call_id(self) -> str:
        """The Call-ID, or an empty string."""
        return self.headers.get("Call-ID")

    @property
    def cseq(self) -> tuple[int, str]:
        """Number and method of the CSeq line. Raises `MalformedMessage` when it has none that can be read."""
        if self._cseq is None:
            self._cseq = _parse_cseq(self.headers.get("CSeq"))
        return self._cseq

    @property
    def branch(self) -> str:
        """The branch of the topmost Via, or an empty string."""
        found = _BRANCH.search(self.headers.get("Via"))
        return found[1] if found else ""

    @property
    def from_tag(self) -> str:
        """The tag of the From line, or an empty string."""
        return tag_of(self.headers.get("From"))

    @property
    def to_tag(self) -> str:
        """The tag of the To line, or an empty string."""
        return tag_of(self.headers.get("To"))

    def check(self) -> None:
        """Raise `MalformedMessage` when the lines are missing that a transaction is found by."""
        if not (self.branch and self.call_id and self.cseq):
            raise MalformedMessage("Via with a branch, Call-ID and CSeq", data=self.to_bytes())

    def to_bytes(self) -> bytes:
        """The message as it goes on the wire. Content-Length is always the true one."""
        lines = [self.start_line]
        lines += [
            f"{name}: {value}" for name, value in self.headers.pairs if name.lower() != "content-length"
        ]
        lines += [f"Content-Length: {len(self.body)}", "", ""]
        return "\r\n".join(lines).encode("utf-8", "surrogateescape") + self.body

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, _Message):
            return NotImplemented
        mine = (self.start_line, self.headers, self.body)
        return mine == (other.start_line, other.headers, other.body)

    def __hash__(self) -> int:
        return hash((self.start_line, self.headers, self.body))

    def __repr__(self) -> str:
        return f"<{self.start_line}>"


class Request(_Message):
    """A request: what somebody asks."""

    __slots__ = ("method", "uri")

    def __init__(self, method: str, uri: str, headers: Headers, body: bytes = b"") -> None:
        super().__init__(headers, body)
        self.method = method
        self.uri = uri

    @property
    def start_line(self) -> str:
        """Method, address and version (RFC 3261 7.1)."""
        return f"{self.method} {self.uri} {VERSION}"

    def response(
        self,
        status: int,
        *,
        to_tag: str = "",
        headers: Iterable[tuple[str, str]] = (),
        body: bytes = b"",
    ) -> "Response":
        """The response to this request: Via, From, To, Call-ID, CSeq and Record-Route are copied (RFC 3261 8.2.6)."""
        copied = [pair for pair in self.headers.pairs if pair[0].lower() in _COPIED]
        if to_tag and not self.to_tag:
            copied = [(name, _tagged(name, value, to_tag)) for name, value in copied]
        return Response(status, reason_phrase(status), Headers([*copied, *headers]), body)


class Response(_Message):
    """A response: the answer to a request."""

    __slots__ = ("reason", "status")

    def __init__(self, status: int, reason: str, headers: Headers, body: bytes = b"") -> None:
        super().__init__(headers, body)
        self.status = status
        self.reason = reason

    @property
    def start_line(self) -> str:
        """Version, status and phrase (RFC 3261 7.2)."""
        return f"{VERSION} {self.status} {self.reason}"

    @property
    def is_provisional(self) -> bool:
        """1xx: the last word is still to come."""
        return self.status < 200  # noqa: PLR2004 - the class of a status is its first digit

    @property
    def is_success(self) -> bool:
        """2xx."""
        return 200 <= self.status < 300  # noqa: PLR2004 - as above


Message = Request | Response

_COPIED = frozenset({"via", "from", "to", "call-id", "cseq", "record-route"})


@dataclass(frozen=True, slots=True)
class Reason:
    """Why a call ended, in the words of a Reason header (RFC 3326): `Q.850;cause=16;text="Normal"`."""

    protocol: str
    cause: int | None
    text: str = ""


def parse(data: bytes) -> Message:
    """Read one datagram. Raises `MalformedMessage` when it is none of SIP's."""
    head, body = _split_head(data)
    lines = _FOLD.sub(" ", head).replace("\r\n", "\n").split("\n")
    headers = Headers(_parse_line(line, data) for line in lines[1:] if line)
    return _parse_start(lines[0], headers, _cut(body, headers), data)


def split_values(value: str) -> list[str]:
    """Cut at the commas that stand outside quotes and angle brackets (RFC 3261 7.3.1)."""
    if "," not in value:
        return [value]
    return [part.strip() for part in _split_outside(value, ",") if part.strip()]


def tag_of(value: str) -> str:
    """The tag of a From or To value, or an empty string. A `tag` inside the address itself does not count."""
    found = _TAG.search(value.rpartition(">")[2])
    return found[1] if found else ""


def uri_of(value: str) -> str:
    """The address inside a From, To, Contact or Route value."""
    inside = re.search(r"<([^>]*)>", value)
    return inside[1] if inside else value.partition(";")[0].strip()


@lru_cache(maxsize=4096)
def user_of(value: str) -> str:
    """The user part of an address or of a header that holds one, or an empty string."""
    found = _URI_USER.search(value)
    return found[1] if found else ""


@lru_cache(maxsize=4096)
def address_of(value: str) -> tuple[str, int] | None:
    """Host and port of an address or of a header that holds one. None when there is none."""
    found = _URI_ADDRESS.search(value)
    if found is None:
        return None
    return found[1].strip("[]"), int(found[2] or DEFAULT_PORT)


def display_name_of(value: str) -> str:
    """The name before the address, without its quotes."""
    return value.partition("<")[0].strip().strip('"') if "<" in value else ""


def reason_phrase(status: int) -> str:
    """The usual words for a status."""
    return _REASONS.get(status, "Unknown")


def parse_reasons(message: Message) -> list[Reason]:
    """All reasons that a message gives for ending the call (RFC 3326), in their order."""
    return [_parse_reason(value) for value in message.headers.every("Reason")]


def parameters_of(value: str) -> dict[str, str]:
    """The `name=value` pairs of a header that lists them by semicolon or comma. Names are lower case, quotes are off."""
    pairs = (
        part.partition("=") for piece in _split_outside(value, ";") for part in _split_outside(piece, ",")
    )
    return {name.strip().lower(): _unquote(given.strip()) for name, equals, given in pairs if equals}


def _unquote(text: str) -> str:
    if len(text) < 2 or text[0] != '"' or text[-1] != '"':  # noqa: PLR2004 - two quotes
        return text
    return text[1:-1].replace('\\"', '"').replace("\\\\", "\\")


def _split_outside(text: str, separator: str) -> list[str]:
    """Cut at a separator that stands outside quotes and angle brackets."""
    parts, start, quoted, depth = [], 0, False, 0
    for at, char in enumerate(text):
        if char == '"' and text[at - 1 : at] != "\\":
            quoted = not quoted
        elif not quoted:
            depth += (char == "<") - (char == ">")
            if char == separator and depth <= 0:
                parts.append(text[start:at])
                start = at + 1
    return [*parts, text[start:]]


def _split_head(data: bytes) -> tuple[str, bytes]:
    data = data.lstrip(b"\r\n")  # empty lines before the first are ignored (RFC 3261 7.5)
    head, separator, body = data.partition(b"\r\n\r\n")
    if not separator:
        head, _, body = data.partition(b"\n\n")
    return head.decode("utf-8", "surrogateescape").rstrip("\r\n"), body


def _parse_line(line: str, data: bytes) -> tuple[str, str]:
    name, colon, value = line.partition(":")
    name = name.strip()
    if not colon or not name:
        raise MalformedMessage("a header line 'Name: value'", data=data)
    return _LONG_NAMES.get(name.lower(), name), value.strip()


def _parse_start(line: str, headers: Headers, body: bytes, data: bytes) -> Message:
    first, _, rest = line.partition(" ")
    second, _, third = rest.partition(" ")
    if first == VERSION and second.isascii() and second.isdigit():
        return Response(int(second), third, headers, body)
    if third.strip().upper() == VERSION and first:
        return Request(first, second, headers, body)
    raise MalformedMessage("a SIP/2.0 request or status line", data=data)


def _cut(body: bytes, headers: Headers) -> bytes:
    """The body is as long as it says; what a broken peer says too much is ignored (RFC 3261 18.3)."""
    stated = headers.get("Content-Length").strip()
    return body[: int(stated)] if stated.isascii() and stated.isdigit() else body


def _parse_cseq(value: str) -> tuple[int, str]:
    number, _, method = value.strip().partition(" ")
    if not (number.isascii() and number.isdigit() and method):
        raise MalformedMessage("a line 'CSeq: number METHOD'", data=value.encode("utf-8", "surrogateescape"))
    return int(number), method.strip()


def _parse_reason(value: str) -> Reason:
    parameters = parameters_of(value)
    cause = parameters.get("cause", "")
    protocol = value.partition(";")[0].strip()
    return Reason(
        protocol, int(cause) if cause.isascii() and cause.isdigit() else None, parameters.get("text", "")
    )


def _tagged(name: str, value: str, tag: str) -> str:
    return f"{value};tag={tag}" if name.lower() == "to" else value
