"""The spool: every entry goes into a local file first, before anything is done about it.

One `pwrite` per entry, no fsync by default: the kernel has the bytes when `append` returns, so a killed process loses nothing;
a power cut may lose the last seconds (choose `fsync=True`, or flush what must not be lost). Writing at a known offset, and not
at the end of the file, means that half a frame left by a full disk is simply written over.

A disk that fails never stops a call. Entries are then held in memory, in order, and written as soon as the disk takes them
again. The memory has a bound; beyond it the oldest held entries go, for the present matters more than the past to a floor that
must go on. What is missing shows as a jump in the sequence numbers: they are never given twice.
"""

import os
from contextlib import suppress
from dataclasses import dataclass, replace
from datetime import datetime
from errno import ENOSPC
from pathlib import Path
from typing import Self

from app.store.entry import Entry, encode
from app.store.held import HELD_BYTES, Held
from app.store.log import Log
from app.store.segment import Segment, segment, segments

_log = Log(__name__)

SEGMENT_BYTES = 4 * 1024 * 1024
_DRAIN_AT_ONCE = 64


@dataclass(frozen=True, slots=True)
class Place:
    """Where reading goes on: a segment, by its first entry, and an offset in it."""

    segment: int
    offset: int


BEGINNING = Place(segment=0, offset=0)


@dataclass(frozen=True, slots=True)
class Batch:
    """Entries in order, and the place behind those that were read from a file."""

    entries: list[Entry]
    place: Place

    def __bool__(self) -> bool:
        return bool(self.entries)

    def before(self, end: int) -> Self:
        """Only the entries before `end`."""
        return replace(self, entries=[entry for entry in self.entries if entry.seq < end])


class Spool:
    """An append-only journal in files. One owner at a time: hold the directory's lock. For one thread only."""

    def __init__(
        self,
        directory: Path,
        *,
        segment_bytes: int = SEGMENT_BYTES,
        held_bytes: int = HELD_BYTES,
        fsync: bool = False,
    ) -> None:
        """Open a directory, making it if it is missing. A torn end is cut off, and a log line says so."""
        directory.mkdir(parents=True, exist_ok=True)
        self._directory = directory
        self._segment_bytes = segment_bytes
        self._fsync = fsync
        self._held = Held(limit=held_bytes)
        self.failure: str | None = None
        self._segments = segments(directory)
        if not self._segments:
            self._segments = [segment(directory, 1)]
        self._next, self._offset = self._mend(self._segments[-1])
        self._tail = self._next
        self._descriptor = self._segments[-1].open()
        self._unsynced = [self._segments[-1].path]

    @property
    def is_new(self) -> bool:
        """Whether nothing was ever written here."""
        return self._next == 1

    @property
    def first_seq(self) -> int:
        """The oldest entry that the spool may still have."""
        return self._segments[0].first

    @property
    def next_seq(self) -> int:
        """The number that the next entry gets."""
        return self._next

    @property
    def last_seq(self) -> int:
        """The newest entry's number; 0 before the first."""
        return self._next - 1

    @property
    def held(self) -> int:
        """How many entries are in memory only, because the disk failed."""
        return len(self._held)

    @property
    def lost(self) -> int:
        """How many entries the memory could not hold either, since the spool was opened."""
        return self._held.lost

    def append(self, kind: str, payload: bytes, at: datetime, outcome: bytes = b"") -> int:
        """Write an entry down and return its number, which follows the one before without a gap.

        Never raises for a failing disk: the entry is then held in memory (`failure`, `held`). Raises
        `EntryTooLarge`, and a `TypeError` for a naive instant, before anything is written.
        """
        entry = Entry(self._next, at, kind, payload, outcome)
        frame = encode(entry)
        self._next += 1
        if self._held:
            self.drain()
        if self._held or not self._write(entry.seq, frame):
            self._hold(entry, frame)
        return entry.seq

    def drain(self) -> None:
        """Write some of what is held in memory, as far as the disk takes it. Call it now and then."""
        for _ in range(min(_DRAIN_AT_ONCE, len(self._held))):
            if not self._write(self._held.oldest.entry.seq, self._held.oldest.frame):
                return
            self._held.remove_oldest()

    def skip_to(self, seq: int) -> None:
        """Let the next entry be `seq`, where others hold the entries before it. Never goes back.

        A new segment marks it, so a restart goes on from there.
        """
        if seq <= self._next:
            return
        self._next = seq
        try:
            self._begin_segment(seq)
        except OSError as error:
            self._failed(error.strerror or str(error))

    def read(self, after: int, *, limit: int, place: Place = BEGINNING) -> Batch:
        """Up to `limit` entries behind `after`, in order. The `place` of the batch before saves reading anew.

        A jump in the numbers means that the spool does not have what is between.
        """
        entries: list[Entry] = []
        for part in self._parts(after, place):
            place = place if part.first == place.segment else Place(part.first, 0)
            for entry, behind in part.read(place.offset):
                place = Place(part.first, behind)
                if entry.seq > after:
                    entries.append(entry)
                if len(entries) == limit:
                    return Batch(entries, place)
        held = [entry for entry in self._held if entry.seq > after]
        return Batch(entries + held[: limit - len(entries)], place)

    def discard(self, through: int, *, keep: int) -> None:
        """The database has everything up to `through`: remove its segments, but none of the newest `keep` closed ones.

        Entries held in memory are let go as well.
        """
        while self._held and self._held.oldest.entry.seq <= through:
            self._held.remove_oldest()
        while len(self._segments) > keep + 1 and self._segments[1].first <= through + 1:
            if not self._remove_oldest():
                return

    def unsynced(self) -> list[Path]:
        """The files that hold entries which may not be on the medium yet: for `segment.force`, then `synced`."""
        return list(self._unsynced)

    def synced(self, files: list[Path]) -> None:
        """These files were forced to the medium. The current one goes on being written."""
        current = self._segments[-1].path
        self._unsynced = [path for path in self._unsynced if path not in files or path == current]

    def close(self) -> None:
        """Write what is held, as far as the disk takes it, and close the file. May be called twice."""
        if self._descriptor < 0:
            return
        while self._held and self._write(self._held.oldest.entry.seq, self._held.oldest.frame):
            self._held.remove_oldest()
        os.close(self._descriptor)
        self._descriptor = -1

    @staticmethod
    def _mend(last: Segment) -> tuple[int, int]:
        tail = last.cut_torn_tail()
        if tail.torn_bytes:
            _log.warning(
                "spool_torn_tail_cut", segment=last.path.name, bytes=tail.torn_bytes, next_seq=tail.next_seq
            )
        return tail.next_seq, tail.offset

    def _remove_oldest(self) -> bool:
        """Whether it could be removed. One that stays costs room only; it is tried again."""
        path = self._segments[0].path
        try:
            path.unlink(missing_ok=True)
        except OSError as error:
            _log.warning("spool_segment_stays", segment=path.name, reason=error.strerror)
            return False
        del self._segments[0]
        self._unsynced = [unsynced for unsynced in self._unsynced if unsynced != path]
        return True

    def _parts(self, after: int, place: Place) -> list[Segment]:
        """The segments that may hold entries behind `after`, from `place` on."""
        ends = [following.first for following in self._segments[1:]] + [self._next + 1]
        return [
            part
            for part, end in zip(self._segments, ends, strict=True)
            if end > after + 1 and part.first >= place.segment
        ]

    def _write(self, seq: int, frame: bytes) -> bool:
        try:
            if seq != self._tail or self._offset >= self._segment_bytes:
                self._begin_segment(seq)
            self._put(frame)
        except OSError as error:
            self._failed(error.strerror or str(error))
            return False
        self._tail = seq + 1
        if self.failure is not None:
            self._recovered()
        return True

    def _put(self, frame: bytes) -> None:
        written = os.pwrite(self._descriptor, frame, self._offset)
        if written < len(frame):
            raise OSError(ENOSPC, os.strerror(ENOSPC))
        if self._fsync:
            os.fdatasync(self._descriptor)
        self._offset += written

    def _begin_segment(self, first: int) -> None:
        """Go on in a new file. The old one loses what half a write may have left behind its last entry."""
        fresh = segment(self._directory, first)
        descriptor = fresh.open()
        with suppress(OSError):
            os.ftruncate(self._descriptor, self._offset)
        os.close(self._descriptor)
        self._descriptor, self._offset, self._tail = descriptor, 0, first
        self._segments.append(fresh)
        self._unsynced.append(fresh.path)

    def _hold(self, entry: Entry, frame: bytes) -> None:
        before = self._held.lost
        if self._held.add(entry, frame) and not before:
            _log.critical("spool_memory_full", held=len(self._held), reason=self.failure)

    def _recovered(self) -> None:
        self.failure = None
        _log.warning("spool_disk_recovered", held=len(self._held))

    def _failed(self, reason: str) -> None:
        if self.failure is None:
            _log.critical("spool_disk_failing", reason=reason, next_seq=self._next)
        self.failure = reason
