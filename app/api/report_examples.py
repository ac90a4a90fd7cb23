"""Examples of reports for the OpenAPI document."""

_TERMS = {
    "service_level": "answered_and_abandoned",
    "within_seconds": 20.0,
    "short_abandon_seconds": 5.0,
    "resolve_within_seconds": 300.0,
}
_PERIOD = {"since": "2026-11-21T08:30:00.000Z", "until": "2026-11-21T08:45:00.000Z"}
_ROW: dict[str, object] = {
    **_PERIOD,
    "queue_id": "service",
    "agent_id": None,
    "team": None,
    "shift": None,
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
            "needs": None,
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
_LATE_OFFER = {
    "call_id": "1763713800.17",
    "queue_id": "service",
    "agent_id": "lin",
    "at": "2026-11-21T08:30:00.000Z",
    "seconds": 21.07,
    "ring": 5,
    "what": "answered",
}
_LATE_CALL = {**_LATE_OFFER, "seconds": 64.31, "ring": 13}
_WORST = {"worst_agent_rings": [_LATE_OFFER], "worst_caller_rings": [_LATE_CALL]}
_RING_FIGURES = {"agent_rings_within": 38, "agent_ring_compliance": 0.95, "avg_queue_wait": 3.112}
_RINGS: dict[str, object] = {
    **_REPORT,
    "rows": [{**_ROW, "figures": _RING_FIGURES, **_WORST}],
    "total": {**_ROW, "queue_id": None, "figures": _RING_FIGURES, **_WORST},
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
            "ring": 1,
            "what": "answered",
        }
    ],
    "next": None,
}
CSV = "since,until,queue_id,offered,answered\r\n2026-11-21T16:30:00+08:00,2026-11-21T16:45:00+08:00,service,42,40\r\n"
RING_CSV = (
    "since,until,agent_id,agent_rings_within,worst_agent_rings,worst_caller_rings\r\n"
    "2026-11-21T16:30:00+08:00,2026-11-21T16:45:00+08:00,lin,38,1763713800.17 (5),1763713800.17 (13)\r\n"
)
QUEUE_LOG = "1763713800|1763713800.17|service|NONE|ENTERQUEUE||13800138000|1\n"
REPORTS: dict[str, object] = {
    "listFigures": _FIGURES,
    "showReport": _REPORT,
    "showRingReport": _RINGS,
    "listCallsBehind": _CALLS,
}
