"""Drops events that Asterisk sends twice.

A channel that is in our Stasis *and* whose endpoint we are subscribed to reaches us by two ways, so Asterisk sends some
of its events twice: byte for byte the same, one right behind the other, or with a few of other channels between.
Different events never have the same text: it holds the instant, the object and the new state.
"""

from collections import deque

_REMEMBERED = 16


class RepeatFilter:
    """Remembers the last few events of one connection."""

    def __init__(self) -> None:
        self._recent: deque[bytes] = deque(maxlen=_REMEMBERED)

    def is_repeat(self, raw: bytes) -> bool:
        """Whether `raw` came a moment ago; remembers it otherwise."""
        if raw in self._recent:
            return True
        self._recent.append(raw)
        return False
