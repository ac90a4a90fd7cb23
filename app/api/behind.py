"""The records behind a figure: as they are shown, and page by page."""

from base64 import urlsafe_b64decode, urlsafe_b64encode
from collections.abc import AsyncGenerator, AsyncIterator, Iterable
from datetime import UTC, datetime, timedelta

from app.api.errors import WrongCursor
from app.api.schemas.report import BehindShape
from metrics.records import Offer, OutboundCall, Passage, SeatTime

Record = Passage | Offer | OutboundCall | SeatTime


async def behind_cursor(records: AsyncIterator[Record], cursor: str | None) -> AsyncGenerator[Record, None]:
    """The records behind a cursor; all of them without one. Raises `WrongCursor`.

    Places are compared for equality only: databases differ in how they order text.
    """
    place = None if cursor is None else _read(cursor)
    async for record in records:
        if place is None:
            yield record
        elif _place(record) == place:
            place = None
    if place is not None:
        raise WrongCursor(cursor or "")


def _place(record: Record) -> str:
    match record:
        case Passage():
            parts: Iterable[str] = (utc(record.enqueued_at), record.queue_id, record.call_id)
        case Offer():
            parts = (record.offer_id,)
        case OutboundCall():
            parts = (record.call_id,)
        case SeatTime():
            parts = (utc(record.period.since), record.agent_id)
    return "\n".join(parts)


def cursor_behind(record: Record) -> str:
    """The cursor of the page that begins behind a record."""
    return urlsafe_b64encode(_place(record).encode()).decode().rstrip("=")


def _read(cursor: str) -> str:
    try:
        return urlsafe_b64decode(cursor.encode("ascii") + b"=" * (-len(cursor) % 4)).decode()
    except ValueError:
        raise WrongCursor(cursor) from None


def shape_of(record: Record) -> BehindShape:
    """A record as it is shown."""
    match record:
        case Passage():
            return BehindShape(
                call_id=record.call_id,
                queue_id=record.queue_id,
                agent_id=record.agent_id,
                at=record.enqueued_at,
                seconds=_seconds(record.wait),
                ring=record.ring_number,
                what=_end(record),
            )
        case Offer():
            return BehindShape(
                call_id=record.call_id,
                queue_id=record.queue_id,
                agent_id=record.agent_id,
                at=record.started_at,
                seconds=_seconds(record.ring),
                ring=record.ring_number,
                what=record.outcome or "open",
            )
        case OutboundCall():
            return BehindShape(
                call_id=record.call_id,
                queue_id=None,
                agent_id=record.agent_id,
                at=record.started_at,
                seconds=_seconds(record.talk),
                ring=None,
                what="not_connected" if record.talk is None else "connected",
            )
        case SeatTime():
            return BehindShape(
                call_id=record.call_id,
                queue_id=None,
                agent_id=record.agent_id,
                at=record.period.since,
                seconds=_seconds(record.period.length),
                ring=None,
                what=record.activity,
            )


def _end(passage: Passage) -> str:
    if passage.connected_at is not None:
        return "answered"
    return passage.exit_reason or "waiting"


def _seconds(length: timedelta | None) -> float | None:
    return None if length is None else round(length.total_seconds(), 6)


def utc(at: datetime) -> str:
    """An instant exactly, for addresses and cursors."""
    return at.astimezone(UTC).isoformat().replace("+00:00", "Z")
