"""What is counted: a passage of a call through a queue, an offer, an outbound call, and a stretch of an agent's time.

They come out of the derived tables, which come out of the journal: the same journal gives the same records, today and in a year.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

from app.acd.availability import AUTO_PAUSE
from app.acd.model import ExitReason, OfferOutcome
from app.ids import AgentId, CallId, OfferId, PauseCode, QueueId
from metrics.intervals import Period


@dataclass(frozen=True, slots=True, kw_only=True)
class Passage:
    """A call in one queue, from the caller's first enqueueing to the end of what came of it.

    A call that overflows has a passage in each queue. `enqueued_at` is the same in all of them: a caller's wait begins once, and no
    overflow hides a part of it. `entered_at` is when this queue took the call in; None: refused at its door, never queued.
    """

    call_id: CallId
    queue_id: QueueId
    enqueued_at: datetime
    arrived_at: datetime | None = None
    """The call reached us."""
    entered_at: datetime | None = None
    connected_at: datetime | None = None
    """An agent and the caller were joined."""
    left_at: datetime | None = None
    """It left without an agent, for this reason."""
    exit_reason: ExitReason | None = None
    agent_id: AgentId | None = None
    completed_at: datetime | None = None
    """The conversation was over."""
    ended_at: datetime | None = None
    """The call was over, answered or not."""
    settled_at: datetime | None = None
    """The call and all notes about it were over, whoever took them."""
    hold: timedelta = timedelta()
    holds: int = 0
    """How many times the agent put the caller on hold."""
    wrap_up: timedelta = timedelta()
    is_ended_by_agent: bool = False
    is_ended_by_caller: bool = False
    is_ended_on_hold: bool = False
    """The agent had the caller on hold when the conversation ended."""
    is_repeat: bool = False
    """The same number had called within the day before."""
    ring_number: int | None = None
    """The caller's ring in which an agent picked up, or the call left; None: it waits, or was refused."""
    is_within_rings: bool | None = None
    rung: timedelta = timedelta()
    """For how long of the wait at least one phone rang for the call in this queue."""

    @property
    def flow(self) -> timedelta:
        """From the arrival to the enqueueing: announcements and menus. A caller who waited before we knew was in no flow."""
        return (
            timedelta() if self.arrived_at is None else max(timedelta(), self.enqueued_at - self.arrived_at)
        )

    @property
    def duration(self) -> timedelta | None:
        """From the arrival to the end of the call; None: it lasts."""
        return self._from_arrival(self.ended_at)

    @property
    def resolution(self) -> timedelta | None:
        """From the arrival to the end of the last wrap-up; None: the call lasts, or a wrap-up."""
        return self._from_arrival(self.settled_at)

    @property
    def wait(self) -> timedelta | None:
        """From the enqueueing to the agent, or to leaving; None while the call waits."""
        end = self.connected_at or self.left_at
        return None if end is None else end - self.enqueued_at

    @property
    def queue_wait(self) -> timedelta | None:
        """The part of the wait in which no phone rang; None while the call waits."""
        return None if self.wait is None else self.wait - self.rung

    @property
    def talk(self) -> timedelta:
        """Connected and not on hold; nothing until the conversation is over."""
        if self.connected_at is None or self.completed_at is None:
            return timedelta()
        return self.completed_at - self.connected_at - self.hold

    def _from_arrival(self, at: datetime | None) -> timedelta | None:
        return None if at is None else at - (self.enqueued_at - self.flow)


@dataclass(frozen=True, slots=True, kw_only=True)
class Offer:
    """An agent was reserved and the phone was rung. `outcome` is None while it lasts."""

    offer_id: OfferId
    call_id: CallId
    queue_id: QueueId
    agent_id: AgentId
    started_at: datetime
    ringing_at: datetime | None = None
    answered_at: datetime | None = None
    ended_at: datetime | None = None
    outcome: OfferOutcome | None = None
    ring_number: int | None = None
    """The agent's ring in which it was answered or ended; None: it is open, or the phone never rang."""
    is_within_rings: bool | None = None

    @property
    def ring(self) -> timedelta | None:
        """From the phone's first ringing to the answer, or to the end; None: it never rang, or still rings."""
        end = self.answered_at or self.ended_at
        return None if self.ringing_at is None or end is None else end - self.ringing_at


@dataclass(frozen=True, slots=True, kw_only=True)
class OutboundCall:
    """A call to an outside number that an agent began, on the phone or by the interface. `ended_at` is None while it lasts."""

    call_id: CallId
    agent_id: AgentId
    started_at: datetime
    bridged_at: datetime | None = None
    """The agent and the other end were joined; None: it was not answered."""
    ended_at: datetime | None = None
    hold: timedelta = timedelta()

    @property
    def connecting(self) -> timedelta | None:
        """From its beginning until the two were joined; None: they never were."""
        return None if self.bridged_at is None else self.bridged_at - self.started_at

    @property
    def talk(self) -> timedelta | None:
        """Joined and not on hold; None: the two never talked, or the call lasts still."""
        if self.bridged_at is None or self.ended_at is None:
            return None
        return self.ended_at - self.bridged_at - self.hold


class Activity(StrEnum):
    """What an agent who is logged in does. At each instant it is one of these."""

    IDLE = "idle"
    """Available, and nothing to do."""
    PAUSED = "paused"
    """Paused, and nothing to do."""
    RINGING = "ringing"
    TALKING = "talking"
    HOLDING = "holding"
    WRAPPING_UP = "wrapping_up"
    OUTBOUND = "outbound"
    """In a call that no queue gave, from dialling to its end."""
    UNREACHABLE = "unreachable"
    """Available, and nothing to do, for no call could reach the phone."""


@dataclass(frozen=True, slots=True, kw_only=True)
class SeatTime:
    """A stretch of an agent's time in the seat in which nothing changed."""

    agent_id: AgentId
    period: Period
    activity: Activity
    is_paused: bool = False
    """The agent's own choice then. Somebody who dials during a pause is outbound and paused."""
    pause_code: PauseCode | None = None
    call_id: CallId | None = None

    @property
    def is_auto_paused(self) -> bool:
        """Paused by the system after missed offers, not by a human."""
        return self.is_paused and self.pause_code == AUTO_PAUSE
