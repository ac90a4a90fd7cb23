"""Reports: each record finds its row, and rows add up to the total."""

from collections.abc import Sequence
from datetime import timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.acd.model import ExitReason
from metrics.definitions import FIGURES
from metrics.figure import Subject, Unit
from metrics.intervals import Grain, Period
from metrics.records import Activity, Offer, OutboundCall, Passage, SeatTime
from metrics.report import By, Layout, Report, TooManyRowsError
from tests.support.metrics_records import (
    LIN,
    OFFERS,
    OUTBOUND_CALLS,
    PASSAGES,
    SALES,
    SEATS,
    SERVICE,
    WANG,
    answered,
    at,
    left,
    outbound,
    seat,
)

SHANGHAI = ZoneInfo("Asia/Shanghai")
WHOLE = Period(at(0), at(200_000))
TEAMS = {"early": (LIN,), "late": (WANG,)}


def layout(*by: By, grain: Grain | None = None, period: Period = WHOLE) -> Layout:
    """A layout of the test's site."""
    return Layout(period=period, zone=SHANGHAI, grain=grain, by=frozenset(by), teams=TEAMS)


def filled(
    report: Report,
    passages: Sequence[Passage] = (),
    offers: Sequence[Offer] = (),
    seats: Sequence[SeatTime] = (),
    outbound_calls: Sequence[OutboundCall] = (),
) -> Report:
    """The report with these records."""
    records: list[Passage | Offer | OutboundCall | SeatTime] = [*passages, *offers, *seats, *outbound_calls]
    for record in records:
        report.add(record)
    return report


def test_a_call_counts_in_the_interval_in_which_it_was_enqueued() -> None:
    """However long it waits and talks."""
    report = filled(Report(layout(grain=Grain.QUARTER_HOUR)), [answered(30, 5000, start=899)])
    assert [(key.period.since, tally.answered) for key, tally in report.rows if tally.offered] == [(at(0), 1)]


def test_an_agents_time_is_cut_where_intervals_meet() -> None:
    """Ten minutes of talk, four of them before the border."""
    report = filled(
        Report(layout(By.AGENT, grain=Grain.QUARTER_HOUR)), [], [], [seat(660, 1260, Activity.TALKING)]
    )
    assert [tally.time(Activity.TALKING) for _, tally in report.rows] == [
        timedelta(minutes=4),
        timedelta(minutes=6),
    ]


def test_an_outbound_call_counts_in_the_interval_in_which_it_began() -> None:
    """With the agent who began it, however long it lasts; no queue has it."""
    calls = [outbound(5000, start=899), outbound(None, start=901, agent=WANG)]
    report = filled(Report(layout(By.AGENT, grain=Grain.QUARTER_HOUR)), outbound_calls=calls)
    assert [
        (key.period.since, key.agent_id, tally.outbound_calls, tally.outbound_connected)
        for key, tally in report.rows
    ] == [(at(0), LIN, 1, 1), (at(900), WANG, 1, 0)]
    assert "outbound_calls" not in Report(layout(By.QUEUE)).values(report.total)


def test_a_report_by_intervals_alone_has_the_empty_ones_too() -> None:
    """A chart needs them; the first and the last are as long as the period lets them be."""
    report = Report(layout(grain=Grain.QUARTER_HOUR, period=Period(at(600), at(2000))))
    assert [key.period for key, _ in report.rows] == [
        Period(at(600), at(900)),
        Period(at(900), at(1800)),
        Period(at(1800), at(2000)),
    ]


def test_rows_by_queue_agent_and_team_tell_who() -> None:
    """A call that nobody answered has neither agent nor team."""
    calls = [
        answered(5),
        answered(6, agent=WANG, queue=SALES),
        left(9, ExitReason.ABANDONED, start=1),
    ]
    by_queue = filled(Report(layout(By.QUEUE)), calls)
    assert [(key.queue_id, tally.offered) for key, tally in by_queue.rows] == [(SALES, 1), (SERVICE, 2)]
    by_agent = filled(Report(layout(By.AGENT)), calls)
    assert [(key.agent_id, tally.offered) for key, tally in by_agent.rows] == [(None, 1), (LIN, 1), (WANG, 1)]
    by_team = filled(Report(layout(By.TEAM)), calls)
    assert [(key.team, tally.offered) for key, tally in by_team.rows] == [
        (None, 1),
        ("early", 1),
        ("late", 1),
    ]


def test_who_is_in_two_teams_counts_in_both_and_once_in_the_total() -> None:
    """Each team sees its whole work."""
    wide = Layout(
        period=WHOLE, zone=SHANGHAI, by=frozenset({By.TEAM}), teams={"early": (LIN,), "chinese": (LIN, WANG)}
    )
    report = filled(Report(wide), [answered(5)])
    assert [(key.team, tally.answered) for key, tally in report.rows] == [("chinese", 1), ("early", 1)]
    assert report.total.answered == 1


def test_a_report_by_queue_has_no_figures_of_agents_time() -> None:
    """An agent's time belongs to no queue: such a figure would be wrong in every row."""
    names = Report(layout(By.QUEUE)).values(Report(layout()).total)
    assert "occupancy" not in names
    assert "asa" in names
    assert "occupancy" in Report(layout(By.AGENT)).values(Report(layout()).total)


def test_a_report_that_nobody_could_read_is_refused() -> None:
    """The error says what to do."""
    year = Period(at(0), at(0) + timedelta(days=400))
    with pytest.raises(TooManyRowsError, match=r"at most 10000 rows.*shorter period"):
        Report(layout(grain=Grain.QUARTER_HOUR, period=year))


@given(
    passages=st.lists(PASSAGES),
    offers=st.lists(OFFERS),
    seats=st.lists(SEATS),
    outbound_calls=st.lists(OUTBOUND_CALLS),
    grain=st.sampled_from([None, *Grain]),
    by=st.sets(st.sampled_from([By.QUEUE, By.AGENT])),
)
def test_rows_add_up_to_the_total(
    *,
    passages: list[Passage],
    offers: list[Offer],
    seats: list[SeatTime],
    outbound_calls: list[OutboundCall],
    grain: Grain | None,
    by: set[By],
) -> None:
    """Every count, and every sum of time, whatever the rows are by."""
    report = filled(Report(layout(*by, grain=grain)), passages, offers, seats, outbound_calls)
    terms = report.layout.terms
    for figure in FIGURES.values():
        is_sum = figure.unit is Unit.COUNT or (
            figure.subject is Subject.AGENT_TIME and figure.unit is Unit.SECONDS
        )
        if is_sum:
            values = [figure.value(tally, terms) or 0 for _, tally in report.rows]
            assert sum(values) == pytest.approx(figure.value(report.total, terms) or 0), figure.name


@given(st.lists(PASSAGES), st.lists(st.integers(1, 199_999), max_size=5, unique=True))
def test_any_split_of_the_time_gives_the_same_sums(passages: list[Passage], borders: list[int]) -> None:
    """Two reports of two halves count what one report of the whole counts."""
    starts = [0, *sorted(borders)]
    ends = [*starts[1:], 200_000]
    parts = [Period(at(since), at(until)) for since, until in zip(starts, ends, strict=True)]
    counted = 0
    for part in parts:
        within = [each for each in passages if part.since <= each.enqueued_at < part.until]
        counted += filled(Report(layout(period=part)), within).total.answered
    assert counted == filled(Report(layout()), passages).total.answered
