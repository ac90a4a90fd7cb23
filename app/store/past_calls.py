"""Past calls, read from the derived tables: the `History` of the REST interface."""

from collections.abc import Iterator, Sequence
from typing import Any

import msgspec
from sqlalchemy import ColumnElement, Row, Select, Table, select
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine

from app.acd.explanation import Explanation
from app.api.history import CallFilter, CallRecord, LegRecord, OfferRecord, Place
from app.ids import CallId
from app.store import tables
from app.store.mapping import value_of
from app.store.reading import behind, equal, reading, within

_CALL = tables.call.c
_explanation = msgspec.json.Decoder(Explanation)


class PastCalls:
    """Reads what the writer has written: at most about a second behind, more while the database is away."""

    def __init__(self, engine: AsyncEngine) -> None:
        self._engine = engine

    async def call(self, call_id: CallId) -> CallRecord | None:
        """As `History.call`."""
        async with reading(self._engine) as connection:
            row = (await connection.execute(_calls().where(_CALL.call_id == call_id))).first()
            if row is None:
                return None
            record = value_of(CallRecord, row)
            record.legs = [_leg(each) for each in await _parts(connection, tables.leg, call_id)]
            record.offers = [_offer(each) for each in await _parts(connection, tables.offer, call_id)]
            return record

    async def ended_calls(
        self, wanted: CallFilter, *, behind: Place | None, limit: int
    ) -> Sequence[CallRecord]:
        """As `History.ended_calls`."""
        newest_first = (_CALL.arrived_at.desc(), _CALL.call_id.desc())
        page = _calls().where(_CALL.ended_at.is_not(None), *_conditions(wanted, behind))
        async with reading(self._engine) as connection:
            rows = await connection.execute(page.order_by(*newest_first).limit(limit))
            return [value_of(CallRecord, row) for row in rows]


def _calls() -> Select[Any]:
    """Calls whose beginning is written down."""
    return select(tables.call).where(_CALL.arrived_at.is_not(None))


async def _parts(connection: AsyncConnection, table: Table, call_id: CallId) -> Sequence[Row[Any]]:
    """Legs or offers of a call, in the order in which they began."""
    identity = next(iter(table.primary_key))
    parts = select(table).where(table.c.call_id == call_id, table.c.started_at.is_not(None))
    return (await connection.execute(parts.order_by(table.c.started_at, identity))).all()


def _conditions(wanted: CallFilter, place: Place | None) -> Iterator[ColumnElement[bool]]:
    yield from equal(_CALL, wanted, "queue_id", "agent_id", "kind", "outcome")
    yield from within(_CALL.arrived_at, wanted)
    yield from behind(place, _CALL.arrived_at, _CALL.call_id)


def _leg(row: Row[Any]) -> LegRecord:
    return value_of(LegRecord, row, end=row.ended_by)


def _offer(row: Row[Any]) -> OfferRecord:
    return value_of(OfferRecord, row, why=_explanation.decode(row.why) if row.why else None)
