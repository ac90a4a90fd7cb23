"""Session descriptions: who sends sound where, in which codec, in which direction (RFC 8866, offer and answer by RFC 3264)."""

from collections.abc import Iterable
from dataclasses import dataclass, replace
from enum import Enum

from app.simulator.errors import MalformedSdp


class Codec(Enum):
    """A codec of G.711, by its static payload type (RFC 3551 table 4)."""

    PCMU = 0
    PCMA = 8


class Direction(Enum):
    """Which way sound flows, as the writer of the description sees it (RFC 3264 5.1)."""

    SENDRECV = "sendrecv"
    SENDONLY = "sendonly"
    RECVONLY = "recvonly"
    INACTIVE = "inactive"

    @property
    def sends(self) -> bool:
        """The writer sends sound."""
        return self in (Direction.SENDRECV, Direction.SENDONLY)

    @property
    def receives(self) -> bool:
        """The writer wants sound."""
        return self in (Direction.SENDRECV, Direction.RECVONLY)

    @staticmethod
    def of(*, sends: bool, receives: bool) -> "Direction":
        """The direction with these two sides."""
        if sends:
            return Direction.SENDRECV if receives else Direction.SENDONLY
        return Direction.RECVONLY if receives else Direction.INACTIVE


KEYPAD_PAYLOAD_TYPE = 101  # telephone-event (RFC 4733); dynamic, this is what most phones take.
_UNSPECIFIED = "0.0.0.0"  # hold, as RFC 2543 wrote it
_RTPMAP = {Codec.PCMU: "PCMU/8000", Codec.PCMA: "PCMA/8000"}


@dataclass(frozen=True, slots=True, kw_only=True)
class Session:
    """One side's description of the one audio stream of a call. `version` grows by one with each change (RFC 3264 8)."""

    host: str
    port: int
    codecs: tuple[Codec, ...] = (Codec.PCMU, Codec.PCMA)
    direction: Direction = Direction.SENDRECV
    version: int = 1
    keypad: int | None = KEYPAD_PAYLOAD_TYPE

    def to_bytes(self) -> bytes:
        """The description as the body of a message."""
        types = [str(codec.value) for codec in self.codecs] + (
            [str(self.keypad)] if self.keypad is not None else []
        )
        lines = [
            "v=0",
            f"o=- 1 {self.version} IN IP4 {self.host}",
            "s=call",
            f"c=IN IP4 {self.host}",
            "t=0 0",
            f"m=audio {self.port} RTP/AVP {' '.join(types)}",
            *(f"a=rtpmap:{codec.value} {_RTPMAP[codec]}" for codec in self.codecs),
            *_keypad_lines(self.keypad),
            "a=ptime:20",
            f"a={self.direction.value}",
            "",
        ]
        return "\r\n".join(lines).encode()

    def changed(self, *, direction: Direction) -> "Session":
        """The next version, in another direction."""
        return replace(self, direction=direction, version=self.version + 1)


def parse(body: bytes) -> Session:
    """Read a description. Raises `MalformedSdp` when it has no audio in a codec that we speak."""
    lines = [line.strip() for line in body.decode("utf-8", "replace").splitlines()]
    media = next((line for line in lines if line.startswith("m=audio ")), None)
    fields = media.split() if media else []
    if len(fields) < 4 or not fields[1].partition("/")[0].isdigit():  # noqa: PLR2004 - m=audio, port, protocol, formats
        raise MalformedSdp("a line 'm=audio port RTP/AVP formats'", body=body)
    codecs = tuple(Codec(int(kind)) for kind in fields[3:] if kind in _SPOKEN)
    if not codecs:
        raise MalformedSdp("audio in PCMU or PCMA", body=body)
    host = _connection_host(lines, body)
    return Session(
        host=host,
        port=int(fields[1].partition("/")[0]),
        codecs=codecs,
        direction=_direction(lines, host),
        keypad=_keypad(lines),
    )


def answer(offer: Session, ours: Session, *, wish: Direction = Direction.SENDRECV) -> Session:
    """Our answer to an offer (RFC 3264 6.1): their order of the common codecs, their direction mirrored and cut to our wish.

    Raises `MalformedSdp` when no codec is common.
    """
    common = tuple(codec for codec in offer.codecs if codec in ours.codecs)
    if not common:
        raise MalformedSdp("a common codec", body=offer.to_bytes())
    direction = Direction.of(
        sends=offer.direction.receives and wish.sends,
        receives=offer.direction.sends and wish.receives,
    )
    return replace(ours, codecs=common[:1], direction=direction, keypad=offer.keypad)


_SPOKEN = frozenset(str(codec.value) for codec in Codec)


def _keypad_lines(payload_type: int | None) -> Iterable[str]:
    if payload_type is None:
        return ()
    return (f"a=rtpmap:{payload_type} telephone-event/8000", f"a=fmtp:{payload_type} 0-16")


def _connection_host(lines: list[str], body: bytes) -> str:
    """The `c=` of the audio wins over that of the session: it stands later (RFC 8866 5.7)."""
    found = [line.split()[-1] for line in lines if line.startswith("c=IN IP")]
    if not found:
        raise MalformedSdp("a line 'c=IN IP4 address'", body=body)
    return found[-1].partition("/")[0]


def _direction(lines: list[str], host: str) -> Direction:
    """The last direction line counts. An unspecified address is hold in the manner of RFC 2543."""
    values = {direction.value: direction for direction in Direction}
    stated = [values[line[2:]] for line in lines if line.startswith("a=") and line[2:] in values]
    direction = stated[-1] if stated else Direction.SENDRECV
    return Direction.of(sends=direction.sends, receives=direction.receives and host != _UNSPECIFIED)


def _keypad(lines: list[str]) -> int | None:
    for line in lines:
        if line.startswith("a=rtpmap:") and "telephone-event/8000" in line.lower():
            kind = line[len("a=rtpmap:") :].split()[0]
            return int(kind) if kind.isdigit() else None
    return None
