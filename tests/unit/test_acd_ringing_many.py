"""Ring-all and progressive ringing: many phones, one winner, nobody lost."""

from app.acd.commands import OfferCall, WithdrawOffer, WithdrawReason
from app.acd.events import CallBridged, OfferAnswered
from app.acd.facts import OfferEnded
from app.acd.model import (
    CallState,
    OfferOutcome,
    Overflow,
    Step,
    Strategy,
    Target,
    TargetKind,
    UnavailableReason,
)
from app.ids import CallId, OfferId
from tests.support.acd import Story, every, member, only, queue, seconds


def ring_all(members: str = "ann bob cat", **rules: object) -> Story:
    """A floor whose queue rings everybody; all are logged in."""
    story = Story(queue("support", members, strategy=Strategy.RING_ALL, **rules))
    story.log_in(*members.split())
    return story


def progressive(members: str = "ann bob cat", **rules: object) -> Story:
    """A floor whose queue rings one more every five seconds; all are logged in."""
    story = Story(queue("support", members, strategy=Strategy.RING_PROGRESSIVELY, **rules))
    story.log_in(*members.split())
    return story


def test_every_available_member_rings() -> None:
    """Each is reserved by an offer of its own."""
    story = ring_all()
    story.call("c1")
    assert story.ringing == {"ann": "c1", "bob": "c1", "cat": "c1"}
    assert [each.offer_id for each in every(story.decisions[-1], OfferCall)] == ["c1-1", "c1-2", "c1-3"]


def test_the_first_answer_wins_and_the_others_stop_ringing() -> None:
    """The losers' offers end as answered elsewhere; their agents are free at once."""
    story = ring_all()
    story.call("c1")
    decision = story.answer("bob")
    assert {(each.agent_id, each.outcome) for each in every(decision, OfferEnded)} == {
        ("ann", OfferOutcome.ANSWERED_ELSEWHERE),
        ("cat", OfferOutcome.ANSWERED_ELSEWHERE),
    }
    assert {each.reason for each in every(decision, WithdrawOffer)} == {WithdrawReason.ANSWERED_ELSEWHERE}
    assert story.agent("ann").unavailable_reason is None
    assert story.agent("ann").counters.missed == 0


def test_a_second_answer_in_the_same_instant_wins_nothing() -> None:
    """Two pick-ups cross: one call, one agent."""
    story = ring_all("ann bob")
    story.call("c1")
    late = OfferAnswered(story.offer_at("bob"))
    story.answer("ann")
    decision = story.tell(late)
    assert not decision.facts
    assert not decision.commands
    assert story.ringing == {"ann": "c1"}


def test_losers_take_the_next_call_at_once() -> None:
    """In the decision that freed them."""
    story = ring_all("ann bob")
    story.call("c1")
    story.call("c2")
    story.answer("ann")
    assert story.ringing == {"ann": "c1", "bob": "c2"}


def test_when_the_winner_is_lost_everybody_rings_again() -> None:
    """The losers were withdrawn, not lost: the call is offered to them anew."""
    story = ring_all()
    story.call("c1")
    story.answer("bob")
    story.fail("bob", OfferOutcome.LOST)
    assert story.ringing == {"ann": "c1", "cat": "c1"}
    assert story.agent("bob").unavailable_reason is UnavailableReason.RESTING
    story.wait(1)
    assert story.ringing == {"ann": "c1", "bob": "c1", "cat": "c1"}


def test_an_agent_who_becomes_available_joins_the_ringing() -> None:
    """Late-comers ring too."""
    story = Story(queue("support", "ann bob", strategy=Strategy.RING_ALL))
    story.log_in("ann")
    story.call("c1")
    story.log_in("bob")
    assert story.ringing == {"ann": "c1", "bob": "c1"}


def test_a_free_agent_prefers_a_call_for_which_nothing_rings_yet() -> None:
    """Before it joins the ringing of an older call."""
    story = Story(queue("support", "ann bob", strategy=Strategy.RING_ALL), queue("sales", "bob"))
    story.log_in("ann")
    story.call("c1")
    story.call("c2", to="sales")
    story.log_in("bob")
    assert story.ringing == {"ann": "c1", "bob": "c2"}


def test_the_call_waits_again_only_when_the_last_phone_has_stopped() -> None:
    """One decline among many changes nothing for the caller."""
    story = ring_all("ann bob")
    story.call("c1")
    story.fail("ann", OfferOutcome.DECLINED)
    assert story.seen("c1").state is CallState.OFFERED
    story.fail("bob", OfferOutcome.DECLINED)
    assert story.seen("c1").state is CallState.WAITING


def test_ring_all_respects_the_level_limit() -> None:
    """Higher levels join the ringing when the queue widens."""
    members = [member("ann"), member("bob", level=1)]
    story = Story(queue("support", members, strategy=Strategy.RING_ALL, widening=(Step(seconds(8), 1),)))
    story.log_in("ann", "bob")
    story.call("c1")
    assert story.ringing == {"ann": "c1"}
    story.wait(7.999)
    assert story.ringing == {"ann": "c1"}
    story.wait(0.001)
    assert story.ringing == {"ann": "c1", "bob": "c1"}


def test_one_more_phone_rings_after_each_step() -> None:
    """And none is withdrawn."""
    story = progressive()
    story.call("c1")
    assert list(story.ringing) == ["ann"]
    story.wait(4.999)
    assert list(story.ringing) == ["ann"]
    story.wait(0.001)
    assert list(story.ringing) == ["ann", "bob"]
    story.wait(5)
    assert list(story.ringing) == ["ann", "bob", "cat"]


def test_a_step_that_finds_nobody_takes_the_next_who_comes_free() -> None:
    """The wish for one more phone stays open."""
    story = Story(queue("support", "ann bob cat", strategy=Strategy.RING_PROGRESSIVELY))
    story.log_in("ann")
    story.call("c1")
    story.wait(6)
    story.log_in("bob", "cat")
    assert story.ringing == {"ann": "c1", "bob": "c1"}


def test_a_phone_that_declines_is_replaced_by_another() -> None:
    """As many ring as the steps so far allow."""
    story = progressive()
    story.call("c1")
    story.fail("ann", OfferOutcome.DECLINED)
    assert story.ringing == {"bob": "c1"}


def test_the_winner_of_progressive_ringing_ends_the_steps() -> None:
    """Nobody rings for a call that was picked up."""
    story = progressive()
    story.call("c1")
    story.answer("ann")
    story.wait(30)
    assert story.ringing == {"ann": "c1"}
    story.tell(CallBridged(CallId("c1")))
    assert not story.ringing


def test_after_a_lost_winner_the_steps_begin_anew() -> None:
    """Five seconds after the next phone rings, one more does."""
    story = progressive()
    story.call("c1")
    story.answer("ann")
    story.wait(3)
    story.fail("ann", OfferOutcome.LOST)
    assert story.ringing == {"bob": "c1"}
    story.wait(4.999)
    assert story.ringing == {"bob": "c1"}
    story.wait(0.001)
    assert len(story.ringing) == 2


def test_in_its_next_queue_a_call_rings_one_phone_first() -> None:
    """Steps belong to a queue, not to the call."""
    to_sales = Overflow(timeout=Target(TargetKind.QUEUE, "sales"))
    story = Story(
        queue(
            "support", "ann bob", strategy=Strategy.RING_PROGRESSIVELY, max_wait=seconds(7), overflow=to_sales
        ),
        queue("sales", "cat dan", strategy=Strategy.RING_PROGRESSIVELY),
    )
    story.log_in("ann", "bob", "cat", "dan")
    story.call("c1")
    story.wait(7)
    assert story.ringing == {"cat": "c1"}
    story.wait(4.999)
    assert story.ringing == {"cat": "c1"}
    story.wait(0.001)
    assert story.ringing == {"cat": "c1", "dan": "c1"}


def test_offer_ids_count_the_attempts_of_the_call_through_all_queues() -> None:
    """A call that comes back under its id brings its count along."""
    story = ring_all("ann bob")
    story.call("c1")
    call_id = story.connect("ann")
    story.finish(call_id)
    story.call("c1", attempts=2)
    assert only(story.fail("ann", OfferOutcome.DECLINED), OfferEnded).offer_id == OfferId("c1-4")
    assert story.ringing == {"bob": "c1"}
