"""The journal on both databases: what is appended arrives there once, and comes back in order."""

import asyncio
import signal
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest
from structlog.testing import capture_logs

from app.errors import DirectoryInUse
from app.store.entry import Entry
from app.store.errors import DatabaseFailed, FirstStartNeedsDatabase, ForeignEntries
from app.store.journal import Durability, Journal
from app.store.snapshots import Snapshot
from app.store.writer import WriterSettings
from tests.support.databases import TestDatabase, stopped
from tests.support.journals import NOON, append_call, open_journal, running_journal
from tests.support.until import until

SEQS = "SELECT seq FROM journal ORDER BY seq"
CALLS = 'SELECT call_id FROM "call" ORDER BY call_id'
NEVER = WriterSettings(interval=3600, batch_rows=10**9)
"""A writer that does nothing unless it is urged to."""


async def all_entries(journal: Journal, after: int = 0) -> list[Entry]:
    """Everything behind `after`."""
    return [entry async for entry in journal.entries(after)]


async def test_a_flushed_entry_is_in_the_database_with_its_history(
    tmp_path: Path, database: TestDatabase
) -> None:
    """Both in one transaction: there is no call without its entry."""
    async with running_journal(tmp_path, database.url) as journal:
        append_call(journal, 1)
        assert await journal.flush() is Durability.DATABASE
        assert await database.rows("SELECT domain, seq, kind FROM journal") == [("main", 1, "CallerArrived")]
        assert await database.rows(CALLS) == [("call-000001",)]


async def test_entries_reach_the_database_without_being_asked_for(
    tmp_path: Path, database: TestDatabase
) -> None:
    """The writer gathers for its interval, then writes."""
    async with running_journal(tmp_path, database.url) as journal:
        for number in range(1, 121):
            append_call(journal, number)
        assert journal.status().lag_rows == 120
        await until(lambda: journal.status().lag_rows == 0, "all entries are written")
        assert await database.rows(SEQS) == [(number,) for number in range(1, 121)]
        assert len(await database.rows(CALLS)) == 120


async def test_a_full_batch_does_not_wait_for_the_interval(
    tmp_path: Path, sqlite_database: TestDatabase
) -> None:
    """With an hour of interval, the 200th entry makes the batch go; the 199th does not."""
    settings = WriterSettings(interval=3600, batch_rows=200)
    async with running_journal(tmp_path, sqlite_database.url, settings=settings) as journal:
        for number in range(1, 200):
            append_call(journal, number)
        await asyncio.sleep(0)
        assert journal._writer.written == 0
        append_call(journal, 200)
        await until(lambda: journal.status().lag_rows == 0, "the full batch is written")


async def test_closing_writes_what_is_left(tmp_path: Path, database: TestDatabase) -> None:
    """An orderly end leaves nothing to copy."""
    async with running_journal(tmp_path, database.url, settings=NEVER) as journal:
        for number in range(1, 1001):
            append_call(journal, number)
    assert await database.rows(SEQS) == [(number,) for number in range(1, 1001)]


async def test_numbers_go_on_over_restarts(tmp_path: Path, database: TestDatabase) -> None:
    """Gapless, in the spool and in the database."""
    for expected in (1, 2, 3):
        async with running_journal(tmp_path, database.url) as journal:
            assert append_call(journal, expected) == expected
    assert await database.rows(SEQS) == [(1,), (2,), (3,)]


async def test_what_a_killed_service_had_not_copied_is_copied_at_the_next_start(
    tmp_path: Path, database: TestDatabase
) -> None:
    """The spool keeps it; nothing is written twice."""
    async with running_journal(tmp_path, database.url) as journal:
        append_call(journal, 1)
    abandoned = await open_journal(tmp_path, database.url)
    append_call(abandoned, 2)
    await abandoned._release()
    async with running_journal(tmp_path, database.url) as journal:
        await until(lambda: journal.status().lag_rows == 0, "the entry is copied")
        assert await database.rows(SEQS) == [(1,), (2,)]


async def test_a_service_killed_in_the_middle_of_copying_loses_and_doubles_nothing(
    tmp_path: Path, database: TestDatabase
) -> None:
    """SIGKILL while it appends and copies as fast as it can; then another start."""
    acknowledged = await asyncio.to_thread(_run_and_kill, tmp_path, database.url)
    copied = len(await database.rows(SEQS))
    async with running_journal(tmp_path, database.url) as journal:
        last = journal.status().last_seq
        await until(lambda: journal.status().lag_rows == 0, "the rest is copied", timeout=30)
        entries = await all_entries(journal)
    assert 0 < copied <= last
    assert last >= acknowledged
    assert await database.rows(SEQS) == [(number,) for number in range(1, last + 1)]
    assert [int(entry.payload) for entry in entries] == list(range(1, last + 1))
    assert len(await database.rows(CALLS)) == last


def _run_and_kill(directory: Path, url: str) -> int:
    """Start a service, kill it in the middle of its work, and return the last number that it acknowledged."""
    command = [sys.executable, "-c", _JOURNAL_FOR_EVER, str(directory), url]
    child = subprocess.Popen(command, stdout=subprocess.PIPE, cwd=Path(__file__).parents[2])
    assert child.stdout
    lines = [child.stdout.readline() for _ in range(3000)]
    child.send_signal(signal.SIGKILL)
    lines += [line for line in child.stdout.read().splitlines(keepends=True) if line.endswith(b"\n")]
    child.stdout.close()
    child.wait()
    return int(lines[-1])


_JOURNAL_FOR_EVER = """
import asyncio, itertools, sys
from pathlib import Path
from tests.support.journals import append_call, running_journal
async def main():
    async with running_journal(Path(sys.argv[1]), sys.argv[2]) as journal:
        for number in itertools.count(1):
            print(append_call(journal, number), flush=True)
            if number % 10 == 0:
                await asyncio.sleep(0.001)
asyncio.run(main())
"""


async def test_entries_come_from_the_database_and_then_from_the_spool(
    tmp_path: Path, database: TestDatabase
) -> None:
    """What the spool has discarded is read from the database; in order, each once, from any place."""
    async with running_journal(tmp_path, database.url) as journal:
        journal._spool._segment_bytes = 2000
        for number in range(1, 101):
            append_call(journal, number)
        await journal.flush()
        journal._spool.discard(100, keep=1)
        append_call(journal, 101)
        assert journal._spool.first_seq > 50
        for after in (0, 1, 49, journal._spool.first_seq - 1, 100, 101, 500):
            assert [entry.seq for entry in await all_entries(journal, after)] == list(range(after + 1, 102))


@pytest.mark.parametrize(
    "damage", [lambda path: path.write_bytes(b""), Path.unlink], ids=["emptied", "removed"]
)
async def test_a_hole_in_the_spool_is_filled_from_the_database(
    tmp_path: Path, database: TestDatabase, damage: Callable[[Path], object]
) -> None:
    """A lost or damaged segment costs nothing once it was copied."""
    async with running_journal(tmp_path, database.url) as journal:
        journal._spool._segment_bytes = 1000
        for number in range(1, 51):
            append_call(journal, number)
        await journal.flush()
        damage(journal._spool._segments[1].path)
        assert [entry.seq for entry in await all_entries(journal)] == list(range(1, 51))


async def test_entries_that_nobody_has_are_named_in_the_log(
    tmp_path: Path, sqlite_database: TestDatabase
) -> None:
    """Copying and reading go on behind the hole, and the status counts it."""
    async with running_journal(tmp_path, sqlite_database.url, settings=NEVER) as journal:
        journal._spool._segment_bytes = 1
        for number in range(1, 6):
            append_call(journal, number)
        journal._spool._segments[2].path.write_bytes(b"")
        with capture_logs() as logs:
            await journal.flush()
            assert [entry.seq for entry in await all_entries(journal)] == [1, 2, 4, 5]
        assert logs == 2 * [{"event": "journal_entries_missing", "first": 3, "last": 3, "log_level": "error"}]
        assert journal.status().lost_rows == 1


async def test_a_database_that_went_back_is_filled_again(tmp_path: Path, database: TestDatabase) -> None:
    """A restored backup or a failover may lack the last entries; the spool still has them."""
    async with running_journal(tmp_path, database.url) as journal:
        for number in range(1, 11):
            append_call(journal, number)
        await journal.flush()
        async with journal.database.engine.begin() as connection:
            await connection.exec_driver_sql("DELETE FROM journal WHERE seq > 5")
    async with running_journal(tmp_path, database.url) as journal:
        await until(lambda: journal.status().lag_rows == 0, "the entries are copied again")
    assert await database.rows(SEQS) == [(number,) for number in range(1, 11)]


async def test_a_new_directory_goes_on_behind_the_database(tmp_path: Path, database: TestDatabase) -> None:
    """Another machine takes over: numbers follow, and the old entries can be read."""
    async with running_journal(tmp_path / "old", database.url) as journal:
        append_call(journal, 1)
    async with running_journal(tmp_path / "new", database.url) as journal:
        assert append_call(journal, 2) == 2
        assert [entry.seq for entry in await all_entries(journal)] == [1, 2]


async def test_two_services_on_one_journal_are_found_out(tmp_path: Path, database: TestDatabase) -> None:
    """The second to write keeps its entries in the spool and says what is wrong."""
    async with (
        running_journal(tmp_path / "a", database.url) as one,
        running_journal(tmp_path / "b", database.url) as two,
    ):
        append_call(one, 1)
        await one.flush()
        append_call(two, 2)
        assert await two.flush() is Durability.DISK
        await until(lambda: "Another service" in str(two.status().reason), "the second tells")
        assert two.status().lag_rows == 1
    with pytest.raises(ForeignEntries, match="Another service writes to it"):
        await open_journal(tmp_path / "b", database.url)


async def test_domains_share_a_database_without_meeting(tmp_path: Path, database: TestDatabase) -> None:
    """Each has numbers and snapshots of its own."""
    async with (
        running_journal(tmp_path / "a", database.url, domain="east") as east,
        running_journal(tmp_path / "b", database.url, domain="west") as west,
    ):
        append_call(east, 1)
        append_call(west, 2)
        await east.flush()
        await west.flush()
        await east.save_snapshot(Snapshot(1, NOON, 1, b"east"))
        assert await west.latest_snapshot() is None
    rows = await database.rows("SELECT domain, seq, payload FROM journal ORDER BY domain")
    assert [(domain, seq, bytes(payload)) for domain, seq, payload in rows] == [
        ("east", 1, b"1"),
        ("west", 1, b"2"),
    ]


async def test_a_second_service_on_the_same_directory_is_refused(
    tmp_path: Path, sqlite_database: TestDatabase
) -> None:
    """And the first goes on."""
    async with running_journal(tmp_path, sqlite_database.url) as journal:
        with pytest.raises(DirectoryInUse):
            await open_journal(tmp_path, sqlite_database.url)
        assert append_call(journal, 1) == 1


async def test_the_latest_snapshot_comes_back(tmp_path: Path, database: TestDatabase) -> None:
    """At once, after a restart, and in a new directory from the database, which keeps three."""
    async with running_journal(tmp_path / "old", database.url) as journal:
        assert await journal.latest_snapshot() is None
        for number in range(1, 6):
            append_call(journal, number)
            await journal.flush()
            await journal.save_snapshot(Snapshot(number, NOON, 1, b"state %d" % number))
            assert await journal.latest_snapshot() == Snapshot(number, NOON, 1, b"state %d" % number)
            await until(lambda: journal._writer._snapshot is None, "the snapshot is in the database")
    async with running_journal(tmp_path / "new", database.url) as journal:
        assert await journal.latest_snapshot() == Snapshot(5, NOON, 1, b"state 5")
    assert await database.rows("SELECT seq FROM snapshot ORDER BY seq") == [(3,), (4,), (5,)]


async def test_a_snapshot_waits_for_the_entries_that_it_covers(
    tmp_path: Path, sqlite_database: TestDatabase
) -> None:
    """The database never has a state that its journal cannot explain."""
    journal = await open_journal(tmp_path, sqlite_database.url, settings=WriterSettings(batch_rows=1))
    append_call(journal, 1)
    append_call(journal, 2)
    await journal.save_snapshot(Snapshot(2, NOON, 1, b"state"))
    await journal._writer.attempt()
    assert await sqlite_database.rows("SELECT seq FROM snapshot") == []
    await journal._writer.attempt()
    assert await sqlite_database.rows("SELECT seq FROM snapshot") == [(2,)]
    await journal.close()


async def test_segments_before_the_snapshot_are_removed(
    tmp_path: Path, sqlite_database: TestDatabase
) -> None:
    """Those behind it stay although they are copied: recovery must work with the database away."""
    async with running_journal(tmp_path, sqlite_database.url) as journal:
        journal._spool._segment_bytes = 1
        for number in range(1, 11):
            append_call(journal, number)
        await journal.flush()
        assert journal._spool.first_seq == 1
        await journal.save_snapshot(Snapshot(6, NOON, 1, b"state"))
        await until(lambda: journal._spool.first_seq == 7, "the covered segments are gone")


@pytest.mark.postgres
async def test_a_service_starts_and_recovers_with_the_database_away(
    tmp_path: Path, postgres_database: TestDatabase
) -> None:
    """Snapshot and entries come from local files, new entries get the next numbers, and all is copied later."""
    async with running_journal(tmp_path, postgres_database.url) as journal:
        append_call(journal, 1)
        await journal.flush()
        await journal.save_snapshot(Snapshot(1, NOON, 1, b"state"))
        append_call(journal, 2)
    engine = journal.database.engine
    async with stopped(postgres_database, engine):
        journal = await open_journal(tmp_path, postgres_database.url)
        assert await journal.latest_snapshot() == Snapshot(1, NOON, 1, b"state")
        assert [entry.seq for entry in await all_entries(journal, 1)] == [2]
        assert append_call(journal, 3) == 3
        await journal.close()
    async with running_journal(tmp_path, postgres_database.url) as journal:
        await until(lambda: journal.status().lag_rows == 0, "the entry is copied")
    assert await postgres_database.rows(SEQS) == [(1,), (2,), (3,)]


@pytest.mark.postgres
async def test_entries_that_only_the_database_has_are_asked_for_later(
    tmp_path: Path, postgres_database: TestDatabase
) -> None:
    """With the database away the answer is an error, never a journal with a hole."""
    async with running_journal(tmp_path, postgres_database.url) as journal:
        append_call(journal, 1)
        await journal.flush()
        journal._spool._segments[0].path.write_bytes(b"")
        async with stopped(postgres_database, journal.database.engine):
            with pytest.raises(DatabaseFailed, match="does not answer"):
                await all_entries(journal)


@pytest.mark.postgres
async def test_the_first_start_of_a_directory_needs_the_database(
    tmp_path: Path, postgres_database: TestDatabase
) -> None:
    """Nobody else knows where the numbers go on. The error says what to do and shows no password."""
    journal = await open_journal(tmp_path / "other", postgres_database.url)
    async with stopped(postgres_database, journal.database.engine):
        with pytest.raises(FirstStartNeedsDatabase, match="the database does not answer") as caught:
            await open_journal(tmp_path / "new", postgres_database.url)
        assert "s3cret" not in str(caught.value)
    await journal.close()


async def test_a_spool_that_cannot_be_read_is_told_and_tried_again(
    tmp_path: Path, sqlite_database: TestDatabase
) -> None:
    """A directory stands where the file was, so reading fails; once the file is back, all is copied."""
    async with running_journal(tmp_path, sqlite_database.url, settings=NEVER) as journal:
        append_call(journal, 1)
        file = journal._spool._segments[0].path
        file.rename(tmp_path / "aside")
        file.mkdir()
        assert await journal.flush() is Durability.DISK
        assert "the spool cannot be read: Is a directory" in str(journal.status().reason)
        file.rmdir()
        (tmp_path / "aside").rename(file)
        assert await journal.flush() is Durability.DATABASE
