"""The history of calls, offers, legs and agents, as the facts tell it."""

import json
from collections.abc import Sequence
from datetime import timedelta
from pathlib import Path

from structlog.testing import capture_logs

from app.acd import facts as acd
from app.acd.explanation import Candidate, Explanation
from app.acd.model import AgentState, AgentStatus, ExitReason, OfferOutcome, Strategy, Target, TargetKind
from app.calls import facts as calls
from app.calls.call import CallKind, LegRole
from app.calls.facts import Fact
from app.calls.hangup import HangUpParty, LegEnd
from app.ids import AgentId, CallId, DeviceId, LegId, OfferId, PauseCode, QueueId
from app.runtime.codec import encode_facts
from app.store.entry import microseconds
from app.store.journal import Journal
from app.store.rebuild import rebuild
from tests.support.databases import TestDatabase
from tests.support.journals import NOON, append_call, projector, running_journal

CALL, OFFER, QUEUE, AGENT, PHONE = (
    CallId("c1"),
    OfferId("c1-1"),
    QueueId("sales"),
    AgentId("ann"),
    DeviceId("phone1"),
)
WHY = Explanation(
    strategy=Strategy.LONGEST_IDLE,
    queue_weight=1,
    effective_priority=0.5,
    waited=timedelta(seconds=2),
    position=1,
    candidates=(Candidate(AGENT, (12.5, "ann")),),
    eligible=1,
    passed_over=(("paused", 2),),
)


def at(seconds: float) -> int:
    """The instant so many seconds after noon, as the database has it."""
    return microseconds(NOON + timedelta(seconds=seconds))


async def record(journal: Journal, *facts: Fact) -> None:
    """Write each fact down with an entry of its own."""
    for fact in facts:
        journal.append("Something", b"{}", fact.at, encode_facts((fact,)))
    await journal.flush()


def answered_call() -> Sequence[Fact]:
    """A caller waits two seconds, is offered to Ann, talks from 6 to 60, and hangs up."""
    seconds = [NOON + timedelta(seconds=second) for second in range(61)]
    return (
        calls.CallStarted(seconds[0], CALL, CallKind.INBOUND, seconds[0], "4001", "Bob", "400"),
        acd.CallQueued(seconds[1], CALL, QUEUE, seconds[1], 5, 1),
        acd.OfferStarted(seconds[3], OFFER, CALL, QUEUE, AGENT, PHONE, WHY),
        calls.LegStarted(seconds[3], LegId(OFFER), CALL, LegRole.AGENT, PHONE, AGENT),
        acd.OfferRang(seconds[4], OFFER),
        acd.OfferEnded(seconds[6], OFFER, CALL, QUEUE, AGENT, OfferOutcome.ANSWERED, seconds[3], seconds[4]),
        acd.CallConnected(seconds[6], CALL, QUEUE, AGENT, OFFER, seconds[1], seconds[5]),
        calls.LegFinished(
            seconds[60], LegId(OFFER), CALL, LegEnd.BY_US, 16, 200, seconds[4], seconds[5], seconds[6]
        ),
        acd.CallCompleted(seconds[60], CALL, QUEUE, AGENT, seconds[6]),
        calls.CallEnded(seconds[60], CALL, HangUpParty.CALLER, 16, seconds[6], 1500),
    )


async def test_an_answered_call_has_all_its_moments(tmp_path: Path, database: TestDatabase) -> None:
    """One row, with who, when, how it ended and by whom."""
    async with running_journal(tmp_path, database.url) as journal:
        await record(journal, *answered_call())
    columns = "kind, from_number, from_name, to_number, queue_id, agent_id, priority, arrived_at, enqueued_at"
    more = "answered_at, bridged_at, ended_at, held_ms, outcome, ended_by, cause"
    assert await database.rows(f'SELECT {columns} FROM "call"') == [
        ("inbound", "4001", "Bob", "400", "sales", "ann", 5, at(0), at(1))
    ]
    assert await database.rows(f'SELECT {more} FROM "call"') == [
        (at(5), at(6), at(60), 1500, "connected", "caller", 16)
    ]


async def test_an_offer_has_its_moments_and_its_explanation(tmp_path: Path, database: TestDatabase) -> None:
    """Start, first ringing, answer, end, outcome, and why this agent."""
    async with running_journal(tmp_path, database.url) as journal:
        await record(journal, *answered_call())
    columns = "offer_id, call_id, queue_id, agent_id, device_id, started_at, ringing_at, answered_at, ended_at, outcome"
    assert await database.rows(f"SELECT {columns} FROM offer") == [
        ("c1-1", "c1", "sales", "ann", "phone1", at(3), at(4), at(5), at(6), "answered")
    ]
    ((why,),) = await database.rows("SELECT why FROM offer")
    assert json.loads(why)["candidates"] == [{"agent_id": "ann", "key": [12.5, "ann"]}]


async def test_a_leg_has_its_moments_and_its_end(tmp_path: Path, database: TestDatabase) -> None:
    """Role, phone, agent, ringing, answer, bridge, end and cause."""
    async with running_journal(tmp_path, database.url) as journal:
        await record(journal, *answered_call())
    columns = "leg_id, role, device_id, agent_id, started_at, ringing_at, answered_at, joined_at, ended_at, ended_by, cause, sip_code"
    assert await database.rows(f"SELECT {columns} FROM leg") == [
        ("c1-1", "agent", "phone1", "ann", at(3), at(4), at(5), at(6), at(60), "by_us", 16, 200)
    ]


async def test_an_abandoned_call_says_so(tmp_path: Path, database: TestDatabase) -> None:
    """Nobody talked: no agent, no bridge, the caller ended it."""
    soon, late = NOON + timedelta(seconds=1), NOON + timedelta(seconds=9)
    async with running_journal(tmp_path, database.url) as journal:
        await record(
            journal,
            calls.CallStarted(NOON, CALL, CallKind.INBOUND, NOON, "4001", "", "400"),
            acd.CallQueued(soon, CALL, QUEUE, soon, 0, 1),
            acd.CallLeft(late, CALL, QUEUE, soon, ExitReason.ABANDONED, None, 1),
            calls.CallEnded(late, CALL, HangUpParty.CALLER, 16, None),
        )
    columns = "outcome, agent_id, bridged_at, ended_at, ended_by"
    assert await database.rows(f'SELECT {columns} FROM "call"') == [
        ("abandoned", None, None, at(9), "caller")
    ]


async def test_an_overflowed_call_that_is_answered_elsewhere_counts_as_connected(
    tmp_path: Path, database: TestDatabase
) -> None:
    """The last word stands: the queue and the outcome are those of the answer."""
    other = QueueId("backup")
    target = Target(TargetKind.QUEUE, "backup")
    async with running_journal(tmp_path, database.url) as journal:
        await record(
            journal,
            acd.CallQueued(NOON, CALL, QUEUE, NOON, 0, 1),
            acd.CallLeft(NOON, CALL, QUEUE, NOON, ExitReason.TIMEOUT, target, 1),
            acd.CallQueued(NOON, CALL, other, NOON, 0, 1, QUEUE),
        )
        assert await database.rows('SELECT queue_id, outcome FROM "call"') == [("backup", "timeout")]
        await record(journal, acd.CallConnected(NOON, CALL, other, AGENT, OFFER, NOON, NOON))
    assert await database.rows('SELECT queue_id, outcome FROM "call"') == [("backup", "connected")]


async def test_an_agents_day_is_intervals_without_gaps(tmp_path: Path, database: TestDatabase) -> None:
    """Status and state each have one open interval; each begins where the one before ended; none has no length."""
    times = [NOON + timedelta(seconds=second) for second in range(6)]
    async with running_journal(tmp_path, database.url) as journal:
        await record(journal, acd.AgentStatusChanged(times[0], AGENT, AgentStatus.AVAILABLE, device_id=PHONE))
        await record(
            journal,
            acd.AgentStateChanged(times[0], AGENT, AgentState.IDLE),
            acd.AgentStateChanged(times[1], AGENT, AgentState.OFFERED, CALL),
            acd.AgentStateChanged(times[2], AGENT, AgentState.CONNECTED, CALL),
            acd.AgentStatusChanged(times[2], AGENT, AgentStatus.AVAILABLE, pending=AgentStatus.PAUSED),
        )
        await record(
            journal,
            acd.AgentStateChanged(times[3], AGENT, AgentState.WRAP_UP, CALL),
            acd.AgentStateChanged(times[3], AGENT, AgentState.IDLE),
            acd.AgentStatusChanged(times[4], AGENT, AgentStatus.PAUSED, PauseCode("lunch"), PHONE),
        )
    columns = "aspect, value, started_at, ended_at, pause_code, call_id"
    assert await database.rows(f"SELECT {columns} FROM agent_activity ORDER BY aspect, started_at") == [
        ("state", "idle", at(0), at(1), None, None),
        ("state", "offered", at(1), at(2), None, "c1"),
        ("state", "connected", at(2), at(3), None, "c1"),
        ("state", "idle", at(3), None, None, None),
        ("status", "available", at(0), at(4), None, None),
        ("status", "paused", at(4), None, "lunch", None),
    ]


async def test_the_history_made_anew_equals_the_one_made_live(tmp_path: Path, database: TestDatabase) -> None:
    """Whatever stands in the tables before; and entries that follow are added as always."""
    tables = ('"call"', "offer", "leg", "agent_activity")
    async with running_journal(tmp_path, database.url) as journal:
        await record(journal, *answered_call())
        for number in range(1, 2101):
            append_call(journal, number)
        await record(
            journal,
            acd.AgentStateChanged(NOON, AGENT, AgentState.IDLE),
            acd.AgentStateChanged(NOON + timedelta(seconds=1), AGENT, AgentState.WRAP_UP),
        )
        live = {table: sorted(await database.rows(f"SELECT * FROM {table}"), key=str) for table in tables}
        async with journal.database.engine.begin() as connection:
            await connection.exec_driver_sql("UPDATE leg SET role = 'wrong'")
            await connection.exec_driver_sql("DELETE FROM agent_activity")
            await connection.exec_driver_sql("""INSERT INTO "call" (call_id) VALUES ('never')""")
        assert await rebuild(journal.database.engine, projector()) == journal.status().last_seq
        anew = {table: sorted(await database.rows(f"SELECT * FROM {table}"), key=str) for table in tables}
        assert anew == live
        append_call(journal, 9999)
        await journal.flush()
    assert await database.rows("""SELECT count(*) FROM "call" WHERE call_id = 'call-009999'""") == [(1,)]


async def test_the_tables_that_were_made_anew_are_known_to_the_planner(
    tmp_path: Path, postgres_database: TestDatabase
) -> None:
    """Reports are fast at once: PostgreSQL would else plan for a minute as if the tables were empty."""
    known = """SELECT reltuples FROM pg_class WHERE relname = 'call'"""
    async with running_journal(tmp_path, postgres_database.url) as journal:
        append_call(journal, 1)
        await journal.flush()
        assert await postgres_database.rows(known) == [(-1,)]
        await rebuild(journal.database.engine, projector())
        assert await postgres_database.rows(known) == [(1,)]


async def test_an_outcome_that_cannot_be_read_holds_up_nothing(
    tmp_path: Path, sqlite_database: TestDatabase
) -> None:
    """The log names the entry, not its content; the others make history."""
    async with running_journal(tmp_path, sqlite_database.url) as journal:
        with capture_logs() as logs:
            journal.append("Broken", b"{}", NOON, b'[{"type":"CallStarted","from_number":13800138000}]')
            append_call(journal, 1)
            await journal.flush()
    assert [(log["event"], log["seq"]) for log in logs] == [("outcome_unreadable", 1)]
    assert "13800138000" not in str(logs)
    assert await sqlite_database.rows('SELECT call_id FROM "call"') == [("call-000001",)]


async def test_a_callers_name_with_a_nul_is_stored_without_it(tmp_path: Path, database: TestDatabase) -> None:
    """PostgreSQL takes no NUL in text; a caller must not stop the writer."""
    async with running_journal(tmp_path, database.url) as journal:
        await record(journal, calls.CallStarted(NOON, CALL, CallKind.INBOUND, NOON, "4001", "B\0ob", "400"))
    assert await database.rows('SELECT from_name FROM "call"') == [("Bob",)]
