"""One entry of the journal, and its form in the spool.

A frame in the spool, little-endian:

    length u32 | crc32 u32 | version u8, seq u64, at i64, kind length u16, payload length u32 | kind | payload | outcome
                           '------------------------- body: counted and checked ------------------------------------'

The checksum covers the sequence number too, so stale bytes of another frame never pass for this one. A run of zeros, which
some file systems leave after a power cut, is no frame: its length is shorter than the fixed part.
"""

import struct
import zlib
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import BinaryIO

from app.store.errors import EntryTooLarge, EntryTooNew

MAX_BODY = 16 * 1024 * 1024

_VERSION = 1
_FRAME = struct.Struct("<II")
_FIXED = struct.Struct("<BQqHI")
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_DAY = 86_400_000_000
_SECOND = 1_000_000


@dataclass(frozen=True, slots=True)
class Entry:
    """What happened (`kind`, `payload`), when, and what was decided about it (`outcome`)."""

    seq: int
    at: datetime
    kind: str
    payload: bytes
    outcome: bytes = b""


def microseconds(at: datetime) -> int:
    """Microseconds since 1970 of an aware instant. Exact: no floating point."""
    since = at - _EPOCH
    return since.days * _DAY + since.seconds * _SECOND + since.microseconds


def instant(since_epoch: int) -> datetime:
    """The inverse of `microseconds`."""
    return _EPOCH + timedelta(microseconds=since_epoch)


def encode(entry: Entry) -> bytes:
    """The frame of an entry. Raises `EntryTooLarge`."""
    kind = entry.kind.encode()
    fixed = _FIXED.pack(_VERSION, entry.seq, microseconds(entry.at), len(kind), len(entry.payload))
    body = b"".join((fixed, kind, entry.payload, entry.outcome))
    if len(body) > MAX_BODY:
        raise EntryTooLarge(len(body), MAX_BODY)
    return _FRAME.pack(len(body), zlib.crc32(body)) + body


def read(file: BinaryIO) -> Entry | None:
    """The entry at the file's position, which moves behind it; None if no whole entry stands there.

    Raises `EntryTooNew`: it is whole, and only a newer program can tell what it says.
    """
    head = file.read(_FRAME.size)
    if len(head) < _FRAME.size:
        return None
    length, checksum = _FRAME.unpack(head)
    if not _FIXED.size <= length <= MAX_BODY:
        return None
    body = file.read(length)
    if len(body) < length or zlib.crc32(body) != checksum:
        return None
    return _decode(body)


def _decode(body: bytes) -> Entry | None:
    version, seq, at, kind_length, payload_length = _FIXED.unpack_from(body)
    if version != _VERSION:
        raise EntryTooNew(version, _VERSION)
    payload = _FIXED.size + kind_length
    outcome = payload + payload_length
    return Entry(
        seq, instant(at), body[_FIXED.size : payload].decode(), body[payload:outcome], body[outcome:]
    )
