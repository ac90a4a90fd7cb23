"""One offer: reservation, ringing, its end, and what comes after each end."""

from datetime import timedelta

import pytest

from app.acd.commands import ConnectCall, OfferCall, WithdrawOffer, WithdrawReason
from app.acd.decision import Decision
from app.acd.events import (
    CallBridged,
    DeviceChanged,
    LogInRequested,
    LogOutRequested,
    OfferAnswered,
    OfferFailed,
    OfferRinging,
    PauseRequested,
    ResumeRequested,
    TimePassed,
)
from app.acd.facts import (
    AgentAvailabilityChanged,
    AgentDeviceChanged,
    AgentStateChanged,
    AgentStatusChanged,
    CallConnected,
    CallReturned,
    OfferEnded,
    OfferRang,
    OfferStarted,
)
from app.acd.model import (
    AgentState,
    AgentStatus,
    AutoPause,
    CallState,
    Delays,
    DeviceState,
    OfferOutcome,
    Strategy,
    UnavailableReason,
)
from app.ids import AgentId, CallId, DeviceId, OfferId, PauseCode
from tests.support.acd import Story, every, only, queue, seconds


def support(members: str = "ann bob", **rules: object) -> Story:
    """A floor with one queue that tries its members from top to bottom; all are logged in."""
    story = Story(queue("support", members, strategy=Strategy.LINEAR, **rules))
    story.log_in(*members.split())
    return story


def test_a_call_is_offered_the_moment_it_comes() -> None:
    """The same decision queues the call, reserves the agent and rings the phone."""
    story = support()
    decision = story.call("c1")
    offer = only(decision, OfferCall)
    assert (offer.offer_id, offer.agent_id, offer.device_id) == ("c1-1", "ann", "phone-ann")
    assert offer.ring_deadline == story.now + seconds(15)
    assert only(decision, OfferStarted).offer_id == offer.offer_id
    assert story.agent("ann").state is AgentState.OFFERED


def test_an_agent_has_one_offer_at_a_time() -> None:
    """The second call goes to the second agent, the third waits."""
    story = support()
    for call_id in ("c1", "c2", "c3"):
        story.call(call_id)
    assert story.ringing == {"ann": "c1", "bob": "c2"}
    assert story.seen("c3").state is CallState.WAITING


def test_the_next_call_is_offered_in_the_same_decision_that_frees_the_agent() -> None:
    """No tick lies between a finished call and the next one."""
    story = support("ann")
    story.call("c1")
    story.call("c2")
    call_id = story.connect("ann")
    assert only(story.finish(call_id), OfferCall).call_id == "c2"


def test_pick_up_and_bridge_are_two_steps() -> None:
    """The agent stays OFFERED until both are joined; only then is the offer ANSWERED and the call CONNECTED."""
    story = support()
    story.call("c1")
    story.ring("ann")
    story.now += seconds(3)
    answered_at = story.now
    assert story.answer("ann") == Decision(
        commands=(ConnectCall(CallId("c1"), OfferId("c1-1"), AgentId("ann")),)
    )
    assert story.agent("ann").state is AgentState.OFFERED
    story.now += seconds(1)
    decision = story.tell(CallBridged(CallId("c1")))
    assert only(decision, OfferEnded).outcome is OfferOutcome.ANSWERED
    connected = only(decision, CallConnected)
    assert (connected.answered_at, connected.at) == (answered_at, story.now)
    assert story.agent("ann").state is AgentState.CONNECTED


def test_the_first_180_counts() -> None:
    """A second report of ringing changes nothing."""
    story = support()
    story.call("c1")
    assert every(story.ring("ann"), OfferRang)
    assert story.ring("ann") == Decision()


@pytest.mark.parametrize(
    ("waited", "outcomes"), [(14.999, []), (15, [OfferOutcome.NO_ANSWER]), (15.001, [OfferOutcome.NO_ANSWER])]
)
def test_a_phone_rings_until_the_ring_time_is_over(waited: float, outcomes: list[OfferOutcome]) -> None:
    """The engine itself withdraws the offer, at the deadline and not before."""
    story = support("ann")
    story.call("c1")
    story.ring("ann")
    decision = story.wait(waited)
    assert [each.outcome for each in every(decision, OfferEnded)] == outcomes
    assert [each.reason for each in every(decision, WithdrawOffer)] == [WithdrawReason.RING_TIMEOUT] * len(
        outcomes
    )


def test_a_phone_that_never_rang_is_unreachable() -> None:
    """No 180 within the ring time: not the agent's inattention."""
    story = support("ann")
    story.call("c1")
    assert only(story.wait(15), OfferEnded).outcome is OfferOutcome.UNREACHABLE


def test_an_answer_that_comes_with_the_deadline_wins() -> None:
    """What happened goes before what the clock says."""
    story = support("ann")
    story.call("c1")
    story.ring("ann")
    story.now += seconds(15)
    assert every(story.answer("ann"), ConnectCall)


def test_an_answer_to_a_withdrawn_offer_changes_nothing() -> None:
    """Call control hangs that leg up."""
    story = support("ann")
    story.call("c1")
    offer_id = story.offer_at("ann")
    story.wait(15)
    for event in (
        OfferRinging(offer_id),
        OfferAnswered(offer_id),
        OfferFailed(offer_id, OfferOutcome.DECLINED),
    ):
        assert story.tell(event) == Decision()


@pytest.mark.parametrize(
    ("outcome", "delay"),
    [
        (OfferOutcome.DECLINED, 20),
        (OfferOutcome.BUSY, 30),
        (OfferOutcome.UNREACHABLE, 40),
        (OfferOutcome.NO_ANSWER, 10),
        (OfferOutcome.FAILED, 1),
        (OfferOutcome.LOST, 1),
    ],
)
def test_an_agent_rests_as_long_as_the_outcome_asks_for(outcome: OfferOutcome, delay: float) -> None:
    """Each kind of miss has its own delay; a failure of the system has a short one, so that it does not loop."""
    delays = Delays(seconds(10), seconds(20), seconds(30), seconds(40))
    story = support("ann", delays=delays)
    story.call("c1")
    story.fail("ann", outcome)
    assert story.agent("ann").unavailable_reason is UnavailableReason.RESTING
    story.wait(delay - 0.001)
    assert not story.ringing
    story.wait(0.001)
    assert story.ringing == {"ann": "c1"}


def test_an_outcome_that_a_machine_reports_has_a_rest_even_when_the_site_wants_none() -> None:
    """A phone that answers 486 at once is not rung in a tight loop."""
    story = support("ann", delays=Delays(busy=timedelta(0), declined=timedelta(0)))
    story.call("c1")
    story.fail("ann", OfferOutcome.BUSY)
    assert not story.ringing
    story.wait(1)
    assert story.ringing == {"ann": "c1"}


def test_after_a_miss_the_call_goes_on_at_once() -> None:
    """To the next agent, within the same decision, under the next number."""
    story = support()
    story.call("c1")
    assert only(story.fail("ann", OfferOutcome.DECLINED), OfferCall).offer_id == "c1-2"
    assert story.ringing == {"bob": "c1"}


def test_who_just_missed_a_call_gets_it_last() -> None:
    """The call does not bounce between two phones while a third is free."""
    no_rest = Delays(declined=timedelta(0))
    story = support("ann bob cat", delays=no_rest)
    story.call("c1")
    for name, then in (("ann", "bob"), ("bob", "cat"), ("cat", "ann"), ("ann", "bob")):
        story.fail(name, OfferOutcome.DECLINED)
        assert story.ringing == {then: "c1"}


def test_a_winner_who_hangs_up_before_the_bridge_loses_the_call_but_the_call_not_its_place() -> None:
    """The call returns before one that came later, and the next agent gets it."""
    story = support()
    story.call("c1")
    story.call("c2")
    story.call("c3")
    story.answer("ann")
    decision = story.fail("ann", OfferOutcome.LOST)
    assert only(decision, OfferEnded).outcome is OfferOutcome.LOST
    assert only(decision, CallReturned).call_id == "c1"
    assert story.engine.position(CallId("c1")) == 1
    call_id = story.connect("bob")
    assert only(story.finish(call_id), OfferCall).call_id == "c1"


def test_a_caller_who_hangs_up_while_ringing_frees_the_agent() -> None:
    """The offer is withdrawn, not missed."""
    story = support("ann")
    story.call("c1")
    decision = story.leave("c1")
    assert only(decision, WithdrawOffer).reason is WithdrawReason.CALLER_LEFT
    assert only(decision, OfferEnded).outcome is OfferOutcome.WITHDRAWN
    assert story.agent("ann").unavailable_reason is None
    assert story.agent("ann").counters.missed == 0


def test_a_caller_who_hangs_up_between_pick_up_and_bridge_frees_the_agent() -> None:
    """The winner's leg is taken back too, and the offer ends once."""
    story = support("ann")
    story.call("c1")
    story.answer("ann")
    decision = story.leave("c1")
    assert only(decision, WithdrawOffer).reason is WithdrawReason.CALLER_LEFT
    assert only(decision, OfferEnded).outcome is OfferOutcome.WITHDRAWN
    assert story.agent("ann").state is AgentState.IDLE


@pytest.mark.parametrize(("misses", "is_paused"), [(1, False), (2, True)])
def test_misses_in_a_row_pause_an_agent_at_the_limit(misses: int, is_paused: bool) -> None:  # noqa: FBT001 - a case
    """One below the limit nothing happens; at the limit the system pauses, with the code `auto`."""
    story = support("ann", auto_pause=AutoPause(declined=2))
    story.call("c1")
    for _ in range(misses):
        decision = story.fail("ann", OfferOutcome.DECLINED)
        story.wait(10)
    assert (story.agent("ann").unavailable_reason is UnavailableReason.AUTO_PAUSED) is is_paused
    changes = every(decision, AgentStatusChanged)
    assert [(each.status, each.pause_code, each.by_system) for each in changes] == [
        (AgentStatus.PAUSED, "auto", True)
    ] * is_paused


def test_each_kind_of_miss_is_counted_for_itself() -> None:
    """One declined and one busy are not two declined."""
    story = support("ann", auto_pause=AutoPause(declined=2, busy=2))
    story.call("c1")
    story.fail("ann", OfferOutcome.DECLINED)
    story.wait(10)
    story.fail("ann", OfferOutcome.BUSY)
    assert story.agent("ann").status is AgentStatus.AVAILABLE


def test_an_answered_call_clears_the_misses() -> None:
    """Misses count in a row only."""
    story = support("ann", auto_pause=AutoPause(declined=2))
    story.call("c1")
    story.fail("ann", OfferOutcome.DECLINED)
    story.wait(10)
    story.serve("ann")
    story.call("c2")
    story.fail("ann", OfferOutcome.DECLINED)
    assert story.agent("ann").status is AgentStatus.AVAILABLE


def test_resuming_clears_an_auto_pause_and_its_misses() -> None:
    """The agent is back, and the count begins anew."""
    story = support("ann", auto_pause=AutoPause(declined=1), delays=Delays(declined=timedelta(0)))
    story.call("c1")
    story.fail("ann", OfferOutcome.DECLINED)
    story.tell(ResumeRequested(AgentId("ann")))
    assert story.ringing == {"ann": "c1"}


def test_a_failure_of_the_system_is_no_miss() -> None:
    """It never counts against the agent."""
    story = support("ann", auto_pause=AutoPause(1, 1, 1, 1))
    story.call("c1")
    story.fail("ann", OfferOutcome.FAILED)
    assert story.agent("ann").status is AgentStatus.AVAILABLE
    assert story.agent("ann").counters.missed == 0


def test_a_phone_that_goes_away_while_ringing_ends_the_offer() -> None:
    """The leg may be dead and silent: withdraw it, count it as unreachable, go on to the next agent."""
    story = support()
    story.call("c1")
    story.ring("ann")
    decision = story.tell(DeviceChanged(DeviceId("phone-ann"), DeviceState.UNREACHABLE))
    assert only(decision, OfferEnded).outcome is OfferOutcome.UNREACHABLE
    assert only(decision, WithdrawOffer).offer_id == "c1-1"
    assert story.ringing == {"bob": "c1"}
    assert story.agent("ann").unavailable_reason is UnavailableReason.DEVICE_UNREACHABLE


@pytest.mark.parametrize(
    ("state", "reason"),
    [
        (DeviceState.UNREACHABLE, UnavailableReason.DEVICE_UNREACHABLE),
        (DeviceState.BUSY_ELSEWHERE, UnavailableReason.DEVICE_BUSY),
    ],
)
def test_a_phone_that_cannot_ring_gets_no_offer(state: DeviceState, reason: UnavailableReason) -> None:
    """And the next call is offered the moment the phone is back."""
    story = support("ann")
    story.tell(DeviceChanged(DeviceId("phone-ann"), state))
    story.call("c1")
    assert story.agent("ann").unavailable_reason is reason
    assert not story.ringing
    story.tell(DeviceChanged(DeviceId("phone-ann"), DeviceState.REACHABLE))
    assert story.ringing == {"ann": "c1"}


def test_a_phone_that_comes_or_goes_is_told_of_its_agent() -> None:
    """Once for each change: for those who offer calls, and for the record of the agent's time."""
    story = support("ann")
    told = [
        story.tell(DeviceChanged(DeviceId("phone-ann"), state)).facts
        for state in (DeviceState.UNREACHABLE, DeviceState.UNREACHABLE, DeviceState.REACHABLE)
    ]
    ann, phone = AgentId("ann"), DeviceId("phone-ann")
    assert told == [
        (
            AgentAvailabilityChanged(story.now, ann, UnavailableReason.DEVICE_UNREACHABLE),
            AgentDeviceChanged(story.now, ann, phone, DeviceState.UNREACHABLE),
        ),
        (),
        (
            AgentAvailabilityChanged(story.now, ann, None),
            AgentDeviceChanged(story.now, ann, phone, DeviceState.REACHABLE),
        ),
    ]


def test_a_phone_that_goes_in_a_call_is_told_though_the_agent_gets_no_offer_anyway() -> None:
    """Idle time behind the call is not idle: the record must know."""
    story = support("ann")
    story.call("c1")
    story.answer("ann")
    ann, phone = AgentId("ann"), DeviceId("phone-ann")
    facts = story.tell(DeviceChanged(phone, DeviceState.UNREACHABLE)).facts
    assert facts == (AgentDeviceChanged(story.now, ann, phone, DeviceState.UNREACHABLE),)


def test_whether_calls_can_reach_the_phone_is_told_at_the_log_in() -> None:
    """It may have gone or come while nobody sat there."""
    story = support("ann")
    ann, phone = AgentId("ann"), DeviceId("phone-ann")
    story.tell(LogOutRequested(ann))
    assert story.tell(DeviceChanged(phone, DeviceState.UNREACHABLE)).facts == ()
    told = only(story.tell(LogInRequested(ann, phone)), AgentDeviceChanged)
    assert told.state is DeviceState.UNREACHABLE


@pytest.mark.parametrize("by_timer", [True, False])
def test_the_end_of_a_rest_is_told(*, by_timer: bool) -> None:
    """By its timer, or by whatever happens first behind it."""
    story = support("ann", delays=Delays(*[seconds(10)] * 4))
    story.call("c1")
    story.fail("ann", OfferOutcome.DECLINED)
    story.leave("c1")
    story.now += seconds(10)
    event = TimePassed() if by_timer else DeviceChanged(DeviceId("phone-bob"), DeviceState.REACHABLE)
    assert story.tell(event).facts == (AgentAvailabilityChanged(story.now, AgentId("ann"), None),)


def test_a_rest_that_ends_in_a_pause_tells_nothing() -> None:
    """No offer can come before it or behind it."""
    story = support("ann", delays=Delays(*[seconds(10)] * 4))
    story.call("c1")
    story.fail("ann", OfferOutcome.DECLINED)
    story.leave("c1")
    story.tell(PauseRequested(AgentId("ann"), PauseCode("lunch")))
    assert story.wait(10) == Decision()


def test_a_connected_call_goes_on_when_the_phone_loses_its_registration() -> None:
    """The sound does not need the registration."""
    story = support("ann")
    story.call("c1")
    story.connect("ann")
    assert story.tell(DeviceChanged(DeviceId("phone-ann"), DeviceState.UNREACHABLE)).commands == ()
    assert story.agent("ann").state is AgentState.CONNECTED


def test_every_change_of_state_is_told() -> None:
    """The history of one call from the agent's side."""
    story = support("ann", wrap_up=seconds(10))
    story.call("c1")
    story.serve("ann")
    story.wait(10)
    states = [each.state for decision in story.decisions for each in every(decision, AgentStateChanged)]
    assert states == ["idle", "offered", "connected", "wrap_up", "idle"]
