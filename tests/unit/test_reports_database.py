"""Figures out of a real database: what was told as facts is counted as a hand counts it, before and after a rebuild."""

from collections import Counter
from datetime import datetime, timedelta
from pathlib import Path

import pytest
from sqlalchemy import delete, insert
from sqlalchemy.ext.asyncio import AsyncEngine
from sqlalchemy.pool import QueuePool

from app.acd import facts as acd
from app.acd.explanation import Explanation
from app.acd.model import AgentState, AgentStatus, DeviceState, ExitReason, OfferOutcome, Strategy
from app.acd.rings import RingCount
from app.api.errors import HistoryAway
from app.api.reports import Reports
from app.api.schemas.report import BehindQuery
from app.calls import facts as calls
from app.calls.call import CallKind
from app.calls.facts import Fact
from app.calls.hangup import HangUpParty
from app.ids import AgentId, CallId, DeviceId, OfferId, QueueId
from app.runtime.codec import encode_facts
from app.store import tables
from app.store.engine import open_engine
from app.store.past_figures import PastFigures
from app.store.rebuild import rebuild
from metrics.intervals import Period
from metrics.records import Activity, Passage
from metrics.scope import Scope
from tests.support.databases import TestDatabase, steps_counted
from tests.support.journals import NOON, projector, running_journal
from tests.support.stage import Stage
from tests.support.turns import turns_of_others
from tests.support.until import until

ANN, SALES = AgentId("ann"), QueueId("sales")
_WHY = Explanation(
    strategy=Strategy.LINEAR,
    queue_weight=0,
    effective_priority=0,
    waited=timedelta(0),
    position=1,
    candidates=(),
    eligible=1,
    passed_over=(),
)
HOUR = Scope(Period(NOON, NOON + timedelta(hours=1)))


def at(seconds: float) -> datetime:
    """So many seconds after noon."""
    return NOON + timedelta(seconds=seconds)


def arrives(call: str, second: float, number: str = "4001", *, flow: float = 0) -> list[Fact]:
    """A caller is enqueued, `flow` seconds after arriving."""
    arrived = at(second - flow)
    return [
        calls.CallStarted(arrived, CallId(call), CallKind.INBOUND, arrived, number, "", "400"),
        acd.CallQueued(at(second), CallId(call), SALES, at(second), 0, 1),
    ]


def begins(
    call: str, second: float, *, kind: CallKind = CallKind.OUTBOUND, agent: AgentId | None = ANN
) -> Fact:
    """A call from a phone."""
    return calls.CallStarted(at(second), CallId(call), kind, at(second), "101", "", "13800000001", agent)


def answered(call: str) -> list[Fact]:
    """Ann takes the call at 10, holds it from 30 to 45, the agent ends it at 70, and wraps up until 90."""
    call_id = CallId(call)
    return [
        acd.AgentStatusChanged(at(0), ANN, AgentStatus.AVAILABLE),
        acd.AgentStateChanged(at(0), ANN, AgentState.IDLE),
        acd.AgentStateChanged(at(10), ANN, AgentState.CONNECTED, call_id),
        acd.CallConnected(at(10), call_id, SALES, ANN, OfferId(f"{call}-1"), at(2), at(10)),
        acd.AgentStateChanged(at(30), ANN, AgentState.HELD, call_id),
        acd.AgentStateChanged(at(45), ANN, AgentState.CONNECTED, call_id),
        acd.CallCompleted(at(70), call_id, SALES, ANN, at(10)),
        acd.AgentStateChanged(at(70), ANN, AgentState.WRAP_UP, call_id),
        calls.CallEnded(at(70), call_id, HangUpParty.AGENT, 16, at(10), 15_000),
        acd.AgentStateChanged(at(80), ANN, AgentState.WRAP_UP, call_id),  # extended
        acd.AgentStateChanged(at(90), ANN, AgentState.IDLE),
    ]


def story() -> list[Fact]:
    """One answered call, one abandoned from the same number, one refused."""
    gone = CallId("gone")
    return [
        *arrives("taken", 2, flow=1.5),
        *answered("taken"),
        *arrives("gone", 100),
        acd.CallLeft(at(130), gone, SALES, at(100), ExitReason.ABANDONED, None, 1),
        calls.CallEnded(at(131), gone, HangUpParty.CALLER, 16, None, 0),
        acd.CallLeft(at(200), CallId("full"), SALES, at(200), ExitReason.JOIN_FULL, None, 0),
    ]


async def passages(figures: PastFigures, scope: Scope = HOUR) -> list[Passage]:
    """All of them."""
    return [each async for each in figures.passages(scope)]


async def test_a_passage_has_its_talk_hold_and_wrap_up(tmp_path: Path, database: TestDatabase) -> None:
    """On every database, and the same after a rebuild."""
    async with running_journal(tmp_path, database.url) as journal:
        for fact in story():
            journal.append("Something", b"{}", fact.at, encode_facts((fact,)))
        await journal.flush()
        figures = PastFigures(journal.database.engine)
        found = await passages(figures)
        await rebuild(journal.database.engine, projector())
        assert await passages(figures) == found
    taken, gone, full = found
    assert (taken.wait, taken.talk, taken.hold, taken.wrap_up) == tuple(
        timedelta(seconds=seconds) for seconds in (8, 45, 15, 20)
    )
    assert (taken.flow, taken.duration, taken.resolution) == tuple(
        timedelta(seconds=seconds) for seconds in (1.5, 69.5, 89.5)
    )
    assert (taken.agent_id, taken.holds, taken.is_ended_by_agent, taken.is_repeat) == (ANN, 1, True, False)
    assert (gone.flow, gone.duration, gone.holds) == (timedelta(0), timedelta(seconds=31), 0)
    assert full.duration is None
    assert (gone.exit_reason, gone.wait, gone.is_repeat) == (
        ExitReason.ABANDONED,
        timedelta(seconds=30),
        True,
    )
    assert (full.entered_at, full.exit_reason) == (None, ExitReason.JOIN_FULL)


async def test_a_call_is_resolved_when_the_last_notes_about_it_are_done(
    tmp_path: Path, database: TestDatabase
) -> None:
    """In each queue through which it went, whoever took the notes; not while somebody still writes."""
    first, taken = QueueId("first"), CallId("taken")
    overflows: list[Fact] = [
        calls.CallStarted(at(0), taken, CallKind.INBOUND, at(0), "4001", "", "400"),
        acd.CallQueued(at(0), taken, first, at(0), 0, 1),
        acd.CallLeft(at(1), taken, first, at(0), ExitReason.TIMEOUT, None, 1),
        acd.CallQueued(at(2), taken, SALES, at(0), 0, 1, first),
        acd.AgentStateChanged(at(10), ANN, AgentState.CONNECTED, taken),
        acd.CallConnected(at(10), taken, SALES, ANN, OfferId("taken-1"), at(0), at(10)),
        acd.CallCompleted(at(70), taken, SALES, ANN, at(10)),
        acd.AgentStateChanged(at(70), ANN, AgentState.WRAP_UP, taken),
        calls.CallEnded(at(70), taken, HangUpParty.AGENT, 16, at(10), 0),
    ]
    found = []
    async with running_journal(tmp_path, database.url) as journal:
        for facts in (overflows, [acd.AgentStateChanged(at(90), ANN, AgentState.IDLE)]):
            for fact in facts:
                journal.append("Something", b"{}", fact.at, encode_facts((fact,)))
            await journal.flush()
            found.append(await passages(PastFigures(journal.database.engine)))
    assert [[(each.queue_id, each.duration, each.resolution) for each in some] for some in found] == [
        [(queue, timedelta(seconds=70), resolution) for queue in (first, SALES)]
        for resolution in (None, timedelta(seconds=90))
    ]


@pytest.mark.parametrize("party", [HangUpParty.CALLER, HangUpParty.AGENT])
async def test_a_conversation_that_ends_on_hold_is_known_as_such(
    party: HangUpParty, tmp_path: Path, database: TestDatabase
) -> None:
    """An earlier hold of the same call makes none."""
    held, taken = CallId("held"), CallId("taken")
    story = [
        *arrives("taken", 2),
        *answered("taken"),
        *arrives("held", 100),
        acd.AgentStateChanged(at(105), ANN, AgentState.CONNECTED, held),
        acd.CallConnected(at(105), held, SALES, ANN, OfferId("held-1"), at(100), at(105)),
        acd.AgentStateChanged(at(120), ANN, AgentState.HELD, held),
        acd.CallCompleted(at(130), held, SALES, ANN, at(105)),
        acd.AgentStateChanged(at(130), ANN, AgentState.IDLE),
        calls.CallEnded(at(130), held, party, 16, at(105), 10_000),
    ]
    async with running_journal(tmp_path, database.url) as journal:
        for fact in story:
            journal.append("Something", b"{}", fact.at, encode_facts((fact,)))
        await journal.flush()
        found = await passages(PastFigures(journal.database.engine))
    assert [(each.call_id, each.is_ended_on_hold, each.is_ended_by_caller) for each in found] == [
        (taken, False, False),
        (held, True, party is HangUpParty.CALLER),
    ]


async def test_agents_time_is_read_as_it_passed(tmp_path: Path, database: TestDatabase) -> None:
    """Within the period; what lasts still is counted to its end."""
    async with running_journal(tmp_path, database.url) as journal:
        for fact in story():
            journal.append("Something", b"{}", fact.at, encode_facts((fact,)))
        await journal.flush()
        scope = Scope(Period(at(20), at(100)))
        seats = [each async for each in PastFigures(journal.database.engine).seat_times(scope)]
    assert [(each.activity, each.period.length.total_seconds()) for each in seats] == [
        (Activity.TALKING, 10),
        (Activity.HOLDING, 15),
        (Activity.TALKING, 25),
        (Activity.WRAPPING_UP, 10),
        (Activity.WRAPPING_UP, 10),
        (Activity.IDLE, 10),
    ]


async def test_idle_time_without_a_phone_is_told_apart(tmp_path: Path, database: TestDatabase) -> None:
    """The phone goes during the call and comes back in an idle minute; at the next log-in it is there, whatever it did before."""
    phone = DeviceId("phone1")
    facts = [
        acd.AgentDeviceChanged(at(0), ANN, phone, DeviceState.REACHABLE),
        *answered("taken"),
        acd.AgentDeviceChanged(at(60), ANN, phone, DeviceState.UNREACHABLE),
        acd.AgentDeviceChanged(at(100), ANN, phone, DeviceState.BUSY_ELSEWHERE),
        acd.AgentDeviceChanged(at(110), ANN, phone, DeviceState.UNREACHABLE),
        acd.AgentStatusChanged(at(120), ANN, AgentStatus.LOGGED_OUT),
        acd.AgentStatusChanged(at(150), ANN, AgentStatus.AVAILABLE),
        acd.AgentDeviceChanged(at(150), ANN, phone, DeviceState.REACHABLE),
    ]
    async with running_journal(tmp_path, database.url) as journal:
        for fact in sorted(facts, key=lambda each: each.at):
            journal.append("Something", b"{}", fact.at, encode_facts((fact,)))
        await journal.flush()
        scope = Scope(Period(at(80), at(200)))
        figures = PastFigures(journal.database.engine)
        seats = [each async for each in figures.seat_times(scope)]
        await rebuild(journal.database.engine, projector())
        assert [each async for each in figures.seat_times(scope)] == seats
    assert [(each.activity, each.period.length.total_seconds()) for each in seats] == [
        (Activity.WRAPPING_UP, 10),
        (Activity.UNREACHABLE, 10),
        (Activity.IDLE, 10),
        (Activity.UNREACHABLE, 10),
        (Activity.IDLE, 50),
    ]


async def test_offers_are_read_with_their_ring(tmp_path: Path, database: TestDatabase) -> None:
    """From the first ringing to the pick-up."""
    offer, call = OfferId("c-1"), CallId("c")
    facts: list[Fact] = [
        acd.OfferStarted(at(0), offer, call, SALES, ANN, DeviceId("phone1"), _WHY),
        acd.OfferRang(at(1), offer),
        acd.OfferEnded(at(5), offer, call, SALES, ANN, OfferOutcome.ANSWERED, at(0), at(1)),
        acd.CallConnected(at(5), call, SALES, ANN, offer, at(0), at(4)),
    ]
    async with running_journal(tmp_path, database.url) as journal:
        for fact in facts:
            journal.append("Something", b"{}", fact.at, encode_facts((fact,)))
        await journal.flush()
        (found,) = [each async for each in PastFigures(journal.database.engine).offers(HOUR)]
    assert (found.outcome, found.ring) == (OfferOutcome.ANSWERED, timedelta(seconds=3))


async def test_a_wait_is_told_apart_from_the_rings_in_it(tmp_path: Path, database: TestDatabase) -> None:
    """Ann's phone rang out from 1 to 6, Ann's and Bob's rang at once from 10 on, Ann picked up at 13: 8 s of the 13 s."""
    call, queue = CallId("c"), acd.CallQueued(at(0), CallId("c"), SALES, at(0), 0, 1)
    rings, bob = RingCount(at(0), 3, is_within=True), AgentId("bob")
    facts: list[Fact] = [
        queue,
        *(
            fact
            for offer, who, rang, ended, outcome in (
                ("c-1", ANN, 1, 6, OfferOutcome.NO_ANSWER),
                ("c-2", ANN, 10, 14, OfferOutcome.ANSWERED),
                ("c-3", bob, 11, 13, OfferOutcome.ANSWERED_ELSEWHERE),
            )
            for fact in (
                acd.OfferStarted(at(rang), OfferId(offer), call, SALES, who, DeviceId("phone1"), _WHY),
                acd.OfferRang(at(rang), OfferId(offer)),
                acd.OfferEnded(
                    *(at(ended), OfferId(offer), call, SALES, who, outcome, at(rang), at(rang)),
                    RingCount(at(rang), 1, is_within=True),
                ),
            )
        ),
        acd.CallConnected(at(14), call, SALES, ANN, OfferId("c-2"), at(0), at(13), rings),
    ]
    async with running_journal(tmp_path, database.url) as journal:
        for fact in facts:
            journal.append("Something", b"{}", fact.at, encode_facts((fact,)))
        await journal.flush()
        figures = PastFigures(journal.database.engine)
        (passage,) = await passages(figures)
        offers = [each async for each in figures.offers(HOUR)]
    assert (passage.wait, passage.rung) == (timedelta(seconds=14), timedelta(seconds=8))
    assert (passage.ring_number, passage.is_within_rings) == (3, True)
    assert [(each.ring_number, each.is_within_rings) for each in offers] == [(1, True)] * 3


async def test_outbound_calls_are_those_that_agents_began(tmp_path: Path, database: TestDatabase) -> None:
    """Ann is answered after 8 s, and holds the other end for 5 of 30 s; the next number does not answer. No other kind is one."""
    facts: list[Fact] = [
        begins("reached", 10),
        calls.CallEnded(at(48), CallId("reached"), HangUpParty.AGENT, 16, at(18), 5_000),
        begins("busy", 100),
        calls.CallEnded(at(103), CallId("busy"), HangUpParty.SYSTEM, 17, None),
        begins("colleague", 110, kind=CallKind.INTERNAL),
        begins("nobody's", 120, agent=None),
        begins("bob's", 130, agent=AgentId("bob")),
        begins("later", 3600),
        *arrives("inbound", 140),
    ]
    async with running_journal(tmp_path, database.url) as journal:
        for fact in facts:
            journal.append("Something", b"{}", fact.at, encode_facts((fact,)))
        await journal.flush()
        figures = PastFigures(journal.database.engine)
        found = [each async for each in figures.outbound_calls(HOUR)]
        anns = Scope(HOUR.period, agent_ids=frozenset({ANN}))
        of_ann = [each.call_id async for each in figures.outbound_calls(anns)]
    assert [(each.call_id, each.started_at, each.ended_at, each.talk) for each in found] == [
        ("reached", at(10), at(48), timedelta(seconds=25)),
        ("busy", at(100), at(103), None),
        ("bob's", at(130), None, None),
    ]
    assert of_ann == ["reached", "busy"]


async def test_a_scope_leaves_out_what_is_not_asked_for(
    tmp_path: Path, sqlite_database: TestDatabase
) -> None:
    """Period, queue, agents, nobody."""
    async with running_journal(tmp_path, sqlite_database.url) as journal:
        for fact in story():
            journal.append("Something", b"{}", fact.at, encode_facts((fact,)))
        await journal.flush()
        figures = PastFigures(journal.database.engine)
        by_scope = {
            "later": Scope(Period(at(50), at(150))),
            "other queue": Scope(HOUR.period, QueueId("support")),
            "ann": Scope(HOUR.period, agent_ids=frozenset({ANN})),
            "nobody": Scope(HOUR.period, is_of_nobody=True),
        }
        found = {
            name: [each.call_id for each in await passages(figures, scope)]
            for name, scope in by_scope.items()
        }
    assert found == {"later": ["gone"], "other queue": [], "ann": ["taken"], "nobody": ["gone", "full"]}


@pytest.mark.parametrize("database", ["sqlite"], indirect=True)
async def test_the_work_for_a_call_does_not_grow_with_the_history_of_its_agent(
    tmp_path: Path, database: TestDatabase
) -> None:
    """Counted in steps of the database: for four times the calls, four times the steps and not sixteen."""
    async with running_journal(tmp_path, database.url) as journal:
        engine, steps = journal.database.engine, []
        for upto in (200, 800):
            async with engine.begin() as connection:
                await connection.execute(delete(tables.passage))
                await connection.execute(delete(tables.agent_activity))
                await connection.execute(insert(tables.passage), [_row(number) for number in range(upto)])
                await connection.execute(
                    insert(tables.agent_activity), [_held(number) for number in range(upto)]
                )
            steps.append(await _steps_of_a_report(engine))
    assert steps[0] * 2 < steps[1] < steps[0] * 8, steps


def _row(number: int) -> dict[str, object]:
    """One of Ann's calls, a second after the other."""
    row = {"enqueued_at": at(number), "entered_at": at(number), "connected_at": at(number)}
    return {"call_id": f"c{number}", "queue_id": SALES, "agent_id": ANN, **row}


def _held(number: int) -> dict[str, object]:
    times = {"started_at": at(number), "ended_at": at(number + 1)}
    return {"agent_id": ANN, "aspect": "state", "value": "held", "call_id": f"c{number}", **times}


async def _steps_of_a_report(engine: AsyncEngine) -> int:
    """The work for the passages of an hour."""
    with steps_counted(engine) as steps:
        found = await passages(PastFigures(engine))
    assert {each.hold for each in found} == {timedelta(seconds=1)}
    return steps()


async def test_others_get_their_turn_while_the_time_of_one_agent_is_gone_through(
    tmp_path: Path, sqlite_database: TestDatabase
) -> None:
    """An agent has a hundred thousand of such times in a year, and calls must not wait for them."""
    available = {"agent_id": ANN, "aspect": "status", "value": "available", "started_at": at(0)}
    async with running_journal(tmp_path, sqlite_database.url) as journal:
        engine = journal.database.engine
        async with engine.begin() as connection:
            await connection.execute(insert(tables.agent_activity), [available])
            await connection.execute(insert(tables.agent_activity), [_held(number) for number in range(1000)])
        async with turns_of_others() as turns:
            seen_at = [turns() async for _ in PastFigures(engine).seat_times(HOUR)]
    assert len(seen_at) == 1000
    assert max(Counter(seen_at).values()) <= 100


async def test_who_reads_no_further_gives_the_connection_back(
    tmp_path: Path, database: TestDatabase, stage: Stage
) -> None:
    """Whoever asks for the first page of a year gets it, and keeps nobody waiting."""
    async with running_journal(tmp_path, database.url) as journal:
        engine = journal.database.engine
        async with engine.begin() as connection:
            await connection.execute(insert(tables.passage), [_row(number) for number in range(500)])
        reports = Reports(stage.service, PastFigures(engine))
        hour = HOUR.period
        query = BehindQuery(figure="answered", limit=10, since=hour.since, until=hour.until)
        page = await reports.behind(query)
        pool = engine.pool
        assert isinstance(pool, QueuePool)
        await until(lambda: not pool.checkedout(), "a connection is still in use")
    assert len(page.records) == 10
    assert page.next is not None


async def test_a_database_that_is_away_says_so() -> None:
    """In plain words, and without its password."""
    figures = PastFigures(open_engine("postgresql://user:s3cret@127.0.0.1:1/nowhere"))
    with pytest.raises(HistoryAway, match="does not answer") as raised:
        await passages(figures)
    assert "s3cret" not in str(raised.value)
