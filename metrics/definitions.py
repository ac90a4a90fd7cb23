"""Every figure: one name, one formula, which stands in the docstring of the function of that name.

A figure is calculated from a tally. It is None where it means nothing: no average without calls, no rate of nothing. Times are in
seconds, rates between 0 and 1. `behind` tells which records a figure speaks of: for a count those that are counted, for a rate those
above the line, for an average or a sum those that went into it. So each figure can list its calls.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import timedelta
from enum import StrEnum
from itertools import pairwise
from types import MappingProxyType
from typing import Any

from app.acd.model import MISSES, ExitReason, OfferOutcome
from metrics.records import Activity, Offer, OutboundCall, Passage, SeatTime
from metrics.rings import SINGLE_RINGS, Ringing, RingTally, ringing_of_offer, ringing_of_passage
from metrics.tally import BANDS, OVERFLOWS, Tally, band_of
from metrics.terms import ServiceLevel, Terms

Value = int | float | None


class Unit(StrEnum):
    """What a value is."""

    COUNT = "count"
    RATE = "rate"
    """Between 0 and 1."""
    SECONDS = "seconds"
    NUMBER = "number"
    """How many of what is no record of its own, or how many on average."""


class Subject(StrEnum):
    """What a figure is about, and so which records are behind it."""

    CALLS = "calls"
    OFFERS = "offers"
    OUTBOUND_CALLS = "outbound_calls"
    AGENT_TIME = "agent_time"


@dataclass(frozen=True, slots=True)
class Figure:
    """A figure. `is_behind` takes a record of its subject: `Passage`, `Offer`, `OutboundCall` or `SeatTime`."""

    name: str
    subject: Subject
    unit: Unit
    formula: str
    value: Callable[[Tally, Terms], Value]
    is_behind: Callable[[Any, Terms], bool]
    needs: str = ""
    """What it waits for: such a figure has a name and a formula, and no value yet. It is never zero."""


_figures: dict[str, Figure] = {}
FIGURES: Mapping[str, Figure] = MappingProxyType(_figures)
"""All figures by name, in the order in which reports show them."""

_Formula = Callable[[Tally], Value]
_Behind = Callable[[Any, Terms], bool]


def _figure(subject: Subject, unit: Unit, behind: _Behind) -> Callable[[_Formula], _Formula]:
    """Make a figure of a function: its name and its docstring are those of the figure."""

    def register(formula: _Formula) -> _Formula:
        text = formula.__doc__ or ""
        _add(Figure(formula.__name__, subject, unit, text, lambda tally, _: formula(tally), behind))
        return formula

    return register


def _count(subject: Subject, name: str, text: str, formula: _Formula, behind: _Behind) -> None:
    """Make a count of an expression: for families of figures that differ in one value."""
    _add(Figure(name, subject, Unit.COUNT, text, lambda tally, _: formula(tally), behind))


def _add(figure: Figure) -> None:
    _figures[figure.name] = figure


# --- which records are behind a figure -----------------------------------------------------------------------------


def _is_offered(passage: Passage, _: Terms) -> bool:
    return passage.entered_at is not None


def _is_answered(passage: Passage, _: Terms) -> bool:
    return passage.entered_at is not None and passage.connected_at is not None


def _is_answered_in_time(passage: Passage, terms: Terms) -> bool:
    return _is_answered(passage, terms) and terms.is_in_time(_wait(passage))


def _is_answered_late(passage: Passage, terms: Terms) -> bool:
    return _is_answered(passage, terms) and not terms.is_in_time(_wait(passage))


def _has_left(passage: Passage, _: Terms) -> bool:
    return passage.entered_at is not None and passage.connected_at is None and passage.left_at is not None


def _is_abandoned(passage: Passage, terms: Terms) -> bool:
    return _has_left(passage, terms) and passage.exit_reason is ExitReason.ABANDONED


def _is_short_abandon(passage: Passage, terms: Terms) -> bool:
    return _is_abandoned(passage, terms) and terms.is_short(_wait(passage))


def _is_long_abandon(passage: Passage, terms: Terms) -> bool:
    return _is_abandoned(passage, terms) and not terms.is_short(_wait(passage))


def _has_waited(passage: Passage, terms: Terms) -> bool:
    return _is_answered(passage, terms) or _has_left(passage, terms)


def _is_handled(passage: Passage, terms: Terms) -> bool:
    return _is_answered(passage, terms) and passage.completed_at is not None


def _wait(passage: Passage) -> timedelta:
    return passage.wait or timedelta()


def _ended_as(*outcomes: OfferOutcome) -> Callable[[Offer, Terms], bool]:
    return lambda offer, _: offer.outcome in outcomes


def _does(*activities: Activity) -> Callable[[SeatTime, Terms], bool]:
    return lambda seat, _: seat.activity in activities


def _is_served(passage: Passage, terms: Terms) -> bool:
    """Above the line of the service level, by the formula of the terms."""
    if not _has_waited(passage, terms) or not terms.is_in_time(_wait(passage)):
        return False
    match terms.service_level:
        case ServiceLevel.LEFT_IN_TIME:
            return True
        case ServiceLevel.ABANDONED_COUNT_AS_SERVED:
            return _is_answered(passage, terms) or _is_abandoned(passage, terms)
        case _:
            return _is_answered(passage, terms)


def _is_held(passage: Passage, terms: Terms) -> bool:
    return _is_handled(passage, terms) and passage.hold > timedelta()


def _is_ended_on_hold(passage: Passage, terms: Terms) -> bool:
    return _is_handled(passage, terms) and passage.is_ended_on_hold


def _is_hold_abandon(passage: Passage, terms: Terms) -> bool:
    return _is_ended_on_hold(passage, terms) and passage.is_ended_by_caller


def _is_hold_agent_hang_up(passage: Passage, terms: Terms) -> bool:
    return _is_ended_on_hold(passage, terms) and passage.is_ended_by_agent


def _is_ended(passage: Passage, terms: Terms) -> bool:
    return _is_offered(passage, terms) and passage.duration is not None


def _is_resolved_in_time(passage: Passage, terms: Terms) -> bool:
    resolution = passage.resolution
    return _is_offered(passage, terms) and resolution is not None and terms.is_resolved_in_time(resolution)


# --- calls: how many -------------------------------------------------------------------------------------------------


@_figure(Subject.CALLS, Unit.COUNT, _is_offered)
def offered(tally: Tally) -> int:
    """Calls that a queue took in. offered = answered + abandoned + overflowed + exited + waiting."""
    return tally.offered


@_figure(Subject.CALLS, Unit.COUNT, _is_answered)
def answered(tally: Tally) -> int:
    """Calls joined with an agent."""
    return tally.answered


@_figure(Subject.CALLS, Unit.COUNT, _is_answered_in_time)
def answered_in_time(tally: Tally) -> int:
    """Calls answered after a wait of at most T."""
    return tally.answered_in_time


@_figure(Subject.CALLS, Unit.COUNT, _is_answered_late)
def answered_late(tally: Tally) -> int:
    """Answered - answered in time."""
    return tally.answered - tally.answered_in_time


@_figure(Subject.CALLS, Unit.COUNT, _is_abandoned)
def abandoned(tally: Tally) -> int:
    """Calls whose caller hung up while waiting, short abandons included."""
    return tally.abandoned


@_figure(Subject.CALLS, Unit.COUNT, _is_short_abandon)
def short_abandons(tally: Tally) -> int:
    """Calls abandoned before the threshold: wrong numbers, second thoughts."""
    return tally.short_abandons


@_figure(
    Subject.CALLS, Unit.COUNT, lambda each, terms: _has_left(each, terms) and each.exit_reason in OVERFLOWS
)
def overflowed(tally: Tally) -> int:
    """Calls that a rule of the queue sent on: longest wait over, or no agent left."""
    return tally.overflowed


@_figure(
    Subject.CALLS,
    Unit.COUNT,
    lambda each, terms: (
        _has_left(each, terms)
        and each.exit_reason is not ExitReason.ABANDONED
        and each.exit_reason not in OVERFLOWS
    ),
)
def exited(tally: Tally) -> int:
    """Calls that left otherwise: by a key, taken out, lost with Asterisk."""
    return tally.exited


@_figure(
    Subject.CALLS, Unit.COUNT, lambda each, terms: _is_offered(each, terms) and not _has_waited(each, terms)
)
def waiting(tally: Tally) -> int:
    """Calls that still wait."""
    return tally.waiting


@_figure(Subject.CALLS, Unit.COUNT, lambda each, _: each.entered_at is None)
def refused(tally: Tally) -> int:
    """Calls turned away at the door: queue full, closed, or without agents. They are not offered."""
    return tally.refused


@_figure(Subject.CALLS, Unit.COUNT, _is_handled)
def handled(tally: Tally) -> int:
    """Answered calls whose conversation is over."""
    return tally.handled


@_figure(Subject.CALLS, Unit.COUNT, _is_held)
def held_calls(tally: Tally) -> int:
    """Handled calls whose caller was put on hold."""
    return tally.held_calls


@_figure(Subject.CALLS, Unit.COUNT, _is_ended_on_hold)
def ended_on_hold(tally: Tally) -> int:
    """Handled calls that ended while their caller was on hold, by whomever."""
    return tally.ended_on_hold


@_figure(Subject.CALLS, Unit.COUNT, _is_hold_abandon)
def hold_abandons(tally: Tally) -> int:
    """Handled calls whose caller hung up while on hold."""
    return tally.hold_abandons


@_figure(Subject.CALLS, Unit.COUNT, _is_hold_agent_hang_up)
def hold_agent_hang_ups(tally: Tally) -> int:
    """Handled calls that the agent ended with the caller on hold."""
    return tally.hold_agent_hang_ups


@_figure(Subject.CALLS, Unit.NUMBER, _is_held)
def holds(tally: Tally) -> int:
    """How many times the callers of handled calls were put on hold."""
    return tally.holds


@_figure(Subject.CALLS, Unit.NUMBER, _is_handled)
def avg_holds(tally: Tally) -> float | None:
    """Holds ÷ handled."""
    return _ratio(tally.holds, tally.handled)


@_figure(Subject.CALLS, Unit.COUNT, _is_ended)
def ended(tally: Tally) -> int:
    """Offered calls that are over, answered or not."""
    return tally.ended


@_figure(Subject.CALLS, Unit.COUNT, _is_resolved_in_time)
def resolved_in_time(tally: Tally) -> int:
    """Ended calls that took, from their arrival to the end of the wrap-up, at most R."""
    return tally.resolved_in_time


@_figure(Subject.CALLS, Unit.COUNT, lambda each, terms: _is_answered(each, terms) and each.is_ended_by_agent)
def agent_hang_ups(tally: Tally) -> int:
    """Answered calls that the agent ended before the caller did."""
    return tally.agent_hang_ups


@_figure(Subject.CALLS, Unit.COUNT, lambda each, terms: _is_offered(each, terms) and each.is_repeat)
def repeat_calls(tally: Tally) -> int:
    """Offered calls from a number that had called within the 24 hours before."""
    return tally.repeat_calls


# --- calls: rates ----------------------------------------------------------------------------------------------------


@_figure(Subject.CALLS, Unit.RATE, _is_answered)
def answer_rate(tally: Tally) -> float | None:
    """Answered ÷ offered."""
    return _ratio(tally.answered, tally.offered)


@_figure(Subject.CALLS, Unit.RATE, _is_long_abandon)
def abandon_rate(tally: Tally) -> float | None:
    """(abandoned - short abandons) ÷ (offered - short abandons)."""
    return _ratio(tally.abandoned - tally.short_abandons, tally.offered - tally.short_abandons)


@_figure(Subject.CALLS, Unit.RATE, lambda each, terms: _is_offered(each, terms) and each.is_repeat)
def repeat_rate(tally: Tally) -> float | None:
    """Repeat calls ÷ offered."""
    return _ratio(tally.repeat_calls, tally.offered)


def service_level(tally: Tally, formula: ServiceLevel) -> float | None:
    """The share of calls served in time, by one of five formulas: see `ServiceLevel`."""
    return _SERVICE_LEVELS[formula](tally)


def _of_answered_and_abandoned(tally: Tally) -> float | None:
    return _ratio(tally.answered_in_time, tally.answered + tally.abandoned - tally.short_abandons)


def _of_answered(tally: Tally) -> float | None:
    return _ratio(tally.answered_in_time, tally.answered)


def _of_offered(tally: Tally) -> float | None:
    return _ratio(tally.answered_in_time, tally.offered)


def _abandoned_count_as_served(tally: Tally) -> float | None:
    return _ratio(tally.answered_in_time + tally.abandoned_in_time, tally.answered + tally.abandoned)


def _left_in_time(tally: Tally) -> float | None:
    in_time = tally.answered_in_time + tally.abandoned_in_time + tally.left_in_time
    return _ratio(in_time, tally.offered)


_SERVICE_LEVELS: Mapping[ServiceLevel, Callable[[Tally], float | None]] = {
    ServiceLevel.ANSWERED_AND_ABANDONED: _of_answered_and_abandoned,
    ServiceLevel.ANSWERED: _of_answered,
    ServiceLevel.OFFERED: _of_offered,
    ServiceLevel.ABANDONED_COUNT_AS_SERVED: _abandoned_count_as_served,
    ServiceLevel.LEFT_IN_TIME: _left_in_time,
}

_add(
    Figure(
        "service_level",
        Subject.CALLS,
        Unit.RATE,
        "Served in time ÷ all that count, by the chosen formula of five.",
        lambda tally, terms: service_level(tally, terms.service_level),
        _is_served,
    )
)


# --- calls: times ----------------------------------------------------------------------------------------------------


@_figure(Subject.CALLS, Unit.SECONDS, _is_answered)
def asa(tally: Tally) -> float | None:
    """Average speed of answer: Σ wait of answered ÷ answered. From the enqueueing, ringing included."""
    return _average(tally.wait_of_answered, tally.answered)


@_figure(Subject.CALLS, Unit.SECONDS, _is_answered)
def avg_queue_wait(tally: Tally) -> float | None:
    """Σ part of the wait of answered in which no phone rang ÷ answered. asa = this + avg_rung_wait."""
    return _average(tally.queue_wait_of_answered, tally.answered)


@_figure(Subject.CALLS, Unit.SECONDS, _is_answered)
def avg_rung_wait(tally: Tally) -> float | None:
    """Σ part of the wait of answered in which at least one phone rang ÷ answered."""
    return _average(tally.wait_of_answered - tally.queue_wait_of_answered, tally.answered)


@_figure(Subject.CALLS, Unit.SECONDS, _is_abandoned)
def avg_wait_of_abandoned(tally: Tally) -> float | None:
    """Σ wait of abandoned ÷ abandoned."""
    return _average(tally.wait_of_abandoned, tally.abandoned)


@_figure(Subject.CALLS, Unit.SECONDS, _has_waited)
def max_wait(tally: Tally) -> float:
    """The longest wait of a call that was answered or left."""
    return tally.max_wait.total_seconds()


@_figure(Subject.CALLS, Unit.SECONDS, _has_waited)
def max_queue_wait(tally: Tally) -> float:
    """The longest time that a call waited without a phone ringing for it."""
    return tally.max_queue_wait.total_seconds()


@_figure(Subject.CALLS, Unit.SECONDS, _is_handled)
def handle_time(tally: Tally) -> float:
    """Σ (talk + hold + wrap-up) of handled calls."""
    return (tally.talk + tally.hold + tally.wrap_up).total_seconds()


@_figure(Subject.CALLS, Unit.SECONDS, _is_handled)
def talk_time(tally: Tally) -> float:
    """Σ talk of handled calls."""
    return tally.talk.total_seconds()


@_figure(Subject.CALLS, Unit.SECONDS, _is_held)
def hold_time(tally: Tally) -> float:
    """Σ hold of handled calls."""
    return tally.hold.total_seconds()


@_figure(Subject.CALLS, Unit.SECONDS, _is_handled)
def wrap_up_time(tally: Tally) -> float:
    """Σ wrap-up of handled calls."""
    return tally.wrap_up.total_seconds()


@_figure(Subject.CALLS, Unit.SECONDS, _is_handled)
def aht(tally: Tally) -> float | None:
    """Average handle time: Σ (talk + hold + wrap-up) ÷ handled."""
    return _average(tally.talk + tally.hold + tally.wrap_up, tally.handled)


@_figure(Subject.CALLS, Unit.SECONDS, _is_handled)
def avg_talk(tally: Tally) -> float | None:
    """Σ talk ÷ handled; hold is not talk."""
    return _average(tally.talk, tally.handled)


@_figure(Subject.CALLS, Unit.SECONDS, _is_handled)
def avg_hold(tally: Tally) -> float | None:
    """Σ hold ÷ handled."""
    return _average(tally.hold, tally.handled)


@_figure(Subject.CALLS, Unit.SECONDS, _is_held)
def avg_hold_of_held(tally: Tally) -> float | None:
    """Σ hold ÷ held calls."""
    return _average(tally.hold, tally.held_calls)


@_figure(Subject.CALLS, Unit.SECONDS, _is_handled)
def avg_wrap_up(tally: Tally) -> float | None:
    """Σ wrap-up ÷ handled."""
    return _average(tally.wrap_up, tally.handled)


@_figure(Subject.CALLS, Unit.SECONDS, _is_ended)
def call_time(tally: Tally) -> float:
    """Σ duration of ended calls, each from its arrival to its end, whatever came of it."""
    return tally.duration.total_seconds()


@_figure(Subject.CALLS, Unit.SECONDS, _is_ended)
def avg_call_time(tally: Tally) -> float | None:
    """Σ duration ÷ ended."""
    return _average(tally.duration, tally.ended)


@_figure(Subject.CALLS, Unit.SECONDS, _is_ended)
def avg_resolution(tally: Tally) -> float | None:
    """Σ (duration + wrap-up) ÷ ended."""
    return _average(tally.resolution, tally.ended)


@_figure(Subject.CALLS, Unit.SECONDS, _is_offered)
def flow_time(tally: Tally) -> float:
    """Σ time of offered calls from their arrival to the enqueueing: announcements and menus."""
    return tally.flow.total_seconds()


@_figure(Subject.CALLS, Unit.SECONDS, _is_offered)
def avg_flow_time(tally: Tally) -> float | None:
    """Σ flow time ÷ offered."""
    return _average(tally.flow, tally.offered)


# --- calls: abandons by wait, exits by reason ------------------------------------------------------------------------


def _band_name(band: int) -> str:
    seconds = [f"{border.total_seconds():.0f}" for border in BANDS]
    if band == len(BANDS):
        return f"abandoned_from_{seconds[-1]}s"
    return f"abandoned_to_{seconds[band]}s"


def _band_text(band: int) -> str:
    limits = [None, *BANDS, None]
    low, high = list(pairwise(limits))[band]
    waits = [
        f"{text} {limit.total_seconds():.0f} s"
        for text, limit in (("of at least", low), ("below", high))
        if limit
    ]
    return f"Calls abandoned after a wait {' and '.join(waits)}."


def _define_band(band: int) -> None:
    _count(
        Subject.CALLS,
        _band_name(band),
        _band_text(band),
        lambda tally: tally.abandons_by_band[band],
        lambda each, terms: _is_abandoned(each, terms) and band_of(_wait(each)) == band,
    )


def _define_exit(name: str, reason: ExitReason, text: str) -> None:
    _count(
        Subject.CALLS,
        name,
        text,
        lambda tally: tally.exits[reason],
        lambda each, terms: _has_left(each, terms) and each.exit_reason is reason,
    )


for _band in range(len(BANDS) + 1):
    _define_band(_band)
_define_exit("timed_out", ExitReason.TIMEOUT, "Calls whose longest wait was over.")
_define_exit("left_empty", ExitReason.EMPTY, "Calls sent on because no agent was left.")
_define_exit("left_by_key", ExitReason.KEY, "Calls whose caller pressed a key to leave.")
_define_exit("taken_out", ExitReason.REMOVED, "Calls taken out by a human or another rule.")
_define_exit("lost", ExitReason.FAULT, "Calls lost with Asterisk while they waited.")


# --- offers ----------------------------------------------------------------------------------------------------------


@_figure(Subject.OFFERS, Unit.COUNT, lambda each, _: each.outcome is not None)
def offers(tally: Tally) -> int:
    """Offers to agents that have ended."""
    return tally.offers


def _define_outcome(name: str, outcome: OfferOutcome, text: str) -> None:
    _count(Subject.OFFERS, name, text, lambda tally: tally.outcomes[outcome], _ended_as(outcome))


_define_outcome("offers_answered", OfferOutcome.ANSWERED, "Offers answered, and the call joined.")
_define_outcome("rna", OfferOutcome.NO_ANSWER, "Ring-no-answer: offers that rang out.")
_define_outcome("offers_declined", OfferOutcome.DECLINED, "Offers that the agent rejected.")
_define_outcome("offers_busy", OfferOutcome.BUSY, "Offers to a phone that was busy.")
_define_outcome(
    "offers_unreachable", OfferOutcome.UNREACHABLE, "Offers to a phone that could not be reached."
)
_define_outcome("offers_failed", OfferOutcome.FAILED, "Offers that the system could not make.")
_define_outcome("offers_lost", OfferOutcome.LOST, "Offers answered, and hung up before the two were joined.")
_define_outcome("offers_withdrawn", OfferOutcome.WITHDRAWN, "Offers taken back: the caller left.")
_define_outcome(
    "offers_answered_elsewhere", OfferOutcome.ANSWERED_ELSEWHERE, "Offers taken back: another agent answered."
)


@_figure(Subject.OFFERS, Unit.COUNT, _ended_as(*MISSES))
def offers_missed(tally: Tally) -> int:
    """Offers that their agents missed: rang out, declined, busy or unreachable."""
    return sum(tally.outcomes[outcome] for outcome in MISSES)


@_figure(Subject.OFFERS, Unit.RATE, _ended_as(OfferOutcome.ANSWERED))
def agent_answer_rate(tally: Tally) -> float | None:
    """Offers answered ÷ offers."""
    return _ratio(tally.outcomes[OfferOutcome.ANSWERED], tally.offers)


@_figure(Subject.OFFERS, Unit.RATE, _ended_as(OfferOutcome.NO_ANSWER))
def rna_rate(tally: Tally) -> float | None:
    """Ring-no-answer ÷ offers."""
    return _ratio(tally.outcomes[OfferOutcome.NO_ANSWER], tally.offers)


@_figure(Subject.OFFERS, Unit.SECONDS, _ended_as(OfferOutcome.ANSWERED))
def avg_ring(tally: Tally) -> float | None:
    """Σ ring of answered offers ÷ answered offers. From the phone's first ringing to the pick-up."""
    return _average(tally.ring_of_answered, tally.outcomes[OfferOutcome.ANSWERED])


@_figure(Subject.OFFERS, Unit.SECONDS, lambda each, _: each.outcome is not None)
def max_ring(tally: Tally) -> float:
    """The longest ringing of an offer that has ended."""
    return tally.max_ring.total_seconds()


# --- three rings -----------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class _Rings:
    """Whose rings are counted: callers and agents have the same figures."""

    whose: str
    subject: Subject
    ringing_of: Callable[[Any], Ringing | None]
    tally_of: Callable[[Tally], RingTally]

    def is_behind(self, holds: Callable[[Ringing], bool]) -> _Behind:
        return lambda each, _: (ringing := self.ringing_of(each)) is not None and holds(ringing)

    def count(
        self,
        name: str,
        text: str,
        value: Callable[[RingTally], int],
        holds: Callable[[Ringing], bool],
    ) -> None:
        name = f"{self.whose}_{name}"
        _count(self.subject, name, text, lambda tally: value(self.tally_of(tally)), self.is_behind(holds))

    def answered_in(self, ring: int) -> None:
        text = f"{self.subject.capitalize()} answered in ring {ring}."
        self.count(
            f"ring_{ring}",
            text,
            lambda each: each.by_ring[ring],
            lambda each: each.is_answered and each.ring == ring,
        )


def _define_rings(rings: _Rings, *, over: str) -> None:
    what = rings.subject.capitalize()
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
    _add(
        Figure(
            f"{rings.whose}_ring_compliance",
            rings.subject,
            Unit.RATE,
            f"{rings.whose.capitalize()} rings within ÷ (within + over).",
            lambda tally, _: rings.tally_of(tally).compliance,
            rings.is_behind(lambda each: each.counts_within),
        )
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
    _Rings("caller", Subject.CALLS, ringing_of_passage, lambda tally: tally.caller_rings),
    over="or left without an agent when the limit was over",
)
_define_rings(
    _Rings("agent", Subject.OFFERS, ringing_of_offer, lambda tally: tally.agent_rings),
    over="ended otherwise when the limit was over, or missed by the agent",
)
RING_FIGURES = (
    *("offered", "answered", "abandoned", "asa", "avg_queue_wait", "avg_rung_wait", "max_queue_wait"),
    *("offers", "offers_answered", "rna", "avg_ring", "max_ring"),
    *(name for name in _figures if name.startswith(("caller_ring", "agent_ring"))),
)
"""The names of the figures in a report of the three rings, which shows waits in queues apart from rings."""


# --- outbound calls --------------------------------------------------------------------------------------------------


def _is_connected(call: OutboundCall, _: Terms) -> bool:
    return call.talk is not None


@_figure(Subject.OUTBOUND_CALLS, Unit.COUNT, lambda each, _: each.ended_at is not None)
def outbound_calls(tally: Tally) -> int:
    """Calls of agents to outside numbers that have ended."""
    return tally.outbound_calls


@_figure(Subject.OUTBOUND_CALLS, Unit.COUNT, _is_connected)
def outbound_connected(tally: Tally) -> int:
    """Outbound calls that the other end answered, and the two were joined."""
    return tally.outbound_connected


@_figure(Subject.OUTBOUND_CALLS, Unit.SECONDS, _is_connected)
def avg_outbound_connecting(tally: Tally) -> float | None:
    """Σ time of connected outbound calls from dialling until the two were joined ÷ connected outbound calls."""
    return _average(tally.outbound_connecting, tally.outbound_connected)


@_figure(Subject.OUTBOUND_CALLS, Unit.SECONDS, _is_connected)
def outbound_talk_time(tally: Tally) -> float:
    """Σ talk of connected outbound calls; hold is not talk."""
    return tally.outbound_talk.total_seconds()


@_figure(Subject.OUTBOUND_CALLS, Unit.SECONDS, _is_connected)
def avg_outbound_talk(tally: Tally) -> float | None:
    """Σ talk of connected outbound calls ÷ connected outbound calls."""
    return _average(tally.outbound_talk, tally.outbound_connected)


# --- agents' time ----------------------------------------------------------------------------------------------------

_WORK = (
    Activity.RINGING,
    Activity.TALKING,
    Activity.HOLDING,
    Activity.WRAPPING_UP,
    Activity.OUTBOUND,
)


@_figure(Subject.AGENT_TIME, Unit.SECONDS, lambda _each, _: True)
def logged_in(tally: Tally) -> float:
    """Time in the seat. logged in = idle + unreachable + ringing + talking + holding + wrapping up + outbound + resting."""
    return tally.logged_in.total_seconds()


@_figure(Subject.AGENT_TIME, Unit.SECONDS, lambda each, _: each.is_paused)
def paused(tally: Tally) -> float:
    """Time with the status paused, whatever the agent did meanwhile."""
    return tally.paused.total_seconds()


@_figure(Subject.AGENT_TIME, Unit.SECONDS, lambda each, _: each.is_auto_paused)
def auto_paused(tally: Tally) -> float:
    """Time paused by the system, after missed offers."""
    return tally.auto_paused.total_seconds()


def _define_activity(name: str, activity: Activity, text: str) -> None:
    _add(
        Figure(
            name,
            Subject.AGENT_TIME,
            Unit.SECONDS,
            text,
            lambda tally, _: tally.time(activity).total_seconds(),
            _does(activity),
        )
    )


_define_activity("resting", Activity.PAUSED, "Time paused with nothing to do.")
_define_activity(
    "idle", Activity.IDLE, "Time available with nothing to do, and a phone that calls can reach."
)
_define_activity(
    "unreachable",
    Activity.UNREACHABLE,
    "Time available with nothing to do, and a phone that no call can reach.",
)
_define_activity("ringing", Activity.RINGING, "Time with an offer, from the reservation to its end.")
_define_activity("talking", Activity.TALKING, "Time joined with a caller of a queue, hold not included.")
_define_activity("holding", Activity.HOLDING, "Time in which the agent had a caller on hold.")
_define_activity("wrapping_up", Activity.WRAPPING_UP, "Time for notes after calls.")
_define_activity("outbound", Activity.OUTBOUND, "Time in calls that no queue gave.")


@_figure(Subject.AGENT_TIME, Unit.RATE, _does(*_WORK))
def occupancy(tally: Tally) -> float | None:
    """(talking + holding + wrapping up + ringing + outbound) ÷ (that + idle)."""
    work = tally.time(*_WORK)
    return _share(work, work + tally.time(Activity.IDLE))


@_figure(Subject.AGENT_TIME, Unit.RATE, lambda each, _: not each.is_paused)
def utilisation(tally: Tally) -> float | None:
    """(logged in - paused) ÷ logged in."""
    return _share(tally.logged_in - tally.paused, tally.logged_in)


# --- what nothing is known of yet: a name, a formula, and no value -----------------------------------------------------


def _await(subject: Subject, unit: Unit, name: str, text: str, *, needs: str) -> None:
    formula = f"{text} Not measured yet: needs {needs}."
    _add(
        Figure(name, subject, unit, formula, lambda _tally, _terms: None, lambda _each, _terms: False, needs)
    )


_await(
    Subject.AGENT_TIME,
    Unit.RATE,
    "adherence",
    "Time in the seat as planned ÷ planned time.",
    needs="the roster",
)
_await(Subject.CALLS, Unit.COUNT, "transfers", "Calls that their agent gave to another.", needs="transfers")
_await(Subject.CALLS, Unit.RATE, "transfer_rate", "Transfers ÷ handled.", needs="transfers")
_await(
    Subject.CALLS,
    Unit.RATE,
    "first_contact_resolution",
    "Matters settled by the first call ÷ matters.",
    needs="dispositions",
)


# --- arithmetic ------------------------------------------------------------------------------------------------------


def _ratio(part: int, whole: int) -> float | None:
    return part / whole if whole else None


def _share(part: timedelta, whole: timedelta) -> float | None:
    return part / whole if whole else None


def _average(total: timedelta, count: int) -> float | None:
    return total.total_seconds() / count if count else None
