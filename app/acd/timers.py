"""Timers as data: what comes due when. Nothing here waits; `next_at` tells the caller when to come back."""

from datetime import datetime
from enum import StrEnum
from heapq import heapify, heappop, heappush

_STALE_FACTOR = 3
_STALE_FLOOR = 64


class TimerKind(StrEnum):
    """What a timer is about. Timers due at the same instant fire in this alphabetical order, then by id."""

    RING = "ring"
    REST = "rest"
    WRAP_UP = "wrap_up"
    LANE = "lane"
    """A waiting call relaxes, widens, or stops waiting for its owner."""
    MAX_WAIT = "max_wait"
    STEP = "step"
    """One more phone rings for a call that rings progressively."""
    AGENT_RINGS = "agent_rings"
    """A ring that matters begins at an agent's phone."""
    CALLER_RINGS = "caller_rings"
    """A ring that matters begins for a caller."""

    @property
    def is_agents_own(self) -> bool:
        """Comes due whatever happens to calls."""
        return self in {TimerKind.REST, TimerKind.WRAP_UP}

    __hash__ = (
        str.__hash__
    )  # An enum's own hash is a Python function; timers are set and cancelled at every event.


Timer = tuple[TimerKind, str]
"""A kind and the id of the offer, agent or call that it is about. There is at most one of each."""


class Timers:
    """A heap with lazy deletion: setting and cancelling are cheap, the next instant is exact."""

    def __init__(self) -> None:
        self._due_at: dict[Timer, datetime] = {}
        self._heap: list[tuple[datetime, Timer]] = []
        self._is_suspended = False

    def set(self, kind: TimerKind, about: str, at: datetime) -> None:
        """Let this timer come due at `at`, instead of when it was set for before."""
        if self._is_suspended and not kind.is_agents_own:
            return
        timer = (kind, about)
        if self._due_at.get(timer) == at:
            return
        self._due_at[timer] = at
        heappush(self._heap, (at, timer))
        if len(self._heap) > _STALE_FACTOR * len(self._due_at) + _STALE_FLOOR:
            self._drop_stale()

    def cancel(self, kind: TimerKind, about: str) -> None:
        """Forget this timer. May be called twice."""
        self._due_at.pop((kind, about), None)

    def suspend(self) -> None:
        """Forget, and do not take, any but the agents' own."""
        self._is_suspended = True
        self._due_at = {timer: at for timer, at in self._due_at.items() if timer[0].is_agents_own}

    def resume(self) -> None:
        """Take all again. Those that were forgotten must be set anew."""
        self._is_suspended = False

    def next_at(self) -> datetime | None:
        """When the next timer comes due."""
        heap = self._heap
        while heap:
            at, timer = heap[0]
            if self._due_at.get(timer) == at:
                return at
            heappop(heap)
        return None

    def pop_due(self, now: datetime) -> Timer | None:
        """Take the first timer that is due at `now`, or None."""
        at = self.next_at()
        if at is None or at > now:
            return None
        _, timer = heappop(self._heap)
        del self._due_at[timer]
        return timer

    def _drop_stale(self) -> None:
        self._heap = [(at, timer) for timer, at in self._due_at.items()]
        heapify(self._heap)
