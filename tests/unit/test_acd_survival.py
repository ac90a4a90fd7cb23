"""Reload and restore in the middle of everything, and events that come twice: nothing is dropped, nothing happens twice."""

from collections.abc import Callable
from dataclasses import replace

import msgspec
import pytest

from app.acd.commands import OfferCall
from app.acd.decision import Decision
from app.acd.engine import Engine
from app.acd.events import (
    CallBridged,
    CallEnqueued,
    CallFinished,
    CallHeld,
    CallUnheld,
    DeviceChanged,
    Event,
    LogInRequested,
    LogOutRequested,
    OfferAnswered,
    OfferFailed,
    OfferRinging,
    OutboundFinished,
    OutboundStarted,
    PauseRequested,
    ResumeRequested,
    TimePassed,
    WrapUpEndRequested,
)
from app.acd.facts import AgentStatusChanged, CallCompleted, CallLeft, RequestRefused
from app.acd.model import AgentState, AgentStatus, CallState, DeviceState, ExitReason, OfferOutcome, Strategy
from app.acd.snapshot import (
    EngineSnapshot,
    SavedAgent,
    SavedCall,
    SavedOffer,
    SavedQueue,
)
from app.acd.state import AgentRecord, CallRecord, OfferRecord, QueueRecord
from app.ids import AgentId, CallId, DeviceId, OfferId, PauseCode, QueueId
from tests.support.acd import START, Story, agent, every, floor, needs, only, queue, seconds

ANN, BOB = AgentId("ann"), AgentId("bob")
C1 = CallId("c1")
SUPPORT = QueueId("support")

A_DAY: list[Event] = [
    LogInRequested(ANN),
    LogInRequested(BOB),
    DeviceChanged(DeviceId("phone-bob"), DeviceState.BUSY_ELSEWHERE),
    CallEnqueued(C1, SUPPORT),
    OfferRinging(OfferId("c1-1")),
    OfferFailed(OfferId("c1-1"), OfferOutcome.DECLINED),
    DeviceChanged(DeviceId("phone-bob"), DeviceState.REACHABLE),
    OfferRinging(OfferId("c1-2")),
    OfferAnswered(OfferId("c1-2")),
    CallBridged(C1),
    PauseRequested(BOB, PauseCode("lunch")),
    CallHeld(C1),
    CallUnheld(C1),
    CallFinished(C1),
    WrapUpEndRequested(BOB),
    ResumeRequested(BOB),
    OutboundStarted(BOB, CallId("out")),
    OutboundFinished(BOB, CallId("out")),
    LogOutRequested(BOB),
    LogOutRequested(ANN),
]


def test_each_event_may_come_twice() -> None:
    """The second one has an empty result and changes nothing."""
    engine = Engine(floor(queue("support", "ann bob", wrap_up=seconds(30))))
    for number, event in enumerate(A_DAY):
        now = START + seconds(number)
        at_first = engine.snapshot()
        engine.handle(event, now=now)
        before = engine.snapshot()
        assert before != replace(at_first, now=now), event
        assert engine.handle(event, now=now) == Decision(), event
        assert engine.snapshot() == before


def test_any_event_about_what_is_long_gone_is_harmless() -> None:
    """The whole day again, after everything has ended, but for what begins something."""
    engine = Engine(floor(queue("support", "ann bob", wrap_up=seconds(30))))
    for number, event in enumerate(A_DAY):
        engine.handle(event, now=START + seconds(number))
    before = engine.snapshot()
    beginnings = LogInRequested | CallEnqueued | PauseRequested | ResumeRequested | WrapUpEndRequested
    for event in A_DAY:
        if not isinstance(event, beginnings | DeviceChanged | OutboundStarted | OutboundFinished):
            assert engine.handle(event, now=before.now) == Decision(), event
    assert engine.snapshot() == before


def test_time_never_runs_backwards() -> None:
    """An earlier instant counts as the last one."""
    story = Story(queue("support", "ann"))
    story.log_in("ann")
    story.tell(TimePassed())
    decision = story.engine.handle(CallEnqueued(C1, SUPPORT), now=START - seconds(60))
    assert only(decision, OfferCall).ring_deadline == story.now + seconds(15)


def test_the_deadline_lies_ahead_after_it_was_kept() -> None:
    """Handling it makes progress."""
    story = Story(queue("support", "ann", max_wait=seconds(60)))
    story.log_in("ann")
    story.call("c1")
    for _ in range(20):
        deadline = story.engine.next_deadline()
        if deadline is None:
            break
        story.now = deadline
        story.tell(TimePassed())
        following = story.engine.next_deadline()
        assert following is None or following > deadline
    assert deadline is None


# --- snapshot and restore ------------------------------------------------------------------------------------------


@pytest.mark.parametrize("strategy", list(Strategy))
def test_a_restored_engine_goes_on_like_the_live_one(strategy: Strategy) -> None:
    """After every event of a day, through bytes."""
    site = floor(queue("support", "ann bob", strategy=strategy, wrap_up=seconds(30), max_wait=seconds(300)))
    live = Engine(site)
    for number, event in enumerate(A_DAY):
        restored = Engine.restore(_through_bytes(live.snapshot()))
        now = START + seconds(number)
        assert restored.handle(event, now=now) == live.handle(event, now=now)
        assert restored.snapshot() == live.snapshot()
        assert restored.next_deadline() == live.next_deadline()


def _through_bytes(saved: EngineSnapshot) -> EngineSnapshot:
    return msgspec.json.decode(msgspec.json.encode(saved), type=EngineSnapshot)


@pytest.mark.parametrize(
    ("saved", "record"),
    [
        (SavedAgent, AgentRecord),
        (SavedCall, CallRecord),
        (SavedOffer, OfferRecord),
        (SavedQueue, QueueRecord),
    ],
)
def test_what_is_saved_mirrors_the_upper_part_of_the_record(saved: type, record: type) -> None:
    """Field by field, in order; a new field of a record must be saved or stand under `derived`."""
    names = list(saved.__dataclass_fields__)  # type: ignore[attr-defined]  # dataclasses
    assert names == list(record.__dataclass_fields__)[: len(names)]  # type: ignore[attr-defined]  # dataclasses
    derived = {"device_state", "place", "ageing", None}
    following = next(iter(list(record.__dataclass_fields__)[len(names) :]), None)  # type: ignore[attr-defined]
    assert following in derived


def test_a_restored_engine_keeps_the_deadlines() -> None:
    """Ring, wrap-up, rest and wait go on where they were."""
    story = Story(queue("support", "ann bob", wrap_up=seconds(30), max_wait=seconds(100)))
    story.log_in("ann", "bob")
    story.call("c1")
    story.connect("ann")
    story.finish("c1")
    story.call("c2")
    story.engine = Engine.restore(_through_bytes(story.engine.snapshot()))
    assert story.agent("ann").deadline == story.now + seconds(30)
    story.wait(15)
    assert story.agent("bob").state is AgentState.IDLE
    assert story.agent("ann").state is AgentState.WRAP_UP
    story.wait(15)
    assert story.agent("ann").state is AgentState.OFFERED


# --- reload --------------------------------------------------------------------------------------------------------


def test_a_removed_agent_finishes_the_call_and_its_wrap_up_and_is_gone() -> None:
    """Logged out by the system, then forgotten."""
    story = Story(queue("support", "ann bob", wrap_up=seconds(10)))
    story.log_in("ann")
    story.call("c1")
    story.connect("ann")
    story.reload(queue("support", "bob", wrap_up=seconds(10)))
    assert story.agent("ann").pending is AgentStatus.LOGGED_OUT
    assert every(story.finish("c1"), CallCompleted)
    change = only(story.wait(10), AgentStatusChanged)
    assert (change.status, change.by_system) == (AgentStatus.LOGGED_OUT, True)
    assert story.engine.agent(ANN) is None


def test_a_removed_agent_may_end_the_wrap_up_but_ask_for_nothing_new() -> None:
    """The rest of the shift is over at once."""
    story = Story(queue("support", "ann", wrap_up=seconds(60)))
    story.log_in("ann")
    story.call("c1")
    story.serve("ann")
    story.reload(queue("support"))
    assert only(story.tell(ResumeRequested(ANN)), RequestRefused).code == "unknown_agent"
    story.tell(WrapUpEndRequested(ANN))
    assert story.engine.agent(ANN) is None


def test_an_agent_who_is_back_on_the_floor_stays_logged_in() -> None:
    """Removed and added again during one call."""
    story = Story(queue("support", "ann"))
    story.log_in("ann")
    story.call("c1")
    story.connect("ann")
    story.reload(queue("support"))
    story.reload(queue("support", "ann"))
    story.finish("c1")
    assert story.agent("ann").status is AgentStatus.AVAILABLE


def test_a_removed_queue_serves_its_callers_under_its_old_rules_and_is_gone() -> None:
    """Nobody new gets in."""
    story = Story(queue("support", "ann", wrap_up=seconds(10)))
    story.call("c1")
    story.reload(queue("sales", "ann"))
    assert story.queue().is_removed
    assert only(story.call("c2"), CallLeft).reason is ExitReason.REMOVED
    story.log_in("ann")
    assert story.ringing == {"ann": "c1"}
    story.serve("ann")
    assert story.agent("ann").state is AgentState.WRAP_UP
    assert story.engine.queue(SUPPORT) is None


def test_an_empty_queue_that_is_removed_is_gone_at_once() -> None:
    """Nothing keeps it."""
    story = Story(queue("support", "ann"))
    story.reload(queue("sales", "ann"))
    assert story.engine.queue(SUPPORT) is None


def _new_member() -> Story:
    story = Story(queue("support"), agents=[agent("ann")])
    story.log_in("ann")
    story.call("c1")
    story.reload(queue("support", "ann"))
    return story


def _new_skill() -> Story:
    story = Story(queue("support", "ann"))
    story.log_in("ann")
    story.call("c1", requires=needs(english=1))
    story.reload(queue("support", "ann"), agents=[agent("ann", skills={"english": 1})])
    return story


def _new_strategy() -> Story:
    story = Story(queue("support", "ann bob"))
    story.log_in("bob")
    story.call("c1")
    story.log_in("ann")
    story.reload(queue("support", "ann bob", strategy=Strategy.RING_ALL))
    story.fail("bob", OfferOutcome.DECLINED)
    return story


@pytest.mark.parametrize("change", [_new_member, _new_skill, _new_strategy])
def test_new_members_skills_and_strategies_count_at_once(change: Callable[[], Story]) -> None:
    """The waiting call is offered in the decision of the reload."""
    assert change().ringing == {"ann": "c1"}


def test_a_reload_touches_no_call_in_progress() -> None:
    """Ringing rings on, connected talks on, wrap-up keeps its end, the figures stay."""
    rules = queue("support", "ann bob cat dan", wrap_up=seconds(30))
    story = Story(rules)
    story.log_in("ann", "bob", "cat")
    for call_id in ("c1", "c2", "c3", "c4"):
        story.call(call_id)
    story.connect("ann")
    story.connect("bob")
    story.finish("c2")
    before = [story.agent(name) for name in ("ann", "bob", "cat")]
    story.now += seconds(5)
    assert story.reload(queue("support", "ann bob cat dan", wrap_up=seconds(5))) == Decision()
    assert [story.agent(name) for name in ("ann", "bob", "cat")] == before
    assert story.seen("c4").state is CallState.WAITING
