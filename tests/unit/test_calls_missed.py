"""Missed calls: told once, with their cause, the caller's ring, and what they cost."""

from dataclasses import replace
from datetime import time, timedelta

import pytest

from app.acd.events import TimePassed
from app.acd.facts import OfferEnded
from app.acd.model import ExitReason, OfferOutcome
from app.calls.actions import RingPhone
from app.calls.events import (
    AsteriskLost,
    CallerArrived,
    DisputeRequested,
    Event,
    LegAnswered,
    LegEnded,
    LegJoined,
    LegRinging,
    RecoveryNoted,
    SettingsChanged,
    WaiveRequested,
)
from app.calls.facts import (
    CallMissed,
    CallStarted,
    MissedCallDisputed,
    MissedCallRecovered,
    MissedCallWaived,
    OfferMissed,
)
from app.calls.hangup import LegEnd
from app.calls.missed import MissCause, cause_of_call, cause_of_offer, is_charged
from app.calls.model import Charges
from app.calls.shifts import Shift, Shifts
from app.ids import BridgeId, CallId, EntryNumber, LegId, MissedId, OfferId
from tests.support.switchboards import (
    AGENTS,
    IMPATIENT,
    NOBODY,
    RINGBACK,
    SERVICE,
    TO_NUMBER,
    TO_VOICEMAIL,
    Board,
    call_settings,
)

C1, OFFER = LegId("c1"), LegId("c1-1")
HANG_UP = LegEnded(C1, LegEnd.BY_PHONE, 16)
CHARGES = Charges(spared=timedelta(seconds=5))


@pytest.mark.parametrize(
    ("reason", "last_miss", "cause"),
    [
        (ExitReason.ABANDONED, None, MissCause.CALLER_LEFT),
        (ExitReason.ABANDONED, OfferOutcome.NO_ANSWER, MissCause.CALLER_LEFT),
        (ExitReason.KEY, None, MissCause.CALLER_LEFT),
        (ExitReason.CLOSED, None, MissCause.CLOSED),
        (ExitReason.FAULT, OfferOutcome.NO_ANSWER, MissCause.SYSTEM_FAULT),
        (ExitReason.REMOVED, None, MissCause.REMOVED),
        (ExitReason.TIMEOUT, None, MissCause.NO_AGENT),
        (ExitReason.TIMEOUT, OfferOutcome.NO_ANSWER, MissCause.IGNORED),
        (ExitReason.TIMEOUT, OfferOutcome.DECLINED, MissCause.DECLINED),
        (ExitReason.EMPTY, OfferOutcome.UNREACHABLE, MissCause.UNREACHABLE),
        (ExitReason.JOIN_FULL, None, MissCause.NO_AGENT),
        (ExitReason.JOIN_EMPTY, None, MissCause.NO_AGENT),
    ],
)
def test_a_missed_call_has_one_cause(
    reason: ExitReason, last_miss: OfferOutcome | None, cause: MissCause
) -> None:
    """A caller who hangs up is the cause whatever the agents did; a time-out is the last agent's, if one was rung."""
    assert cause_of_call(reason, last_miss) is cause


@pytest.mark.parametrize("outcome", OfferOutcome)
def test_an_offer_is_missed_by_its_agent_only(outcome: OfferOutcome) -> None:
    """Faults, withdrawals and other agents' answers are no misses."""
    missed = {
        OfferOutcome.NO_ANSWER: MissCause.IGNORED,
        OfferOutcome.DECLINED: MissCause.DECLINED,
        OfferOutcome.BUSY: MissCause.BUSY,
        OfferOutcome.UNREACHABLE: MissCause.UNREACHABLE,
    }
    assert cause_of_offer(outcome) is missed.get(outcome)


@pytest.mark.parametrize(("milliseconds", "costs"), [(4999, False), (5000, True), (5001, True)])
def test_a_short_abandon_costs_nothing(milliseconds: int, costs: bool) -> None:  # noqa: FBT001 - a parameter of the test
    wait = timedelta(milliseconds=milliseconds)
    assert is_charged(MissCause.CALLER_LEFT, wait, CHARGES) is costs
    assert is_charged(MissCause.NO_AGENT, wait, CHARGES)


@pytest.mark.parametrize("cause", [MissCause.CLOSED, MissCause.SYSTEM_FAULT, MissCause.REMOVED])
def test_what_nobody_could_answer_costs_nothing(cause: MissCause) -> None:
    assert not is_charged(cause, timedelta(minutes=1), CHARGES)


@pytest.fixture
def board() -> Board:
    """A switchboard whose site has a supervisor on duty; nobody is logged in."""
    board = Board()
    board.handle(SettingsChanged(replace(call_settings(), charges=Charges(supervisor_on_duty="zhou"))))
    return board


def arrives(entry: str) -> CallerArrived:
    """The caller of this story."""
    return CallerArrived(CallId(C1), EntryNumber(entry), "13800138000")


def missed(board: Board, *events: Event) -> list[CallMissed]:
    """What these events lead to in the ledger."""
    facts = [fact for event in events for fact in board.handle(event).facts]
    return [fact for fact in facts if isinstance(fact, CallMissed)]


def test_a_caller_who_hangs_up_is_missed_in_the_ring_that_was_heard(board: Board) -> None:
    """12 s after the arrival, with 6 s to a ring, the third ring has begun."""
    board.handle(arrives(SERVICE))
    board.now += timedelta(seconds=12)
    (fact,) = missed(board, HANG_UP)
    assert (fact.cause, fact.ring, fact.queue_id) == (MissCause.CALLER_LEFT, 3, "linear")
    assert (fact.agent_charge, fact.supervisor_charge, fact.supervisor) == (10, 50, "zhou")


def test_an_offer_that_its_agent_declines_is_told_with_the_supervisor_on_duty(board: Board) -> None:
    """An offer that ends because the caller left is no miss, and tells nobody."""
    board.log_in(AGENTS[0])
    board.handle(arrives(SERVICE))
    declined = board.handle(LegEnded(OFFER, LegEnd.BY_PHONE, 21, 603)).facts
    left = board.handle(HANG_UP).facts
    assert [fact for fact in left if isinstance(fact, OfferEnded)]
    told = [fact for fact in (*declined, *left) if isinstance(fact, OfferMissed)]
    assert [(fact.offer_id, fact.supervisor) for fact in told] == [(OfferId(OFFER), "zhou")]


def test_without_a_supervisor_on_duty_none_is_charged(board: Board) -> None:
    board.handle(SettingsChanged(call_settings()))
    board.handle(arrives(SERVICE))
    board.now += timedelta(seconds=12)
    (fact,) = missed(board, HANG_UP)
    assert (fact.agent_charge, fact.supervisor_charge, fact.supervisor) == (10, 0, None)


def test_the_supervisor_of_the_shift_is_charged_before_the_one_of_the_site(board: Board) -> None:
    """At noon the early shift has nobody in particular, from 12:01 on the middle one has."""
    shifts = Shifts("UTC", (Shift("early", time(6), time(14)), Shift("middle", time(12, 1), time(20), "li")))
    charges = Charges(supervisor_on_duty="zhou")
    board.handle(SettingsChanged(replace(call_settings(), charges=charges, shifts=shifts)))
    board.handle(arrives(SERVICE))
    board.now += timedelta(seconds=12)
    (before,) = missed(board, HANG_UP)
    board.handle(arrives(SERVICE))
    board.now += timedelta(seconds=60)
    (after,) = missed(board, HANG_UP)
    assert (before.supervisor, after.supervisor) == ("zhou", "li")
    assert (before.supervisor_charge, after.supervisor_charge) == (50, 50)


def test_an_answered_call_is_not_missed(board: Board) -> None:
    board.log_in(AGENTS[0])
    bridge = BridgeId("c1-bridge")
    story: list[Event] = [
        LegRinging(OFFER),
        LegAnswered(OFFER),
        LegJoined(C1, bridge),
        LegJoined(OFFER, bridge),
    ]
    assert missed(board, arrives(SERVICE), *story, HANG_UP, LegEnded(OFFER, LegEnd.BY_US, 16)) == []


def test_a_caller_who_leaves_while_the_two_are_joined_is_missed(board: Board) -> None:
    board.log_in(AGENTS[0])
    (fact,) = missed(board, arrives(SERVICE), LegRinging(OFFER), LegAnswered(OFFER), HANG_UP)
    assert fact.cause is MissCause.CALLER_LEFT


def test_a_refused_call_is_missed_when_it_ends(board: Board) -> None:
    """Closed: it hears a prompt or a voice mailbox first. It costs nobody anything."""
    assert missed(board, arrives(TO_VOICEMAIL)) == []
    (fact,) = missed(board, HANG_UP)
    assert (fact.cause, fact.ring, fact.agent_charge, fact.supervisor_charge) == (
        MissCause.CLOSED,
        None,
        0,
        0,
    )


def test_a_diverted_call_that_is_answered_there_is_not_missed(board: Board) -> None:
    (ring,) = [
        action.leg_id for action in board.handle(arrives(TO_NUMBER)).actions if isinstance(action, RingPhone)
    ]
    bridge = BridgeId("c1-bridge")
    story: list[Event] = [LegAnswered(ring), LegJoined(C1, bridge), LegJoined(ring, bridge)]
    assert missed(board, *story, HANG_UP, LegEnded(ring, LegEnd.BY_US, 16)) == []


def test_a_call_that_timed_out_unheard_has_no_agent_as_its_cause(board: Board) -> None:
    board.handle(arrives(IMPATIENT))
    board.now += timedelta(seconds=6)
    (fact,) = missed(board, TimePassed(), HANG_UP)
    assert fact.cause is MissCause.NO_AGENT


def test_calls_lost_with_asterisk_cost_nobody_anything(board: Board) -> None:
    board.handle(arrives(SERVICE))
    board.now += timedelta(seconds=30)
    (fact,) = missed(board, AsteriskLost())
    assert (fact.cause, fact.agent_charge) == (MissCause.SYSTEM_FAULT, 0)


def test_a_call_to_an_unknown_number_is_nobodys(board: Board) -> None:
    """It never came near a queue."""
    assert missed(board, arrives(NOBODY), LegEnded(C1, LegEnd.BY_US, 1)) == []


def test_a_caller_who_hears_ring_back_counts_rings_from_the_first_one(board: Board) -> None:
    """The dialplan rings back from the arrival on, while no controller is there."""
    early = replace(arrives(RINGBACK), arrived_at=board.now - timedelta(seconds=6))
    board.handle(early)
    board.now += timedelta(seconds=7)
    (fact,) = missed(board, HANG_UP)
    assert fact.ring == 3


def test_a_caller_who_arrived_by_a_clock_that_is_ahead_arrives_now(board: Board) -> None:
    """Asterisk's may be another machine's; no wait is negative."""
    outcome = board.handle(replace(arrives(RINGBACK), arrived_at=board.now + timedelta(minutes=1)))
    (started,) = [fact for fact in outcome.facts if isinstance(fact, CallStarted)]
    assert started.arrived_at == board.now


def test_disputes_and_recoveries_are_written_down(board: Board) -> None:
    """A recovery says when the caller was reached, which was before it was noted."""
    (disputed,) = board.handle(DisputeRequested(MissedId("c1"), "in a call", "user:ann")).facts
    assert disputed == MissedCallDisputed(board.now, MissedId("c1"), "in a call", "user:ann")
    reached_at = board.now - timedelta(minutes=1)
    (recovered,) = board.handle(RecoveryNoted(MissedId("c1"), CallId("c2"), reached_at, "user:ann")).facts
    assert recovered == MissedCallRecovered(board.now, MissedId("c1"), CallId("c2"), reached_at, "user:ann")


def test_a_waiver_is_written_down(board: Board) -> None:
    (fact,) = board.handle(WaiveRequested(MissedId("c1"), "line test", "admin")).facts
    assert fact == MissedCallWaived(board.now, MissedId("c1"), "line test", "admin")
