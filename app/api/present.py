"""Calls at present: what the switchboard knows now, laid over what is written down."""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from app.api.call_book import CallBook
from app.api.history import CallRecord, LegRecord
from app.api.schemas.call import CallDetail, CallItem, CallShape, fields_of, legs_of, offers_of
from app.api.schemas.queue import expected_wait_seconds
from app.calls.call import Call, LegRole, Phase
from app.calls.switchboard import Switchboard
from app.ids import CallId

_MILLISECOND = timedelta(milliseconds=1)


@dataclass(frozen=True, slots=True)
class PresentCalls:
    """The live calls of a switchboard."""

    board: Switchboard
    book: CallBook

    def ids(self) -> list[CallId]:
        """The ids of all live calls."""
        return [call.id for call in self.board.calls.values() if call.phase is not Phase.ENDING]

    def records(self) -> Iterator[CallRecord]:
        """All live calls as records."""
        return (self._record(self.board.calls[call_id]) for call_id in self.ids())

    def shape(self, call_id: CallId) -> CallShape | None:
        """A live call; None when there is no such call, or it has ended."""
        call = self.board.calls.get(call_id)
        if call is None or call.phase is Phase.ENDING:
            return None
        return CallShape(**fields_of(self._record(call)) | self._now(call))

    def item(self, record: CallRecord, now: datetime) -> CallItem:
        """A call as a member of a list, live or past."""
        return CallItem(**fields_of(record) | self._place(record.call_id, now))

    def detail(self, record: CallRecord, now: datetime) -> CallDetail:
        """A call with everything that happened to it, live or past."""
        legs = [self._leg(leg) for leg in record.legs]
        fields = fields_of(record) | self._place(record.call_id, now)
        return CallDetail(**fields, legs=legs_of(legs), offers=offers_of(record.offers))

    def over(self, record: CallRecord | None, call_id: CallId) -> CallRecord | None:
        """What is written down of a call, brought up to the present."""
        call = self.board.calls.get(call_id)
        return record if call is None else self._updated(record or _bare(call), call)

    def _record(self, call: Call) -> CallRecord:
        return self._updated(self.book.get(call.id) or _bare(call), call)

    def _updated(self, record: CallRecord, call: Call) -> CallRecord:
        queued, winner = self.board.engine.call(call.id), call.leg_of(LegRole.AGENT)
        return replace(
            record,
            kind=call.kind,
            queue_id=queued.queue_id if queued else record.queue_id,
            enqueued_at=queued.enqueued_at if queued else record.enqueued_at,
            priority=queued.priority if queued else record.priority,
            agent_id=winner.agent_id if winner else record.agent_id,
            answered_at=winner.answered_at if winner and call.bridged_at else record.answered_at,
            bridged_at=call.bridged_at,
            held_ms=round(call.held / _MILLISECOND),
        )

    def _place(self, call_id: CallId, now: datetime) -> dict[str, object]:
        """The fields of a call that only the present knows."""
        call, queued = self.board.calls.get(call_id), self.board.engine.call(call_id)
        fields = self._now(call) if call is not None and call.phase is not Phase.ENDING else {}
        if queued is not None:
            wait = expected_wait_seconds(self.board.engine, queued, now)
            fields |= {"position": queued.position, "expected_wait_seconds": wait}
        return fields

    def _now(self, call: Call) -> dict[str, object]:
        queued = self.board.engine.call(call.id)
        now = {
            "phase": call.phase,
            "state": queued.state if queued else None,
            "held_since": call.held_since,
        }
        rings = {"rings_from": queued.rings_from, "rings_until": queued.rings_until} if queued else {}
        return {**now, **rings}

    def _leg(self, record: LegRecord) -> LegRecord:
        leg = self.board.legs.get(record.leg_id)
        if leg is None or record.ended_at is not None:
            return record
        return replace(
            record, ringing_at=leg.ringing_at, answered_at=leg.answered_at, joined_at=leg.joined_at
        )


def _bare(call: Call) -> CallRecord:
    """A call of which nothing is written down within reach."""
    legs = [
        LegRecord(leg.id, leg.role, leg.started_at, leg.device_id, leg.agent_id) for leg in call.legs.values()
    ]
    return CallRecord(
        call_id=call.id,
        kind=call.kind,
        arrived_at=call.arrived_at,
        from_number=call.from_number,
        to_number=call.to_number,
        legs=legs,
    )
