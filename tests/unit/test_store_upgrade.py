"""Migrations: they make what the program expects, once, and never run backwards."""

import asyncio
import sys
from pathlib import Path

import pytest
from alembic.autogenerate import compare_metadata
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import Connection

from app.store.engine import WRITES, open_engine
from app.store.errors import DatabaseTooNew
from app.store.journal import JournalSettings
from app.store.tables import metadata
from app.store.upgrade import NEWEST, upgrade
from tests.support.databases import TestDatabase
from tests.support.journals import open_journal

ROOT = Path(__file__).parents[2]


def differences(connection: Connection) -> list[object]:
    """Where the database and the tables of the program are not the same."""
    context = MigrationContext.configure(connection, opts={"compare_type": True})
    return list(compare_metadata(context, metadata))


async def test_the_migrations_make_the_tables_that_the_program_knows(database: TestDatabase) -> None:
    """Run twice, the second time changes nothing."""
    engine = open_engine(database.url)
    await upgrade(engine)
    await upgrade(engine)
    async with engine.connect() as connection:
        assert await connection.run_sync(differences) == []
    await engine.dispose()


def test_the_newest_file_is_the_newest_migration() -> None:
    """Its name tells at each start, without Alembic, whether there is anything to do."""
    assert ScriptDirectory(str(ROOT / "app/store/migrations")).get_heads() == [NEWEST]


async def test_a_database_that_lacks_nothing_is_not_written_to(database: TestDatabase) -> None:
    """Another program may hold it, or it may be read-only: a start must not hang on that."""
    engine = open_engine(database.url)
    await upgrade(engine)
    async with engine.execution_options(**WRITES).begin() as connection:
        await connection.exec_driver_sql("UPDATE alembic_version SET version_num = version_num")
        await asyncio.wait_for(upgrade(engine), 2)
    await engine.dispose()


async def test_a_database_newer_than_the_program_is_refused(tmp_path: Path, database: TestDatabase) -> None:
    """The error names both revisions and what to do; the database is left as it is."""
    engine = open_engine(database.url)
    await upgrade(engine)
    async with engine.begin() as connection:
        await connection.exec_driver_sql("UPDATE alembic_version SET version_num = '9999'")
    with pytest.raises(
        DatabaseTooNew, match=f"revision 9999; the newest that this program knows is {NEWEST}"
    ):
        await open_journal(tmp_path, database.url)
    assert await database.rows("SELECT version_num FROM alembic_version") == [("9999",)]
    await engine.dispose()


async def test_services_that_start_at_once_upgrade_once(database: TestDatabase) -> None:
    """Four processes, one empty database: all succeed."""
    children = [
        await asyncio.create_subprocess_exec(sys.executable, "-c", _UPGRADE, database.url, cwd=ROOT)
        for _ in range(4)
    ]
    assert [await child.wait() for child in children] == [0, 0, 0, 0]
    assert await database.rows("SELECT version_num FROM alembic_version") == [(NEWEST,)]


_UPGRADE = """
import asyncio, sys
from app.store.engine import open_engine
from app.store.upgrade import upgrade
async def main():
    engine = open_engine(sys.argv[1])
    await upgrade(engine)
    await engine.dispose()
asyncio.run(main())
"""


async def test_an_upgrade_that_fails_changes_nothing(database: TestDatabase) -> None:
    """All steps are one transaction: a table in the way leaves no half of them."""
    engine = open_engine(database.url)
    async with engine.begin() as connection:
        await connection.exec_driver_sql("CREATE TABLE leg (mine TEXT)")
    with pytest.raises(Exception, match="the database reports"):
        await upgrade(engine)
    async with engine.begin() as connection:
        tables = await connection.run_sync(lambda sync: sync.dialect.get_table_names(sync))
    assert tables == ["leg"]
    await engine.dispose()


def test_without_a_url_the_database_is_a_file_in_the_data_directory(tmp_path: Path) -> None:
    """Nothing to install, nothing to set."""
    assert JournalSettings(directory=tmp_path).database_url == f"sqlite:///{tmp_path / 'thirdring.db'}"
