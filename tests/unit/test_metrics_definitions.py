"""The figures, against examples counted by hand; and each figure against the records that it names as its own."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.acd.availability import AUTO_PAUSE
from app.acd.model import ExitReason, OfferOutcome
from app.ids import PauseCode
from metrics.call_figures import service_level
from metrics.definitions import FIGURES
from metrics.figure import Subject, Unit, Value
from metrics.records import Activity, Offer, OutboundCall, Passage, SeatTime
from metrics.tally import Tally
from metrics.terms import ServiceLevel, Terms
from tests.support.metrics_records import (
    OFFERS,
    OUTBOUND_CALLS,
    PASSAGES,
    SEATS,
    answered,
    left,
    offer,
    outbound,
    refused,
    seat,
    waits,
)

TERMS = Terms(within=timedelta(seconds=20), short_abandon=timedelta(seconds=5))

DAY: list[Passage] = [
    answered(4, 100, hold=20, holds=3, wrap_up=30, on_hold=True),
    answered(10, 60, flow=6),
    answered(20, 80, wrap_up=10, by_agent=True),  # exactly T: in time
    answered(50, 40),
    left(3),  # short
    left(5),  # exactly the threshold: not short, and in time
    left(40),
    left(15, ExitReason.TIMEOUT),
    left(90, ExitReason.EMPTY),
    left(12, ExitReason.KEY),
    waits(),
    refused(),
]
"""Offered: 4 answered, 3 abandoned, 2 overflowed, 1 exited, 1 waiting. One more was refused."""


def tally(
    passages: Sequence[Passage] = (),
    offers: Sequence[Offer] = (),
    seats: Sequence[SeatTime] = (),
    outbound_calls: Sequence[OutboundCall] = (),
    *,
    terms: Terms = TERMS,
) -> Tally:
    """Everything counted."""
    total = Tally()
    for passage in passages:
        total.add_passage(passage, terms)
    for made in offers:
        total.add_offer(made)
    for stretch in seats:
        total.add_seat_time(stretch)
    for call in outbound_calls:
        total.add_outbound_call(call)
    return total


def value(name: str, total: Tally, terms: Terms = TERMS) -> Value:
    """A figure."""
    return FIGURES[name].value(total, terms)


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("offered", 11),
        ("answered", 4),
        ("answered_in_time", 3),
        ("answered_late", 1),
        ("abandoned", 3),
        ("short_abandons", 1),
        ("overflowed", 2),
        ("exited", 1),
        ("waiting", 1),
        ("refused", 1),
        ("handled", 4),
        ("agent_hang_ups", 1),
        ("answer_rate", 4 / 11),
        ("abandon_rate", (3 - 1) / (11 - 1)),
        ("asa", (4 + 10 + 20 + 50) / 4),
        ("avg_wait_of_abandoned", (3 + 5 + 40) / 3),
        ("max_wait", 90),
        ("aht", (100 + 20 + 30 + 60 + 80 + 10 + 40) / 4),
        ("avg_talk", (100 + 60 + 80 + 40) / 4),
        ("avg_hold", 20 / 4),
        ("held_calls", 1),
        ("ended_on_hold", 1),
        ("hold_abandons", 1),
        ("hold_agent_hang_ups", 0),
        ("holds", 3),
        ("avg_holds", 3 / 4),
        ("avg_hold_of_held", 20),
        ("ended", 10),
        ("resolved_in_time", 10),
        ("call_time", (4 + 120) + (6 + 10 + 60) + (20 + 80) + (50 + 40) + 3 + 5 + 40 + 15 + 90 + 12),
        ("avg_call_time", (124 + 76 + 100 + 90 + 165) / 10),
        ("avg_resolution", (124 + 30 + 76 + 100 + 10 + 90 + 165) / 10),
        ("flow_time", 6),
        ("avg_flow_time", 6 / 11),
        ("handle_time", 100 + 20 + 30 + 60 + 80 + 10 + 40),
        ("talk_time", 100 + 60 + 80 + 40),
        ("hold_time", 20),
        ("wrap_up_time", 30 + 10),
        ("avg_wrap_up", (30 + 10) / 4),
        ("abandoned_to_5s", 1),
        ("abandoned_to_10s", 1),
        ("abandoned_to_60s", 1),
        ("abandoned_from_120s", 0),
        ("timed_out", 1),
        ("left_empty", 1),
        ("left_by_key", 1),
        ("lost", 0),
    ],
)
def test_figures_of_calls_are_what_a_hand_counts(name: str, expected: float) -> None:
    """A day of eleven calls and one that was turned away."""
    assert value(name, tally(DAY)) == pytest.approx(expected)


@pytest.mark.parametrize(
    ("formula", "expected"),
    [
        (ServiceLevel.ANSWERED_AND_ABANDONED, 3 / (4 + 3 - 1)),
        (ServiceLevel.ANSWERED, 3 / 4),
        (ServiceLevel.OFFERED, 3 / 11),
        (ServiceLevel.ABANDONED_COUNT_AS_SERVED, (3 + 2) / (4 + 3)),
        (ServiceLevel.LEFT_IN_TIME, (3 + 2 + 2) / 11),
    ],
)
def test_five_formulas_give_five_service_levels_of_one_day(formula: ServiceLevel, expected: float) -> None:
    """Short abandons, overflows and waiting calls are what they differ by."""
    assert service_level(tally(DAY), formula) == pytest.approx(expected)
    terms = Terms(service_level=formula)
    assert value("service_level", tally(DAY, terms=terms), terms) == pytest.approx(expected)


@pytest.mark.parametrize(("talk", "in_time"), [(39.999, 1), (40, 1), (40.001, 0)])
def test_a_resolution_of_exactly_r_is_in_time(talk: float, in_time: int) -> None:
    """It begins with the arrival, and ends with the wrap-up: 5 s of announcements, 10 s of wait, and 5 s of notes."""
    terms = Terms(resolve_within=timedelta(seconds=60))
    day = [answered(10, talk, flow=5, wrap_up=5), waits()]
    assert value("resolved_in_time", tally(day, terms=terms), terms) == in_time


def test_a_call_about_which_somebody_still_writes_is_not_resolved_yet() -> None:
    """What counted now would not count when the notes are done late."""
    day = [answered(10, 40), replace(answered(10, 90, start=60), settled_at=None)]
    names = ("ended", "resolved_in_time", "avg_resolution", "avg_call_time")
    assert [value(name, tally(day)) for name in names] == [2, 1, 50, 75]


def test_who_ended_a_call_on_hold_is_told() -> None:
    """The caller, the agent, or neither: then it was a fault."""
    day = [
        answered(1, hold=9, on_hold=True),
        answered(1, hold=9, on_hold=True, by_agent=True),
        replace(answered(1, hold=9, on_hold=True), is_ended_by_caller=False),
    ]
    names = ("ended_on_hold", "hold_abandons", "hold_agent_hang_ups")
    assert [value(name, tally(day)) for name in names] == [3, 1, 1]


def test_an_agent_in_error_is_paused_by_the_system_or_has_no_phone() -> None:
    """Neither is idle time: no call could come."""
    total = tally(
        seats=[
            seat(0, 60, Activity.IDLE),
            seat(60, 100, Activity.UNREACHABLE),
            seat(100, 130, Activity.PAUSED, paused=True, code=AUTO_PAUSE),
            seat(130, 150, Activity.PAUSED, paused=True, code=PauseCode("lunch")),
            seat(150, 210, Activity.TALKING),
        ]
    )
    found = [value(name, total) for name in ("idle", "unreachable", "auto_paused", "paused", "occupancy")]
    assert found == [60, 40, 30, 50, 0.5]


@pytest.mark.parametrize(("wait", "in_time"), [(19.999, 1), (20, 1), (20.001, 0)])
def test_a_wait_of_exactly_t_is_in_time(wait: float, in_time: int) -> None:
    """T - 1 ms, T, T + 1 ms."""
    assert value("answered_in_time", tally([answered(wait)])) == in_time


@pytest.mark.parametrize(("wait", "short"), [(4.999, 1), (5, 0), (5.001, 0)])
def test_an_abandon_at_exactly_the_threshold_is_not_short(wait: float, short: int) -> None:
    """Threshold - 1 ms, threshold, threshold + 1 ms."""
    assert value("short_abandons", tally([left(wait)])) == short


def test_figures_of_offers_are_what_a_hand_counts() -> None:
    """Two answered, one rang out, one declined, one never rang; an open one does not count yet."""
    total = tally(
        offers=[
            offer(OfferOutcome.ANSWERED, 3),
            offer(OfferOutcome.ANSWERED, 8),
            offer(OfferOutcome.NO_ANSWER, 15),
            offer(OfferOutcome.DECLINED, 2),
            offer(OfferOutcome.UNREACHABLE, None),
            offer(None),
        ]
    )
    found = {name: value(name, total) for name, each in FIGURES.items() if each.subject is Subject.OFFERS}
    assert {name: number for name, number in found.items() if number} == {
        "offers": 5,
        "offers_answered": 2,
        "rna": 1,
        "offers_declined": 1,
        "offers_unreachable": 1,
        "offers_missed": 3,
        "agent_answer_rate": pytest.approx(2 / 5),
        "rna_rate": pytest.approx(1 / 5),
        "avg_ring": pytest.approx(5.5),
        "max_ring": 15,
        "agent_rings_over": 3,
        "agent_rings_total": 3,
    }


def test_figures_of_outbound_calls_are_what_a_hand_counts() -> None:
    """Two were answered, one of them held for 20 s; one was not; one lasts, and does not count yet."""
    total = tally(
        outbound_calls=[outbound(60), outbound(30, hold=20), outbound(None), outbound(500, lasts=True)]
    )
    names = [name for name, each in FIGURES.items() if each.subject is Subject.OUTBOUND_CALLS]
    assert {name: value(name, total) for name in names} == {
        "outbound_calls": 3,
        "outbound_connected": 2,
        "avg_outbound_connecting": 10,
        "outbound_talk_time": 60 + 30,
        "avg_outbound_talk": (60 + 30) / 2,
    }


def test_figures_of_agents_time_are_what_a_hand_counts() -> None:
    """An hour: 600 s idle, 60 ringing, 1,200 talking, 120 holding, 300 wrapping up, 120 outbound in a pause, 1,200 resting."""
    total = tally(
        seats=[
            seat(0, 600, Activity.IDLE),
            seat(600, 660, Activity.RINGING),
            seat(660, 1860, Activity.TALKING),
            seat(1860, 1980, Activity.HOLDING),
            seat(1980, 2280, Activity.WRAPPING_UP),
            seat(2280, 2400, Activity.OUTBOUND, paused=True),
            seat(2400, 3600, Activity.PAUSED, paused=True),
        ]
    )
    work = 60 + 1200 + 120 + 300 + 120
    assert value("logged_in", total) == 3600
    assert value("paused", total) == 1320
    assert value("auto_paused", total) == 0
    assert value("occupancy", total) == pytest.approx(work / (work + 600))
    assert value("utilisation", total) == pytest.approx((3600 - 1320) / 3600)


def test_nothing_has_no_rates_and_no_averages() -> None:
    """An empty interval is not an interval with a bad service level."""
    for figure in FIGURES.values():
        is_divided = (
            figure.unit is Unit.RATE or figure.name.startswith("avg_") or figure.name in {"asa", "aht"}
        )
        expected = None if is_divided or figure.needs else 0
        assert figure.value(Tally(), TERMS) == expected, figure.name


@given(st.lists(PASSAGES))
def test_every_call_that_was_offered_is_accounted_for_once(passages: list[Passage]) -> None:
    """Offered = answered + abandoned + overflowed + exited + waiting, and the bands are the abandons."""
    total = tally(passages)
    assert total.offered == total.answered + total.abandoned + total.overflowed + total.exited + total.waiting
    assert total.offered + total.refused == len(passages)
    assert sum(total.abandons_by_band.values()) == total.abandoned
    assert sum(total.exits.values()) == total.abandoned + total.overflowed + total.exited


@given(st.lists(PASSAGES), st.lists(OFFERS), st.lists(SEATS), st.lists(OUTBOUND_CALLS))
def test_a_count_is_the_number_of_records_behind_it(
    passages: list[Passage], offers: list[Offer], seats: list[SeatTime], outbound_calls: list[OutboundCall]
) -> None:
    """And a sum of time is the sum of theirs: what a figure lists is what it counts."""
    records: dict[Subject, Sequence[Passage | Offer | OutboundCall | SeatTime]] = {
        Subject.CALLS: passages,
        Subject.OFFERS: offers,
        Subject.OUTBOUND_CALLS: outbound_calls,
        Subject.AGENT_TIME: seats,
    }
    total = tally(passages, offers, seats, outbound_calls)
    for figure in FIGURES.values():
        behind = [each for each in records[figure.subject] if figure.is_behind(each, TERMS)]
        if figure.needs:
            assert behind == [], figure.name
        elif figure.unit is Unit.COUNT:
            assert figure.value(total, TERMS) == len(behind), figure.name
        elif figure.subject is Subject.AGENT_TIME and figure.unit is Unit.SECONDS:
            time = sum((each.period.length for each in behind if isinstance(each, SeatTime)), timedelta())
            assert figure.value(total, TERMS) == pytest.approx(time.total_seconds()), figure.name


@given(st.lists(PASSAGES), st.sampled_from(ServiceLevel))
def test_the_calls_behind_a_service_level_are_those_above_its_line(
    passages: list[Passage], formula: ServiceLevel
) -> None:
    """By each of the five formulas."""
    terms = Terms(service_level=formula)
    total = tally(passages, terms=terms)
    below = {
        ServiceLevel.ANSWERED_AND_ABANDONED: total.answered + total.abandoned - total.short_abandons,
        ServiceLevel.ANSWERED: total.answered,
        ServiceLevel.OFFERED: total.offered,
        ServiceLevel.ABANDONED_COUNT_AS_SERVED: total.answered + total.abandoned,
        ServiceLevel.LEFT_IN_TIME: total.offered,
    }[formula]
    figure = FIGURES["service_level"]
    behind = [each for each in passages if figure.is_behind(each, terms)]
    expected = None if below == 0 else pytest.approx(len(behind) / below)
    assert figure.value(total, terms) == expected


@pytest.mark.parametrize("name", ["adherence", "first_contact_resolution", "transfers", "transfer_rate"])
def test_what_nothing_is_known_of_has_a_name_and_says_what_it_needs(name: str) -> None:
    """It is empty whatever happened: a zero would be a lie."""
    figure = FIGURES[name]
    assert figure.needs
    assert f"Not measured yet: needs {figure.needs}." in figure.formula
    assert figure.value(tally(DAY), TERMS) is None


@given(st.lists(PASSAGES))
def test_every_service_level_is_between_none_and_all(passages: list[Passage]) -> None:
    """Whatever happened that day, and whatever the formula."""
    for formula in ServiceLevel:
        level = service_level(tally(passages), formula)
        assert level is None or 0 <= level <= 1


def test_every_figure_says_its_formula() -> None:
    """A name without a formula tells nobody what it means."""
    for name, figure in FIGURES.items():
        assert figure.name == name
        assert figure.formula.endswith("."), name
