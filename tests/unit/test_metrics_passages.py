"""Passages through queues, as the journal's facts tell them: on every database, live and made anew."""

from datetime import timedelta
from pathlib import Path

from app.acd import facts as acd
from app.acd.model import ExitReason, Target, TargetKind
from app.calls.facts import Fact
from app.ids import AgentId, CallId, OfferId, QueueId
from app.runtime.codec import encode_facts
from app.store.entry import microseconds
from app.store.journal import Journal
from app.store.rebuild import rebuild
from tests.support.databases import TestDatabase
from tests.support.journals import NOON, projector, running_journal

CALL, OFFER, ANN = CallId("c1"), OfferId("c1-1"), AgentId("ann")
SALES, BACKUP = QueueId("sales"), QueueId("backup")
TO_BACKUP = Target(TargetKind.QUEUE, "backup")


def at(seconds: float) -> int:
    """The instant so many seconds after noon, as the database has it."""
    return microseconds(NOON + timedelta(seconds=seconds))


def overflowing_call() -> list[Fact]:
    """Waits 30 s in sales, goes on to backup, talks to Ann from 40 to 100."""
    start, over, joined, end = (NOON + timedelta(seconds=seconds) for seconds in (0, 30, 40, 100))
    return [
        acd.CallQueued(start, CALL, SALES, start, 5, 2),
        acd.CallLeft(over, CALL, SALES, start, ExitReason.TIMEOUT, TO_BACKUP, 1),
        acd.CallQueued(over, CALL, BACKUP, start, 5, 3, SALES),
        acd.CallConnected(joined, CALL, BACKUP, ANN, OFFER, start, joined),
        acd.CallCompleted(end, CALL, BACKUP, ANN, joined),
    ]


async def write_down(journal: Journal, facts: list[Fact]) -> None:
    """Each fact with an entry of its own."""
    for fact in facts:
        journal.append("Something", b"{}", fact.at, encode_facts((fact,)))
    await journal.flush()


async def test_a_call_that_overflows_has_a_passage_in_each_queue(
    tmp_path: Path, database: TestDatabase
) -> None:
    """Both know the caller's first enqueueing; each knows when it took the call in and how it let it go."""
    async with running_journal(tmp_path, database.url) as journal:
        await write_down(journal, overflowing_call())
    columns = "queue_id, enqueued_at, entered_at, overflowed_from, position, connected_at, agent_id, left_at, reason, left_position, target"
    assert await database.rows(f"SELECT {columns} FROM passage ORDER BY entered_at") == [
        ("sales", at(0), at(0), None, 2, None, None, at(30), "timeout", 1, "backup"),
        ("backup", at(0), at(30), "sales", 3, at(40), "ann", None, None, None, None),
    ]
    assert await database.rows("SELECT call_id, connected_at, agent_id, completed_at FROM conversation") == [
        ("c1", at(40), "ann", at(100))
    ]


async def test_a_call_that_comes_back_to_a_queue_has_another_passage(
    tmp_path: Path, sqlite_database: TestDatabase
) -> None:
    """It was enqueued anew."""
    later = NOON + timedelta(seconds=200)
    async with running_journal(tmp_path, sqlite_database.url) as journal:
        await write_down(journal, [*overflowing_call(), acd.CallQueued(later, CALL, BACKUP, later, 5, 1)])
    assert await sqlite_database.rows("SELECT entered_at FROM passage WHERE queue_id = 'backup'") == [
        (at(30),),
        (at(200),),
    ]


async def test_a_call_refused_at_the_door_never_entered(
    tmp_path: Path, sqlite_database: TestDatabase
) -> None:
    """It has a reason and no entry."""
    refusal = acd.CallLeft(NOON, CALL, SALES, NOON, ExitReason.JOIN_FULL, None, 0)
    async with running_journal(tmp_path, sqlite_database.url) as journal:
        await write_down(journal, [refusal])
    assert await sqlite_database.rows("SELECT entered_at, left_at, reason FROM passage") == [
        (None, at(0), "join_full")
    ]


async def test_passages_made_anew_equal_those_made_live(tmp_path: Path, database: TestDatabase) -> None:
    """Whatever stood in the tables before."""
    async with running_journal(tmp_path, database.url) as journal:
        await write_down(journal, overflowing_call())
        live = [await database.rows(f"SELECT * FROM {table}") for table in ("passage", "conversation")]
        async with journal.database.engine.begin() as connection:
            await connection.exec_driver_sql("UPDATE passage SET agent_id = 'wrong'")
            await connection.exec_driver_sql("DELETE FROM conversation")
        await rebuild(journal.database.engine, projector())
        anew = [await database.rows(f"SELECT * FROM {table}") for table in ("passage", "conversation")]
    assert [sorted(rows, key=str) for rows in anew] == [sorted(rows, key=str) for rows in live]
