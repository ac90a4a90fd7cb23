"""Three rings (R01) as figures: who was answered within the limit, in which ring, and how late the worst were. Pure.

Agent rings and caller rings are counted by the same formulas and never together: one tally for offers, one for passages. A long
wait in the queue breaks the caller's limit and no agent's.

    within       answered before the ring behind the limit began
    over         answered later; or not answered, and the limit was over; or missed by the agent, however soon
    left out     ended by others within the limit: the caller gave up in time, or another agent was faster
    compliance   within ÷ (within + over)

The report shows `within`, `over`, `compliance`, `by_ring` (answers by the number of their ring) and `worst` (with their calls) by
agent, team, queue, interval and shift: rows `offer.ring`, `offer.is_within_rings` and `passage.ring`, `passage.is_within_rings`.
"""

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, field

from app.acd.model import MISSES, OfferOutcome
from app.ids import CallId

_KEPT = 10


@dataclass(frozen=True, slots=True)
class Ringing:
    """One offer, or one caller's wait in a queue, that is over. `ring` is the one in which it ended."""

    call_id: CallId
    ring: int
    is_within: bool
    is_answered: bool
    is_missed: bool = False
    """The agent let it ring out, declined, was busy or could not be reached."""


def ringing_of_offer(
    call_id: CallId, outcome: OfferOutcome, ring: int | None, *, is_within: bool | None
) -> Ringing | None:
    """An offer that has ended, as the table has it. None: its phone never rang and it was not missed, so nothing is counted."""
    is_missed = outcome in MISSES
    if ring is None and not is_missed:
        return None
    is_answered = outcome is OfferOutcome.ANSWERED
    return Ringing(call_id, ring or 1, bool(is_within), is_answered, is_missed)


@dataclass(slots=True)
class RingTally:
    """Counts ringings. Two tallies of parts, joined by `+`, equal one of the whole."""

    within: int = 0
    over: int = 0
    by_ring: Counter[int] = field(default_factory=Counter)
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

    def add(self, ringing: Ringing) -> None:
        """Count one more."""
        if ringing.is_answered:
            self.by_ring[ringing.ring] += 1
        if ringing.is_answered and ringing.is_within:
            self.within += 1
        elif ringing.is_answered or ringing.is_missed or not ringing.is_within:
            self.over += 1
            self.worst = _worst([*self.worst, ringing])

    def __add__(self, other: "RingTally") -> "RingTally":
        return RingTally(
            self.within + other.within,
            self.over + other.over,
            self.by_ring + other.by_ring,
            _worst([*self.worst, *other.worst]),
        )


def tally(ringings: Iterable[Ringing]) -> RingTally:
    """All of them counted."""
    counted = RingTally()
    for ringing in ringings:
        counted.add(ringing)
    return counted


def _worst(ringings: list[Ringing]) -> list[Ringing]:
    return sorted(ringings, key=lambda each: (-each.ring, each.call_id))[:_KEPT]
