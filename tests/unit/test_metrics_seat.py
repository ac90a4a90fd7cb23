"""An agent's time: two series become one, cut to the period; each second counts once."""

from collections.abc import Sequence
from datetime import timedelta
from itertools import pairwise
from zoneinfo import ZoneInfo

from hypothesis import given
from hypothesis import strategies as st

from app.acd.model import AgentState, AgentStatus
from metrics.intervals import Grain, Period, cut
from metrics.records import Activity
from metrics.seat import StateSpan, StatusSpan, UnreachableSpan, seat_times
from tests.support.metrics_records import LIN, at, state, status, unreachable


def times(
    statuses: list[StatusSpan],
    states: list[StateSpan],
    since: float,
    until: float,
    *,
    lost: Sequence[UnreachableSpan] = (),
) -> list[tuple[float, float, Activity]]:
    """The agent's time, in seconds after nine. `lost`: no call could reach the phone."""
    found = seat_times(LIN, statuses, states, lost, within=Period(at(since), at(until)))
    return [
        (
            (each.period.since - at(0)).total_seconds(),
            (each.period.until - at(0)).total_seconds(),
            each.activity,
        )
        for each in found
    ]


def test_a_shift_is_told_from_log_in_to_log_out() -> None:
    """What the state was before and after does not count."""
    statuses = [
        status(10, 60, AgentStatus.AVAILABLE),
        status(60, 80, AgentStatus.PAUSED),
        status(80, 100, AgentStatus.AVAILABLE),
        status(100, None, AgentStatus.LOGGED_OUT),
    ]
    states = [
        state(0, 20, AgentState.IDLE),
        state(20, 25, AgentState.OFFERED),
        state(25, 40, AgentState.CONNECTED),
        state(40, 60, AgentState.WRAP_UP),
        state(60, None, AgentState.IDLE),
    ]
    assert times(statuses, states, 0, 200) == [
        (10, 20, Activity.IDLE),
        (20, 25, Activity.RINGING),
        (25, 40, Activity.TALKING),
        (40, 60, Activity.WRAPPING_UP),
        (60, 80, Activity.PAUSED),
        (80, 100, Activity.IDLE),
    ]


def test_what_lasts_still_is_counted_up_to_the_end_of_the_period() -> None:
    """And from its beginning."""
    assert times(
        [status(0, None, AgentStatus.AVAILABLE)], [state(0, None, AgentState.CONNECTED)], 30, 45
    ) == [(30, 45, Activity.TALKING)]


def test_who_dials_in_a_pause_is_outbound_and_paused() -> None:
    """Both figures count it, each for what it is."""
    found = list(
        seat_times(
            LIN,
            [status(0, None, AgentStatus.PAUSED)],
            [state(0, None, AgentState.OUTBOUND)],
            within=Period(at(0), at(60)),
        )
    )
    assert [(each.activity, each.is_paused) for each in found] == [(Activity.OUTBOUND, True)]


def test_who_is_idle_with_a_phone_that_no_call_can_reach_is_not_idle() -> None:
    """In a call, in a pause and behind the log-out, what the phone does is nobody's business."""
    statuses = [
        status(10, 100, AgentStatus.AVAILABLE),
        status(100, 120, AgentStatus.PAUSED),
        status(120, 150, AgentStatus.AVAILABLE),
        status(150, None, AgentStatus.LOGGED_OUT),
    ]
    states = [
        state(0, 40, AgentState.IDLE),
        state(40, 60, AgentState.CONNECTED),
        state(60, None, AgentState.IDLE),
    ]
    lost = [
        unreachable(12, 15),
        unreachable(20, 25),
        unreachable(35, 70),
        unreachable(90, 130),
        unreachable(145, None),
    ]
    assert times(statuses, states, 0, 200, lost=lost) == [
        (10, 12, Activity.IDLE),
        (12, 15, Activity.UNREACHABLE),
        (15, 20, Activity.IDLE),
        (20, 25, Activity.UNREACHABLE),
        (25, 35, Activity.IDLE),
        (35, 40, Activity.UNREACHABLE),
        (40, 60, Activity.TALKING),
        (60, 70, Activity.UNREACHABLE),
        (70, 90, Activity.IDLE),
        (90, 100, Activity.UNREACHABLE),
        (100, 120, Activity.PAUSED),
        (120, 130, Activity.UNREACHABLE),
        (130, 145, Activity.IDLE),
        (145, 150, Activity.UNREACHABLE),
    ]


def _series(kinds: list[object]) -> st.SearchStrategy[list[tuple[int, int | None, object]]]:
    """Spans that follow each other without gaps; the last lasts."""
    borders = st.lists(st.integers(0, 7200), min_size=1, max_size=12, unique=True).map(sorted)

    def spans(starts: list[int]) -> st.SearchStrategy[list[tuple[int, int | None, object]]]:
        ends = [after for _, after in pairwise(starts)] + [None]
        choices = st.lists(st.sampled_from(kinds), min_size=len(starts), max_size=len(starts))
        return choices.map(lambda chosen: list(zip(starts, ends, chosen, strict=True)))

    return borders.flatmap(spans)


@given(_series(list(AgentStatus)), _series(list(AgentState)), _series([True, False]))
def test_pieces_of_a_shift_add_up_to_the_shift_however_it_is_cut(
    told_statuses: list[tuple[int, int | None, AgentStatus]],
    told_states: list[tuple[int, int | None, AgentState]],
    told_devices: list[tuple[int, int | None, bool]],
) -> None:
    """Each activity in all intervals together lasts as long as in the whole period."""
    statuses = [status(*each) for each in told_statuses]
    states = [state(*each) for each in told_states]
    lost = [unreachable(since, until) for since, until, is_lost in told_devices if is_lost]
    whole = Period(at(-60), at(8000))
    in_pieces: dict[Activity, timedelta] = {}
    for piece in cut(whole, Grain.QUARTER_HOUR, ZoneInfo("Asia/Shanghai")):
        for each in seat_times(LIN, statuses, states, lost, within=piece):
            in_pieces[each.activity] = in_pieces.get(each.activity, timedelta()) + each.period.length
    at_once: dict[Activity, timedelta] = {}
    for each in seat_times(LIN, statuses, states, lost, within=whole):
        at_once[each.activity] = at_once.get(each.activity, timedelta()) + each.period.length
    assert in_pieces == at_once
