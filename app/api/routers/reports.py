"""Reports: figures of past calls, by named formulas, each with the calls behind it."""

import asyncio
from collections.abc import Callable
from typing import Annotated, Any

from fastapi import APIRouter, Query, Response
from fastapi.responses import PlainTextResponse

from app.api.problems import described
from app.api.report_examples import CSV, QUEUE_LOG, RING_CSV
from app.api.report_shape import csv_of, json_of, report_shape, ring_report_shape
from app.api.reports import Reports
from app.api.schemas.report import (
    BehindPage,
    BehindQuery,
    FigureList,
    FigureShape,
    Format,
    PeriodQuery,
    ReportQuery,
    ReportShape,
    RingReportShape,
    ServiceLevelShape,
)
from metrics.definitions import FIGURES, RING_FIGURES
from metrics.report import Report
from metrics.terms import SERVICE_LEVELS

_CSV_TYPE = "text/csv; charset=utf-8; header=present"
_BYTE_ORDER_MARK = "\ufeff"


def _as_csv(example: str) -> dict[int | str, dict[str, Any]]:
    return {200: {"content": {"text/csv": {"schema": {"type": "string"}, "example": example}}}}


_PROBLEMS = ("unknown-team", "unknown-shift", "bad-range", "too-many-rows", "history-away")
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
                FigureShape(
                    name=each.name,
                    subject=each.subject,
                    unit=each.unit,
                    formula=each.formula,
                    needs=each.needs or None,
                )
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
        responses={**_as_csv(CSV), **described(*_PROBLEMS)},
    )
    async def show_report(query: Annotated[ReportQuery, Query()]) -> Response:
        """Figures by interval, queue, agent, team and shift. Figures of outbound calls and agents' time are left out where rows are by queue.

        A call counts in the interval and the shift in which it was enqueued, an outbound call where it began, an agent's time where it passed.
        """
        report = await reports.report(query)
        if query.format is Format.JSON:
            return await _json_answer(lambda: report_shape(report, query))
        return await _csv_answer(report, for_excel=query.format is Format.EXCEL)

    @router.get(
        "/rings",
        operation_id="showRingReport",
        summary="Compliance with the three rings",
        response_model=RingReportShape,
        responses={**_as_csv(RING_CSV), **described(*_PROBLEMS)},
    )
    async def show_ring_report(query: Annotated[ReportQuery, Query()]) -> Response:
        """Who was answered within the rings, in which ring, and the worst cases; rings of agents' phones and of callers apart.

        A caller who waits in a queue is not the agent's breach: `avg_queue_wait` is the part of the wait in which no phone rang,
        `avg_rung_wait` the part in which one did. In a row of an agent, caller rings are those of the callers whom the agent answered.
        """
        report = await reports.report(query, figures=RING_FIGURES)
        if query.format is Format.JSON:
            return await _json_answer(lambda: ring_report_shape(report, query))
        return await _csv_answer(report, has_worst=True, for_excel=query.format is Format.EXCEL)

    @router.get(
        "/calls",
        operation_id="listCallsBehind",
        summary="The calls behind a figure",
        responses=described(
            "unknown-figure", "unknown-team", "unknown-shift", "bad-range", "wrong-cursor", "history-away"
        ),
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


async def _json_answer(shape: Callable[[], ReportShape | RingReportShape]) -> Response:
    """Written in a thread: a year of quarter hours must not delay a call."""
    text = await asyncio.to_thread(lambda: json_of(shape()))
    return Response(text, media_type="application/json")


async def _csv_answer(report: Report, *, for_excel: bool, has_worst: bool = False) -> Response:
    """Written in a thread, as above."""
    text = await asyncio.to_thread(csv_of, report, has_worst=has_worst)
    body = (_BYTE_ORDER_MARK if for_excel else "") + text
    headers = {"Content-Disposition": 'attachment; filename="report.csv"'}
    return Response(body.encode(), media_type=_CSV_TYPE, headers=headers)
