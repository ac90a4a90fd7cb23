"""Checks of the database: it answers, it can be written, its tables are those of this program."""

from pathlib import Path

from alembic.config import Config
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import Connection, make_url, text
from sqlalchemy.exc import SQLAlchemyError

import app.store
from app.doctor.context import Context
from app.doctor.finding import Finding, error, ok
from app.store.engine import WRITES, masked, open_engine
from app.store.errors import DatabaseUrlInvalid
from app.store.journal import JournalSettings

_MIGRATIONS = Path(app.store.__file__).parent / "migrations"


async def check_database(context: Context) -> Finding:
    """The database can be reached and written, and no newer program has changed its tables."""
    url = database_url(context)
    if is_new_file(url):
        return ok("Database", f"{masked(url)} (made at the first start)")
    try:
        engine = open_engine(url)
    except DatabaseUrlInvalid as problem:
        return error("Database", str(problem), advice="Correct THIRDRING_DATABASE_URL.")
    try:
        async with engine.execution_options(**WRITES).connect() as connection:
            found = await connection.run_sync(_try_out)
            await connection.rollback()
    except (SQLAlchemyError, OSError) as problem:
        return error(
            "Database",
            f"{masked(url)}: {_reason(problem)}",
            advice="Start the database; let its user create and write tables; correct THIRDRING_DATABASE_URL.",
        )
    finally:
        await engine.dispose()
    return _judge(url, found)


def database_url(context: Context) -> str:
    """Where the database is, as the settings say."""
    return JournalSettings.of(context.settings).database_url


def is_new_file(url: str) -> bool:
    """Whether connecting would make the file: looking must not."""
    try:
        parsed = make_url(url)
    except SQLAlchemyError:
        return False
    return parsed.get_backend_name() == "sqlite" and not Path(parsed.database or "").exists()


def _try_out(connection: Connection) -> str | None:
    """Write and take it back; the revision of the tables, None when there are none."""
    connection.execute(text("CREATE TABLE thirdring_doctor (written INTEGER)"))
    return MigrationContext.configure(connection).get_current_revision()


def _judge(url: str, found: str | None) -> Finding:
    config = Config()
    config.set_main_option("script_location", str(_MIGRATIONS).replace("%", "%%"))
    scripts = ScriptDirectory.from_config(config)
    newest = str(scripts.get_current_head())
    if found == newest:
        return ok("Database", f"{masked(url)}, revision {found}")
    if found in {None, *(script.revision for script in scripts.walk_revisions())}:
        return ok(
            "Database", f"{masked(url)}, {found or 'no tables yet'}; the next start upgrades it to {newest}"
        )
    return error(
        "Database",
        f"{masked(url)} has revision {found}, which is newer than this program ({newest})",
        advice="Start the newer Thirdring, or restore the backup made before the upgrade.",
    )


def _reason(problem: Exception) -> str:
    original = getattr(problem, "orig", None) or problem
    return str(original).splitlines()[0] if str(original) else type(original).__name__
