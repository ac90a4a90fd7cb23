"""What the disk did not take: entries held in memory, in order, within a bound."""

from collections import deque
from collections.abc import Iterator
from dataclasses import dataclass

from app.store.entry import Entry

HELD_BYTES = 64 * 1024 * 1024


@dataclass(frozen=True, slots=True)
class HeldEntry:
    """An entry and its frame, ready to be written."""

    entry: Entry
    frame: bytes


class Held:
    """A queue of entries with a bound in bytes. The oldest go first when it is full; the newest always stays."""

    def __init__(self, *, limit: int = HELD_BYTES) -> None:
        self._queue: deque[HeldEntry] = deque()
        self._limit = limit
        self._size = 0
        self.lost = 0

    def __len__(self) -> int:
        return len(self._queue)

    def __iter__(self) -> Iterator[Entry]:
        return (held.entry for held in self._queue)

    @property
    def oldest(self) -> HeldEntry:
        """The entry to write next. Raises `IndexError` if nothing is held."""
        return self._queue[0]

    def add(self, entry: Entry, frame: bytes) -> int:
        """Hold one more. Returns how many had to go for it."""
        self._queue.append(HeldEntry(entry, frame))
        self._size += len(frame)
        before = self.lost
        while self._size > self._limit and len(self._queue) > 1:
            self.remove_oldest()
            self.lost += 1
        return self.lost - before

    def remove_oldest(self) -> None:
        """The oldest entry is written, or given up."""
        self._size -= len(self._queue.popleft().frame)
