"""The audit log as it is shown."""

from typing import Annotated, Any

from pydantic import Field

from app.api.schemas.base import Instant, Shape
from app.auth.audit import ChainedEntry


class AuditShape(Shape):
    """Who did what, to what, from where, with which result."""

    seq: int
    at: Instant
    actor: str
    role: str
    source: Annotated[str, Field(description="The client's address, or `command line`.")]
    action: Annotated[str, Field(description="The operation.")]
    object: Annotated[str, Field(description="One thing, as `agent:lin`; empty: none in particular.")]
    details: Annotated[
        dict[str, Any], Field(description="What was asked, and small values before and after.")
    ]
    result: Annotated[str, Field(description="`done`, `refused`, `forbidden`, `failed` or `login-refused`.")]
    hash: Annotated[str, Field(description="Covers this entry and all before it.")]


class AuditPage(Shape):
    """A page of the audit log, newest first."""

    entries: list[AuditShape]
    next: Annotated[str | None, Field(description="The cursor of the next page; null: this is the last.")]


def audit_shape(link: ChainedEntry) -> AuditShape:
    """An entry as it is shown."""
    entry = link.entry
    return AuditShape(
        seq=link.seq,
        at=entry.at,
        actor=entry.actor,
        role=entry.role,
        source=entry.source,
        action=entry.action,
        object=entry.object,
        details=dict(entry.details),
        result=entry.result,
        hash=link.hash,
    )
