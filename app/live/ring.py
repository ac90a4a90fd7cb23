"""What changed lately: so that a client that lost its connection gets only what it missed."""

from collections import deque
from collections.abc import Set as AbstractSet

from app.live.topics import Key

_ENTRIES = 4096


class Ring:
    """The latest numbers and the keys that changed with each. It keeps no values: the latest one is what a client wants."""

    def __init__(self, *, entries: int = _ENTRIES) -> None:
        self._entries: deque[tuple[int, AbstractSet[Key]]] = deque()
        self._limit = entries
        self._complete_since = 0
        self._latest = 0

    def begin(self, seq: int) -> None:
        """Know nothing of what happened up to this number."""
        self._entries.clear()
        self._complete_since = self._latest = seq

    def add(self, seq: int, keys: AbstractSet[Key]) -> None:
        """These changed, perhaps none, up to this number; it is not below the one before.

        It is the same when time alone changed them. Whoever has that number may still lack them, so they count as one higher.
        """
        bound = seq + 1 if seq == self._latest else seq
        self._latest = seq
        if not keys:
            return
        if len(self._entries) == self._limit:
            self._complete_since = self._entries.popleft()[0]
        self._entries.append((bound, keys))

    def since(self, seq: int) -> set[Key] | None:
        """What changed after this number; None when that is no longer, or not yet, known."""
        if not self._complete_since <= seq <= self._latest:
            return None
        return {key for bound, keys in self._entries if bound > seq for key in keys}
