"""A snapshot of the service's state, and the local file that keeps the latest: recovery works with the database away."""

import os
import zlib
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from threading import Lock

import msgspec

from app.store.entry import instant, microseconds
from app.store.log import Log

_log = Log(__name__)

_CHECKSUM_BYTES = 4


@dataclass(frozen=True, slots=True)
class Snapshot:
    """The state behind entry `seq`. `version` is the form of `state`: a program that knows another replays instead."""

    seq: int
    at: datetime
    version: int
    state: bytes


class SnapshotFile:
    """One file with the latest snapshot, replaced as a whole: a crash leaves the old one or the new one."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._lock = Lock()

    def save(self, snapshot: Snapshot) -> None:
        """Replace the snapshot and force it to the medium. Slow: for a thread, of which one works at a time. Raises `OSError`."""
        body = msgspec.msgpack.encode(
            (snapshot.seq, microseconds(snapshot.at), snapshot.version, snapshot.state)
        )
        fresh = self._path.with_suffix(".new")
        with self._lock:
            with fresh.open("wb") as file:
                file.write(zlib.crc32(body).to_bytes(_CHECKSUM_BYTES, "little") + body)
                file.flush()
                os.fsync(file.fileno())
            fresh.replace(self._path)

    def load(self) -> Snapshot | None:
        """The snapshot; None if there is none, or if it is damaged (a log line says so)."""
        try:
            data = self._path.read_bytes()
        except FileNotFoundError:
            return None
        body = data[_CHECKSUM_BYTES:]
        if zlib.crc32(body).to_bytes(_CHECKSUM_BYTES, "little") != data[:_CHECKSUM_BYTES] or not body:
            _log.error("snapshot_file_damaged", file=self._path.name, bytes=len(data))
            return None
        seq, at, version, state = msgspec.msgpack.decode(body, type=tuple[int, int, int, bytes])
        return Snapshot(seq, instant(at), version, state)
