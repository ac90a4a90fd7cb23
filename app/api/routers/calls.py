"""Calls, live and past: what happened, when, and why."""

from collections.abc import Sequence
from enum import StrEnum
from typing import Annotated

from fastapi import APIRouter, Path, Query, Request, Response, status
from pydantic import BaseModel, ConfigDict, Field

from app.api.auth_calls import Shown, call_for, check_call
from app.api.cursor import read_cursor, write_cursor
from app.api.errors import UnknownThing
from app.api.history import CallFilter, CallRecord, History, Place, page_of, place_of
from app.api.present import PresentCalls
from app.api.problems import described
from app.api.requests import submit
from app.api.schemas.base import CallName, Moment, Name
from app.api.schemas.call import CallDetail, CallPage, Origination
from app.auth.model import Permission
from app.calls.call import CallKind
from app.calls.events import HangUpRequested, OriginateRequested
from app.ids import AgentId, CallId, QueueId, new_call_id
from app.runtime.service import Service

CallPath = Annotated[CallName, Path(description="The call's id.", examples=["1763713800.17"])]
_LONGEST_PAGE = 200


class Which(StrEnum):
    """Calls of the present, or of the past."""

    LIVE = "live"
    ENDED = "ended"


class CallQuery(BaseModel):
    """Which calls to list. All conditions must hold."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    state: Which = Which.LIVE
    queue_id: Name | None = None
    agent_id: Name | None = None
    kind: CallKind | None = None
    outcome: Annotated[str | None, Field(max_length=32, pattern=r"^[a-z_]+$")] = None
    since: Annotated[Moment | None, Field(description="Arrived then or later.")] = None
    until: Annotated[Moment | None, Field(description="Arrived before.")] = None
    limit: Annotated[int, Field(ge=1, le=_LONGEST_PAGE)] = 50
    cursor: Annotated[str | None, Field(max_length=512, description="`next` of the page before.")] = None

    def filter(self) -> CallFilter:
        """The conditions."""
        return CallFilter(
            queue_id=QueueId(self.queue_id) if self.queue_id else None,
            agent_id=AgentId(self.agent_id) if self.agent_id else None,
            kind=self.kind,
            outcome=self.outcome,
            since=self.since,
            until=self.until,
        )

    def behind(self) -> Place | None:
        """Where the page begins. Raises `WrongCursor`."""
        return read_cursor(self.cursor) if self.cursor else None


class Calls:
    """Live and past calls as one."""

    def __init__(self, service: Service, present: PresentCalls, history: History) -> None:
        self._service = service
        self._present = present
        self._history = history

    async def page(self, query: CallQuery) -> CallPage:
        """One page; a call more than asked for tells whether another page follows."""
        found = await self._found(query, limit=query.limit + 1)
        shown, now = found[: query.limit], self._service.clock.now()
        more = len(found) > query.limit
        return CallPage(
            calls=[self._present.item(record, now) for record in shown],
            next=write_cursor(place_of(shown[-1])) if more else None,
        )

    async def detail(self, call_id: CallId) -> CallDetail:
        """One call, live or past. Raises `UnknownThing`."""
        written = self._present.book.get(call_id)
        if written is None:
            written = await self._history.call(call_id)
        record = self._present.over(written, call_id)
        if record is None:
            raise UnknownThing("call", call_id)
        return self._present.detail(record, self._service.clock.now())

    async def _found(self, query: CallQuery, *, limit: int) -> Sequence[CallRecord]:
        wanted, behind = query.filter(), query.behind()
        if query.state is Which.ENDED:
            return await self._history.ended_calls(wanted, behind=behind, limit=limit)
        return page_of(filter(wanted.matches, self._present.records()), behind=behind, limit=limit)


def calls_router(service: Service, calls: Calls) -> APIRouter:
    """The operations on calls."""
    router = APIRouter(prefix="/calls", tags=["calls"])

    def shown(request: Request, call: Shown) -> Shown:
        return call_for(request, call, service.site.teams)

    async def permitted(call_id: CallId, request: Request, permission: Permission) -> CallDetail:
        """The call, for whom the permission reaches it. Raises `Forbidden`, `UnknownThing`."""
        call = await calls.detail(call_id)
        check_call(request, permission, call, service.site.teams)
        return shown(request, call)

    @router.get(
        "",
        operation_id="listCalls",
        summary="Calls, newest arrival first",
        responses=described("wrong-cursor", "history-away"),
    )
    async def list_calls(query: Annotated[CallQuery, Query()], request: Request) -> CallPage:
        """A page of live or of ended calls. An ended call is listed as soon as it is in the database: within a second.

        Numbers are masked for whom they are not. Whose permission reaches some agents only, names one: `agent_id`.
        """
        page = await calls.page(query)
        return page.model_copy(update={"calls": [shown(request, call) for call in page.calls]})

    @router.get(
        "/{call_id}",
        operation_id="showCall",
        summary="One call with its legs and offers",
        responses=described("unknown-call", "history-away"),
    )
    async def show_call(call_id: CallPath, request: Request) -> CallDetail:
        """Every moment to the millisecond, every offer with its outcome, and why it went to this agent."""
        return await permitted(CallId(call_id), request, Permission.CALLS_SEE)

    @router.post(
        "",
        operation_id="originateCall",
        summary="An agent calls a number",
        status_code=status.HTTP_201_CREATED,
        responses=described(
            "agent-not-logged-in", "agent-busy", "number-not-dialable", "asterisk-away", "service-stopped"
        ),
    )
    async def originate_call(wanted: Origination, request: Request, response: Response) -> CallDetail:
        """The agent's phone rings first, the number when it is picked up. Not idempotent: each request is a call."""
        call_id = new_call_id()
        submit(service.dispatcher, OriginateRequested(call_id, AgentId(wanted.agent_id), wanted.number))
        response.headers["Location"] = f"/api/v1/calls/{call_id}"
        return shown(request, await calls.detail(call_id))

    @router.post(
        "/{call_id}/hang-up",
        operation_id="hangUpCall",
        summary="End a call",
        responses=described("unknown-call", "history-away", "service-stopped"),
    )
    async def hang_up_call(call_id: CallPath, request: Request) -> CallDetail:
        """End a call and all its legs. A call that has ended stays as it is."""
        await permitted(CallId(call_id), request, Permission.CALLS_END)
        submit(service.dispatcher, HangUpRequested(CallId(call_id)))
        return shown(request, await calls.detail(CallId(call_id)))

    return router
