"""Floors and events for the property tests: small, so that agents and calls meet often, and with every rule in play."""

from datetime import time, timedelta
from typing import TypeVar

from hypothesis import strategies as st

from app.acd.model import (
    Agent,
    AutoPause,
    Calendar,
    Delays,
    Floor,
    Membership,
    OpenHours,
    Overflow,
    Queue,
    RingStep,
    SkillRequirement,
    Step,
    Strategy,
    Target,
    TargetKind,
    UnavailableReason,
)
from app.acd.rings import RingLimit
from app.ids import AgentId, CallId, DeviceId, PauseCode, QueueId, SkillName

AGENTS = [AgentId(name) for name in ("ann", "bob", "cat", "dan", "eve")]
QUEUES = [QueueId(name) for name in ("alpha", "beta", "gamma")]
CALLS = [CallId(f"call{number}") for number in range(8)]
DEVICES = [DeviceId(f"phone-{name}") for name in AGENTS]
SKILLS = [SkillName("english"), SkillName("billing")]
LUNCH = PauseCode("lunch")
TRAINING = PauseCode("training")

T = TypeVar("T")


def _most(of: int) -> st.SearchStrategy[bool]:
    """True but for one in so many. Chance prefers small numbers, so the last one is the exception."""
    return st.integers(1, of).map(lambda number: number < of)


def _seldom(rule: st.SearchStrategy[T]) -> st.SearchStrategy[T | None]:
    """A rule that one queue in four has."""
    return _most(4).flatmap(lambda is_plain: st.none() if is_plain else rule)


seconds = st.integers(0, 40).map(lambda number: timedelta(seconds=number))
requirements = st.lists(
    st.builds(SkillRequirement, st.sampled_from(SKILLS), st.integers(1, 3)), max_size=2
).map(tuple)
_steps = st.lists(st.integers(1, 30), max_size=2, unique=True).flatmap(
    lambda afters: st.tuples(
        *(st.builds(Step, st.just(timedelta(seconds=after)), st.integers(0, 3)) for after in sorted(afters))
    )
)
_reasons = _seldom(
    st.frozensets(
        st.sampled_from(
            [
                UnavailableReason.LOGGED_OUT,
                UnavailableReason.PAUSED,
                UnavailableReason.AUTO_PAUSED,
                UnavailableReason.DEVICE_UNREACHABLE,
                UnavailableReason.WRAP_UP,
            ]
        )
    )
)
_targets = st.sampled_from(
    [Target(TargetKind.HANG_UP), Target(TargetKind.VOICEMAIL, "box")]
) | st.sampled_from(QUEUES).map(lambda queue_id: Target(TargetKind.QUEUE, queue_id))
_MORNING = Calendar("UTC", (OpenHours(frozenset(range(7)), time(0), time(0, 3)),))
"""The first three minutes of each day."""
_limits = st.none() | st.integers(1, 3)
_ring_steps = st.lists(st.integers(1, 6), max_size=2, unique=True).flatmap(
    lambda rings: st.tuples(*(_ring_step(ring) for ring in sorted(rings)))
)


def _ring_step(ring: int) -> st.SearchStrategy[RingStep]:
    return st.builds(
        RingStep,
        st.just(ring),
        alert=st.booleans(),
        phones=st.integers(0, 3),
        widen=st.integers(0, 1),
        priority=st.integers(0, 2),
        overflow=_most(4).map(lambda stays: not stays),
    )


@st.composite
def _agents(draw: st.DrawFn, name: AgentId) -> Agent:
    return Agent(
        name,
        name.title(),
        DeviceId(f"phone-{name}"),
        draw(st.dictionaries(st.sampled_from(SKILLS), st.integers(1, 3))),
        draw(st.none() | seconds),
    )


@st.composite
def _queues(draw: st.DrawFn, name: QueueId, names: list[AgentId]) -> Queue:
    members = [each for each in names if draw(_most(4))]
    return Queue(
        name,
        name.title(),
        tuple(
            Membership(each, draw(st.integers(0, 2)), draw(st.integers(0, 3)), draw(st.integers(1, 3)))
            for each in members
        ),
        strategy=draw(st.sampled_from(Strategy)),
        weight=draw(st.integers(0, 1)),
        ageing_per_minute=draw(st.sampled_from([0.0, 1.0, 0.5])),
        ring_timeout=draw(seconds),
        progressive_step=draw(seconds),
        wrap_up=draw(seconds),
        widening=draw(st.just(()) | _steps),
        relaxation=draw(st.just(()) | _steps),
        max_length=draw(_seldom(st.integers(0, 4))),
        max_wait=draw(_seldom(seconds)),
        join_unless=draw(_reasons),
        leave_when=draw(_reasons),
        overflow=Overflow(draw(_targets), draw(_targets), draw(_targets), draw(_targets)),
        calendar=draw(_seldom(st.just(_MORNING))),
        delays=draw(st.just(Delays()) | st.builds(Delays, seconds, seconds, seconds, seconds)),
        auto_pause=draw(st.just(AutoPause()) | st.builds(AutoPause, _limits, _limits, _limits, _limits)),
        no_answer_resets_idle=draw(st.booleans()),
        seed=draw(st.integers(0, 3)),
        agent_rings=draw(st.just(()) | _ring_steps),
        caller_rings=draw(st.just(()) | _ring_steps),
    )


@st.composite
def floors(draw: st.DrawFn, *, is_whole: bool = False) -> Floor:
    """Some agents and some queues, or all of them; any rules."""
    names = [each for each in AGENTS if is_whole or draw(_most(6))]
    queues = [each for each in QUEUES if is_whole or draw(_most(6))]
    return Floor(
        {name: draw(_agents(name)) for name in names},
        {name: draw(_queues(name, names)) for name in queues},
        frozenset({LUNCH, TRAINING}),
        draw(
            st.builds(
                RingLimit, st.integers(1, 6).map(lambda number: timedelta(seconds=number)), st.integers(1, 3)
            )
        ),
    )
