"""Everything the engine knows, and the sheet on which it writes its decision.

One record per agent, call, offer and queue. The upper part of each record is the truth and goes into the snapshot; the lower
part, under "derived", follows from it and the floor, makes decisions cheap, and is built anew on restore.
"""

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from app.acd.commands import Command
from app.acd.eligibility import NO_LIMIT, Profile
from app.acd.estimate import Pace
from app.acd.facts import Fact
from app.acd.model import (
    Agent,
    AgentState,
    AgentStatus,
    CallState,
    DeviceState,
    Floor,
    Membership,
    OfferOutcome,
    Queue,
    UnavailableReason,
)
from app.acd.priority import Place, micros
from app.acd.rings import RingAlert
from app.acd.timers import Timers
from app.ids import AgentId, CallId, DeviceId, OfferId, PauseCode, QueueId

AgentKey = tuple[int | str, ...]
"""Sort key of an available agent in a pool; `selection.py` says what it is made of."""

KeyOf = Callable[[Membership, "AgentRecord", Profile], AgentKey]
"""Makes an agent's sort key, as the queue's strategy wants it."""

Mark = tuple[int, AgentId]
"""Position and id of the agent whom ROUND_ROBIN chose last at some level."""


@dataclass(slots=True, eq=False)
class AgentRecord:
    """One agent, from the first log-in until removed from the floor."""

    agent: Agent
    status_since: datetime
    state_since: datetime
    idle_since: datetime
    status: AgentStatus = AgentStatus.LOGGED_OUT
    pause_code: PauseCode | None = None
    pending: AgentStatus | None = None
    pending_code: PauseCode | None = None
    device_id: DeviceId | None = None
    state: AgentState = AgentState.IDLE
    call_id: CallId | None = None
    offer_id: OfferId | None = None
    wrap_up_ends_at: datetime | None = None
    rests_until: datetime | None = None
    outbound: tuple[CallId, ...] = ()
    misses: dict[OfferOutcome, int] = field(default_factory=dict)
    offered: int = 0
    answered: int = 0
    missed: int = 0
    talk: timedelta = timedelta(0)
    is_removed: bool = False
    # --- derived ---
    device_state: DeviceState = DeviceState.REACHABLE
    reason: UnavailableReason | None = UnavailableReason.LOGGED_OUT
    seats: list["QueueRecord"] = field(default_factory=list)
    pools: list[tuple["Pool", Membership]] = field(default_factory=list)
    entries: list[tuple[list[AgentKey], AgentKey]] = field(default_factory=list)
    owned: dict[CallId, "CallRecord"] = field(default_factory=dict)

    @property
    def id(self) -> AgentId:
        """The agent's id."""
        return self.agent.id


@dataclass(slots=True, eq=False)
class CallRecord:
    """One call, from a queue's door until it has ended."""

    id: CallId
    queue_id: QueueId
    priority: int
    requires: Profile
    owner: AgentId | None
    owner_until: datetime
    enqueued_at: datetime
    joined_at: datetime
    attempts: int = 0
    state: CallState = CallState.WAITING
    offers: list[OfferId] = field(default_factory=list)
    winner: OfferId | None = None
    steps: int = 0
    step_at: datetime | None = None
    missed_by: list[AgentId] = field(default_factory=list)
    visited: tuple[QueueId, ...] = ()
    is_patient: bool = False
    agent_id: AgentId | None = None
    connected_at: datetime | None = None
    rings_from: datetime | None = None
    ring: int = 0
    """The last of the queue's marks that has been passed (`ring_watch.py`)."""
    is_breached: bool = False
    phones: int = 0
    """At least so many phones may ring at once."""
    wider: int = 0
    """By how much the levels that may be used are widened beyond `Queue.widening`."""
    last_miss: OfferOutcome | None = None
    alert: RingAlert | None = None
    """The last one that the policy raised for this call, in whichever queue."""
    # --- derived ---
    place: Place = field(default=(0, 0, CallId("")))
    pool: "Pool | None" = None
    limit: int = NO_LIMIT
    lane: list[tuple[Place, "CallRecord"]] | None = None
    waits_for: AgentRecord | None = None


@dataclass(slots=True, eq=False)
class OfferRecord:
    """One open offer: an agent is reserved and the phone is being rung, or was picked up and is being joined."""

    id: OfferId
    call_id: CallId
    queue_id: QueueId
    agent_id: AgentId
    device_id: DeviceId
    started_at: datetime
    ring_deadline: datetime
    ringing_at: datetime | None = None
    answered_at: datetime | None = None
    ring: int = 0
    is_breached: bool = False


@dataclass(slots=True, eq=False)
class Lane:
    """Calls of one pool that may use the same membership levels: interchangeable but for their order."""

    limit: int
    waiting: list[tuple[Place, CallRecord]] = field(default_factory=list)
    ringing: list[tuple[Place, CallRecord]] = field(default_factory=list)
    """Calls whose phones ring already and that take more agents (RING_ALL, RING_PROGRESSIVELY)."""


@dataclass(slots=True, eq=False)
class Pool:
    """The available agents of one queue who satisfy one profile, in the order of the queue's strategy."""

    queue: "QueueRecord"
    requires: Profile
    key_of: KeyOf
    available: list[AgentKey] = field(default_factory=list)
    lanes: list[Lane] = field(default_factory=list)


@dataclass(slots=True, eq=False)
class QueueRecord:
    """One queue, until it is removed from the floor and its last call has ended."""

    queue: Queue
    is_removed: bool = False
    marks: dict[int, Mark] = field(default_factory=dict)
    pace: Pace = field(default_factory=Pace)
    # --- derived ---
    ageing: int = 0
    lowest_level: int = 0
    steps: tuple[timedelta, ...] = ()
    """The waiting times at which a call of this queue relaxes or widens."""
    has_levels: bool = False
    """Whether a call may use only some membership levels at first."""
    agent_marks: tuple[tuple[int, timedelta], ...] = ()
    """The rings of an offer at which something is to be done, and after how much ringing they begin."""
    caller_marks: tuple[tuple[int, timedelta], ...] = ()
    """The same of a caller's rings."""
    order: list[Place] = field(default_factory=list)
    connected: int = 0
    members: dict[AgentId, Membership] = field(default_factory=dict)
    counts: list[int] = field(default_factory=list)
    pools: dict[Profile, Pool] = field(default_factory=dict)

    @property
    def id(self) -> QueueId:
        """The queue's id."""
        return self.queue.id


class State:
    """All records, and what the event being handled has led to so far."""

    __slots__ = (
        "agent_by_device",
        "agents",
        "calls",
        "calls_by_owner",
        "commands",
        "devices",
        "facts",
        "floor",
        "freed",
        "hungry",
        "instant",
        "now",
        "offers",
        "queues",
        "suspended_since",
        "thinned",
        "timers",
    )

    def __init__(self, floor: Floor, now: datetime) -> None:
        self.floor = floor
        self.now = now
        self.instant = micros(now)
        """`now` in microseconds, as sort keys have it."""
        self.suspended_since: datetime | None = None
        """Since when nothing can be done for a call (`suspension.py`)."""
        self.agents: dict[AgentId, AgentRecord] = {}
        self.calls: dict[CallId, CallRecord] = {}
        self.offers: dict[OfferId, OfferRecord] = {}
        self.queues: dict[QueueId, QueueRecord] = {}
        self.devices: dict[DeviceId, DeviceState] = {}
        self.agent_by_device: dict[DeviceId, AgentId] = {}
        self.calls_by_owner: dict[AgentId, dict[CallId, CallRecord]] = {}
        self.timers = Timers()
        self.facts: list[Fact] = []
        self.commands: list[Command] = []
        self.freed: dict[AgentId, AgentRecord] = {}
        """Agents who became available, and may have become unavailable again, since the last matching."""
        self.hungry: dict[CallId, CallRecord] = {}
        """Calls that came to want an agent, or another one, and have not been matched yet."""
        self.thinned: dict[QueueId, QueueRecord] = {}
        """Queues whose waiting calls may have nobody left to wait for, and have not been looked at yet."""

    def begin(self, now: datetime) -> None:
        """An event comes at `now`, or at the last instant when that is later: a clean sheet."""
        self.now = max(self.now, now)
        self.instant = micros(self.now)
        self.facts, self.commands = [], []
