"""The figures of the three rings: callers and agents have the same."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from metrics.figure import Behind, Figures, Subject, Unit
from metrics.rings import SINGLE_RINGS, Ringing, RingTally, ringing_of_offer, ringing_of_passage
from metrics.tally import Tally

CALLER_RINGS, AGENT_RINGS = Figures(Subject.CALLS), Figures(Subject.OFFERS)


@dataclass(frozen=True, slots=True)
class _Rings:
    """Whose rings are counted: callers and agents have the same figures."""

    whose: str
    figures: Figures
    ringing_of: Callable[[Any], Ringing | None]
    tally_of: Callable[[Tally], RingTally]

    def is_behind(self, holds: Callable[[Ringing], bool]) -> Behind:
        return lambda each, _: (ringing := self.ringing_of(each)) is not None and holds(ringing)

    def count(
        self,
        name: str,
        text: str,
        value: Callable[[RingTally], int],
        holds: Callable[[Ringing], bool],
    ) -> None:
        self.figures.count(
            f"{self.whose}_{name}", text, lambda tally: value(self.tally_of(tally)), self.is_behind(holds)
        )

    def answered_in(self, ring: int) -> None:
        text = f"{self.figures.subject.capitalize()} answered in ring {ring}."
        self.count(
            f"ring_{ring}",
            text,
            lambda each: each.by_ring[ring],
            lambda each: each.is_answered and each.ring == ring,
        )


def _define_rings(rings: _Rings, *, over: str) -> None:
    what = rings.figures.subject.capitalize()
    rings.count(
        "rings_within",
        f"{what} answered before the ring behind the limit began.",
        lambda each: each.within,
        lambda each: each.counts_within,
    )
    rings.count(
        "rings_over", f"{what} answered later, {over}.", lambda each: each.over, lambda each: each.counts_over
    )
    rings.count(
        "rings_total",
        f"{rings.whose.capitalize()} rings within + over.",
        lambda each: each.total,
        lambda each: each.counts_within or each.counts_over,
    )
    rings.figures.add(
        f"{rings.whose}_ring_compliance",
        Unit.RATE,
        f"{rings.whose.capitalize()} rings within ÷ (within + over).",
        lambda tally, _: rings.tally_of(tally).compliance,
        rings.is_behind(lambda each: each.counts_within),
    )
    for ring in range(1, SINGLE_RINGS + 1):
        rings.answered_in(ring)
    rings.count(
        f"ring_from_{SINGLE_RINGS + 1}",
        f"{what} answered in a later ring.",
        lambda each: each.later,
        lambda each: each.is_answered and each.ring > SINGLE_RINGS,
    )


_define_rings(
    _Rings("caller", CALLER_RINGS, ringing_of_passage, lambda tally: tally.caller_rings),
    over="or left without an agent when the limit was over",
)
_define_rings(
    _Rings("agent", AGENT_RINGS, ringing_of_offer, lambda tally: tally.agent_rings),
    over="ended otherwise when the limit was over, or missed by the agent",
)
