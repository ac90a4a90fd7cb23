"""The audit log: who did what."""

from typing import Annotated

from fastapi import APIRouter, Query
from pydantic import BaseModel, ConfigDict, Field, StringConstraints

from app.api.errors import WrongCursor
from app.api.problems import described
from app.api.schemas.audit import AuditPage, audit_shape
from app.api.schemas.base import Moment
from app.auth.access import Access
from app.auth.audit import AuditFilter

_LONGEST_PAGE = 500
_MOST_ENTRIES = 2**62
Text = Annotated[str, StringConstraints(min_length=1, max_length=200, pattern=r"^[^\x00-\x1f\x7f]+$")]


class AuditQuery(BaseModel):
    """Which entries to list. All conditions must hold."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    actor: Annotated[Text | None, Field(description="As `user:lin`, `token:7g2k9mpq`, `admin-token`.")] = None
    action: Annotated[Text | None, Field(description="The operation, as `pause`.")] = None
    object: Annotated[Text | None, Field(description="One thing, as `agent:lin`.")] = None
    source: Annotated[Text | None, Field(description="The address it came from, or `command line`.")] = None
    result: Annotated[Text | None, Field(description="As `done`, `forbidden`, `login-refused`.")] = None
    since: Annotated[Moment | None, Field(description="Then or later.")] = None
    until: Annotated[Moment | None, Field(description="Before.")] = None
    limit: Annotated[int, Field(ge=1, le=_LONGEST_PAGE)] = 50
    cursor: Annotated[str | None, Field(max_length=64, description="`next` of the page before.")] = None

    def filter(self) -> AuditFilter:
        """The conditions."""
        return AuditFilter(
            actor=self.actor,
            action=self.action,
            object=self.object,
            source=self.source,
            result=self.result,
            since=self.since,
            until=self.until,
        )

    def behind(self) -> int | None:
        """Where the page begins. Raises `WrongCursor`."""
        if self.cursor is None:
            return None
        if not (self.cursor.isascii() and self.cursor.isdecimal() and int(self.cursor) < _MOST_ENTRIES):
            raise WrongCursor(self.cursor)
        return int(self.cursor)


def audit_router(access: Access) -> APIRouter:
    """The operations on the audit log: reading. It only grows."""
    router = APIRouter(prefix="/audit", tags=["audit"])

    @router.get(
        "",
        operation_id="listAuditEntries",
        summary="Entries of the audit log, newest first",
        responses=described("wrong-cursor", "accounts-away"),
    )
    async def list_audit_entries(query: Annotated[AuditQuery, Query()]) -> AuditPage:
        """Every change by a human and every look at unmasked personal data, up to this moment."""
        await access.audit.flush()
        found = await access.store.audit_page(query.filter(), behind=query.behind(), limit=query.limit + 1)
        shown = found[: query.limit]
        more = len(found) > query.limit
        return AuditPage(
            entries=[audit_shape(link) for link in shown], next=str(shown[-1].seq) if more else None
        )

    return router
