"""What readers of the past share: the connection, rows a few at a time, and the conditions of lists."""

import asyncio
from collections.abc import AsyncIterator, Iterator, Sequence
from contextlib import asynccontextmanager
from datetime import datetime
from typing import Any, Protocol

from sqlalchemy import ColumnCollection, ColumnElement, Row, Select, and_, or_
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine

from app.api.errors import HistoryAway
from app.api.history import Place
from app.store.errors import DatabaseFailed
from app.store.reason import plain_failures
from app.turns import AT_A_TIME


class Span(Protocol):
    """From when until when; None: no limit. `since` is included, `until` is not."""

    @property
    def since(self) -> datetime | None:
        """The first instant."""
        ...

    @property
    def until(self) -> datetime | None:
        """The first instant behind it."""
        ...


@asynccontextmanager
async def reading(engine: AsyncEngine) -> AsyncIterator[AsyncConnection]:
    """A connection to read by. Raises `HistoryAway`."""
    try:
        with plain_failures():
            async with engine.connect() as connection:
                yield connection
    except DatabaseFailed as failure:
        raise HistoryAway(failure.reason) from failure


async def some_at_a_time(
    connection: AsyncConnection, query: Select[Any]
) -> AsyncIterator[Sequence[Row[Any]]]:
    """The rows in batches. Others get their turn between: a report of a year must not delay a call."""
    async for rows in (await connection.stream(query)).partitions(AT_A_TIME):
        yield rows
        await asyncio.sleep(0)


def equal(columns: ColumnCollection[str, Any], wanted: object, *names: str) -> Iterator[ColumnElement[bool]]:
    """Each of these columns has the value that the filter's field of the same name asks for; None asks nothing."""
    for name in names:
        if (value := getattr(wanted, name)) is not None:
            yield columns[name] == value


def within(column: ColumnElement[Any], span: Span) -> Iterator[ColumnElement[bool]]:
    """The instant lies in the span."""
    if span.since is not None:
        yield column >= span.since
    if span.until is not None:
        yield column < span.until


def behind(
    place: Place | None, at: ColumnElement[Any], identity: ColumnElement[Any]
) -> Iterator[ColumnElement[bool]]:
    """The row comes behind the place in a list that has the newest first, then the higher id; None: anywhere."""
    if place is not None:
        is_same_instant = and_(at == place.arrived_at, identity < place.call_id)
        yield or_(at < place.arrived_at, is_same_instant)
