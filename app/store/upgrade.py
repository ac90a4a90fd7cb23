"""Brings the database to the tables that this program expects."""

from pathlib import Path

from alembic import command
from alembic.config import Config
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import Connection, text
from sqlalchemy.ext.asyncio import AsyncEngine

from app.store.engine import WRITES
from app.store.errors import DatabaseTooNew
from app.store.reason import plain_failures

_MIGRATIONS = Path(__file__).parent / "migrations"
_POSTGRESQL_LOCK = 0x7468_6972_6472_6E67  # "thirdrng": one number, the same for all who start at once.


async def upgrade(engine: AsyncEngine) -> None:
    """Run the migrations that the database lacks, all in one transaction. Safe for several services that start at once.

    Raises `DatabaseTooNew`, and `DatabaseFailed` if the database is away.
    """
    with plain_failures():
        async with engine.execution_options(**WRITES).begin() as connection:
            await connection.run_sync(_upgrade)


def _upgrade(connection: Connection) -> None:
    _wait_for_turn(connection)
    config = Config()
    config.set_main_option("script_location", str(_MIGRATIONS).replace("%", "%%"))
    config.attributes["connection"] = connection
    scripts = ScriptDirectory.from_config(config)
    newest = str(scripts.get_current_head())
    found = MigrationContext.configure(connection).get_current_revision()
    known = {script.revision for script in scripts.walk_revisions()}
    if found is not None and found not in known:
        raise DatabaseTooNew(found, newest)
    if found != newest:
        command.upgrade(config, "head")


def _wait_for_turn(connection: Connection) -> None:
    """SQLite has given us the write lock already; PostgreSQL is asked for a lock that ends with the transaction."""
    if connection.dialect.name == "postgresql":
        connection.execute(text("SELECT pg_advisory_xact_lock(:key)"), {"key": _POSTGRESQL_LOCK})
