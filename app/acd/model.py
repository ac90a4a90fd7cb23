"""What a floor is made of: agents, queues, memberships and the policies between them.

Plain values, given by the site file and replaced as a whole on reload (`FloorChanged`). Durations are `timedelta`,
instants aware UTC, priorities higher-first, levels lower-first. Words as in the field: see the glossary.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, time, timedelta
from enum import StrEnum

from app.acd.rings import RingLimit
from app.ids import AgentId, DeviceId, PauseCode, QueueId, SkillName


class Strategy(StrEnum):
    """How a queue orders the agents who could take a call. Every order ends in the agent's id."""

    RING_ALL = "ring_all"
    RING_PROGRESSIVELY = "ring_progressively"
    """One agent first, one more after each `progressive_step`, none withdrawn until somebody answers."""
    LINEAR = "linear"
    ROUND_ROBIN = "round_robin"
    LONGEST_IDLE = "longest_idle"
    FEWEST_CALLS = "fewest_calls"
    LEAST_TALK_TIME = "least_talk_time"
    RANDOM = "random"
    WEIGHTED_RANDOM = "weighted_random"
    SKILLS = "skills"
    """Best skill match first, then longest idle."""


class AgentStatus(StrEnum):
    """The human's choice."""

    LOGGED_OUT = "logged_out"
    AVAILABLE = "available"
    PAUSED = "paused"


class AgentState(StrEnum):
    """What the system is doing with the agent."""

    IDLE = "idle"
    OFFERED = "offered"
    CONNECTED = "connected"
    HELD = "held"
    WRAP_UP = "wrap_up"
    OUTBOUND = "outbound"


FREE_STATES = frozenset({AgentState.IDLE, AgentState.WRAP_UP})
"""In no call and rung for none: such an agent may dial, and be dialled by a colleague."""


class UnavailableReason(StrEnum):
    """The one reason why an agent gets no offer now. Listed in the order in which they are checked."""

    LOGGED_OUT = "logged_out"
    OFFERED = "offered"
    CONNECTED = "connected"
    HELD = "held"
    OUTBOUND = "outbound"
    WRAP_UP = "wrap_up"
    PAUSED = "paused"
    AUTO_PAUSED = "auto_paused"
    DEVICE_UNREACHABLE = "device_unreachable"
    DEVICE_BUSY = "device_busy"
    RESTING = "resting"
    """Between a missed offer and the next one (`Queue.delays`)."""


class DeviceState(StrEnum):
    """What Asterisk says of a phone."""

    REACHABLE = "reachable"
    BUSY_ELSEWHERE = "busy_elsewhere"
    """In a call that Thirdring does not know."""
    UNREACHABLE = "unreachable"
    """Not registered, or registered and silent."""


class OfferOutcome(StrEnum):
    """How an offer ended. Every offer ends exactly once."""

    ANSWERED = "answered"
    NO_ANSWER = "no_answer"
    DECLINED = "declined"
    BUSY = "busy"
    UNREACHABLE = "unreachable"
    FAILED = "failed"
    """The system could not ring the phone, or not join it with the caller: not the agent's doing, not counted as a miss."""
    ANSWERED_ELSEWHERE = "answered_elsewhere"
    WITHDRAWN = "withdrawn"
    """The caller left, or the call was taken away."""
    LOST = "lost"
    """Answered, but the agent hung up before the two were joined. The call is back in its place."""


MISSES = frozenset(
    {OfferOutcome.NO_ANSWER, OfferOutcome.DECLINED, OfferOutcome.BUSY, OfferOutcome.UNREACHABLE}
)
"""The outcomes that count against an agent, each with a delay and an auto-pause limit of its own."""


class CallState(StrEnum):
    """A call is in exactly one of these."""

    WAITING = "waiting"
    OFFERED = "offered"
    CONNECTED = "connected"
    ENDED = "ended"


class ExitReason(StrEnum):
    """Why a call left a queue without an agent."""

    ABANDONED = "abandoned"
    TIMEOUT = "timeout"
    KEY = "key"
    EMPTY = "empty"
    """The queue became empty of agents (`Queue.leave_when`)."""
    JOIN_FULL = "join_full"
    JOIN_EMPTY = "join_empty"
    CLOSED = "closed"
    FAULT = "fault"
    """Asterisk was lost, and the call with it."""
    REMOVED = "removed"
    """Taken out by a human or by another rule of the service."""


class TargetKind(StrEnum):
    """Where an overflowing call goes."""

    QUEUE = "queue"
    NUMBER = "number"
    VOICEMAIL = "voicemail"
    MESSAGE = "message"
    """Play a prompt, then hang up."""
    HANG_UP = "hang_up"


@dataclass(frozen=True, slots=True)
class Target:
    """A place to send a call: a queue's id, a number, a voicemail box, a prompt's name; empty for HANG_UP."""

    kind: TargetKind
    value: str = ""


@dataclass(frozen=True, slots=True)
class SkillRequirement:
    """A call needs this skill at this level or better (levels from 1, higher is better)."""

    skill: SkillName
    level: int = 1


@dataclass(frozen=True, slots=True)
class Step:
    """After a call waited `after`, the value becomes `value` (steps are in rising order of `after`)."""

    after: timedelta
    value: int


@dataclass(frozen=True, slots=True)
class RingStep:
    """What is done when ring `ring` begins and nobody has answered. What is left out changes nothing.

    At least `phones` phones ring for the call, the levels that may be used widen by `widen`, the call's priority rises by
    `priority`; with `overflow` it leaves as if its longest wait were over; `alert` calls the supervisor.
    """

    ring: int
    alert: bool = False
    phones: int = 0
    widen: int = 0
    priority: int = 0
    overflow: bool = False


@dataclass(frozen=True, slots=True)
class Agent:
    """A person who answers. `wrap_up` overrides the queue's; skills map names to levels."""

    id: AgentId
    name: str
    device_id: DeviceId | None = None
    skills: Mapping[SkillName, int] = field(default_factory=dict)
    wrap_up: timedelta | None = None


@dataclass(frozen=True, slots=True)
class Membership:
    """An agent serves a queue: `level` lower first, `position` for LINEAR and ROUND_ROBIN, `weight` for WEIGHTED_RANDOM."""

    agent_id: AgentId
    level: int = 0
    position: int = 0
    weight: int = 1


@dataclass(frozen=True, slots=True)
class Delays:
    """How long an agent rests after a missed offer, by how it was missed."""

    no_answer: timedelta = timedelta(seconds=5)
    declined: timedelta = timedelta(seconds=10)
    busy: timedelta = timedelta(seconds=15)
    unreachable: timedelta = timedelta(seconds=30)


@dataclass(frozen=True, slots=True)
class AutoPause:
    """Pause an agent after so many misses in a row of that kind; None never does."""

    no_answer: int | None = 3
    declined: int | None = None
    busy: int | None = None
    unreachable: int | None = 2


@dataclass(frozen=True, slots=True)
class OpenHours:
    """Open on these weekdays (0 = Monday) from `opens` until `closes`, local; past midnight when closes <= opens."""

    weekdays: frozenset[int]
    opens: time
    closes: time


@dataclass(frozen=True, slots=True)
class Calendar:
    """When a queue takes calls, in the local time of `time_zone` (IANA name).

    On a holiday only `holiday_hours` count; on a make-up day the hours of the weekday it stands for.
    """

    time_zone: str
    hours: tuple[OpenHours, ...]
    holidays: frozenset[date] = frozenset()
    holiday_hours: tuple[OpenHours, ...] = ()
    make_up_days: Mapping[date, int] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Overflow:
    """Where a call goes for each reason to leave; a missing one hangs up."""

    full: Target = Target(TargetKind.HANG_UP)
    empty: Target = Target(TargetKind.HANG_UP)
    timeout: Target = Target(TargetKind.HANG_UP)
    closed: Target = Target(TargetKind.HANG_UP)


@dataclass(frozen=True, slots=True)
class Queue:
    """One policy under which calls wait.

    Order of calls: queue `weight` (higher first), effective priority (call's priority + `ageing_per_minute` x waited
    minutes), arrival, call id. `join_unless` / `leave_when` say which reasons count an agent out: the queue is empty when
    every member is unavailable for one of them; None never refuses. `widening` raises the highest membership level that may
    be used as a call waits; empty means all levels at once (lower levels still first). `relaxation` lowers required
    skill levels by `value`. `agent_rings` and `caller_rings` say what is done at which ring, each ring once.
    """

    id: QueueId
    name: str
    members: tuple[Membership, ...] = ()
    strategy: Strategy = Strategy.LONGEST_IDLE
    weight: int = 0
    ageing_per_minute: float = 0.0
    ring_timeout: timedelta = timedelta(seconds=15)
    progressive_step: timedelta = timedelta(seconds=5)
    wrap_up: timedelta = timedelta(0)
    widening: tuple[Step, ...] = ()
    relaxation: tuple[Step, ...] = ()
    max_length: int | None = None
    max_wait: timedelta | None = None
    join_unless: frozenset[UnavailableReason] | None = None
    leave_when: frozenset[UnavailableReason] | None = None
    overflow: Overflow = Overflow()
    calendar: Calendar | None = None
    delays: Delays = Delays()
    auto_pause: AutoPause = AutoPause()
    no_answer_resets_idle: bool = False
    seed: int = 0
    agent_rings: tuple[RingStep, ...] = ()
    caller_rings: tuple[RingStep, ...] = ()


@dataclass(frozen=True, slots=True)
class Floor:
    """Everything the engine routes by. Ids are unique; memberships name agents that exist (the site loader checks)."""

    agents: Mapping[AgentId, Agent] = field(default_factory=dict)
    queues: Mapping[QueueId, Queue] = field(default_factory=dict)
    pause_codes: frozenset[PauseCode] = frozenset()
    rings: RingLimit = field(default_factory=RingLimit)
