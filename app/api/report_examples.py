"""Examples of reports for the OpenAPI document."""

_TERMS = {"service_level": "answered_and_abandoned", "within_seconds": 20.0, "short_abandon_seconds": 5.0}
_PERIOD = {"since": "2026-11-21T08:30:00.000Z", "until": "2026-11-21T08:45:00.000Z"}
_ROW: dict[str, object] = {
    **_PERIOD,
    "queue_id": "service",
    "agent_id": None,
    "team": None,
    "figures": {"offered": 42, "answered": 40, "service_level": 0.925, "asa": 6.214},
    "calls": "/api/v1/reports/calls?since=2026-11-21T08:30:00Z&until=2026-11-21T08:45:00Z&queue_id=service&figure={figure}",
}
_FIGURES = {
    "figures": [
        {
            "name": "asa",
            "subject": "calls",
            "unit": "seconds",
            "formula": "Average speed of answer: Σ wait of answered ÷ answered.",
        }
    ],
    "service_levels": [{"name": "answered", "formula": "Answered in time ÷ answered."}],
}
_REPORT: dict[str, object] = {
    **_PERIOD,
    "time_zone": "Asia/Shanghai",
    "per": "15min",
    "by": ["queue"],
    "terms": _TERMS,
    "rows": [_ROW],
    "total": {**_ROW, "queue_id": None},
}
_CALLS = {
    "figure": "asa",
    "formula": "Average speed of answer: Σ wait of answered ÷ answered.",
    "terms": _TERMS,
    "records": [
        {
            "call_id": "1763713800.17",
            "queue_id": "service",
            "agent_id": "lin",
            "at": "2026-11-21T08:30:00.000Z",
            "seconds": 4.31,
            "what": "answered",
        }
    ],
    "next": None,
}
CSV = "since,until,queue_id,offered,answered\r\n2026-11-21T16:30:00+08:00,2026-11-21T16:45:00+08:00,service,42,40\r\n"
QUEUE_LOG = "1763713800|1763713800.17|service|NONE|ENTERQUEUE||13800138000|1\n"
REPORTS: dict[str, object] = {"listFigures": _FIGURES, "showReport": _REPORT, "listCallsBehind": _CALLS}
