"""The database fails while calls go on: nothing is lost, nothing is doubled, and somebody is told why."""

import re
from dataclasses import replace
from pathlib import Path
from typing import Any

import asyncpg
import pytest
from structlog.testing import capture_logs

from app.store.errors import DatabaseFailed, NotDurable
from app.store.journal import Durability
from tests.support import databases
from tests.support.databases import Outage, TestDatabase
from tests.support.full_disk import files_of_at_most
from tests.support.journals import QUICK, append_call, running_journal
from tests.support.until import until

OUTAGES = [
    pytest.param("sqlite", databases.locked, "locked by another program", id="sqlite-locked"),
    pytest.param("sqlite", databases.read_only, "read-only", id="sqlite-read-only"),
    pytest.param("sqlite", databases.full, "full", id="sqlite-full"),
    pytest.param(
        "postgres",
        databases.stopped,
        "does not answer|broke",
        id="postgres-stopped",
        marks=pytest.mark.postgres,
    ),
    pytest.param(
        "postgres",
        databases.read_only,
        "read-only",
        id="postgres-read-only",
        marks=pytest.mark.postgres,
    ),
    pytest.param("postgres", databases.full, "full", id="postgres-full", marks=pytest.mark.postgres),
]


@pytest.mark.parametrize(("database", "outage", "words"), OUTAGES, indirect=["database"])
async def test_an_outage_loses_and_doubles_nothing(
    tmp_path: Path, database: TestDatabase, outage: Outage, words: str
) -> None:
    """Entries before, during and after it are in the database afterwards, each once, with their history."""
    async with running_journal(tmp_path, database.url) as journal:
        for number in range(1, 101):
            append_call(journal, number)
        await journal.flush()
        with capture_logs() as logs:
            async with outage(database, journal.database.engine):
                for number in range(101, 301):
                    append_call(journal, number)
                await until(lambda: journal.status().reason, "the failure is reported")
                status = journal.status()
                assert (status.last_seq, status.lag_rows) == (300, 200)
                assert status.lag_seconds > 0
                assert re.search(words, status.reason or "")
                assert await journal.flush() is Durability.DISK
                assert [entry.seq async for entry in journal.entries(200)] == list(range(201, 301))
            append_call(journal, 301)
            await until(lambda: journal.status().lag_rows == 0, "the writer catches up")
        assert journal.status().reason is None
    expected = [(number,) for number in range(1, 302)]
    assert await database.rows("SELECT seq FROM journal ORDER BY seq") == expected
    assert len(await database.rows('SELECT call_id FROM "call"')) == 301
    told = [log["event"] for log in logs]
    assert told.count("database_failing") == told.count("database_recovered") >= 1
    assert databases.PASSWORD not in str(logs)
    assert "call-000" not in str(logs)


async def test_a_file_that_is_removed_or_replaced_is_written_anew_from_the_disk(
    tmp_path: Path, sqlite_database: TestDatabase
) -> None:
    """Writing on into a file that nobody can open any more would lose everything at the end."""
    file = Path(sqlite_database.url.removeprefix("sqlite:///"))
    async with running_journal(tmp_path, sqlite_database.url) as journal:
        for number in range(1, 101):
            append_call(journal, number)
        await journal.flush()
        with capture_logs() as logs:
            for part in ("", "-wal", "-shm"):
                file.with_name(file.name + part).unlink(missing_ok=True)
            for number in range(101, 201):
                append_call(journal, number)
            await until(lambda: journal.status().reason, "the failure is reported")
            await until(lambda: journal.status().reason is None, "the writer catches up")
            await journal.flush()
    assert await sqlite_database.rows("SELECT seq FROM journal ORDER BY seq") == [(n,) for n in range(1, 201)]
    assert len(await sqlite_database.rows('SELECT call_id FROM "call"')) == 200
    told = [log["event"] for log in logs]
    assert told == ["database_failing", "database_went_back", "database_recovered"]


async def test_nothing_is_promised_when_neither_disk_nor_database_takes_it(
    tmp_path: Path, sqlite_database: TestDatabase
) -> None:
    """The flush fails with both reasons; the entry is not given up, and is safe once there is room."""
    async with running_journal(tmp_path, sqlite_database.url) as journal:
        append_call(journal, 1)
        await journal.flush()
        async with databases.read_only(sqlite_database, journal.database.engine):
            with files_of_at_most(10):
                append_call(journal, 2)
                with pytest.raises(NotDurable, match=r"disk: .*; database: the database is read-only"):
                    await journal.flush()
                assert (journal.status().held_rows, journal.status().lost_rows) == (1, 0)
                assert journal.status().disk_reason
        assert await journal.flush() is Durability.DATABASE
    assert await sqlite_database.rows("SELECT seq FROM journal ORDER BY seq") == [(1,), (2,)]


@pytest.mark.postgres
async def test_a_full_disk_beside_a_working_database_loses_nothing(
    tmp_path: Path, postgres_database: TestDatabase
) -> None:
    """Entries go from memory straight into the database."""
    async with running_journal(tmp_path, postgres_database.url) as journal:
        with files_of_at_most(10):
            for number in range(1, 101):
                append_call(journal, number)
            await until(lambda: journal.status().lag_rows == 0, "all is in the database")
            assert journal.status().held_rows == 0
        append_call(journal, 101)
        assert [entry.seq async for entry in journal.entries(0)] == list(range(1, 102))
    assert len(await postgres_database.rows("SELECT seq FROM journal")) == 101


@pytest.mark.postgres
async def test_history_that_the_database_refuses_does_not_hold_up_the_journal(
    tmp_path: Path, postgres_database: TestDatabase
) -> None:
    """The entry is kept; a log line tells of the missing rows."""
    async with running_journal(tmp_path, postgres_database.url) as journal:
        async with journal.database.engine.begin() as connection:
            await connection.exec_driver_sql('ALTER TABLE "call" ADD CHECK (length(call_id) < 5)')
        with capture_logs() as logs:
            append_call(journal, 1)
            assert await journal.flush() is Durability.DATABASE
    assert [log["event"] for log in logs] == ["history_rows_refused"]
    assert await postgres_database.rows("SELECT seq FROM journal") == [(1,)]


async def test_a_commit_whose_answer_was_lost_is_not_repeated(
    tmp_path: Path, database: TestDatabase, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The connection died after the COMMIT: the writer finds its own entries there and goes on behind them."""
    async with running_journal(tmp_path, database.url) as journal:
        write = journal.database.write

        async def write_and_lose_the_answer(*batch: Any) -> None:
            await write(*batch)
            monkeypatch.undo()
            raise DatabaseFailed("the connection to the database broke")

        monkeypatch.setattr(journal.database, "write", write_and_lose_the_answer)
        for number in range(1, 131):
            append_call(journal, number)
        await until(lambda: journal.status().lag_rows == 0, "all is copied")
    assert await database.rows("SELECT seq FROM journal ORDER BY seq") == [
        (number,) for number in range(1, 131)
    ]


@pytest.mark.postgres
async def test_a_database_that_never_answers_counts_as_failing(
    tmp_path: Path, postgres_database: TestDatabase
) -> None:
    """An attempt has a limit; when answers come again, all is copied once."""
    settings = replace(QUICK, attempt_limit=0.5)
    async with running_journal(tmp_path, postgres_database.url, settings=settings) as journal:
        append_call(journal, 1)
        await journal.flush()
        other = await asyncpg.connect(postgres_database.url)
        async with other.transaction():
            await other.execute("LOCK TABLE journal IN ACCESS EXCLUSIVE MODE")
            append_call(journal, 2)
            await until(lambda: journal.status().reason, "the failure is reported")
            assert journal.status().reason == "the database does not answer in time"
        await other.close()
        await until(lambda: journal.status().lag_rows == 0, "the entry is copied")
    assert await postgres_database.rows("SELECT seq FROM journal ORDER BY seq") == [(1,), (2,)]
