"""Reports: figures of past calls, by named formulas, each with the calls behind it."""

from typing import Annotated, Any

from fastapi import APIRouter, Query, Response
from fastapi.responses import PlainTextResponse

from app.api.problems import described
from app.api.report_examples import CSV, QUEUE_LOG
from app.api.reports import Reports, csv_of
from app.api.schemas.report import (
    BehindPage,
    BehindQuery,
    FigureList,
    FigureShape,
    Format,
    PeriodQuery,
    ReportQuery,
    ReportShape,
    ServiceLevelShape,
)
from metrics.definitions import FIGURES
from metrics.terms import SERVICE_LEVELS

_CSV_TYPE = "text/csv; charset=utf-8; header=present"
_BYTE_ORDER_MARK = "\ufeff"
_AS_CSV: dict[int | str, dict[str, Any]] = {
    200: {"content": {"text/csv": {"schema": {"type": "string"}, "example": CSV}}}
}
_AS_QUEUE_LOG: dict[int | str, dict[str, Any]] = {
    200: {"content": {"text/plain": {"schema": {"type": "string"}, "example": QUEUE_LOG}}}
}


def reports_router(reports: Reports) -> APIRouter:
    """The operations on reports."""
    router = APIRouter(prefix="/reports", tags=["reports"])

    @router.get("/figures", operation_id="listFigures", summary="What the figures mean")
    async def list_figures() -> FigureList:
        """Every figure with its formula, and the five formulas of the service level."""
        return FigureList(
            figures=[
                FigureShape(name=each.name, subject=each.subject, unit=each.unit, formula=each.formula)
                for each in FIGURES.values()
            ],
            service_levels=[
                ServiceLevelShape(name=name, formula=formula) for name, formula in SERVICE_LEVELS.items()
            ],
        )

    @router.get(
        "",
        operation_id="showReport",
        summary="A report",
        response_model=ReportShape,
        responses={**_AS_CSV, **described("unknown-team", "bad-range", "too-many-rows", "history-away")},
    )
    async def show_report(query: Annotated[ReportQuery, Query()]) -> ReportShape | Response:
        """Figures by interval, queue, agent and team. Figures of agents' time are left out where rows are by queue.

        A call counts in the interval in which it was enqueued, an agent's time where it passed.
        """
        report = await reports.report(query)
        if query.format is Format.JSON:
            return reports.shape(report, query)
        return _csv_answer(csv_of(report), for_excel=query.format is Format.EXCEL)

    @router.get(
        "/calls",
        operation_id="listCallsBehind",
        summary="The calls behind a figure",
        responses=described("unknown-figure", "unknown-team", "bad-range", "wrong-cursor", "history-away"),
    )
    async def list_calls_behind(query: Annotated[BehindQuery, Query()]) -> BehindPage:
        """For a count those that it counts, for a rate those above the line, for an average or a sum those that went into it."""
        return await reports.behind(query)

    @router.get(
        "/queue-log",
        operation_id="exportQueueLog",
        summary="Asterisk's queue log",
        response_class=PlainTextResponse,
        responses={**_AS_QUEUE_LOG, **described("bad-range", "history-away")},
    )
    async def export_queue_log(query: Annotated[PeriodQuery, Query()]) -> str:
        """A period in the format of Asterisk's `queue_log`, for QueueMetrics, Asternic and the like."""
        return await reports.queue_log(query)

    return router


def _csv_answer(text: str, *, for_excel: bool) -> Response:
    body = (_BYTE_ORDER_MARK if for_excel else "") + text
    headers = {"Content-Disposition": 'attachment; filename="report.csv"'}
    return Response(body.encode(), media_type=_CSV_TYPE, headers=headers)
