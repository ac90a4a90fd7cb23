"""Audit entries that wait for the database, on the local disk: a kill loses none."""

from collections import deque
from collections.abc import Sequence
from pathlib import Path

import msgspec

from app.auth.audit import AuditEntry
from app.store.spool import Spool

_KIND = "audit"
_SEGMENT_BYTES = 64 * 1024
"""Small, since the newest file is read again at each start."""
_PAGE = 1_000
_decoder = msgspec.json.Decoder(AuditEntry)


class SpooledWaiting:
    """It is a `Waiting`. One owner at a time: whoever holds the data directory.

    After a restart some entries are given again that the log has already; it leaves them out by their ids.
    """

    def __init__(self, directory: Path) -> None:
        self._spool = Spool(directory, segment_bytes=_SEGMENT_BYTES)
        self._entries: deque[tuple[int, AuditEntry]] = deque(self._kept())

    def put(self, entry: AuditEntry) -> None:
        """As `Waiting.put`."""
        seq = self._spool.append(_KIND, msgspec.json.encode(entry), entry.at)
        self._entries.append((seq, entry))

    def first(self, limit: int) -> Sequence[AuditEntry]:
        """As `Waiting.first`."""
        return [entry for (_, entry), _ in zip(self._entries, range(limit), strict=False)]

    def drop(self, count: int) -> None:
        """As `Waiting.drop`."""
        seq = 0
        for _ in range(count):
            seq, _entry = self._entries.popleft()
        self._spool.discard(seq, keep=0)

    def close(self) -> None:
        """Close the files. May be called twice."""
        self._spool.close()

    def _kept(self) -> list[tuple[int, AuditEntry]]:
        kept: list[tuple[int, AuditEntry]] = []
        while batch := self._spool.read(kept[-1][0] if kept else 0, limit=_PAGE):
            kept += [(entry.seq, _decoder.decode(entry.payload)) for entry in batch.entries]
        return kept
