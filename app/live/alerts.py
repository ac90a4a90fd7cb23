"""What somebody must look at now: judged from the present state alone, so that a restart forgets no alert and invents none.

code                 of        holds while
waits_too_long       queue     its longest waiting call waits beyond the site's rings
unstaffed            queue     calls wait, and no member is at work
auto_paused          agent     the system paused the agent after missed offers
device_unreachable   agent     an agent at work has a phone that Asterisk cannot reach
part_degraded        part      a part of the service works, but somebody should look
part_down            part      a part of the service is down: calls may not be taken
"""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

from app.acd.model import UnavailableReason
from app.acd.views import AgentView, QueueView
from app.ids import AgentId, QueueId
from app.runtime.health import Level, Part

_AWAY = frozenset(
    {
        UnavailableReason.LOGGED_OUT,
        UnavailableReason.PAUSED,
        UnavailableReason.AUTO_PAUSED,
        UnavailableReason.DEVICE_UNREACHABLE,
    }
)
"""Members who take no call soon. All others are available or will be by themselves."""


class Severity(StrEnum):
    """How much it matters."""

    WARNING = "warning"
    ALARM = "alarm"
    """A caller suffers now."""


class AlertCode(StrEnum):
    """What it is. Pages translate it; see the table above."""

    WAITS_TOO_LONG = "waits_too_long"
    UNSTAFFED = "unstaffed"
    AUTO_PAUSED = "auto_paused"
    DEVICE_UNREACHABLE = "device_unreachable"
    PART_DEGRADED = "part_degraded"
    PART_DOWN = "part_down"


@dataclass(frozen=True, slots=True)
class Alert:
    """One alert. It is about one queue, one agent or one part of the service. `since` None: not known."""

    code: AlertCode
    severity: Severity
    since: datetime | None
    queue_id: QueueId | None = None
    agent_id: AgentId | None = None
    part: str | None = None
    detail: str = ""
    """What is wrong with a part, and what to do."""

    @property
    def id(self) -> str:
        """The same as long as the same thing is wrong."""
        return f"{self.code}:{self.queue_id or self.agent_id or self.part}"


def breaks_at(queue: QueueView, ring_limit: timedelta) -> datetime | None:
    """When the queue's longest waiting call has waited too long; None: nobody waits."""
    since = queue.longest_wait_since
    return None if since is None else since + ring_limit


def alerts_of_queue(queue: QueueView, *, ring_limit: timedelta, now: datetime) -> Iterator[Alert]:
    """The alerts of a queue."""
    broken_at = breaks_at(queue, ring_limit)
    if broken_at is None:
        return
    if now >= broken_at:
        yield Alert(AlertCode.WAITS_TOO_LONG, Severity.ALARM, broken_at, queue_id=queue.id)
    if all(reason in _AWAY for reason in queue.members):
        yield Alert(AlertCode.UNSTAFFED, Severity.ALARM, queue.longest_wait_since, queue_id=queue.id)


def alerts_of_agent(agent: AgentView) -> Iterator[Alert]:
    """The alerts of an agent."""
    if agent.unavailable_reason is UnavailableReason.AUTO_PAUSED:
        yield Alert(AlertCode.AUTO_PAUSED, Severity.WARNING, agent.status_since, agent_id=agent.id)
    if agent.unavailable_reason is UnavailableReason.DEVICE_UNREACHABLE:
        yield Alert(AlertCode.DEVICE_UNREACHABLE, Severity.WARNING, None, agent_id=agent.id)


def alerts_of_part(part: Part) -> Iterator[Alert]:
    """The alerts of a part of the service."""
    if part.level is Level.DEGRADED:
        yield Alert(AlertCode.PART_DEGRADED, Severity.WARNING, None, part=part.name, detail=part.detail)
    if part.level is Level.DOWN:
        yield Alert(AlertCode.PART_DOWN, Severity.ALARM, None, part=part.name, detail=part.detail)
