"""Reports as they are shown: JSON and CSV. A large one takes a second: let a thread write it."""

import csv
import io
from collections.abc import Iterable
from datetime import datetime
from typing import Any
from urllib.parse import urlencode
from zoneinfo import ZoneInfo

from app.api.behind import shape_of, utc
from app.api.schemas.report import ReportQuery, ReportShape, RingReportShape, RingRowShape, RowShape, terms_of
from metrics.figure import Value
from metrics.report import By, Key, Layout, Report
from metrics.rings import RingTally
from metrics.tally import Tally

CALLS_PATH = "/api/v1/reports/calls"


def report_shape(report: Report, query: ReportQuery) -> ReportShape:
    """The report."""
    rows = [RowShape(**_row(report, query, key, tally)) for key, tally in report.rows]
    return ReportShape(**_head(report), rows=rows, total=RowShape(**_total(report, query)))


def ring_report_shape(report: Report, query: ReportQuery) -> RingReportShape:
    """The report with the worst cases of each row."""
    rows = [RingRowShape(**_row(report, query, key, tally), **_worst(tally)) for key, tally in report.rows]
    total = RingRowShape(**_total(report, query), **_worst(report.total))
    return RingReportShape(**_head(report), rows=rows, total=total)


def json_of(report: ReportShape | RingReportShape) -> str:
    """The report as JSON, written row by row: where a thread does it, others work between two rows."""
    rows = ",".join([row.model_dump_json() for row in report.rows])
    head, total = report.model_copy(update={"rows": []}).model_dump_json().split('"rows":[]')
    return f'{head}"rows":[{rows}]{total}'


def csv_of(report: Report, *, has_worst: bool = False) -> str:
    """The report as CSV (RFC 4180): rows as in JSON, instants in the site's time with their offset.

    With `has_worst` the worst cases follow in two columns, each as `call (ring)`.
    """
    out = io.StringIO()
    writer = csv.writer(out, lineterminator="\r\n")
    layout = report.layout
    names = [figure.name for figure in layout.figures]
    writer.writerow(["since", "until", *_columns(layout), *names, *(_WORST if has_worst else ())])
    for key, tally in report.rows:
        period = [_local(at, layout.zone) for at in (key.period.since, key.period.until)]
        whose = [getattr(key, column) or "" for column in _columns(layout)]
        values = report.values(tally)
        worst = _worst_words(tally) if has_worst else ()
        writer.writerow([*period, *whose, *(_rounded(values[name]) for name in names), *worst])
    return out.getvalue()


def _columns(layout: Layout) -> list[str]:
    return [_COLUMNS[by] for by in By if by in layout.by]


_COLUMNS = {By.QUEUE: "queue_id", By.AGENT: "agent_id", By.TEAM: "team", By.SHIFT: "shift"}
_WORST = ("worst_agent_rings", "worst_caller_rings")


def _ring_tallies(tally: Tally) -> tuple[RingTally, RingTally]:
    """In the order of `_WORST`."""
    return tally.agent_rings, tally.caller_rings


def _worst(tally: Tally) -> dict[str, Any]:
    shapes = ([shape_of(each.record) for each in rings.worst] for rings in _ring_tallies(tally))
    return dict(zip(_WORST, shapes, strict=True))


def _worst_words(tally: Tally) -> Iterable[str]:
    for rings in _ring_tallies(tally):
        yield " ".join(f"{each.record.call_id} ({each.ring})" for each in rings.worst)


def _local(at: datetime, zone: ZoneInfo) -> str:
    return at.astimezone(zone).isoformat(timespec="seconds")


def _rounded(value: Value) -> Value:
    return round(value, 6) if isinstance(value, float) else value


def _head(report: Report) -> dict[str, Any]:
    layout = report.layout
    return {
        "since": layout.period.since,
        "until": layout.period.until,
        "time_zone": str(layout.zone),
        "per": layout.grain,
        "by": sorted(layout.by),
        "terms": terms_of(layout.terms),
    }


def _total(report: Report, query: ReportQuery) -> dict[str, Any]:
    return _row(report, query, Key(report.layout.period), report.total, is_total=True)


def _row(
    report: Report, query: ReportQuery, key: Key, tally: Tally, *, is_total: bool = False
) -> dict[str, Any]:
    return {
        "since": key.period.since,
        "until": key.period.until,
        "queue_id": key.queue_id,
        "agent_id": key.agent_id,
        "team": key.team,
        "shift": key.shift,
        "figures": {name: _rounded(value) for name, value in report.values(tally).items()},
        "calls": _link(query, key, is_total=is_total),
    }


def _link(query: ReportQuery, key: Key, *, is_total: bool) -> str:
    """The address of the calls behind a row's figures: the query's conditions and those of the row."""
    asked = query.model_dump(mode="json", exclude_defaults=True, exclude={"per", "by", "format", "day"})
    whose = {"queue_id": key.queue_id, "agent_id": key.agent_id, "team": key.team, "shift": key.shift}
    asked |= {name: value for name, value in whose.items() if value is not None}
    if not is_total and _is_nobodys(query, key):
        asked["nobody"] = "true"
    if not is_total and By.SHIFT in query.by and key.shift is None:
        asked["outside_shifts"] = "true"
    asked |= {"since": utc(key.period.since), "until": utc(key.period.until)}
    return f"{CALLS_PATH}?{urlencode(asked)}&figure={{figure}}"


def _is_nobodys(query: ReportQuery, key: Key) -> bool:
    return (By.AGENT in query.by and key.agent_id is None) or (By.TEAM in query.by and key.team is None)
