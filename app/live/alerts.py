"""What somebody must look at now: judged from the present state alone, so that a restart forgets no alert and invents none.

code                 of        holds while
waits_too_long       queue     its longest waiting call waits beyond the site's rings
ring_reached         call      the queue's policy called the supervisor at a ring, and no agent has picked up since
rings_breached       agent     the agent's phone rings beyond the site's rings
unstaffed            queue     calls wait, and no member is at work
auto_paused          agent     the system paused the agent after missed offers
device_unreachable   agent     an agent at work has a phone that Asterisk cannot reach
part_degraded        part      a part of the service works, but somebody should look
part_down            part      a part of the service is down: calls may not be taken
"""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from app.acd.availability import AWAY
from app.acd.model import UnavailableReason
from app.acd.rings import RingLimit
from app.acd.views import AgentView, CallView, OfferView, QueueView
from app.ids import AgentId, CallId, QueueId
from app.runtime.health import Level, Part


class Severity(StrEnum):
    """How much it matters."""

    WARNING = "warning"
    ALARM = "alarm"
    """A caller suffers now."""


class AlertCode(StrEnum):
    """What it is. Pages translate it; see the table above."""

    WAITS_TOO_LONG = "waits_too_long"
    RING_REACHED = "ring_reached"
    RINGS_BREACHED = "rings_breached"
    UNSTAFFED = "unstaffed"
    AUTO_PAUSED = "auto_paused"
    DEVICE_UNREACHABLE = "device_unreachable"
    PART_DEGRADED = "part_degraded"
    PART_DOWN = "part_down"


@dataclass(frozen=True, slots=True)
class Alert:
    """One alert. It is about a queue, an agent, a call in its queue or a part of the service. `since` None: not known.

    With a call and an agent, `ring` is one of the agent's phone; with a call alone, one that the caller hears.
    """

    code: AlertCode
    about: str
    """The id of what the table above says that it is of."""
    severity: Severity
    since: datetime | None
    queue_id: QueueId | None = None
    agent_id: AgentId | None = None
    call_id: CallId | None = None
    ring: int | None = None
    part: str | None = None
    detail: str = ""
    """What is wrong with a part, and what to do."""

    @property
    def id(self) -> str:
        """The same as long as the same thing is wrong."""
        return f"{self.code}:{self.about}"


def breaks_at(queue: QueueView, rings: RingLimit) -> datetime | None:
    """When the queue's longest waiting call has waited too long; None: nobody waits."""
    since = queue.longest_wait_since
    return None if since is None else since + rings.span


def alerts_of_queue(queue: QueueView, rings: RingLimit, *, now: datetime) -> Iterator[Alert]:
    """The alerts of a queue."""
    broken_at = breaks_at(queue, rings)
    if broken_at is None:
        return
    if now >= broken_at:
        yield Alert(AlertCode.WAITS_TOO_LONG, queue.id, Severity.ALARM, broken_at, queue_id=queue.id)
    if all(reason in AWAY for reason in queue.members):
        yield Alert(
            AlertCode.UNSTAFFED, queue.id, Severity.ALARM, queue.longest_wait_since, queue_id=queue.id
        )


def alerts_of_call(call: CallView, rings: RingLimit) -> Iterator[Alert]:
    """The alerts of a call. Within the limit there is still time, so it is a warning."""
    if (raised := call.alert) is not None:
        yield Alert(
            AlertCode.RING_REACHED,
            call.id,
            Severity.WARNING if raised.number <= rings.rings else Severity.ALARM,
            raised.since,
            queue_id=call.queue_id,
            agent_id=raised.agent_id,
            call_id=call.id,
            ring=raised.number,
        )


def alerts_of_agent(
    agent: AgentView, offer: OfferView | None, rings: RingLimit, *, now: datetime
) -> Iterator[Alert]:
    """The alerts of an agent; `offer` is the one whose phone rings, if any."""
    broken_at = None if offer is None or offer.answered_at else offer.rings_until
    if offer is not None and broken_at is not None and now >= broken_at:
        yield Alert(
            AlertCode.RINGS_BREACHED,
            agent.id,
            Severity.ALARM,
            broken_at,
            queue_id=offer.queue_id,
            agent_id=agent.id,
            call_id=offer.call_id,
            ring=rings.rings + 1,
        )
    if agent.unavailable_reason is UnavailableReason.AUTO_PAUSED:
        yield Alert(AlertCode.AUTO_PAUSED, agent.id, Severity.WARNING, agent.status_since, agent_id=agent.id)
    if agent.unavailable_reason is UnavailableReason.DEVICE_UNREACHABLE:
        yield Alert(AlertCode.DEVICE_UNREACHABLE, agent.id, Severity.WARNING, None, agent_id=agent.id)


def alerts_of_part(part: Part) -> Iterator[Alert]:
    """The alerts of a part of the service."""
    if part.level is Level.DEGRADED:
        yield Alert(
            AlertCode.PART_DEGRADED, part.name, Severity.WARNING, None, part=part.name, detail=part.detail
        )
    if part.level is Level.DOWN:
        yield Alert(AlertCode.PART_DOWN, part.name, Severity.ALARM, None, part=part.name, detail=part.detail)
