"""What the queue log is written from, read from the derived tables."""

import asyncio
from collections.abc import Iterator, Sequence
from itertools import groupby
from typing import Any

from sqlalchemy import Row, Select, func, or_, select
from sqlalchemy.ext.asyncio import AsyncConnection

from app.calls.hangup import HangUpParty
from app.store import tables
from app.store.mapping import value_of
from app.store.passages import WITH_CONVERSATION
from app.store.reading import some_at_a_time, within
from metrics.intervals import Period
from metrics.queue_log import (
    Line,
    QueuedCall,
    QueuesOf,
    Seat,
    call_lines,
    in_order,
    offer_lines,
    seat_lines,
)
from metrics.records import Offer

_PASSAGE, _OFFER, _CALL = tables.passage.c, tables.offer.c, tables.call.c
_CONVERSATION, _ACTIVITY = tables.conversation.c, tables.agent_activity.c


async def queue_log(connection: AsyncConnection, period: Period, queues_of: QueuesOf) -> list[Line]:
    """The queue log of a period, in order. Lines are made in a thread: a month of them must not delay a call."""
    calls = await _rows(connection, _calls(period))
    offers = await _rows(connection, _offers(period))
    statuses = await _rows(connection, _statuses(period))
    return await asyncio.to_thread(_lines, period, calls, offers, statuses, queues_of)


async def _rows(connection: AsyncConnection, query: Select[Any]) -> list[Row[Any]]:
    return [row async for rows in some_at_a_time(connection, query) for row in rows]


def _lines(
    period: Period,
    calls: list[Row[Any]],
    offers: list[Row[Any]],
    statuses: list[Row[Any]],
    queues_of: QueuesOf,
) -> list[Line]:
    """A phone that stops ringing because the caller left does so before the caller is gone, as in app_queue: offers come first."""
    lines = [
        *(line for row in offers for line in offer_lines(offer_of(row))),
        *(line for row in calls for line in call_lines(_call(row))),
        *_all_seat_lines(statuses, queues_of),
    ]
    return in_order(lines, since=period.since, until=period.until)


def _calls(period: Period) -> Select[Any]:
    """All passages that touch the period."""
    last = func.coalesce(_CONVERSATION.completed_at, _PASSAGE.left_at)
    source = WITH_CONVERSATION.outerjoin(tables.offer, _OFFER.offer_id == _PASSAGE.offer_id)
    return (
        select(
            tables.passage,
            _CONVERSATION.completed_at,
            _CALL.from_number,
            _CALL.ended_by,
            _OFFER.ringing_at,
            _OFFER.answered_at,
        )
        .select_from(source)
        .where(_PASSAGE.entered_at < period.until, or_(last.is_(None), last >= period.since))
        .order_by(_PASSAGE.entered_at, _PASSAGE.call_id)
    )


def _offers(period: Period) -> Select[Any]:
    return (
        select(tables.offer)
        .where(*within(_OFFER.ended_at, period))
        .order_by(_OFFER.ended_at, _OFFER.offer_id)
    )


def _statuses(period: Period) -> Select[Any]:
    """Those that lasted into the period, too: who is there already does not log in."""
    is_late = or_(_ACTIVITY.ended_at.is_(None), _ACTIVITY.ended_at >= period.since)
    return (
        select(tables.agent_activity)
        .where(_ACTIVITY.aspect == "status", _ACTIVITY.started_at < period.until, is_late)
        .order_by(_ACTIVITY.agent_id, _ACTIVITY.started_at)
    )


def _call(row: Row[Any]) -> QueuedCall:
    has_ring = row.ringing_at is not None and row.answered_at is not None
    return value_of(
        QueuedCall,
        row,
        from_number=row.from_number or "",
        position=row.position or 0,
        exit_reason=row.reason,
        ring=row.answered_at - row.ringing_at if has_ring else None,
        is_ended_by_agent=row.ended_by == HangUpParty.AGENT,
    )


def offer_of(row: Row[Any]) -> Offer:
    """A row of `offer` as a record."""
    return value_of(Offer, row, ring_number=row.ring)


def _all_seat_lines(rows: Sequence[Row[Any]], queues_of: QueuesOf) -> Iterator[Line]:
    for agent_id, some in groupby(rows, key=lambda row: row.agent_id):
        yield from seat_lines([_seat(row) for row in some], queues_of.get(agent_id, ()))


def _seat(row: Row[Any]) -> Seat:
    return value_of(Seat, row, since=row.started_at, status=row.value)
