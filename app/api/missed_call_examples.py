"""Examples of the missed-call ledger for the OpenAPI document."""

_MISSED = {
    "id": "1763713800.23",
    "kind": "call",
    "at": "2026-11-21T08:31:12.480Z",
    "call_id": "1763713800.23",
    "queue_id": "service",
    "agent_id": None,
    "cause": "caller_left",
    "ring": 5,
    "enqueued_at": "2026-11-21T08:30:50.100Z",
    "on_duty": [
        {"agent_id": "lin", "status": "available", "pause_code": None, "state": "connected"},
        {"agent_id": "wang", "status": "paused", "pause_code": "lunch", "state": "idle"},
    ],
    "charge_each": 10,
    "supervisor": "zhou",
    "supervisor_charge": 50,
    "waived_at": None,
    "waived_by": None,
    "waive_reason": None,
    "disputed_at": None,
    "disputed_by": None,
    "dispute_reason": None,
    "recovered_at": "2026-11-21T09:02:44.000Z",
    "recovered_by": "1763713800.31",
    "recovery_noted_by": None,
}
_WAIVED = {
    **_MISSED,
    "waived_at": "2026-11-21T09:30:00.000Z",
    "waived_by": "user:zhao",
    "waive_reason": "Line test of the early shift",
}
_DISPUTED = {
    **_MISSED,
    "disputed_at": "2026-11-21T09:10:00.000Z",
    "disputed_by": "user:lin",
    "dispute_reason": "I was in a call with the complaint desk",
}
_SUMS = {
    "month": "2026-11",
    "people": [
        {
            "person": "lin",
            "is_supervisor": False,
            "calls": 7,
            "amount": 70,
            "waived_calls": 1,
            "waived_amount": 10,
        }
    ],
}

MISSED_CALLS: dict[str, object] = {
    "listMissedCalls": {"missed_calls": [_MISSED], "next": None},
    "showMissedCall": _MISSED,
    "waiveMissedCall": _WAIVED,
    "disputeMissedCall": _DISPUTED,
    "recoverMissedCall": {**_MISSED, "recovery_noted_by": "user:lin"},
    "sumCharges": _SUMS,
}
"""By operation."""

CSV = (
    "id,kind,at,call_id,queue_id,agent_id,cause,ring,enqueued_at,charge_each,supervisor,supervisor_charge,"
    "waived_at,waived_by,waive_reason,disputed_at,disputed_by,dispute_reason,"
    "recovered_at,recovered_by,recovery_noted_by,on_duty\r\n"
    "1763713800.23,call,2026-11-21T08:31:12.480Z,1763713800.23,service,,caller_left,5,2026-11-21T08:30:50.100Z,"
    "10,zhou,50,,,,,,,2026-11-21T09:02:44.000Z,1763713800.31,,lin:available:connected wang:paused:lunch:idle\r\n"
)
