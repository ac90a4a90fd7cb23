"""A segment: one file of the spool, named by the sequence number of its first entry."""

import os
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from app.store import entry as frames
from app.store.entry import Entry

_SUFFIX = ".spool"


@dataclass(frozen=True, slots=True)
class Tail:
    """The end of a segment: what follows, where, and how much was cut off."""

    next_seq: int
    offset: int
    torn_bytes: int


@dataclass(frozen=True, slots=True)
class Segment:
    """A file of consecutive entries that begins with entry `first`."""

    first: int
    path: Path

    def open(self) -> int:
        """A descriptor for reading and writing. The file is made if it is missing."""
        return os.open(self.path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)

    def read(self, offset: int = 0) -> Iterator[tuple[Entry, int]]:
        """The whole entries from `offset`, each with the offset behind it. Ends at the first that is not whole.

        A file that is gone has none. Raises `OSError` if the disk fails.
        """
        with suppress(FileNotFoundError), self.path.open("rb") as file:
            file.seek(offset)
            while (entry := frames.read(file)) is not None:
                yield entry, file.tell()

    def cut_torn_tail(self) -> Tail:
        """Cut off what a crash left unfinished at the end, and tell where the segment now ends.

        What was cut off is kept beside, in a `.torn` file: behind one damaged byte whole entries may follow. Raises `EntryTooNew`.
        """
        self.path.touch(mode=0o600)
        expected, end = self.first, 0
        for entry, behind in self.read():
            if entry.seq != expected:
                break
            expected, end = expected + 1, behind
        torn = self.path.stat().st_size - end
        if torn:
            self._keep_torn(end)
            os.truncate(self.path, end)
        return Tail(next_seq=expected, offset=end, torn_bytes=torn)

    def _keep_torn(self, end: int) -> None:
        """A disk that is too full for it must not keep the service from starting."""
        with suppress(OSError), self.path.open("rb") as file:
            file.seek(end)
            self.path.with_suffix(".torn").write_bytes(file.read())


def segment(directory: Path, first: int) -> Segment:
    """The segment that begins with entry `first`. The number is padded, so names sort as numbers do."""
    return Segment(first, directory / f"{first:020d}{_SUFFIX}")


def segments(directory: Path) -> list[Segment]:
    """All segments of a directory, oldest first."""
    return sorted(
        (Segment(int(path.stem), path) for path in directory.glob(f"*{_SUFFIX}") if path.stem.isdecimal()),
        key=lambda found: found.first,
    )


def force(files: list[Path]) -> None:
    """Force these files and their directory to the medium. Slow: for a thread. Raises `OSError`.

    A file that is gone was discarded meanwhile, because the database has its entries.
    """
    for path in [*files, *{path.parent for path in files}]:
        with suppress(FileNotFoundError):
            _force(path)


def _force(path: Path) -> None:
    descriptor = os.open(path, os.O_RDONLY | os.O_CLOEXEC)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
