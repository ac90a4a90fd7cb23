"""A queue's door, its patience, and where calls go when it has none left."""

from datetime import timedelta

import pytest

from app.acd.commands import DivertCall, WithdrawOffer, WithdrawReason
from app.acd.decision import Decision
from app.acd.events import (
    CallEnqueued,
    CallExited,
    CallFinished,
    DeviceChanged,
    LogOutRequested,
    PauseRequested,
)
from app.acd.facts import CallCompleted, CallLeft, CallQueued, OfferEnded
from app.acd.model import (
    AgentState,
    Calendar,
    CallState,
    DeviceState,
    ExitReason,
    OfferOutcome,
    Overflow,
    Strategy,
    Target,
    TargetKind,
    UnavailableReason,
)
from app.ids import AgentId, CallId, DeviceId, PauseCode, QueueId
from tests.support.acd import START, Story, agent, every, only, queue, seconds

ANN = AgentId("ann")
BOX = Target(TargetKind.VOICEMAIL, "box")
SALES = Target(TargetKind.QUEUE, "sales")
HANG_UP = Target(TargetKind.HANG_UP)
OUT = frozenset({UnavailableReason.LOGGED_OUT, UnavailableReason.PAUSED})


@pytest.mark.parametrize(("already", "is_refused"), [(1, False), (2, True), (3, True)])
def test_a_queue_takes_calls_up_to_its_length(already: int, is_refused: bool) -> None:  # noqa: FBT001 - a case
    """With room for two: the third is refused, and goes where the overflow says."""
    story = Story(queue("support", max_length=2, overflow=Overflow(full=BOX)))
    for number in range(already):
        story.call(f"c{number}")
    decision = story.call("next")
    assert bool(every(decision, CallQueued)) is not is_refused
    if is_refused:
        left = only(decision, CallLeft)
        assert (left.reason, left.target, left.position) == (ExitReason.JOIN_FULL, BOX, 0)
        assert only(decision, DivertCall) == DivertCall(CallId("next"), BOX, ExitReason.JOIN_FULL)
        assert story.engine.call(CallId("next")) is None


def test_calls_whose_phones_ring_still_count_as_standing_in_the_queue() -> None:
    """Until they are connected."""
    story = Story(queue("support", "ann", max_length=1))
    story.log_in("ann")
    story.call("c1")
    assert only(story.call("c2"), CallLeft).reason is ExitReason.JOIN_FULL
    story.connect("ann")
    assert every(story.call("c3"), CallQueued)


@pytest.mark.parametrize(
    ("unless", "refused"),
    [(None, False), (frozenset(), False), (frozenset({UnavailableReason.LOGGED_OUT}), False), (OUT, True)],
)
def test_what_counts_as_empty_is_the_sites_choice(
    unless: frozenset[UnavailableReason] | None,
    refused: bool,  # noqa: FBT001 - a case
) -> None:
    """One member is logged out, the other paused: empty only when both reasons count."""
    story = Story(queue("support", "ann bob", join_unless=unless, overflow=Overflow(empty=BOX)))
    story.log_in("ann")
    story.tell(PauseRequested(ANN, PauseCode("lunch")))
    decision = story.call("c1")
    assert [each.reason for each in every(decision, CallLeft)] == [ExitReason.JOIN_EMPTY] * refused


def test_a_queue_without_members_is_empty_whatever_counts() -> None:
    """Nobody is there at all."""
    story = Story(queue("support", join_unless=frozenset()))
    assert only(story.call("c1"), CallLeft).reason is ExitReason.JOIN_EMPTY


def test_waiting_calls_leave_when_the_last_member_goes() -> None:
    """All of them, in their order, in the decision in which the pending log-out takes effect."""
    story = Story(queue("support", "ann", leave_when=OUT, overflow=Overflow(empty=BOX)))
    story.log_in("ann")
    for call_id in ("c1", "c2", "c3"):
        story.call(call_id)
    story.connect("ann")
    story.tell(LogOutRequested(ANN))
    decision = story.finish("c1")
    assert [each.call_id for each in every(decision, CallLeft)] == ["c2", "c3"]
    assert not story.ringing


def test_waiting_calls_leave_when_nobody_is_left_to_wait_for() -> None:
    """The pause of the last member empties the queue."""
    story = Story(queue("support", "ann bob", leave_when=OUT, overflow=Overflow(empty=BOX)))
    story.log_in("ann", "bob")
    story.tell(DeviceChanged(DeviceId("phone-ann"), DeviceState.UNREACHABLE))
    story.tell(DeviceChanged(DeviceId("phone-bob"), DeviceState.UNREACHABLE))
    story.call("c1")
    story.call("c2")
    assert not every(story.tell(PauseRequested(ANN, PauseCode("lunch"))), CallLeft)
    decision = story.tell(LogOutRequested(AgentId("bob")))
    assert [(each.call_id, each.reason, each.position) for each in every(decision, CallLeft)] == [
        ("c1", ExitReason.EMPTY, 1),
        ("c2", ExitReason.EMPTY, 1),
    ]


def test_a_call_that_waited_for_its_owner_leaves_an_empty_queue_when_the_owner_goes() -> None:
    """While the owner is there the call has somebody to wait for, whoever else is not."""
    story = Story(queue("support", "bob", leave_when=OUT, join_unless=OUT), agents=[agent("ann")])
    story.log_in("ann")
    story.tell(PauseRequested(ANN, PauseCode("lunch")))
    assert every(story.call("c1", owner=ANN, owner_for=seconds(60)), CallQueued)
    assert only(story.tell(LogOutRequested(ANN)), CallLeft).reason is ExitReason.EMPTY


@pytest.mark.parametrize(("waited", "left"), [(29.999, 0), (30, 1), (30.001, 1)])
def test_a_call_leaves_after_the_longest_wait(waited: float, left: int) -> None:
    """At the limit, not before."""
    story = Story(queue("support", max_wait=seconds(30), overflow=Overflow(timeout=BOX)))
    story.call("c1")
    decision = story.wait(waited)
    assert [each.reason for each in every(decision, CallLeft)] == [ExitReason.TIMEOUT] * left


def test_the_longest_wait_takes_a_ringing_call_away() -> None:
    """The offer is withdrawn, and counts against nobody."""
    story = Story(queue("support", "ann", max_wait=seconds(10)))
    story.log_in("ann")
    story.call("c1")
    decision = story.wait(10)
    assert only(decision, WithdrawOffer).reason is WithdrawReason.TAKEN_AWAY
    assert only(decision, OfferEnded).outcome is OfferOutcome.WITHDRAWN
    assert story.agent("ann").counters.missed == 0


def test_the_longest_wait_leaves_a_call_alone_that_was_picked_up() -> None:
    """But strikes at once when the winner is lost."""
    story = Story(queue("support", "ann", max_wait=seconds(10), overflow=Overflow(timeout=BOX)))
    story.log_in("ann")
    story.call("c1")
    story.answer("ann")
    story.wait(20)
    assert story.seen("c1").state is CallState.OFFERED
    assert only(story.fail("ann", OfferOutcome.LOST), CallLeft).reason is ExitReason.TIMEOUT


def test_overflow_to_a_queue_keeps_the_arrival_and_its_place_by_it() -> None:
    """The call stands before those who came later, and the wait in the new queue is counted anew."""
    story = Story(
        queue("support", max_wait=seconds(30), overflow=Overflow(timeout=SALES)),
        queue("sales", max_wait=seconds(20)),
    )
    story.call("c1")
    story.now += seconds(15)
    story.call("c2", to="sales")
    decision = story.wait(15)
    assert only(decision, CallLeft).target == SALES
    queued = only(decision, CallQueued)
    assert (queued.overflowed_from, queued.enqueued_at, queued.position) == ("support", START, 1)
    assert story.queue("sales").waiting == ("c1", "c2")
    assert only(story.wait(5), CallLeft).call_id == "c2"
    assert only(story.wait(15), CallLeft).call_id == "c1"


def test_an_overflowing_call_is_offered_in_its_new_queue_at_once() -> None:
    """Within the decision of the overflow."""
    story = Story(
        queue("support", max_wait=seconds(30), overflow=Overflow(timeout=SALES)), queue("sales", "ann")
    )
    story.log_in("ann")
    story.call("c1")
    story.wait(30)
    assert story.ringing == {"ann": "c1"}


def test_refused_at_two_doors_in_a_circle_the_call_is_hung_up() -> None:
    """The loop is seen, and ends."""
    story = Story(
        queue("support", max_length=0, overflow=Overflow(full=SALES)),
        queue("sales", max_length=0, overflow=Overflow(full=Target(TargetKind.QUEUE, "support"))),
    )
    decision = story.call("c1")
    assert [(each.queue_id, each.target) for each in every(decision, CallLeft)] == [
        ("support", SALES),
        ("sales", HANG_UP),
    ]
    assert only(decision, DivertCall).target == HANG_UP


def test_timed_out_in_a_circle_the_call_stays_where_it_is() -> None:
    """It has a place; nobody is hung up because two queues point at each other."""
    story = Story(
        queue("support", max_wait=seconds(10), overflow=Overflow(timeout=SALES)),
        queue("sales", max_wait=seconds(10), overflow=Overflow(timeout=Target(TargetKind.QUEUE, "support"))),
    )
    story.call("c1")
    story.wait(1_000)
    assert story.queue("sales").waiting == ("c1",)
    assert story.engine.next_deadline() is None


def test_an_overflow_to_a_queue_that_does_not_exist_is_hung_up() -> None:
    """The caller is not left in silence."""
    story = Story(queue("support", max_length=0, overflow=Overflow(full=SALES)))
    decision = story.call("c1")
    assert every(decision, CallLeft)[-1].reason is ExitReason.REMOVED
    assert only(decision, DivertCall).target == HANG_UP


def test_a_closed_queue_lets_nobody_in() -> None:
    """The call goes where the overflow says; those inside are still served."""
    never = Calendar("Asia/Shanghai", ())
    story = Story(queue("support", "ann", calendar=never, overflow=Overflow(closed=BOX)))
    assert only(story.call("c1"), DivertCall) == DivertCall(CallId("c1"), BOX, ExitReason.CLOSED)


@pytest.mark.parametrize(
    ("reason", "withdrawal"),
    [
        (ExitReason.ABANDONED, WithdrawReason.CALLER_LEFT),
        (ExitReason.KEY, WithdrawReason.CALLER_LEFT),
        (ExitReason.REMOVED, WithdrawReason.TAKEN_AWAY),
        (ExitReason.FAULT, WithdrawReason.TAKEN_AWAY),
    ],
)
def test_a_call_that_is_gone_needs_no_diversion(reason: ExitReason, withdrawal: WithdrawReason) -> None:
    """Whoever took it out knows; the engine says only what to stop."""
    story = Story(queue("support", "ann"))
    story.log_in("ann")
    story.call("c1")
    decision = story.leave("c1", reason)
    assert not every(decision, DivertCall)
    assert only(decision, CallLeft).reason is reason
    assert only(decision, WithdrawOffer).reason is withdrawal


def test_a_connected_caller_who_exits_has_finished() -> None:
    """The world says the call is gone; its agent must not stay in it."""
    story = Story(queue("support", "ann"))
    story.log_in("ann")
    story.call("c1")
    story.connect("ann")
    assert every(story.tell(CallExited(CallId("c1"))), CallCompleted)
    assert story.agent("ann").state is AgentState.IDLE


def test_a_waiting_call_that_finishes_has_abandoned() -> None:
    """No ghost stays in the queue."""
    story = Story(queue("support"))
    story.call("c1")
    assert only(story.tell(CallFinished(CallId("c1"))), CallLeft).reason is ExitReason.ABANDONED


def test_a_call_that_is_here_already_is_not_queued_twice() -> None:
    """A doubled event."""
    story = Story(queue("support"))
    story.call("c1")
    assert story.call("c1") == Decision()
    assert story.tell(CallEnqueued(CallId("c1"), QueueId("sales"))) == Decision()


def test_a_caller_who_waited_before_we_knew_keeps_that_time() -> None:
    """For the order and the ageing; a time in the future counts as now."""
    story = Story(queue("support"))
    story.call("c1")
    story.call("c2", enqueued_at=story.now - timedelta(minutes=1))
    story.call("c3", enqueued_at=story.now + timedelta(minutes=1))
    assert story.queue().waiting == ("c2", "c1", "c3")
    assert story.seen("c3").enqueued_at == story.now


def test_a_circle_does_not_keep_ring_all_from_ending_offers_once() -> None:
    """Several phones ring when the queue gives the call away: each offer ends once, all agents are free."""
    story = Story(queue("support", "ann bob", strategy=Strategy.RING_ALL, max_wait=seconds(5)))
    story.log_in("ann", "bob")
    story.call("c1")
    decision = story.wait(5)
    assert [each.outcome for each in every(decision, OfferEnded)] == [OfferOutcome.WITHDRAWN] * 2
    assert {story.agent(name).unavailable_reason for name in ("ann", "bob")} == {None}
