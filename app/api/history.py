"""What the interface needs to know of past calls, and from whom: the store implements `History`."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Protocol

from app.acd.explanation import Explanation
from app.acd.model import OfferOutcome
from app.calls.call import CallKind, LegRole
from app.calls.hangup import HangUpParty, LegEnd
from app.ids import AgentId, CallId, DeviceId, LegId, OfferId, QueueId

CONNECTED = "connected"
"""The outcome of a call in which somebody talked; every other outcome is an `ExitReason`."""


@dataclass(slots=True)
class LegRecord:
    """A leg with its moments. `end` is None while it lives."""

    leg_id: LegId
    role: LegRole
    started_at: datetime
    device_id: DeviceId | None = None
    agent_id: AgentId | None = None
    ringing_at: datetime | None = None
    answered_at: datetime | None = None
    joined_at: datetime | None = None
    ended_at: datetime | None = None
    end: LegEnd | None = None
    cause: int | None = None
    sip_code: int | None = None


@dataclass(slots=True)
class OfferRecord:
    """An offer, how it ended, and why it was made. `outcome` is None while it lasts."""

    offer_id: OfferId
    queue_id: QueueId
    agent_id: AgentId
    device_id: DeviceId
    started_at: datetime
    ringing_at: datetime | None = None
    answered_at: datetime | None = None
    ended_at: datetime | None = None
    outcome: OfferOutcome | None = None
    why: Explanation | None = None
    ring: int | None = None
    is_within_rings: bool | None = None


@dataclass(slots=True)
class CallRecord:
    """A call as it is written down. Legs and offers are in the order in which they began."""

    call_id: CallId
    kind: CallKind
    arrived_at: datetime
    from_number: str = ""
    from_name: str = ""
    to_number: str = ""
    queue_id: QueueId | None = None
    agent_id: AgentId | None = None
    priority: int | None = None
    enqueued_at: datetime | None = None
    answered_at: datetime | None = None
    bridged_at: datetime | None = None
    ended_at: datetime | None = None
    held_ms: int = 0
    outcome: str | None = None
    ended_by: HangUpParty | None = None
    cause: int | None = None
    legs: list[LegRecord] = field(default_factory=list)
    offers: list[OfferRecord] = field(default_factory=list)


@dataclass(frozen=True, slots=True)
class CallFilter:
    """Which calls are asked for; None asks nothing. `since` is included, `until` is not; both are arrivals."""

    queue_id: QueueId | None = None
    agent_id: AgentId | None = None
    kind: CallKind | None = None
    outcome: str | None = None
    since: datetime | None = None
    until: datetime | None = None

    def matches(self, call: CallRecord) -> bool:
        """Whether this call is asked for."""
        wanted = (self.queue_id, self.agent_id, self.kind, self.outcome)
        found = (call.queue_id, call.agent_id, call.kind, call.outcome)
        if any(want is not None and want != have for want, have in zip(wanted, found, strict=True)):
            return False
        is_early = self.since is not None and call.arrived_at < self.since
        is_late = self.until is not None and call.arrived_at >= self.until
        return not (is_early or is_late)


@dataclass(frozen=True, slots=True, order=True)
class Place:
    """Where a call stands in a list: newest arrival first, then the higher id. A page goes on behind a place."""

    arrived_at: datetime
    call_id: CallId


class History(Protocol):
    """Past calls. Both methods raise `HistoryAway` when they cannot be read."""

    async def call(self, call_id: CallId) -> CallRecord | None:
        """One call with its legs and offers, ended or not, if it was ever written down."""
        ...

    async def ended_calls(
        self, wanted: CallFilter, *, behind: Place | None, limit: int
    ) -> Sequence[CallRecord]:
        """The first `limit` ended calls behind a place, newest arrival first. Without their legs and offers."""
        ...


def place_of(call: CallRecord) -> Place:
    """The call's place in a list."""
    return Place(call.arrived_at, call.call_id)


def page_of(calls: Iterable[CallRecord], *, behind: Place | None, limit: int) -> list[CallRecord]:
    """The first `limit` of these calls behind a place, newest arrival first."""
    later = [call for call in calls if behind is None or place_of(call) < behind]
    return sorted(later, key=place_of, reverse=True)[:limit]
