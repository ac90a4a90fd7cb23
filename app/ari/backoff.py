"""How long to wait before connecting again: at once, then longer and longer, with jitter. Pure."""

from collections.abc import Callable


class Backoff:
    """Delays in seconds. `jitter` gives numbers in [0, 1), such as `random.random`.

    The first delay after a success is short, as a restart of Asterisk takes under a second. Jitter keeps several
    controllers from knocking in step: each delay is between half of it and all of it.
    """

    def __init__(self, *, first: float, longest: float, jitter: Callable[[], float]) -> None:
        self._first = first
        self._longest = longest
        self._jitter = jitter
        self._next = first

    def delay(self) -> float:
        """Seconds to wait now. Each call doubles the next one, up to the longest."""
        present = self._next
        self._next = min(self._longest, present * 2)
        return present * (0.5 + self._jitter() / 2)

    def reset(self) -> None:
        """A connection succeeded: begin anew."""
        self._next = self._first
