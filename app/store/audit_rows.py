"""The audit log in SQL: append and read. There is no way here to change or remove an entry."""

import json
from collections.abc import Iterator, Sequence
from typing import Any

from sqlalchemy import ColumnElement, Row, insert, select, text
from sqlalchemy.ext.asyncio import AsyncConnection

from app.auth.audit import AuditEntry, AuditFilter, ChainedEntry, Head, chained, write_details
from app.store.account_tables import audit
from app.store.mapping import columns_of, value_of
from app.store.reading import equal, within

_POSTGRESQL_LOCK = 0x6175_6469_7420_6C6F  # "audit lo": one number, the same for all who append.
_COLUMN = audit.c


async def append_audit(connection: AsyncConnection, entries: Sequence[AuditEntry]) -> None:
    """Chain these entries to the end, in a transaction that writes. An entry that is there already is left out."""
    await wait_for_turn(connection)
    known = await _known(connection, entries)
    fresh = [entry for entry in entries if entry.id not in known]
    if fresh:
        links = chained(fresh, await read_head(connection))
        await connection.execute(insert(audit), [_values(link) for link in links])


async def read_head(connection: AsyncConnection) -> Head:
    """The newest entry's number and hash."""
    newest = select(_COLUMN.seq, _COLUMN.hash).order_by(_COLUMN.seq.desc()).limit(1)
    row = (await connection.execute(newest)).first()
    return Head(row.seq, row.hash) if row else Head()


async def read_page(
    connection: AsyncConnection, wanted: AuditFilter, *, behind: int | None, limit: int
) -> list[ChainedEntry]:
    """As `AccountStore.audit_page`."""
    page = select(audit).where(*_conditions(wanted, behind)).order_by(_COLUMN.seq.desc()).limit(limit)
    return [_link(row) for row in await connection.execute(page)]


async def read_links(connection: AsyncConnection, *, after: int, limit: int) -> list[ChainedEntry]:
    """As `AccountStore.audit_links`."""
    page = select(audit).where(_COLUMN.seq > after).order_by(_COLUMN.seq).limit(limit)
    return [_link(row) for row in await connection.execute(page)]


async def wait_for_turn(connection: AsyncConnection) -> None:
    """One appends at a time. SQLite has given us the write lock already."""
    if connection.dialect.name == "postgresql":
        await connection.execute(text("SELECT pg_advisory_xact_lock(:key)"), {"key": _POSTGRESQL_LOCK})


async def _known(connection: AsyncConnection, entries: Sequence[AuditEntry]) -> set[str]:
    ids = [entry.id for entry in entries]
    return set(await connection.scalars(select(_COLUMN.entry_id).where(_COLUMN.entry_id.in_(ids))))


def _conditions(wanted: AuditFilter, behind: int | None) -> Iterator[ColumnElement[bool]]:
    yield from equal(_COLUMN, wanted, "actor", "action", "object", "source", "result")
    yield from within(_COLUMN.at, wanted)
    if behind is not None:
        yield _COLUMN.seq < behind


def _values(link: ChainedEntry) -> dict[str, object]:
    values = columns_of(link.entry, details=write_details(link.entry.details))
    values["entry_id"] = values.pop("id")
    return values | {"seq": link.seq, "hash": link.hash}


def _link(row: Row[Any]) -> ChainedEntry:
    entry = value_of(AuditEntry, row, id=row.entry_id, details=json.loads(row.details))
    return ChainedEntry(row.seq, entry, row.hash)
