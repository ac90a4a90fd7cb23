"""Examples for the OpenAPI document. A test holds each against its shape."""

from app.api.missed_call_examples import MISSED_CALLS
from app.api.report_examples import REPORTS

_AT = "2026-11-21T08:30:00.000Z"

AGENT = {
    "id": "lin",
    "name": "林晓",
    "status": "available",
    "status_since": "2026-11-21T07:58:12.004Z",
    "pause_code": None,
    "pending": "paused",
    "pending_code": "lunch",
    "state": "connected",
    "state_since": "2026-11-21T08:30:04.310Z",
    "idle_since": "2026-11-21T08:27:40.120Z",
    "deadline": None,
    "ringing_at": None,
    "rings_until": None,
    "device_id": "phone1",
    "call_id": "1763713800.17",
    "unavailable_reason": "connected",
    "counters": {"offered": 12, "answered": 11, "missed": 1, "talk_seconds": 1804.2},
}
QUEUE = {
    "id": "service",
    "name": "Service",
    "strategy": "longest_idle",
    "is_open": True,
    "waiting": 1,
    "offered": 0,
    "connected": 3,
    "longest_wait_since": _AT,
    "next_calls": ["1763713800.19"],
    "service_level": 0.9167,
    "members": {"available": 1, "connected": 3, "paused": 1},
}
QUEUE_DETAIL = {
    **QUEUE,
    "calls": [
        {
            "id": "1763713800.19",
            "position": 1,
            "priority": 0,
            "enqueued_at": _AT,
            "is_offered": False,
            "attempts": 1,
            "expected_wait_seconds": 42.5,
        }
    ],
    "agents": [AGENT],
}
_CALL = {
    "id": "1763713800.17",
    "kind": "inbound",
    "phase": "talking",
    "state": "connected",
    "from_number": "13800138000",
    "from_name": "",
    "to_number": "4001",
    "queue_id": "service",
    "agent_id": "lin",
    "priority": 0,
    "arrived_at": _AT,
    "enqueued_at": _AT,
    "answered_at": "2026-11-21T08:30:04.287Z",
    "bridged_at": "2026-11-21T08:30:04.310Z",
    "held_since": None,
    "held_ms": 0,
    "ended_at": None,
    "outcome": "connected",
    "ended_by": None,
    "cause": None,
    "rings_from": _AT,
    "rings_until": None,
    "position": None,
    "expected_wait_seconds": None,
}
CALL_PAGE = {"calls": [_CALL], "next": "MTc2MzcxMzgwMDAwMDAwMDoxNzYzNzEzODAwLjE3"}
_LEG = {
    "id": "1763713800.17-1",
    "role": "agent",
    "device_id": "phone1",
    "agent_id": "lin",
    "started_at": "2026-11-21T08:30:00.004Z",
    "ringing_at": "2026-11-21T08:30:00.011Z",
    "answered_at": "2026-11-21T08:30:04.287Z",
    "joined_at": "2026-11-21T08:30:04.310Z",
    "ended_at": None,
    "end": None,
    "cause": None,
    "sip_code": None,
}
_WHY = {
    "summary": "Agent lin: longest idle, of 2 eligible. Passed over: 3 connected, 1 paused.",
    "strategy": "longest_idle",
    "position": 1,
    "waited_seconds": 0.004,
    "effective_priority": 0.0,
    "queue_weight": 0,
    "eligible": 2,
    "candidates": [
        {"agent_id": "lin", "key": {"level": 0, "idle_since": "2026-11-21T08:27:40.120Z"}},
        {"agent_id": "wang", "key": {"level": 0, "idle_since": "2026-11-21T08:29:02.000Z"}},
    ],
    "passed_over": {"connected": 3, "paused": 1},
    "level_limit": None,
    "requires": {},
    "is_owner_first": False,
}
_OFFER = {
    "id": "1763713800.17-1",
    "queue_id": "service",
    "agent_id": "lin",
    "device_id": "phone1",
    "started_at": "2026-11-21T08:30:00.004Z",
    "ringing_at": "2026-11-21T08:30:00.011Z",
    "answered_at": "2026-11-21T08:30:04.287Z",
    "ended_at": "2026-11-21T08:30:04.310Z",
    "outcome": "answered",
    "ring": 1,
    "is_within_rings": True,
    "why": _WHY,
}
CALL_DETAIL = {**_CALL, "legs": [_LEG], "offers": [_OFFER]}

USER: dict[str, object] = {
    "name": "lin",
    "display_name": "林晓",
    "role": "senior_agent",
    "agent_id": "lin",
    "teams": [],
    "subject": None,
    "is_disabled": False,
    "created_at": _AT,
    "password_changed_at": _AT,
}
SESSION: dict[str, object] = {
    "name": "user:lin",
    "role": "agent",
    "agent_id": "lin",
    "teams": [],
    "permissions": {"floor:see": "all", "agents:see": "all", "desk:use": "own"},
    "topics": None,
    "csrf_token": "3f1c…",
    "display_name": "林晓",
    "has_password": True,
}
TOKEN = {
    "id": "7g2k9mpq",
    "label": "nightly export",
    "kind": "script",
    "owner": None,
    "permissions": ["reports:see"],
    "topics": [],
    "created_at": _AT,
    "expires_at": "2027-02-19T08:30:00.000Z",
    "revoked_at": None,
}
AUDIT_PAGE = {
    "entries": [
        {
            "seq": 812,
            "at": _AT,
            "actor": "user:zhao",
            "role": "shift_supervisor",
            "source": "192.0.2.17",
            "action": "pause",
            "object": "agent:lin",
            "details": {"code": "lunch", "before": {"status": "available"}, "after": {"status": "paused"}},
            "result": "done",
            "hash": "9d0c…",
        }
    ],
    "next": "812",
}

_PHRASE = "correct horse battery"

BODIES: dict[str, object] = {
    "openSession": {"name": "lin", "password": _PHRASE},
    "changeOwnPassword": {"current": _PHRASE, "password": "another fine phrase"},
    "addUser": {
        "name": "lin",
        "password": _PHRASE,
        "role": "senior_agent",
        "display_name": "林晓",
        "agent_id": "lin",
        "teams": [],
    },
    "changeUser": {"role": "team_leader", "teams": ["early"]},
    "setPassword": {"password": _PHRASE},
    "linkUser": {"subject": "8f2c1e"},
    "addToken": {"label": "nightly export", "kind": "script", "permissions": ["reports:see"], "days": 90},
    "logIn": {"device_id": "phone1"},
    "pause": {"code": "lunch"},
    "extendWrapUp": {"seconds": 30},
    "originateCall": {"agent_id": "lin", "number": "13800138000"},
    "waiveMissedCall": {"reason": "Line test of the early shift"},
    "disputeMissedCall": {"reason": "My phone had no power"},
    "recoverMissedCall": {"call_id": "1763713800.31"},
}
"""What each operation with a body may be sent."""

BY_OPERATION: dict[str, object] = {
    "openSession": SESSION,
    "showSession": SESSION,
    "listLogInWays": {"sign_on": {"name": "Example Company", "url": "/login/sign-on"}},
    "closeSession": {"is_over": True, "continue_at": None},
    "closeAllSessions": {"is_over": True, "continue_at": None},
    "changeOwnPassword": SESSION,
    "listUsers": [USER],
    "showUser": USER,
    "addUser": USER,
    "changeUser": USER,
    "setPassword": USER,
    "closeSessionsOfUser": USER,
    "unlockUser": USER,
    "linkUser": {**USER, "subject": "https://login.example.com 8f2c1e"},
    "listTokens": [TOKEN],
    "addToken": {**TOKEN, "secret": "trt_…"},
    "revokeToken": TOKEN,
    "listAuditEntries": AUDIT_PAGE,
    "isAlive": {"status": "alive"},
    "isReady": {"parts": [{"name": "asterisk", "level": "ok", "detail": ""}]},
    "showVersion": {"version": "0.1.0"},
    "listQueues": [QUEUE],
    "showQueue": QUEUE_DETAIL,
    "listAgents": [AGENT],
    "showAgent": AGENT,
    "logIn": AGENT,
    "logOut": AGENT,
    "pause": AGENT,
    "resume": AGENT,
    "endWrapUp": AGENT,
    "extendWrapUp": AGENT,
    "listCalls": CALL_PAGE,
    "showCall": CALL_DETAIL,
    "originateCall": CALL_DETAIL,
    "hangUpCall": CALL_DETAIL,
    **REPORTS,
    **MISSED_CALLS,
    "reloadSite": {"changes": ["Agent wang now serves queue service."]},
}
"""What each operation answers when all is well."""
