"""Three rings (R01) as figures: who was answered within the limit, in which ring, and how late the worst were. Pure.

Agent rings and caller rings are counted by the same rules and never together: one tally for offers, one for passages. A long wait in
the queue breaks the caller's limit and no agent's.

    within       answered before the ring behind the limit began
    over         answered later; or not answered, and the limit was over; or missed by the agent, however soon
    left out     ended by others within the limit: the caller gave up in time, or another agent was faster
    compliance   within ÷ (within + over)

A caller's wait is two things: the time in which a phone rang for the call, and the time in the queue before, between and after. Only
the first is anybody's ringing.
"""

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import timedelta

from app.acd.model import MISSES, OfferOutcome
from metrics.intervals import Period
from metrics.records import Offer, Passage

SINGLE_RINGS = 6
"""Answers are told by the number of their ring up to this one; the later ones together."""
_KEPT = 10


@dataclass(frozen=True, slots=True)
class Ringing:
    """An offer, or a caller's wait in a queue, that is over. `ring` is the one in which it ended."""

    record: Passage | Offer
    ring: int
    is_within: bool
    """It ended before the ring behind the limit began."""
    is_answered: bool
    is_missed: bool = False
    """The agent let it ring out, declined, was busy or could not be reached."""

    @property
    def counts_within(self) -> bool:
        """Whether it counts as within."""
        return self.is_answered and self.is_within

    @property
    def counts_over(self) -> bool:
        """Whether it counts as over."""
        return not self.counts_within and (self.is_answered or self.is_missed or not self.is_within)


def ringing_of_offer(offer: Offer) -> Ringing | None:
    """The agent's rings. None: open, or its phone never rang and it was not missed, so nothing is counted."""
    is_missed = offer.outcome in MISSES
    if offer.outcome is None or (offer.ring_number is None and not is_missed):
        return None
    is_answered = offer.outcome is OfferOutcome.ANSWERED
    return Ringing(offer, offer.ring_number or 1, bool(offer.is_within_rings), is_answered, is_missed)


def ringing_of_passage(passage: Passage) -> Ringing | None:
    """The caller's rings. None: waiting, or refused at the door."""
    if passage.ring_number is None:
        return None
    is_answered = passage.connected_at is not None
    return Ringing(passage, passage.ring_number, bool(passage.is_within_rings), is_answered)


@dataclass(slots=True)
class RingTally:
    """Counts ringings. Two tallies of parts, joined by `+`, equal one of the whole."""

    within: int = 0
    over: int = 0
    by_ring: Counter[int] = field(default_factory=Counter)
    """Answers."""
    worst: list[Ringing] = field(default_factory=list)
    """Those over the limit, most rings first; at most ten."""

    @property
    def total(self) -> int:
        """All that count: the denominator of compliance."""
        return self.within + self.over

    @property
    def compliance(self) -> float | None:
        """The share of those within. None: nothing counts yet."""
        return self.within / self.total if self.total else None

    @property
    def later(self) -> int:
        """Answers behind the rings that are told singly."""
        return sum(count for ring, count in self.by_ring.items() if ring > SINGLE_RINGS)

    def add(self, ringing: Ringing | None) -> None:
        """Count one more; None counts nothing."""
        if ringing is None:
            return
        if ringing.is_answered:
            self.by_ring[ringing.ring] += 1
        if ringing.counts_within:
            self.within += 1
        elif ringing.counts_over:
            self.over += 1
            self.worst = _worst([*self.worst, ringing])

    def __add__(self, other: "RingTally") -> "RingTally":
        return RingTally(
            self.within + other.within,
            self.over + other.over,
            self.by_ring + other.by_ring,
            _worst([*self.worst, *other.worst]),
        )


def _worst(ringings: list[Ringing]) -> list[Ringing]:
    return sorted(ringings, key=_order)[:_KEPT]


def _order(ringing: Ringing) -> tuple[object, ...]:
    record = ringing.record
    return -ringing.ring, record.call_id, record.queue_id, record.agent_id or ""


def time_rung(spans: Iterable[Period], within: Period) -> timedelta:
    """For how long at least one of some phones rang in a period; each rang for one span."""
    rung, until = timedelta(), within.since
    for span in sorted(spans):
        since, end = max(span.since, until), min(span.until, within.until)
        if since < end:
            rung += end - since
            until = end
    return rung
