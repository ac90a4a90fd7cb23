"""The figures of calls through queues: how many, what share, how long."""

from collections.abc import Callable, Mapping
from datetime import timedelta
from itertools import pairwise

from app.acd.model import ExitReason
from metrics.figure import Figures, Subject, Unit, average, ratio
from metrics.records import Passage
from metrics.tally import BANDS, OVERFLOWS, Tally, band_of
from metrics.terms import ServiceLevel, Terms

CALLS = Figures(Subject.CALLS)


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


def _is_settled(passage: Passage, terms: Terms) -> bool:
    return _is_offered(passage, terms) and passage.resolution is not None


def _is_resolved_in_time(passage: Passage, terms: Terms) -> bool:
    resolution = passage.resolution
    return _is_offered(passage, terms) and resolution is not None and terms.is_resolved_in_time(resolution)


# --- how many ---------------------------------------------------------------------------------------------------------


@CALLS.figure(Unit.COUNT, _is_offered)
def offered(tally: Tally) -> int:
    """Calls that a queue took in. offered = answered + abandoned + overflowed + exited + waiting."""
    return tally.offered


@CALLS.figure(Unit.COUNT, _is_answered)
def answered(tally: Tally) -> int:
    """Calls joined with an agent."""
    return tally.answered


@CALLS.figure(Unit.COUNT, _is_answered_in_time)
def answered_in_time(tally: Tally) -> int:
    """Calls answered after a wait of at most T."""
    return tally.answered_in_time


@CALLS.figure(Unit.COUNT, _is_answered_late)
def answered_late(tally: Tally) -> int:
    """Answered - answered in time."""
    return tally.answered - tally.answered_in_time


@CALLS.figure(Unit.COUNT, _is_abandoned)
def abandoned(tally: Tally) -> int:
    """Calls whose caller hung up while waiting, short abandons included."""
    return tally.abandoned


@CALLS.figure(Unit.COUNT, _is_short_abandon)
def short_abandons(tally: Tally) -> int:
    """Calls abandoned before the threshold: wrong numbers, second thoughts."""
    return tally.short_abandons


@CALLS.figure(Unit.COUNT, lambda each, terms: _has_left(each, terms) and each.exit_reason in OVERFLOWS)
def overflowed(tally: Tally) -> int:
    """Calls that a rule of the queue sent on: longest wait over, or no agent left."""
    return tally.overflowed


@CALLS.figure(
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


@CALLS.figure(Unit.COUNT, lambda each, terms: _is_offered(each, terms) and not _has_waited(each, terms))
def waiting(tally: Tally) -> int:
    """Calls that still wait."""
    return tally.waiting


@CALLS.figure(Unit.COUNT, lambda each, _: each.entered_at is None)
def refused(tally: Tally) -> int:
    """Calls turned away at the door: queue full, closed, or without agents. They are not offered."""
    return tally.refused


@CALLS.figure(Unit.COUNT, _is_handled)
def handled(tally: Tally) -> int:
    """Answered calls whose conversation is over."""
    return tally.handled


@CALLS.figure(Unit.COUNT, _is_held)
def held_calls(tally: Tally) -> int:
    """Handled calls whose caller was put on hold."""
    return tally.held_calls


@CALLS.figure(Unit.COUNT, _is_ended_on_hold)
def ended_on_hold(tally: Tally) -> int:
    """Handled calls that ended while their caller was on hold, by whomever."""
    return tally.ended_on_hold


@CALLS.figure(Unit.COUNT, _is_hold_abandon)
def hold_abandons(tally: Tally) -> int:
    """Handled calls whose caller hung up while on hold."""
    return tally.hold_abandons


@CALLS.figure(Unit.COUNT, _is_hold_agent_hang_up)
def hold_agent_hang_ups(tally: Tally) -> int:
    """Handled calls that the agent ended with the caller on hold."""
    return tally.hold_agent_hang_ups


@CALLS.figure(Unit.NUMBER, _is_held)
def holds(tally: Tally) -> int:
    """How many times the callers of handled calls were put on hold."""
    return tally.holds


@CALLS.figure(Unit.NUMBER, _is_handled)
def avg_holds(tally: Tally) -> float | None:
    """Holds ÷ handled."""
    return ratio(tally.holds, tally.handled)


@CALLS.figure(Unit.COUNT, _is_ended)
def ended(tally: Tally) -> int:
    """Offered calls that are over, answered or not."""
    return tally.ended


@CALLS.figure(Unit.COUNT, _is_resolved_in_time)
def resolved_in_time(tally: Tally) -> int:
    """Ended calls that took, from their arrival to the end of the last wrap-up, at most R."""
    return tally.resolved_in_time


@CALLS.figure(Unit.COUNT, lambda each, terms: _is_answered(each, terms) and each.is_ended_by_agent)
def agent_hang_ups(tally: Tally) -> int:
    """Answered calls that the agent ended before the caller did."""
    return tally.agent_hang_ups


@CALLS.figure(Unit.COUNT, lambda each, terms: _is_offered(each, terms) and each.is_repeat)
def repeat_calls(tally: Tally) -> int:
    """Offered calls from a number that had called within the 24 hours before."""
    return tally.repeat_calls


# --- rates ------------------------------------------------------------------------------------------------------------


@CALLS.figure(Unit.RATE, _is_answered)
def answer_rate(tally: Tally) -> float | None:
    """Answered ÷ offered."""
    return ratio(tally.answered, tally.offered)


@CALLS.figure(Unit.RATE, _is_long_abandon)
def abandon_rate(tally: Tally) -> float | None:
    """(abandoned - short abandons) ÷ (offered - short abandons)."""
    return ratio(tally.abandoned - tally.short_abandons, tally.offered - tally.short_abandons)


@CALLS.figure(Unit.RATE, lambda each, terms: _is_offered(each, terms) and each.is_repeat)
def repeat_rate(tally: Tally) -> float | None:
    """Repeat calls ÷ offered."""
    return ratio(tally.repeat_calls, tally.offered)


def service_level(tally: Tally, formula: ServiceLevel) -> float | None:
    """The share of calls served in time, by one of five formulas: see `ServiceLevel`."""
    return _SERVICE_LEVELS[formula](tally)


def _of_answered_and_abandoned(tally: Tally) -> float | None:
    return ratio(tally.answered_in_time, tally.answered + tally.abandoned - tally.short_abandons)


def _of_answered(tally: Tally) -> float | None:
    return ratio(tally.answered_in_time, tally.answered)


def _of_offered(tally: Tally) -> float | None:
    return ratio(tally.answered_in_time, tally.offered)


def _abandoned_count_as_served(tally: Tally) -> float | None:
    return ratio(tally.answered_in_time + tally.abandoned_in_time, tally.answered + tally.abandoned)


def _left_in_time(tally: Tally) -> float | None:
    in_time = tally.answered_in_time + tally.abandoned_in_time + tally.left_in_time
    return ratio(in_time, tally.offered)


_SERVICE_LEVELS: Mapping[ServiceLevel, Callable[[Tally], float | None]] = {
    ServiceLevel.ANSWERED_AND_ABANDONED: _of_answered_and_abandoned,
    ServiceLevel.ANSWERED: _of_answered,
    ServiceLevel.OFFERED: _of_offered,
    ServiceLevel.ABANDONED_COUNT_AS_SERVED: _abandoned_count_as_served,
    ServiceLevel.LEFT_IN_TIME: _left_in_time,
}

CALLS.add(
    "service_level",
    Unit.RATE,
    "Served in time ÷ all that count, by the chosen formula of five.",
    lambda tally, terms: service_level(tally, terms.service_level),
    _is_served,
)


# --- times ------------------------------------------------------------------------------------------------------------


@CALLS.figure(Unit.SECONDS, _is_answered)
def asa(tally: Tally) -> float | None:
    """Average speed of answer: Σ wait of answered ÷ answered. From the enqueueing, ringing included."""
    return average(tally.wait_of_answered, tally.answered)


@CALLS.figure(Unit.SECONDS, _is_answered)
def avg_queue_wait(tally: Tally) -> float | None:
    """Σ part of the wait of answered in which no phone rang ÷ answered. asa = this + avg_rung_wait."""
    return average(tally.queue_wait_of_answered, tally.answered)


@CALLS.figure(Unit.SECONDS, _is_answered)
def avg_rung_wait(tally: Tally) -> float | None:
    """Σ part of the wait of answered in which at least one phone rang ÷ answered."""
    return average(tally.wait_of_answered - tally.queue_wait_of_answered, tally.answered)


@CALLS.figure(Unit.SECONDS, _is_abandoned)
def avg_wait_of_abandoned(tally: Tally) -> float | None:
    """Σ wait of abandoned ÷ abandoned."""
    return average(tally.wait_of_abandoned, tally.abandoned)


@CALLS.figure(Unit.SECONDS, _has_waited)
def max_wait(tally: Tally) -> float:
    """The longest wait of a call that was answered or left."""
    return tally.max_wait.total_seconds()


@CALLS.figure(Unit.SECONDS, _has_waited)
def max_queue_wait(tally: Tally) -> float:
    """The longest time that a call waited without a phone ringing for it."""
    return tally.max_queue_wait.total_seconds()


@CALLS.figure(Unit.SECONDS, _is_handled)
def handle_time(tally: Tally) -> float:
    """Σ (talk + hold + wrap-up) of handled calls."""
    return (tally.talk + tally.hold + tally.wrap_up).total_seconds()


@CALLS.figure(Unit.SECONDS, _is_handled)
def talk_time(tally: Tally) -> float:
    """Σ talk of handled calls."""
    return tally.talk.total_seconds()


@CALLS.figure(Unit.SECONDS, _is_held)
def hold_time(tally: Tally) -> float:
    """Σ hold of handled calls."""
    return tally.hold.total_seconds()


@CALLS.figure(Unit.SECONDS, _is_handled)
def wrap_up_time(tally: Tally) -> float:
    """Σ wrap-up of handled calls."""
    return tally.wrap_up.total_seconds()


@CALLS.figure(Unit.SECONDS, _is_handled)
def aht(tally: Tally) -> float | None:
    """Average handle time: Σ (talk + hold + wrap-up) ÷ handled."""
    return average(tally.talk + tally.hold + tally.wrap_up, tally.handled)


@CALLS.figure(Unit.SECONDS, _is_handled)
def avg_talk(tally: Tally) -> float | None:
    """Σ talk ÷ handled; hold is not talk."""
    return average(tally.talk, tally.handled)


@CALLS.figure(Unit.SECONDS, _is_handled)
def avg_hold(tally: Tally) -> float | None:
    """Σ hold ÷ handled."""
    return average(tally.hold, tally.handled)


@CALLS.figure(Unit.SECONDS, _is_held)
def avg_hold_of_held(tally: Tally) -> float | None:
    """Σ hold ÷ held calls."""
    return average(tally.hold, tally.held_calls)


@CALLS.figure(Unit.SECONDS, _is_handled)
def avg_wrap_up(tally: Tally) -> float | None:
    """Σ wrap-up ÷ handled."""
    return average(tally.wrap_up, tally.handled)


@CALLS.figure(Unit.SECONDS, _is_ended)
def call_time(tally: Tally) -> float:
    """Σ duration of ended calls, each from its arrival to its end, whatever came of it."""
    return tally.duration.total_seconds()


@CALLS.figure(Unit.SECONDS, _is_ended)
def avg_call_time(tally: Tally) -> float | None:
    """Σ duration ÷ ended."""
    return average(tally.duration, tally.ended)


@CALLS.figure(Unit.SECONDS, _is_settled)
def avg_resolution(tally: Tally) -> float | None:
    """Σ time from the arrival to the end of the last wrap-up ÷ ended calls in whose wrap-up nobody is."""
    return average(tally.resolution, tally.settled)


@CALLS.figure(Unit.SECONDS, _is_offered)
def flow_time(tally: Tally) -> float:
    """Σ time of offered calls from their arrival to the enqueueing: announcements and menus."""
    return tally.flow.total_seconds()


@CALLS.figure(Unit.SECONDS, _is_offered)
def avg_flow_time(tally: Tally) -> float | None:
    """Σ flow time ÷ offered."""
    return average(tally.flow, tally.offered)


# --- abandons by wait, exits by reason --------------------------------------------------------------------------------


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
    CALLS.count(
        _band_name(band),
        _band_text(band),
        lambda tally: tally.abandons_by_band[band],
        lambda each, terms: _is_abandoned(each, terms) and band_of(_wait(each)) == band,
    )


def _define_exit(name: str, reason: ExitReason, text: str) -> None:
    CALLS.count(
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
