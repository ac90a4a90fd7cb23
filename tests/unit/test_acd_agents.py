"""An agent's day: log in, pause, wrap up, dial out, log out, each asked for at any moment."""

from datetime import timedelta

import pytest

from app.acd.commands import OfferCall, WithdrawOffer, WithdrawReason
from app.acd.decision import Decision
from app.acd.events import (
    CallBridged,
    CallHeld,
    CallUnheld,
    Event,
    LogInRequested,
    LogOutRequested,
    OutboundFinished,
    OutboundStarted,
    PauseRequested,
    ResumeRequested,
    WrapUpEndRequested,
    WrapUpExtendRequested,
)
from app.acd.facts import AgentStateChanged, AgentStatusChanged, OfferEnded, RequestRefused
from app.acd.model import Agent, AgentState, AgentStatus, OfferOutcome, UnavailableReason
from app.ids import AgentId, CallId, DeviceId, PauseCode
from tests.support.acd import Story, agent, every, only, queue, seconds

ANN = AgentId("ann")
LUNCH, TRAINING = PauseCode("lunch"), PauseCode("training")
OUT = CallId("out")


def day(**rules: object) -> Story:
    """A floor with ann and bob, nobody logged in."""
    return Story(queue("support", "ann bob", **rules))


def in_call(**rules: object) -> Story:
    """Ann is connected to c1."""
    story = day(**rules)
    story.log_in("ann")
    story.call("c1")
    story.connect("ann")
    return story


def test_logging_in_takes_the_seat_of_the_agents_own_phone() -> None:
    """The agent is available and idle from this instant."""
    story = day()
    decision = story.tell(LogInRequested(ANN))
    assert only(decision, AgentStatusChanged).device_id == "phone-ann"
    assert only(decision, AgentStateChanged).state is AgentState.IDLE
    assert story.agent("ann").unavailable_reason is None


def test_logging_in_paused_takes_no_call() -> None:
    """A shift may begin with a pause."""
    story = day()
    story.tell(LogInRequested(ANN, pause=LUNCH))
    story.call("c1")
    assert story.agent("ann").unavailable_reason is UnavailableReason.PAUSED
    assert not story.ringing


@pytest.mark.parametrize(
    ("event", "code"),
    [
        (LogInRequested(AgentId("zoe")), "unknown_agent"),
        (LogInRequested(AgentId("bob"), DeviceId("phone-ann")), "device_taken"),
        (LogInRequested(ANN, DeviceId("other")), "already_logged_in"),
        (LogInRequested(AgentId("bob"), pause=PauseCode("nap")), "unknown_pause_code"),
        (LogInRequested(AgentId("bob"), pause=PauseCode("auto")), "unknown_pause_code"),
        (LogInRequested(AgentId("dan")), "no_device"),
        (LogOutRequested(AgentId("zoe")), "unknown_agent"),
        (PauseRequested(AgentId("zoe"), LUNCH), "unknown_agent"),
        (PauseRequested(AgentId("bob"), LUNCH), "not_logged_in"),
        (PauseRequested(ANN, PauseCode("nap")), "unknown_pause_code"),
        (ResumeRequested(AgentId("bob")), "not_logged_in"),
        (WrapUpEndRequested(AgentId("bob")), "not_logged_in"),
        (WrapUpExtendRequested(ANN, seconds(10)), "not_in_wrap_up"),
    ],
)
def test_a_request_that_makes_no_sense_is_refused_and_changes_nothing(event: Event, code: str) -> None:
    """With a stable code and a detail that names the agent or the thing that is wrong."""
    story = Story(queue("support", "ann bob dan"), agents=[Agent(AgentId("dan"), "Dan")])
    story.log_in("ann")
    before = story.engine.snapshot()
    story.now = before.now
    refusal = only(story.tell(event), RequestRefused)
    assert refusal.code == code
    assert ";" in refusal.detail or ":" in refusal.detail
    assert story.engine.snapshot() == before


@pytest.mark.parametrize(
    "event",
    [
        LogInRequested(ANN),
        PauseRequested(ANN, LUNCH),
        LogOutRequested(ANN),
        ResumeRequested(ANN),
    ],
)
def test_the_same_request_twice_changes_nothing_and_is_no_error(event: Event) -> None:
    """Somebody clicked twice."""
    story = day()
    story.log_in("ann")
    story.tell(event)
    assert story.tell(event) == Decision()


@pytest.mark.parametrize("ends", ["unanswered", "answered"])
def test_a_pause_asked_for_while_ringing_waits_for_the_end_of_it(ends: str) -> None:
    """Unanswered: paused then. Answered: paused after the call and its wrap-up."""
    story = day(wrap_up=seconds(10))
    story.log_in("ann")
    story.call("c1")
    decision = story.tell(PauseRequested(ANN, LUNCH))
    change = only(decision, AgentStatusChanged)
    assert (change.status, change.pending, change.pause_code) == (
        AgentStatus.AVAILABLE,
        AgentStatus.PAUSED,
        LUNCH,
    )
    if ends == "unanswered":
        story.fail("ann", OfferOutcome.DECLINED)
    else:
        story.serve("ann")
        assert story.agent("ann").status is AgentStatus.AVAILABLE
        story.wait(10)
    assert (story.agent("ann").status, story.agent("ann").pause_code) == (AgentStatus.PAUSED, LUNCH)
    assert story.agent("ann").pending is None


@pytest.mark.parametrize("state", list(AgentState))
def test_a_log_out_takes_effect_when_the_work_in_hand_is_done(state: AgentState) -> None:
    """In whatever state it is asked for."""
    story = _bring_to(state)
    story.tell(LogOutRequested(ANN))
    is_now = state is AgentState.IDLE
    assert (story.agent("ann").status is AgentStatus.LOGGED_OUT) is is_now
    assert story.agent("ann").pending is (None if is_now else AgentStatus.LOGGED_OUT)
    _finish_all(story)
    assert story.agent("ann").status is AgentStatus.LOGGED_OUT
    assert story.agent("ann").device_id is None


def _bring_to(state: AgentState) -> Story:
    story = day(wrap_up=seconds(10))
    story.log_in("ann")
    if state in {AgentState.OFFERED, AgentState.CONNECTED, AgentState.HELD, AgentState.WRAP_UP}:
        story.call("c1")
    if state in {AgentState.CONNECTED, AgentState.HELD, AgentState.WRAP_UP}:
        story.connect("ann")
    if state is AgentState.HELD:
        story.tell(CallHeld(CallId("c1")))
    if state is AgentState.WRAP_UP:
        story.finish("c1")
    if state is AgentState.OUTBOUND:
        story.tell(OutboundStarted(ANN, OUT))
    assert story.agent("ann").state is state
    return story


def _finish_all(story: Story) -> None:
    if story.ringing:
        story.connect("ann")
    story.finish("c1")
    story.tell(OutboundFinished(ANN, OUT))
    story.wait(10)


def test_resuming_calls_off_a_pending_pause() -> None:
    """The agent thought better of it during the call."""
    story = in_call()
    story.tell(PauseRequested(ANN, LUNCH))
    assert only(story.tell(ResumeRequested(ANN)), AgentStatusChanged).pending is None
    story.finish("c1")
    assert story.agent("ann").status is AgentStatus.AVAILABLE


def test_the_latest_wish_is_the_pending_one() -> None:
    """A log-out asked for after a pause replaces it."""
    story = in_call()
    story.tell(PauseRequested(ANN, LUNCH))
    story.tell(LogOutRequested(ANN))
    story.finish("c1")
    assert story.agent("ann").status is AgentStatus.LOGGED_OUT


def test_logging_in_again_calls_off_a_pending_log_out() -> None:
    """The agent stays after all."""
    story = in_call()
    story.tell(LogOutRequested(ANN))
    story.tell(LogInRequested(ANN))
    story.finish("c1")
    assert story.agent("ann").status is AgentStatus.AVAILABLE


def test_the_code_of_a_pause_can_be_changed() -> None:
    """From lunch to training without being available in between."""
    story = day()
    story.log_in("ann")
    story.tell(PauseRequested(ANN, LUNCH))
    change = only(story.tell(PauseRequested(ANN, TRAINING)), AgentStatusChanged)
    assert (change.status, change.pause_code) == (AgentStatus.PAUSED, TRAINING)


def test_a_freed_seat_can_be_taken_by_somebody_else() -> None:
    """Log-out gives the phone back."""
    story = day()
    story.log_in("ann")
    story.tell(LogOutRequested(ANN))
    story.tell(LogInRequested(AgentId("bob"), DeviceId("phone-ann")))
    assert story.agent("bob").device_id == "phone-ann"


@pytest.mark.parametrize(
    ("waited", "state"), [(9.999, AgentState.WRAP_UP), (10, AgentState.IDLE), (10.001, AgentState.IDLE)]
)
def test_wrap_up_lasts_as_long_as_the_queue_says(waited: float, state: AgentState) -> None:
    """And the next call comes at its end."""
    story = in_call(wrap_up=seconds(10))
    assert only(story.finish("c1"), AgentStateChanged).deadline == story.now + seconds(10)
    story.wait(waited)
    assert story.agent("ann").state is state


def test_the_agents_own_wrap_up_goes_before_the_queues() -> None:
    """Also when it is zero."""
    story = Story(queue("support", "ann", wrap_up=seconds(10)), agents=[agent("ann", wrap_up=timedelta(0))])
    story.log_in("ann")
    story.call("c1")
    story.connect("ann")
    story.finish("c1")
    assert story.agent("ann").state is AgentState.IDLE


def test_a_wrap_up_can_be_ended_early() -> None:
    """The next call comes in the same decision."""
    story = in_call(wrap_up=seconds(10))
    story.call("c2")
    story.finish("c1")
    assert only(story.tell(WrapUpEndRequested(ANN)), OfferCall).call_id == "c2"


def test_a_wrap_up_can_be_extended() -> None:
    """The new end is the old one plus the extra time."""
    story = in_call(wrap_up=seconds(10))
    story.finish("c1")
    story.wait(5)
    story.tell(WrapUpExtendRequested(ANN, seconds(20)))
    story.wait(24.999)
    assert story.agent("ann").state is AgentState.WRAP_UP
    story.wait(0.001)
    assert story.agent("ann").state is AgentState.IDLE


@pytest.mark.parametrize(("extra", "is_refused"), [(-1, True), (0, True), (1, False)])
def test_an_extension_must_be_longer_than_nothing(extra: float, is_refused: bool) -> None:  # noqa: FBT001 - a case
    """Boundary: zero is refused."""
    story = in_call(wrap_up=seconds(10))
    story.finish("c1")
    decision = story.tell(WrapUpExtendRequested(ANN, seconds(extra)))
    assert bool(every(decision, RequestRefused)) is is_refused


def test_ending_a_wrap_up_that_is_over_is_no_error() -> None:
    """The click crossed with the timer."""
    story = day()
    story.log_in("ann")
    assert story.tell(WrapUpEndRequested(ANN)) == Decision()


def test_an_agent_in_wrap_up_gets_no_call() -> None:
    """Whatever queue it comes from."""
    story = in_call(wrap_up=seconds(10))
    story.finish("c1")
    story.call("c2")
    assert not story.ringing
    assert story.agent("ann").unavailable_reason is UnavailableReason.WRAP_UP


def test_hold_and_unhold_are_told() -> None:
    """HELD is a state of its own."""
    story = in_call()
    assert only(story.tell(CallHeld(CallId("c1"))), AgentStateChanged).state is AgentState.HELD
    assert story.tell(CallHeld(CallId("c1"))) == Decision()
    assert only(story.tell(CallUnheld(CallId("c1"))), AgentStateChanged).state is AgentState.CONNECTED


def test_a_call_that_ends_on_hold_leads_to_wrap_up_too() -> None:
    """The caller hung up while on hold."""
    story = in_call(wrap_up=seconds(10))
    story.tell(CallHeld(CallId("c1")))
    story.finish("c1")
    assert story.agent("ann").state is AgentState.WRAP_UP


def test_dialling_out_takes_back_an_open_offer() -> None:
    """The call goes to somebody else; the agent has missed nothing."""
    story = day()
    story.log_in("ann", "bob")
    story.call("c1")
    decision = story.tell(OutboundStarted(ANN, OUT))
    assert only(decision, OfferEnded).outcome is OfferOutcome.WITHDRAWN
    assert only(decision, WithdrawOffer).reason is WithdrawReason.TAKEN_AWAY
    assert story.agent("ann").state is AgentState.OUTBOUND
    assert story.ringing == {"bob": "c1"}


def picked_up() -> Story:
    """Ann has picked up c1, the two are being joined, and another call of ann's begins."""
    story = day()
    story.log_in("ann", "bob")
    story.call("c1")
    story.answer("ann")
    decision = story.tell(OutboundStarted(ANN, OUT))
    assert not every(decision, WithdrawOffer)
    assert story.ringing == {"ann": "c1"}
    return story


def test_a_call_that_was_picked_up_is_not_taken_back_by_another_call_of_the_agents() -> None:
    """The caller talks to ann; the other call comes second, as when she dials during a talk."""
    story = picked_up()
    story.tell(CallBridged(CallId("c1")))
    assert story.agent("ann").state is AgentState.CONNECTED
    story.finish("c1")
    assert story.agent("ann").state is AgentState.OUTBOUND
    story.tell(OutboundFinished(ANN, OUT))
    assert story.agent("ann").state is AgentState.IDLE


def test_an_agent_who_loses_the_call_being_joined_is_in_the_other_one() -> None:
    """And free when that one ends, not before."""
    story = picked_up()
    story.fail("ann", OfferOutcome.LOST)
    assert story.agent("ann").state is AgentState.OUTBOUND
    assert story.ringing == {"bob": "c1"}
    story.tell(OutboundFinished(ANN, OUT))
    assert story.agent("ann").state is AgentState.IDLE


def test_a_pending_log_out_waits_for_the_call_that_the_agent_dials_while_the_phone_rings() -> None:
    """The agent is at work until that call ends."""
    story = day()
    story.log_in("ann")
    story.call("c1")
    story.tell(LogOutRequested(ANN))
    story.tell(OutboundStarted(ANN, OUT))
    assert (story.agent("ann").state, story.agent("ann").status) == (
        AgentState.OUTBOUND,
        AgentStatus.AVAILABLE,
    )
    story.tell(OutboundFinished(ANN, OUT))
    assert story.agent("ann").status is AgentStatus.LOGGED_OUT


def test_an_outbound_call_has_no_wrap_up() -> None:
    """The next call comes in the same decision."""
    story = day(wrap_up=seconds(10))
    story.log_in("ann")
    story.tell(OutboundStarted(ANN, OUT))
    story.call("c1")
    assert only(story.tell(OutboundFinished(ANN, OUT)), OfferCall).call_id == "c1"


def test_an_agent_who_dials_during_a_call_stays_busy_until_both_have_ended() -> None:
    """A consultation outlives the call it was for."""
    story = in_call(wrap_up=seconds(10))
    story.tell(OutboundStarted(ANN, OUT))
    assert story.agent("ann").state is AgentState.CONNECTED
    story.finish("c1")
    assert (story.agent("ann").state, story.agent("ann").call_id) == (AgentState.OUTBOUND, OUT)
    story.tell(OutboundFinished(ANN, OUT))
    assert story.agent("ann").state is AgentState.IDLE


def test_a_consultation_that_ends_first_changes_nothing() -> None:
    """The queue's call goes on, and has its wrap-up."""
    story = in_call(wrap_up=seconds(10))
    story.tell(OutboundStarted(ANN, OUT))
    story.tell(OutboundFinished(ANN, OUT))
    story.finish("c1")
    assert story.agent("ann").state is AgentState.WRAP_UP


def test_an_agent_who_logs_in_during_a_private_call_is_busy() -> None:
    """The call began before the log-in."""
    story = day()
    story.tell(OutboundStarted(ANN, OUT))
    story.log_in("ann")
    story.call("c1")
    assert story.agent("ann").state is AgentState.OUTBOUND
    assert not story.ringing


def test_a_paused_agent_may_dial_out_and_is_paused_again_afterwards() -> None:
    """Status and state are two things."""
    story = day()
    story.log_in("ann")
    story.tell(PauseRequested(ANN, LUNCH))
    story.tell(OutboundStarted(ANN, OUT))
    assert story.agent("ann").unavailable_reason is UnavailableReason.OUTBOUND
    story.tell(OutboundFinished(ANN, OUT))
    assert story.agent("ann").unavailable_reason is UnavailableReason.PAUSED


def test_figures_count_from_log_in() -> None:
    """A new shift begins at nothing."""
    story = in_call()
    story.wait(90)
    story.finish("c1")
    figures = story.agent("ann").counters
    assert (figures.offered, figures.answered, figures.missed, figures.talk) == (1, 1, 0, seconds(90))
    story.tell(LogOutRequested(ANN))
    story.tell(LogInRequested(ANN))
    assert story.agent("ann").counters.offered == 0
