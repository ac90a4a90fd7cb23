"""What a batch of facts does to the derived tables, collected first and written in few statements."""

from collections.abc import Mapping
from datetime import datetime
from functools import cache
from itertools import pairwise
from typing import Any

from sqlalchemy import Table, Update, bindparam, func, update
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.ext.asyncio import AsyncConnection

Row = dict[str, Any]
Key = tuple[object, ...]

_Insert = sqlite.Insert | postgresql.Insert


class Rows:
    """Row operations of one batch. `projection.py` fills it; the writer writes it within the journal's transaction."""

    def __init__(self) -> None:
        self._rows: dict[Table, dict[Key, Row]] = {}
        self._intervals: dict[Table, dict[Key, list[Row]]] = {}

    def __bool__(self) -> bool:
        return bool(self._rows or self._intervals)

    def put(self, table: Table, **values: object) -> None:
        """What is now known of a row, its key included. None means not known: it never wipes out what is there."""
        known = {name: _storable(value) for name, value in values.items() if value is not None}
        key = tuple(known[column.name] for column in table.primary_key)
        self._rows.setdefault(table, {}).setdefault(key, {}).update(known)

    def begin_interval(
        self, table: Table, *, of: Mapping[str, object], started_at: datetime, **values: object
    ) -> None:
        """An interval begins, and the one before it `of` the same subject ends. One of no length leaves no row.

        The table has the columns `started_at` and `ended_at`; its key is the subject's columns and `started_at`.
        """
        series = self._intervals.setdefault(table, {}).setdefault(tuple(of.values()), [])
        if series and series[-1]["started_at"] == started_at:
            series.pop()
        row = {**of, "started_at": started_at, **values}
        series.append({name: _storable(value) for name, value in row.items()})

    async def write(self, connection: AsyncConnection) -> None:
        """Write everything; within the caller's transaction."""
        for table, rows in self._rows.items():
            await _put(connection, table, list(rows.values()))
        for table, by_subject in self._intervals.items():
            await _end_open(connection, table, [series[0] for series in by_subject.values()])
            await _put(connection, table, [row for series in by_subject.values() for row in _ended(series)])


def _storable(value: object) -> object:
    """A caller's name may hold a NUL, which PostgreSQL takes in no text."""
    return value.replace("\0", "") if isinstance(value, str) else value


def _ended(series: list[Row]) -> list[Row]:
    """Each interval ends where the next begins; the last is open."""
    return [{**row, "ended_at": after["started_at"]} for row, after in pairwise(series)] + series[-1:]


async def _put(connection: AsyncConnection, table: Table, rows: list[Row]) -> None:
    names = table.columns.keys()
    filled = [{name: row.get(name) for name in names} for row in rows]
    await connection.execute(_upsert(table, connection.dialect.name), filled)


async def _end_open(connection: AsyncConnection, table: Table, firsts: list[Row]) -> None:
    subject = _subject(table)
    values = [{f"_{name}": row[name] for name in (*subject, "started_at")} for row in firsts]
    await connection.execute(_end(table), values)


def _subject(table: Table) -> list[str]:
    return [column.name for column in table.primary_key if column.name != "started_at"]


@cache
def _upsert(table: Table, dialect: str) -> _Insert:
    insert = insert_into(table, dialect)
    learned = {
        column.name: func.coalesce(insert.excluded[column.name], column)
        for column in table.columns
        if not column.primary_key
    }
    return insert.on_conflict_do_update(index_elements=list(table.primary_key), set_=learned)


def insert_into(table: Table, dialect: str) -> _Insert:
    """An insert that can say what happens when the row is there already."""
    return postgresql.insert(table) if dialect == "postgresql" else sqlite.insert(table)


@cache
def _end(table: Table) -> Update:
    same = [table.c[name] == bindparam(f"_{name}") for name in _subject(table)]
    started_at = bindparam("_started_at", type_=table.c.started_at.type)
    open_before = (table.c.ended_at.is_(None), table.c.started_at < started_at)
    return update(table).where(*same, *open_before).values(ended_at=started_at)
