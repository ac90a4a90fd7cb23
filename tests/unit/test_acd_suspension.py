"""While Asterisk is away nobody can be rung: the engine waits, and goes on from there when Asterisk is back."""

import pytest

from app.acd.engine import Engine
from app.acd.events import (
    CallBridged,
    CallExited,
    DeviceChanged,
    Event,
    LogOutRequested,
    OfferAnswered,
    OfferFailed,
    RoutingResumed,
    RoutingSuspended,
    WrapUpEndRequested,
)
from app.acd.facts import CallLeft, RingReached
from app.acd.model import (
    AgentState,
    AgentStatus,
    DeviceState,
    OfferOutcome,
    Overflow,
    RingStep,
    Strategy,
    Target,
    TargetKind,
    UnavailableReason,
)
from app.ids import AgentId, CallId, DeviceId, OfferId
from tests.support.acd import Story, every, queue, seconds

C1 = CallId("c1")
OFFER1 = OfferId("c1-1")


def away(**rules: object) -> Story:
    """Ann's phone rings for c1, bob's not yet, and Asterisk goes away."""
    story = Story(queue("support", "ann bob", strategy=Strategy.LINEAR, **rules))
    story.log_in("ann", "bob")
    story.call("c1")
    story.ring("ann")
    story.tell(RoutingSuspended())
    return story


def test_nobody_is_offered_a_call_while_routing_is_suspended() -> None:
    """Bob is free, c2 waits, and neither has an offer."""
    story = away()
    story.call("c2")
    assert story.ringing == {"ann": "c1"}


def test_what_could_not_be_offered_is_offered_when_routing_resumes() -> None:
    """In the order of the calls, whatever came first to our ears."""
    story = away()
    story.call("c3")
    story.call("c2", enqueued_at=story.now - seconds(5))
    story.tell(RoutingResumed())
    assert story.ringing == {"ann": "c1", "bob": "c2"}


def test_a_ring_that_nobody_hears_of_is_no_miss() -> None:
    """However long Asterisk is away: nobody is auto-paused for it."""
    story = away()
    story.wait(600)
    assert story.ringing == {"ann": "c1"}
    assert story.agent("ann").counters.missed == 0


def test_an_answer_that_is_heard_of_late_counts() -> None:
    """The phone was picked up meanwhile; its ring time is over by the clock only."""
    story = away()
    story.wait(600)
    story.tell(OfferAnswered(OFFER1))
    story.tell(CallBridged(C1))
    story.tell(RoutingResumed())
    assert story.agent("ann").state is AgentState.CONNECTED


def test_a_ring_whose_time_is_over_has_two_more_seconds_after_the_resumption() -> None:
    """A phone that was picked up meanwhile is handed to us within these."""
    story = away()
    story.wait(600)
    story.tell(RoutingResumed())
    story.wait(1.9)
    assert story.ringing == {"ann": "c1"}
    story.wait(0.1)
    assert story.ringing == {"bob": "c1"}


def test_a_suspension_without_a_gap_gives_no_ring_more_time() -> None:
    """As when we only look again, in the middle of a connection."""
    story = Story(queue("support", "ann bob", strategy=Strategy.LINEAR))
    story.log_in("ann", "bob")
    story.call("c1")
    story.ring("ann")
    story.wait(14.5)
    story.tell(RoutingSuspended())
    story.tell(RoutingResumed())
    story.wait(0.5)
    assert story.ringing == {"bob": "c1"}


def test_a_ring_whose_time_is_not_over_keeps_it() -> None:
    """15 seconds from its start."""
    story = away()
    story.wait(5)
    story.tell(RoutingResumed())
    story.wait(9.9)
    assert story.ringing == {"ann": "c1"}
    story.wait(0.1)
    assert story.ringing == {"bob": "c1"}


def test_nobody_is_sent_away_for_waiting_too_long_while_nobody_could_be_served() -> None:
    """Nor can anybody be: it comes due when routing resumes."""
    rules = Overflow(timeout=Target(TargetKind.NUMBER, "900"))
    story = away(max_wait=seconds(30), overflow=rules)
    story.call("c2")
    assert not every(story.wait(60), CallLeft)
    left = every(story.tell(RoutingResumed()), CallLeft)
    assert {each.call_id for each in left} == {"c1", "c2"}


def test_a_queue_that_becomes_empty_meanwhile_is_cleared_afterwards() -> None:
    """Nobody can be sent anywhere before."""
    story = Story(queue("support", "ann", leave_when=frozenset({UnavailableReason.DEVICE_UNREACHABLE})))
    story.log_in("ann")
    story.call("c1")
    story.tell(RoutingSuspended())
    story.call("c2")
    story.tell(DeviceChanged(DeviceId("phone-ann"), DeviceState.UNREACHABLE))
    assert len(story.queue().waiting) == 2
    story.tell(RoutingResumed())
    assert not story.queue().waiting


def test_rings_are_not_escalated_while_nothing_can_be_done_about_them() -> None:
    """The step is done when routing resumes."""
    story = away(ring_timeout=seconds(60), agent_rings=(RingStep(2, alert=True),))
    assert not every(story.wait(30), RingReached)
    told = every(story.tell(RoutingResumed()), RingReached)
    assert [(each.ring, each.offer_id) for each in told if each.alert] == [(2, OFFER1)]


def test_what_is_the_agents_own_goes_on() -> None:
    """A wrap-up ends by its time."""
    story = Story(queue("support", "ann", wrap_up=seconds(10)))
    story.log_in("ann")
    story.call("c1")
    story.connect("ann")
    story.finish("c1")
    story.tell(RoutingSuspended())
    story.wait(10)
    assert story.agent("ann").state is AgentState.IDLE


@pytest.mark.parametrize(
    "event",
    [
        WrapUpEndRequested(AgentId("ann")),
        CallExited(C1),
        OfferFailed(OFFER1, OfferOutcome.FAILED),
        DeviceChanged(DeviceId("phone-ann"), DeviceState.UNREACHABLE),
    ],
    ids=lambda event: type(event).__name__,
)
def test_whatever_is_heard_meanwhile_leads_to_no_offer(event: Event) -> None:
    """Somebody is free after each of them."""
    story = away()
    story.call("c2")
    story.tell(event)
    assert set(story.ringing.values()) <= {"c1"}
    assert not story.offers()


def test_suspending_and_resuming_twice_is_once() -> None:
    """Nothing is told of it."""
    story = away()
    before = story.engine.snapshot()
    assert not story.tell(RoutingSuspended()).facts
    assert story.engine.snapshot() == before
    story.tell(RoutingResumed())
    assert not story.tell(RoutingResumed()).facts


def test_a_restored_engine_is_still_suspended() -> None:
    """And resumes like the one that was saved."""
    story = away()
    story.call("c2")
    story.wait(600)
    again = Engine.restore(story.engine.snapshot())
    assert again.next_deadline() == story.engine.next_deadline()
    resumed = again.handle(RoutingResumed(), now=story.now)
    assert resumed == story.tell(RoutingResumed())
    assert again.next_deadline() == story.engine.next_deadline()


def test_an_agent_who_logs_out_meanwhile_is_out() -> None:
    """Requests are answered as ever."""
    story = away()
    story.tell(LogOutRequested(AgentId("bob")))
    assert story.agent("bob").status is AgentStatus.LOGGED_OUT
