"""Missed calls: the ledger, what it costs whom, and waivers."""

from typing import Annotated, Any

from fastapi import APIRouter, Path, Query, Request, Response

from app.api.auth_missed_calls import check_missed_call, missed_call_for
from app.api.auth_permission import actor_of, reach_of
from app.api.ledger import Ledger
from app.api.missed_call_examples import CSV
from app.api.missed_calls import MissedCall
from app.api.problems import described
from app.api.schemas.base import CallName
from app.api.schemas.missed_call import (
    Dispute,
    MissedCallPage,
    MissedCallQuery,
    MissedCallShape,
    MonthQuery,
    MonthSums,
    Recovery,
    Waiver,
)
from app.api.schemas.report import Format
from app.auth.model import Permission
from app.ids import CallId, MissedId
from app.runtime.service import Service

MissedPath = Annotated[
    CallName, Path(description="The call's id, or the offer's.", examples=["1763713800.17"])
]

_CSV_TYPE = "text/csv; charset=utf-8; header=present"
_BYTE_ORDER_MARK = "\ufeff"
_AS_CSV: dict[int | str, dict[str, Any]] = {
    200: {"content": {"text/csv": {"schema": {"type": "string"}, "example": CSV}}}
}


def missed_calls_router(service: Service, ledger: Ledger) -> APIRouter:
    """The operations on the ledger."""
    router = APIRouter(prefix="/missed-calls", tags=["missed calls"])

    async def permitted(missed_id: str, request: Request, permission: Permission) -> MissedCall:
        """The entry, for whom the permission reaches it. Raises `Forbidden`, `UnknownThing`, `HistoryAway`."""
        missed = await ledger.entry(MissedId(missed_id))
        check_missed_call(request, permission, missed, service.site.teams)
        return missed

    @router.get(
        "",
        operation_id="listMissedCalls",
        summary="Missed calls, newest first",
        response_model=MissedCallPage,
        responses={**_AS_CSV, **described("unknown-team", "wrong-cursor", "too-many-rows", "history-away")},
    )
    async def list_missed_calls(
        query: Annotated[MissedCallQuery, Query()], request: Request
    ) -> MissedCallPage | Response:
        """Each with its cause, who was on duty and what it costs; listed as soon as it is in the database: within a second.

        Whose permission reaches some agents only, names one, or a team: `agent_id`, `team`.
        """
        sight = reach_of(request, Permission.MISSED_CALLS_SEE, service.site.teams)
        if query.format is Format.JSON:
            return await ledger.page(query, sight)
        return _csv_answer(await ledger.csv(query, sight), for_excel=query.format is Format.EXCEL)

    @router.get(
        "/charges",
        operation_id="sumCharges",
        summary="What a month cost whom",
        responses=described("unknown-team", "history-away"),
    )
    async def sum_charges(query: Annotated[MonthQuery, Query()]) -> MonthSums:
        """The sum of each person, as agent on duty and as supervisor; waived calls stand apart."""
        return await ledger.month(query)

    @router.get(
        "/{missed_id}",
        operation_id="showMissedCall",
        summary="One missed call",
        responses=described("unknown-missed-call", "history-away"),
    )
    async def show_missed_call(missed_id: MissedPath, request: Request) -> MissedCallShape:
        """A call that ended unanswered, by its id; or an offer that its agent did not take, by the offer's."""
        missed = await permitted(missed_id, request, Permission.MISSED_CALLS_SEE)
        return missed_call_for(request, missed, service.site.teams)

    @router.post(
        "/{missed_id}/waive",
        operation_id="waiveMissedCall",
        summary="Let it cost nobody anything",
        responses=described("unknown-missed-call", "waived-already", "history-away", "service-stopped"),
    )
    async def waive_missed_call(missed_id: MissedPath, waiver: Waiver, request: Request) -> MissedCallShape:
        """Written into the journal with who did it and why. It stays in the ledger."""
        missed = await permitted(missed_id, request, Permission.CHARGES_WAIVE)
        found = ledger.waive(missed, reason=waiver.reason, by=actor_of(request).principal.name)
        return missed_call_for(request, found, service.site.teams)

    @router.post(
        "/{missed_id}/dispute",
        operation_id="disputeMissedCall",
        summary="Object to what it costs",
        responses=described(
            "unknown-missed-call", "disputed-already", "waived-already", "history-away", "service-stopped"
        ),
    )
    async def dispute_missed_call(
        missed_id: MissedPath, dispute: Dispute, request: Request
    ) -> MissedCallShape:
        """For those whom it is charged to. Who may waive it finds it by `is_disputed`, and waives it or lets it stand."""
        missed = await permitted(missed_id, request, Permission.CHARGES_DISPUTE)
        found = ledger.dispute(missed, reason=dispute.reason, by=actor_of(request).principal.name)
        return missed_call_for(request, found, service.site.teams)

    @router.post(
        "/{missed_id}/recover",
        operation_id="recoverMissedCall",
        summary="Note that the caller was reached later",
        responses=described(
            "unknown-missed-call",
            *("unknown-call", "recovered-already", "not-reached", "history-away", "service-stopped"),
        ),
    )
    async def recover_missed_call(
        missed_id: MissedPath, recovery: Recovery, request: Request
    ) -> MissedCallShape:
        """A later call with the caller's number recovers it by itself; this is for a caller who was reached by another number."""
        missed = await permitted(missed_id, request, Permission.DESK_USE)
        found = await ledger.recover(missed, CallId(recovery.call_id), by=actor_of(request).principal.name)
        return missed_call_for(request, found, service.site.teams)

    return router


def _csv_answer(text: str, *, for_excel: bool) -> Response:
    body = (_BYTE_ORDER_MARK if for_excel else "") + text
    headers = {"Content-Disposition": 'attachment; filename="missed-calls.csv"'}
    return Response(body.encode(), media_type=_CSV_TYPE, headers=headers)
