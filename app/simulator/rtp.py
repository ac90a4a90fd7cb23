"""RTP packets: packed and unpacked (RFC 3550 section 5). Pure."""

import struct
from typing import NamedTuple

_HEADER = struct.Struct("!BBHII")
_VERSION_2 = 0x80
_MARKER = 0x80
_RTCP_TYPES = range(192, 224)  # RFC 5761 4: second bytes that RTCP uses and RTP does not.


class Packet(NamedTuple):
    """One received packet. `arrived_at` is the loop's time at which the kernel had it."""

    arrived_at: float
    sequence: int
    timestamp: int
    payload_type: int
    payload: bytes


def pack(
    *, payload_type: int, sequence: int, timestamp: int, ssrc: int, payload: bytes, is_first: bool = False
) -> bytes:
    """A packet as it goes on the wire. The first of a talk carries the marker (RFC 3551 4.1)."""
    second = payload_type | (_MARKER if is_first else 0)
    return _HEADER.pack(_VERSION_2, second, sequence, timestamp, ssrc) + payload


def unpack(data: bytes, *, arrived_at: float) -> Packet | None:
    """Read a packet. None for RTCP and for everything that is no RTP."""
    if len(data) < _HEADER.size or data[0] >> 6 != 2 or data[1] in _RTCP_TYPES:  # noqa: PLR2004 - version 2
        return None
    first, second, sequence, timestamp, _ = _HEADER.unpack_from(data)
    start = _HEADER.size + 4 * (first & 0x0F)
    if first & 0x10:  # an extension: its length is counted in words (RFC 3550 5.3.1)
        start += 4 + 4 * int.from_bytes(data[start + 2 : start + 4], "big")
    end = len(data) - (data[-1] if first & 0x20 else 0)  # padding: its last byte counts itself (5.1)
    return Packet(arrived_at, sequence, timestamp, second & 0x7F, data[start:end])
