"""The check of the database, on SQLite and on PostgreSQL: looking leaves no trace."""

import asyncio
from pathlib import Path

import pytest
from sqlalchemy import text

from app.doctor.database import check_database
from app.doctor.finding import Level
from app.store.engine import WRITES, open_engine
from app.store.upgrade import upgrade
from tests.support.databases import PASSWORD, TestDatabase
from tests.support.doctor import context_for


async def _upgraded(database: TestDatabase, *statements: str) -> None:
    engine = open_engine(database.url)
    await upgrade(engine)
    async with engine.execution_options(**WRITES).begin() as connection:
        for statement in statements:
            await connection.execute(text(statement))
    await engine.dispose()


async def test_a_database_that_can_be_written_is_good(tmp_path: Path, database: TestDatabase) -> None:
    await _upgraded(database)
    finding = await check_database(context_for(tmp_path, database_url=database.url))
    assert finding.level is Level.OK, finding
    assert "revision" in finding.detail


async def test_looking_leaves_no_table_behind(tmp_path: Path, database: TestDatabase) -> None:
    await _upgraded(database)
    for _ in range(2):
        finding = await check_database(context_for(tmp_path, database_url=database.url))
        assert finding.level is Level.OK, finding


async def test_a_database_of_a_newer_program_is_an_error(tmp_path: Path, database: TestDatabase) -> None:
    await _upgraded(database, "UPDATE alembic_version SET version_num = '9999'")
    finding = await check_database(context_for(tmp_path, database_url=database.url))
    assert finding.level is Level.ERROR
    assert "9999" in finding.detail


async def test_a_file_that_is_no_database_is_an_error(tmp_path: Path, sqlite_database: TestDatabase) -> None:
    sqlite_database.path.write_text("not a database, but long enough to be taken for one" * 20)
    finding = await check_database(context_for(tmp_path, database_url=sqlite_database.url))
    assert finding.level is Level.ERROR
    assert "not a database" in finding.detail


async def test_a_sqlite_file_is_not_made_by_looking(tmp_path: Path, sqlite_database: TestDatabase) -> None:
    finding = await check_database(context_for(tmp_path, database_url=sqlite_database.url))
    assert finding.level is Level.OK
    assert not sqlite_database.path.exists()


@pytest.mark.postgres
async def test_an_empty_database_will_be_upgraded(tmp_path: Path, postgres_database: TestDatabase) -> None:
    finding = await check_database(context_for(tmp_path, database_url=postgres_database.url))
    assert finding.level is Level.OK
    assert "no tables yet" in finding.detail


@pytest.mark.postgres
async def test_a_database_that_takes_no_changes_is_an_error(
    tmp_path: Path, postgres_database: TestDatabase
) -> None:
    name = postgres_database.url.rpartition("/")[2]
    await _upgraded(postgres_database, f"ALTER DATABASE {name} SET default_transaction_read_only = on")
    finding = await check_database(context_for(tmp_path, database_url=postgres_database.url))
    assert finding.level is Level.ERROR
    assert "read-only" in finding.detail


async def test_a_database_that_does_not_answer_is_an_error_without_its_password(tmp_path: Path) -> None:
    server = await asyncio.start_server(lambda _reader, writer: writer.close(), "127.0.0.1", 0)
    port = server.sockets[0].getsockname()[1]
    server.close()
    await server.wait_closed()
    url = f"postgresql://thirdring:{PASSWORD}@127.0.0.1:{port}/hotline"
    finding = await check_database(context_for(tmp_path, database_url=url))
    assert finding.level is Level.ERROR
    assert PASSWORD not in str(finding)


async def test_text_that_is_no_url_is_an_error_that_does_not_show_it(tmp_path: Path) -> None:
    finding = await check_database(context_for(tmp_path, database_url="geheim"))
    assert finding.level is Level.ERROR
    assert "geheim" not in str(finding)
