"""Brings the database to the tables that this program expects."""

from pathlib import Path

from sqlalchemy import Connection, inspect, text
from sqlalchemy.ext.asyncio import AsyncEngine

from app.store.engine import WRITES
from app.store.errors import DatabaseTooNew
from app.store.reason import plain_failures

_MIGRATIONS = Path(__file__).parent / "migrations"
NEWEST = max(path.stem for path in _MIGRATIONS.glob("versions/v*.py")).removeprefix("v").partition("_")[0]
"""The revision that this program expects: the files of the migrations bear their revisions' names."""
_POSTGRESQL_LOCK = 0x7468_6972_6472_6E67  # "thirdrng": one number, the same for all who start at once.


async def upgrade(engine: AsyncEngine) -> None:
    """Run the migrations that the database lacks, all in one transaction. Safe for several services that start at once.

    A database that lacks none is only read. Raises `DatabaseTooNew`, and `DatabaseFailed` if the database is away.
    """
    with plain_failures():
        async with engine.connect() as connection:
            if await connection.run_sync(_revision) == NEWEST:
                return
        async with engine.execution_options(**WRITES).begin() as connection:
            await connection.run_sync(_upgrade)


def _revision(connection: Connection) -> str | None:
    """Where the database stands; None: it has no tables yet."""
    if not inspect(connection).has_table("alembic_version"):
        return None
    revision: str | None = connection.scalar(text("SELECT version_num FROM alembic_version"))
    return revision


def _upgrade(connection: Connection) -> None:
    # Imported here: it takes a tenth of a second, and nearly every start finds nothing to do.
    from alembic import command  # noqa: PLC0415 - as above
    from alembic.config import Config  # noqa: PLC0415 - as above
    from alembic.script import ScriptDirectory  # noqa: PLC0415 - as above

    _wait_for_turn(connection)
    config = Config()
    config.set_main_option("script_location", str(_MIGRATIONS).replace("%", "%%"))
    config.attributes["connection"] = connection
    scripts = ScriptDirectory.from_config(config)
    found = _revision(connection)
    known = {script.revision for script in scripts.walk_revisions()}
    if found is not None and found not in known:
        raise DatabaseTooNew(found, NEWEST)
    if found != NEWEST:
        command.upgrade(config, "head")


def _wait_for_turn(connection: Connection) -> None:
    """SQLite has given us the write lock already; PostgreSQL is asked for a lock that ends with the transaction."""
    if connection.dialect.name == "postgresql":
        connection.execute(text("SELECT pg_advisory_xact_lock(:key)"), {"key": _POSTGRESQL_LOCK})
