"""What happens at which ring: the breach is told, and the queue's policy acts. Rings here last 5 s, three are the limit."""

from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from app.acd.decision import Decision
from app.acd.engine import Engine
from app.acd.events import CallBridged, CallFinished, FloorChanged, OfferAnswered, OfferRinging
from app.acd.facts import CallConnected, CallLeft, OfferEnded, RingReached, RingsBreached
from app.acd.model import ExitReason, OfferOutcome, Overflow, Queue, RingStep, Strategy, Target, TargetKind
from app.acd.rings import RingAlert, RingLimit
from app.ids import AgentId, CallId, OfferId
from tests.support.acd import Story, every, member, only, queue, seconds

CHINA = RingLimit(timedelta(seconds=5))
LONG = seconds(60)
"""A ring time-out that does not end the ringing first."""


def story(*queues: Queue) -> Story:
    """A floor where phones ring as in China."""
    told = Story(*queues)
    told.tell(FloorChanged(replace(told.floor, rings=CHINA)))
    return told


def support(members: str = "ann", **rules: Any) -> Queue:
    """A linear queue whose phones ring long."""
    return queue("support", members, **{"strategy": Strategy.LINEAR, "ring_timeout": LONG, **rules})


def waited(told: Story, number: float) -> list[Decision]:
    """The decisions of the next seconds."""
    before = len(told.decisions)
    told.wait(number)
    return told.decisions[before:]


def breaches(decisions: list[Decision]) -> list[tuple[OfferId | None, int]]:
    """Whose limit was broken, and by which ring."""
    return [(each.offer_id, each.ring) for one in decisions for each in every(one, RingsBreached)]


def reached(decisions: list[Decision]) -> list[int]:
    """The rings at which the policy acted."""
    return [each.ring for one in decisions for each in every(one, RingReached)]


# --- the breach ----------------------------------------------------------------------------------------------------


def test_an_offer_breaches_when_the_fourth_ring_begins() -> None:
    """15 s after the phone's first 180, not after the offer; 1 ms before, nothing has happened."""
    told = story(support())
    told.log_in("ann")
    told.call("c1")
    told.wait(2)
    told.ring("ann")
    assert breaches(waited(told, 14.999)) == [(None, 4)], "the caller's, who waits 2 s longer"
    assert breaches(waited(told, 0.001)) == [("c1-1", 4)]
    assert breaches(waited(told, 30)) == []


def test_an_offer_that_is_answered_in_time_never_breaches() -> None:
    told = story(support())
    told.log_in("ann")
    told.call("c1")
    told.ring("ann")
    told.wait(14.999)
    told.answer("ann")
    assert breaches(waited(told, 60)) == []


def test_a_phone_that_never_rang_breaches_nothing() -> None:
    """Agent rings count from the first 180; without one there are none."""
    told = story(support())
    told.log_in("ann")
    told.call("c1")
    assert [offer for offer, _ in breaches(waited(told, 59)) if offer] == []
    assert only(told.wait(1), OfferEnded).rings is None


def test_ringing_that_is_reported_after_the_answer_starts_no_ring_count() -> None:
    """Asterisk's events may cross: the offer is over when its fourth ring would begin, and nobody looks for it."""
    told = story(support())
    told.log_in("ann")
    told.call("c1")
    told.tell(OfferAnswered(OfferId("c1-1")))
    told.tell(OfferRinging(OfferId("c1-1")))
    told.tell(CallBridged(CallId("c1")))
    told.tell(CallFinished(CallId("c1")))
    assert breaches(waited(told, 60)) == []


def test_an_offer_whose_ring_time_ends_first_has_no_timer() -> None:
    """Nothing is due between the phone's 180 and the ring time-out."""
    told = story(support(ring_timeout=seconds(15)))
    told.log_in("ann")
    told.call("c1")
    told.ring("ann")
    told.wait(14)
    assert told.engine.next_deadline() == told.now + seconds(1)
    ended = only(told.wait(1), OfferEnded)
    assert ended.outcome is OfferOutcome.NO_ANSWER


def test_a_caller_breaches_by_waiting_and_no_agent_is_blamed() -> None:
    """The caller heard four rings; the offer that follows is answered in its first."""
    told = story(support())
    told.call("c1")
    assert breaches(waited(told, 14.999)) == []
    assert breaches(waited(told, 0.001)) == [(None, 4)]
    told.log_in("ann")
    told.ring("ann")
    told.wait(2)
    told.connect("ann")
    ended, connected = (
        every(told.decisions[-1], OfferEnded)[0],
        every(told.decisions[-1], CallConnected)[0],
    )
    assert ended.rings is not None
    assert (ended.rings.number, ended.rings.is_within) == (1, True)
    assert connected.rings is not None
    assert (connected.rings.number, connected.rings.is_within) == (4, False)


def test_a_late_agent_is_told_apart_from_a_long_wait() -> None:
    """Both limits are broken, each by its own fact: the caller's first, who waited 3 s before the phone rang."""
    told = story(support())
    told.call("c1")
    told.wait(2)
    told.log_in("ann")
    told.ring("ann")
    assert breaches(waited(told, 20)) == [(None, 4), ("c1-1", 4)]


def test_a_callers_rings_count_from_the_first_ring_back() -> None:
    told = story(support())
    arrived, told.now = told.now, told.now + seconds(10)
    told.call("c1", enqueued_at=arrived, rings_from=told.now)
    assert breaches(waited(told, 14.999)) == []
    assert breaches(waited(told, 0.001)) == [(None, 4)]


def test_a_caller_who_came_before_we_knew_has_breached_at_once() -> None:
    told = story(support())
    assert breaches([told.call("c1", enqueued_at=told.now - seconds(16))]) == [(None, 4)]


def test_a_call_that_goes_on_to_another_queue_breaches_once() -> None:
    rules: dict[str, Any] = {
        "max_wait": seconds(20),
        "overflow": Overflow(timeout=Target(TargetKind.QUEUE, "backup")),
    }
    told = story(support(**rules), queue("backup"))
    told.call("c1")
    assert breaches(waited(told, 60)) == [(None, 4)]


def test_the_callers_rings_rest_while_the_agent_is_joined_and_go_on_when_that_fails() -> None:
    told = story(support())
    told.log_in("ann")
    told.call("c1")
    told.ring("ann")
    told.wait(10)
    told.answer("ann")
    assert breaches(waited(told, 10)) == []
    assert (None, 4) in breaches([told.fail("ann", OfferOutcome.LOST)])


def test_a_caller_who_hangs_up_leaves_the_number_of_the_ring() -> None:
    told = story(support())
    told.call("c1")
    told.wait(12)
    left = only(told.leave("c1"), CallLeft)
    assert left.rings is not None
    assert left.rings.number == 3


def test_how_the_last_agent_missed_a_call_is_told_when_it_leaves() -> None:
    told = story(support())
    told.log_in("ann")
    told.call("c1")
    told.fail("ann", OfferOutcome.DECLINED)
    assert only(told.leave("c1"), CallLeft).last_miss is OfferOutcome.DECLINED


# --- the policy ----------------------------------------------------------------------------------------------------


def test_the_supervisor_is_called_at_the_ring_of_the_policy() -> None:
    """Once, at the beginning of the agent's second ring, with the offer and the agent."""
    told = story(support(agent_rings=(RingStep(2, alert=True),)))
    told.log_in("ann")
    told.call("c1")
    told.ring("ann")
    assert reached(waited(told, 4.999)) == []
    (fact,) = [each for each in every(told.wait(0.001), RingReached) if each.alert]
    assert (fact.ring, fact.offer_id, fact.agent_id) == (2, "c1-1", "ann")
    assert not any(each.alert for one in waited(told, 30) for each in every(one, RingReached))


def test_an_alert_holds_until_an_agent_picks_up() -> None:
    """It outlives the offer that raised it, and comes back when the winner hangs up before the join."""
    told = story(support("ann bob", agent_rings=(RingStep(2, alert=True),), ring_timeout=seconds(10)))
    told.log_in("ann", "bob")
    told.call("c1")
    told.ring("ann")
    told.wait(4.999)
    assert told.seen("c1").alert is None
    told.wait(0.001)
    raised = RingAlert(2, told.now, AgentId("ann"))
    assert told.seen("c1").alert == raised
    told.wait(6)
    assert told.ringing == {"bob": "c1"}
    assert told.seen("c1").alert == raised
    told.answer("bob")
    assert told.seen("c1").alert is None
    told.fail("bob", OfferOutcome.FAILED)
    assert told.seen("c1").alert == raised


def test_a_later_ring_calls_the_supervisor_anew() -> None:
    """The caller's ring has no agent; a restored engine knows of the alert, and another queue does not end it."""
    overflow = Overflow(timeout=Target(TargetKind.QUEUE, "sales"))
    steps = (RingStep(2, alert=True), RingStep(3, alert=True, overflow=True))
    told = story(support("ann", caller_rings=steps, overflow=overflow), queue("sales"))
    told.call("c1")
    told.wait(5)
    assert told.seen("c1").alert == RingAlert(2, told.now)
    told.wait(5)
    assert (told.seen("c1").queue_id, told.seen("c1").alert) == ("sales", RingAlert(3, told.now))
    twin = Engine.restore(told.engine.snapshot())
    assert [each.alert for each in twin.calls()] == [RingAlert(3, told.now)]


def test_each_ring_is_told_as_it_begins_and_behind_the_limit_no_more() -> None:
    """Ring 1 is told by the arrival and by the phone's ringing. The caller's rings begin a second before the phone's here."""
    told = story(support("ann bob"))
    told.log_in("ann", "bob")
    told.call("c1")
    told.wait(1)
    told.ring("ann")
    assert not any(every(one, RingReached) for one in told.decisions)
    rings = [reached(waited(told, number)) for number in (4, 0.999, 0.001, 4, 0.999, 0.001, 4, 0.999)]
    assert rings == [[2], [], [2], [3], [], [3], [4], []]
    last = waited(told, 0.001)
    assert (reached(last), breaches(last)) == ([4], [("c1-1", 4)])
    assert (told.ringing, told.seen("c1").alert) == ({"ann": "c1"}, None)


def test_a_step_for_ring_one_is_done_when_the_phone_rings() -> None:
    told = story(support(agent_rings=(RingStep(1, alert=True),)))
    told.log_in("ann")
    told.call("c1")
    told.ring("ann")
    told.wait(0)
    assert [fact.ring for one in told.decisions for fact in every(one, RingReached)] == [1]


def test_a_step_without_an_alert_calls_nobody() -> None:
    told = story(support(caller_rings=(RingStep(2, priority=1),)))
    told.call("c1")
    told.wait(20)
    assert told.seen("c1").alert is None


def test_a_second_agent_is_rung_as_well() -> None:
    """The first phone rings on."""
    told = story(support("ann bob cat", agent_rings=(RingStep(2, phones=2),)))
    told.log_in("ann", "bob", "cat")
    told.call("c1")
    told.ring("ann")
    told.wait(5)
    assert told.ringing == {"ann": "c1", "bob": "c1"}
    told.ring("bob")
    told.wait(5)
    assert told.ringing == {"ann": "c1", "bob": "c1"}, "the policy says two phones"


def test_a_second_agent_is_rung_when_one_comes_free() -> None:
    told = story(support("ann bob", agent_rings=(RingStep(2, phones=2),)))
    told.log_in("ann")
    told.call("c1")
    told.ring("ann")
    told.wait(6)
    told.log_in("bob")
    assert told.ringing == {"ann": "c1", "bob": "c1"}


def test_levels_widen_at_a_ring() -> None:
    """Until then only the lowest level serves, though the queue has no widening by time."""
    levels = queue("support", [member("ann"), member("bob", level=1)], caller_rings=(RingStep(2, widen=1),))
    told = story(levels)
    told.log_in("bob")
    told.call("c1")
    told.wait(4.999)
    assert told.ringing == {}
    told.wait(0.001)
    assert told.ringing == {"bob": "c1"}


def test_the_priority_rises_at_a_ring() -> None:
    told = story(support(caller_rings=(RingStep(2, priority=5),)))
    told.call("early", priority=3)
    told.wait(4)
    told.call("important", priority=6)
    assert told.queue().waiting == ("important", "early")
    told.wait(1)
    assert told.queue().waiting == ("early", "important")
    assert told.seen("early").priority == 8


def test_a_call_overflows_at_a_ring_as_after_its_longest_wait() -> None:
    overflow = Overflow(timeout=Target(TargetKind.VOICEMAIL, "box"))
    told = story(support(caller_rings=(RingStep(3, overflow=True),), overflow=overflow))
    told.log_in("ann")
    told.call("c1")
    told.wait(9.999)
    assert told.ringing == {"ann": "c1"}
    left = only(told.wait(0.001), CallLeft)
    assert (left.reason, left.target) == (ExitReason.TIMEOUT, overflow.timeout)
    assert told.agent("ann").unavailable_reason is None, "the agent did nothing wrong"


def test_steps_behind_a_late_call_are_done_at_once() -> None:
    """In each queue, however long the caller has waited before."""
    told = story(support(caller_rings=(RingStep(1, alert=True), RingStep(2, priority=1))))
    decision = told.call("c1", enqueued_at=told.now - seconds(7))
    assert reached([decision]) == [1, 2]


@pytest.mark.parametrize("of", ["agent_rings", "caller_rings"])
def test_an_answer_ends_the_policy(of: str) -> None:
    rules: dict[str, Any] = {of: (RingStep(2, alert=True),)}
    told = story(support(**rules))
    told.log_in("ann")
    told.call("c1")
    told.wait(1)
    told.connect("ann")
    assert reached(waited(told, 60)) == []


def test_a_reload_counts_by_the_new_cadence() -> None:
    """Calls and offers in flight, too: no ring is told twice."""
    told = story(support())
    told.call("c1")
    told.wait(8)
    told.tell(FloorChanged(replace(told.floor, rings=RingLimit(seconds(3)))))
    assert breaches(waited(told, 0.999)) == []
    assert breaches(waited(told, 0.001)) == [(None, 4)]
    told.tell(FloorChanged(replace(told.floor, rings=CHINA)))
    assert breaches(waited(told, 60)) == []


def test_rings_go_on_after_a_restart() -> None:
    """The restored engine comes back at the same instant and tells the same."""
    told = story(support(agent_rings=(RingStep(2, alert=True),), caller_rings=(RingStep(3, priority=2),)))
    told.log_in("ann")
    told.call("c1")
    told.ring("ann")
    told.wait(6)
    twin = Engine.restore(told.engine.snapshot())
    assert twin.next_deadline() == told.engine.next_deadline() == told.now + seconds(4)
    told.wait(14)
    assert [each.priority for each in told.engine.calls()] == [2]


# --- what is seen --------------------------------------------------------------------------------------------------


def test_a_view_has_the_instants_to_count_down_to() -> None:
    """Of the caller's rings and of the agent's, each from its own beginning."""
    told = story(support())
    told.log_in("ann")
    told.call("c1")
    began = told.now
    told.wait(2)
    told.ring("ann")
    call, offer = told.seen("c1"), told.engine.offer(OfferId("c1-1"))
    assert (call.rings_from, call.rings_until) == (began, began + seconds(15))
    assert offer is not None
    assert (offer.ringing_at, offer.rings_until) == (began + seconds(2), began + seconds(17))


def test_a_connected_call_has_no_countdown() -> None:
    told = story(support())
    told.log_in("ann")
    told.call("c1")
    told.connect("ann")
    assert told.seen("c1").rings_until is None
    assert told.engine.offer(OfferId("c1-1")) is None
