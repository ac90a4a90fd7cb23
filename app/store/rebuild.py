"""Makes the derived tables anew from the journal."""

from sqlalchemy import delete, select, text, tuple_
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine

from app.store.engine import WRITES
from app.store.entry import Entry
from app.store.projection import TABLES, Projector
from app.store.reason import plain_failures
from app.store.tables import journal

_PAGE = 1000


async def rebuild(engine: AsyncEngine, projector: Projector) -> int:
    """Empty the derived tables and fill them from the whole journal, all domains. Returns the number of entries read.

    One transaction: readers see the old rows until the new ones are complete. A running service goes on; its writer waits, or
    fails and tries again. Raises `DatabaseFailed`.
    """
    with plain_failures():
        async with engine.execution_options(**WRITES).begin() as connection:
            await _keep_writers_out(connection)
            for table in TABLES:
                await connection.execute(delete(table))
            count = await _replay(connection, projector)
            await _look_at_tables(connection)
            return count


async def _keep_writers_out(connection: AsyncConnection) -> None:
    """SQLite's write lock does it already. PostgreSQL lets others read the journal meanwhile."""
    if connection.dialect.name == "postgresql":
        await connection.execute(text("LOCK TABLE journal IN EXCLUSIVE MODE"))


async def _look_at_tables(connection: AsyncConnection) -> None:
    """PostgreSQL does so by itself within a minute or two. Until then it takes them for empty, and a report takes ten times as long."""
    if connection.dialect.name == "postgresql":
        names = map(connection.dialect.identifier_preparer.format_table, TABLES)
        await connection.execute(text(f"ANALYZE {', '.join(names)}"))


async def _replay(connection: AsyncConnection, projector: Projector) -> int:
    count, place = 0, ("", 0)
    while page := await _page(connection, place):
        await projector.rows(entry for _, entry in page).write(connection)
        count += len(page)
        domain, entry = page[-1]
        place = (domain, entry.seq)
    return count


async def _page(connection: AsyncConnection, place: tuple[str, int]) -> list[tuple[str, Entry]]:
    """The next entries behind `place`, a domain and a number, each with its domain."""
    columns = journal.c
    key = (columns.domain, columns.seq)
    page = (
        select(columns.domain, columns.seq, columns.at, columns.kind, columns.payload, columns.outcome)
        .where(tuple_(*key) > place)
        .order_by(*key)
        .limit(_PAGE)
    )
    return [(domain, Entry(*entry)) for domain, *entry in await connection.execute(page)]
