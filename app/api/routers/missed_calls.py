"""Missed calls: the ledger, what it costs whom, and waivers."""

from typing import Annotated, Any

from fastapi import APIRouter, Path, Query, Request, Response

from app.api.auth_permission import actor_of
from app.api.ledger import Ledger
from app.api.missed_call_examples import CSV
from app.api.problems import described
from app.api.schemas.base import CallName
from app.api.schemas.missed_call import (
    MissedCallPage,
    MissedCallQuery,
    MissedCallShape,
    MonthQuery,
    MonthSums,
    Waiver,
    missed_call_of,
)
from app.api.schemas.report import Format
from app.ids import MissedId

MissedPath = Annotated[
    CallName, Path(description="The call's id, or the offer's.", examples=["1763713800.17"])
]

_CSV_TYPE = "text/csv; charset=utf-8; header=present"
_BYTE_ORDER_MARK = "\ufeff"
_AS_CSV: dict[int | str, dict[str, Any]] = {
    200: {"content": {"text/csv": {"schema": {"type": "string"}, "example": CSV}}}
}


def missed_calls_router(ledger: Ledger) -> APIRouter:
    """The operations on the ledger."""
    router = APIRouter(prefix="/missed-calls", tags=["missed calls"])

    @router.get(
        "",
        operation_id="listMissedCalls",
        summary="Missed calls, newest first",
        response_model=MissedCallPage,
        responses={**_AS_CSV, **described("wrong-cursor", "too-many-rows", "history-away")},
    )
    async def list_missed_calls(query: Annotated[MissedCallQuery, Query()]) -> MissedCallPage | Response:
        """Each with its cause, who was on duty and what it costs; listed as soon as it is in the database: within a second."""
        if query.format is Format.JSON:
            return await ledger.page(query)
        return _csv_answer(await ledger.csv(query), for_excel=query.format is Format.EXCEL)

    @router.get(
        "/charges",
        operation_id="sumCharges",
        summary="What a month cost whom",
        responses=described("history-away"),
    )
    async def sum_charges(query: Annotated[MonthQuery, Query()]) -> MonthSums:
        """The sum of each person, as agent on duty and as supervisor; waived calls stand apart."""
        return await ledger.month(query.month)

    @router.get(
        "/{missed_id}",
        operation_id="showMissedCall",
        summary="One missed call",
        responses=described("unknown-missed-call", "history-away"),
    )
    async def show_missed_call(missed_id: MissedPath) -> MissedCallShape:
        """A call that ended unanswered, by its id; or an offer that its agent did not take, by the offer's."""
        return missed_call_of(await ledger.entry(MissedId(missed_id)))

    @router.post(
        "/{missed_id}/waive",
        operation_id="waiveMissedCall",
        summary="Let it cost nobody anything",
        responses=described("unknown-missed-call", "waived-already", "history-away", "service-stopped"),
    )
    async def waive_missed_call(missed_id: MissedPath, waiver: Waiver, request: Request) -> MissedCallShape:
        """Written into the journal with who did it and why. It stays in the ledger."""
        by = actor_of(request).principal.name
        return missed_call_of(await ledger.waive(MissedId(missed_id), reason=waiver.reason, by=by))

    return router


def _csv_answer(text: str, *, for_excel: bool) -> Response:
    body = (_BYTE_ORDER_MARK if for_excel else "") + text
    headers = {"Content-Disposition": 'attachment; filename="missed-calls.csv"'}
    return Response(body.encode(), media_type=_CSV_TYPE, headers=headers)
