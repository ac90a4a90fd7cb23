"""An alert as it is shown."""

from typing import Annotated

from pydantic import Field

from app.api.schemas.base import Instant, Shape
from app.live.alerts import Alert, AlertCode, Severity


class AlertShape(Shape):
    """Something that somebody must look at now: about a queue, an agent, a call in its queue or a part of the service."""

    id: str
    code: AlertCode
    severity: Annotated[Severity, Field(description="`alarm`: a caller suffers now.")]
    since: Annotated[Instant | None, Field(description="Null: not known.")]
    queue_id: str | None
    agent_id: str | None
    call_id: str | None
    ring: Annotated[
        int | None, Field(description="The ring that began; with an agent, one of the agent's phone.")
    ]
    part: Annotated[str | None, Field(description="A part of the service, such as `asterisk`.")]
    detail: Annotated[str, Field(description="What is wrong with a part, and what to do.")]


def alert_shape(alert: Alert) -> AlertShape:
    """The alert as it is shown."""
    return AlertShape(
        id=alert.id,
        code=alert.code,
        severity=alert.severity,
        since=alert.since,
        queue_id=alert.queue_id,
        agent_id=alert.agent_id,
        call_id=alert.call_id,
        ring=alert.ring,
        part=alert.part,
        detail=alert.detail,
    )
