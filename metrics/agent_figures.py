"""The figures of what agents did beside the queues' calls: their calls to outside numbers, and their time in the seat."""

from collections.abc import Callable

from metrics.figure import Figures, Subject, Unit, average, share
from metrics.records import Activity, OutboundCall, SeatTime
from metrics.tally import Tally
from metrics.terms import Terms

OUTBOUND_CALLS, AGENT_TIME = Figures(Subject.OUTBOUND_CALLS), Figures(Subject.AGENT_TIME)
_WORK = (
    Activity.RINGING,
    Activity.TALKING,
    Activity.HOLDING,
    Activity.WRAPPING_UP,
    Activity.OUTBOUND,
)


# --- outbound calls --------------------------------------------------------------------------------------------------


def _is_connected(call: OutboundCall, _: Terms) -> bool:
    return call.talk is not None


@OUTBOUND_CALLS.figure(Unit.COUNT, lambda each, _: each.ended_at is not None)
def outbound_calls(tally: Tally) -> int:
    """Calls of agents to outside numbers that have ended."""
    return tally.outbound_calls


@OUTBOUND_CALLS.figure(Unit.COUNT, _is_connected)
def outbound_connected(tally: Tally) -> int:
    """Outbound calls that the other end answered, and the two were joined."""
    return tally.outbound_connected


@OUTBOUND_CALLS.figure(Unit.SECONDS, _is_connected)
def avg_outbound_connecting(tally: Tally) -> float | None:
    """Σ time of connected outbound calls from dialling until the two were joined ÷ connected outbound calls."""
    return average(tally.outbound_connecting, tally.outbound_connected)


@OUTBOUND_CALLS.figure(Unit.SECONDS, _is_connected)
def outbound_talk_time(tally: Tally) -> float:
    """Σ talk of connected outbound calls; hold is not talk."""
    return tally.outbound_talk.total_seconds()


@OUTBOUND_CALLS.figure(Unit.SECONDS, _is_connected)
def avg_outbound_talk(tally: Tally) -> float | None:
    """Σ talk of connected outbound calls ÷ connected outbound calls."""
    return average(tally.outbound_talk, tally.outbound_connected)


# --- time in the seat -------------------------------------------------------------------------------------------------


def _does(*activities: Activity) -> Callable[[SeatTime, Terms], bool]:
    return lambda seat, _: seat.activity in activities


@AGENT_TIME.figure(Unit.SECONDS, lambda _each, _: True)
def logged_in(tally: Tally) -> float:
    """Time in the seat. logged in = idle + unreachable + ringing + talking + holding + wrapping up + outbound + resting."""
    return tally.logged_in.total_seconds()


@AGENT_TIME.figure(Unit.SECONDS, lambda each, _: each.is_paused)
def paused(tally: Tally) -> float:
    """Time with the status paused, whatever the agent did meanwhile."""
    return tally.paused.total_seconds()


@AGENT_TIME.figure(Unit.SECONDS, lambda each, _: each.is_auto_paused)
def auto_paused(tally: Tally) -> float:
    """Time paused by the system, after missed offers."""
    return tally.auto_paused.total_seconds()


def _define_activity(name: str, activity: Activity, text: str) -> None:
    AGENT_TIME.add(
        name, Unit.SECONDS, text, lambda tally, _: tally.time(activity).total_seconds(), _does(activity)
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


@AGENT_TIME.figure(Unit.RATE, _does(*_WORK))
def occupancy(tally: Tally) -> float | None:
    """(talking + holding + wrapping up + ringing + outbound) ÷ (that + idle)."""
    work = tally.time(*_WORK)
    return share(work, work + tally.time(Activity.IDLE))


@AGENT_TIME.figure(Unit.RATE, lambda each, _: not each.is_paused)
def utilisation(tally: Tally) -> float | None:
    """(logged in - paused) ÷ logged in."""
    return share(tally.logged_in - tally.paused, tally.logged_in)
