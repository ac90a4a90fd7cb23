"""The record in SQL: what is asked of the database, statement by statement. All failures are `DatabaseFailed`."""

from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager

from sqlalchemy import ColumnElement, delete, func, insert, select
from sqlalchemy.exc import DBAPIError
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine

from app.store import tables
from app.store.engine import WRITES
from app.store.entry import Entry
from app.store.errors import DatabaseFailed
from app.store.log import Log
from app.store.reason import is_refused, plain_failures, plain_words
from app.store.rows import Rows
from app.store.snapshots import Snapshot
from app.store.upgrade import upgrade

_log = Log(__name__)

_PAGE = 1000
_SNAPSHOTS_KEPT = 3
_ENTRY = (
    tables.journal.c.seq,
    tables.journal.c.at,
    tables.journal.c.kind,
    tables.journal.c.payload,
    tables.journal.c.outcome,
)


class Database:
    """The journal and the snapshots of one routing domain in the database."""

    def __init__(self, engine: AsyncEngine, *, domain: str) -> None:
        self.engine = engine
        self.domain = domain
        self._is_upgraded = False

    async def prepare(self) -> None:
        """Upgrade the tables, once, and after each failure: another database may be there then. Raises as `upgrade`."""
        if not self._is_upgraded:
            await upgrade(self.engine)
            self._is_upgraded = True

    async def last_seq(self) -> int:
        """The newest entry's number; 0 for an empty journal."""
        newest = select(func.max(tables.journal.c.seq)).where(self._is_ours)
        async with self._connection() as connection:
            return await connection.scalar(newest) or 0

    async def entries(self, first: int, last: int) -> AsyncIterator[Entry]:
        """The entries from `first` to `last`, both included, in order. What is missing is left out."""
        while first <= last:
            page = await self._page(first, last)
            for entry in page:
                yield entry
            if len(page) < _PAGE:
                return
            first = page[-1].seq + 1

    async def write(self, entries: Sequence[Entry], rows: Rows, snapshot: Snapshot | None) -> None:
        """Write a batch, its rows in the derived tables and perhaps a snapshot: all of it or nothing.

        An entry that is there already makes it fail. Derived rows that the database refuses for what is in them do not: a log line
        says so, and `rebuild` makes them once that is mended.
        """
        async with self._connection(writes=True) as connection:
            if entries:
                await connection.execute(insert(tables.journal), [self._values(entry) for entry in entries])
            await self._write_rows(connection, rows)
            if snapshot is not None:
                await self._write_snapshot(connection, snapshot)

    async def latest_snapshot(self) -> Snapshot | None:
        """The newest snapshot, if there is one."""
        columns = tables.snapshot.c
        newest = (
            select(columns.seq, columns.at, columns.version, columns.state)
            .where(columns.domain == self.domain)
            .order_by(columns.seq.desc())
            .limit(1)
        )
        async with self._connection() as connection:
            row = (await connection.execute(newest)).first()
        return Snapshot(*row) if row else None

    async def close(self) -> None:
        """Close all connections. May be called twice."""
        await self.engine.dispose()

    @property
    def _is_ours(self) -> ColumnElement[bool]:
        return tables.journal.c.domain == self.domain

    @asynccontextmanager
    async def _connection(self, *, writes: bool = False) -> AsyncIterator[AsyncConnection]:
        engine = self.engine.execution_options(**WRITES) if writes else self.engine
        try:
            with plain_failures():
                async with engine.begin() as connection:
                    yield connection
        except DatabaseFailed:
            self._is_upgraded = False
            raise

    async def _page(self, first: int, last: int) -> list[Entry]:
        seq = tables.journal.c.seq
        page = select(*_ENTRY).where(self._is_ours, seq.between(first, last)).order_by(seq).limit(_PAGE)
        async with self._connection() as connection:
            return [Entry(*row) for row in await connection.execute(page)]

    def _values(self, entry: Entry) -> dict[str, object]:
        return {
            "domain": self.domain,
            "seq": entry.seq,
            "at": entry.at,
            "kind": entry.kind,
            "payload": entry.payload,
            "outcome": entry.outcome,
        }

    async def _write_rows(self, connection: AsyncConnection, rows: Rows) -> None:
        if not rows:
            return
        try:
            async with connection.begin_nested():
                await rows.write(connection)
        except DBAPIError as error:
            if not is_refused(error):
                raise
            _log.error("history_rows_refused", reason=plain_words(error))

    async def _write_snapshot(self, connection: AsyncConnection, snapshot: Snapshot) -> None:
        table, ours = tables.snapshot, tables.snapshot.c.domain == self.domain
        await connection.execute(delete(table).where(ours, table.c.seq == snapshot.seq))
        await connection.execute(
            insert(table).values(
                domain=self.domain,
                seq=snapshot.seq,
                at=snapshot.at,
                version=snapshot.version,
                state=snapshot.state,
            )
        )
        kept = select(table.c.seq).where(ours).order_by(table.c.seq.desc()).limit(_SNAPSHOTS_KEPT)
        await connection.execute(delete(table).where(ours, table.c.seq.not_in(kept)))
