"""The missed-call ledger: what is in it, who was on duty, what was waived and recovered; live and rebuilt alike."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import datetime, timedelta
from pathlib import Path

import pytest
from sqlalchemy import insert

from app.acd import facts as acd
from app.acd.model import AgentState, AgentStatus, OfferOutcome
from app.acd.rings import RingCount
from app.api.missed_calls import MissedCall, MissedFilter, MissedKind, OnDuty, PersonSum, place_of, sums
from app.calls import facts as calls
from app.calls.call import CallKind
from app.calls.facts import Fact
from app.calls.hangup import HangUpParty
from app.calls.missed import MissCause
from app.ids import AgentId, CallId, DeviceId, MissedId, OfferId, PauseCode, QueueId
from app.runtime.codec import encode_facts
from app.store import tables
from app.store.journal import Journal
from app.store.past_missed_calls import PastMissedCalls
from app.store.rebuild import rebuild
from tests.support.databases import TestDatabase, steps_counted
from tests.support.journals import NOON, projector, running_journal

ANN, BOB, CAT = AgentId("ann"), AgentId("bob"), AgentId("cat")
QUEUE, LUNCH = QueueId("sales"), PauseCode("lunch")
EVERYTHING = MissedFilter()


def at(seconds: float) -> datetime:
    """So many seconds after noon."""
    return NOON + timedelta(seconds=seconds)


def logs_in(agent: AgentId, seconds: float) -> list[Fact]:
    """An agent takes a seat."""
    return [
        acd.AgentStatusChanged(at(seconds), agent, AgentStatus.AVAILABLE, device_id=DeviceId("p")),
        acd.AgentStateChanged(at(seconds), agent, AgentState.IDLE),
    ]


def missed(call: str, seconds: float, *, number: str = "4001", charge: int = 10) -> list[Fact]:
    """A caller waits ten seconds and hangs up in the second ring."""
    id_, began = CallId(call), at(seconds - 10)
    boss = 50 if charge else 0
    return [
        calls.CallStarted(began, id_, CallKind.INBOUND, began, number, "", "400"),
        calls.CallEnded(at(seconds), id_, HangUpParty.CALLER, 16, None),
        calls.CallMissed(at(seconds), id_, QUEUE, began, MissCause.CALLER_LEFT, 2, charge, boss, "zhou"),
    ]


def rang_out(offer: str, call: str, seconds: float, outcome: OfferOutcome = OfferOutcome.NO_ANSWER) -> Fact:
    """An offer to Ann ends after three rings."""
    rings = RingCount(at(seconds - 15), 3, is_within=True)
    began = at(seconds - 16)
    return acd.OfferEnded(
        at(seconds), OfferId(offer), CallId(call), QUEUE, ANN, outcome, began, rings.since, rings
    )


def talked(call: str, seconds: float, *, from_: str = "4001", to: str = "400") -> list[Fact]:
    """A call of a minute in which somebody talked."""
    id_, began = CallId(call), at(seconds)
    return [
        calls.CallStarted(began, id_, CallKind.INBOUND, began, from_, "", to),
        calls.CallEnded(at(seconds + 60), id_, HangUpParty.CALLER, 16, at(seconds + 5)),
    ]


async def record(journal: Journal, *facts: Fact) -> None:
    """Write each fact down with an entry of its own."""
    for fact in facts:
        journal.append("Something", b"{}", fact.at, encode_facts((fact,)))
    await journal.flush()


@asynccontextmanager
async def ledger(path: Path, url: str, *facts: Fact) -> AsyncIterator[tuple[Journal, PastMissedCalls]]:
    """A journal with these facts, and the ledger over it."""
    async with running_journal(path, url) as journal:
        await record(journal, *facts)
        yield journal, PastMissedCalls(journal.database.engine)


async def everything(past: PastMissedCalls, wanted: MissedFilter = EVERYTHING) -> list[MissedCall]:
    """All entries."""
    return list(await past.missed_calls(wanted, behind=None, limit=100))


async def test_a_missed_call_stands_in_the_ledger_with_all_who_were_on_duty(
    tmp_path: Path, database: TestDatabase
) -> None:
    """Ann talks, Bob is at lunch, Cat logged out before; Dan logs in at the very instant and is not on duty yet."""
    facts = [
        *logs_in(ANN, 0),
        *logs_in(BOB, 0),
        *logs_in(CAT, 0),
        acd.AgentStateChanged(at(50), ANN, AgentState.CONNECTED, CallId("other")),
        acd.AgentStatusChanged(at(60), BOB, AgentStatus.PAUSED, LUNCH),
        acd.AgentStatusChanged(at(70), CAT, AgentStatus.LOGGED_OUT),
        *logs_in(AgentId("dan"), 100),
        *missed("c1", 100),
        acd.AgentStatusChanged(at(101), ANN, AgentStatus.LOGGED_OUT),
    ]
    async with ledger(tmp_path, database.url, *facts) as (_, past):
        (entry,) = await everything(past)
    assert (entry.missed_id, entry.kind, entry.at, entry.cause, entry.ring) == (
        "c1",
        MissedKind.CALL,
        at(100),
        MissCause.CALLER_LEFT,
        2,
    )
    assert (entry.agent_charge, entry.supervisor_charge, entry.supervisor) == (10, 50, "zhou")
    assert entry.on_duty == (
        OnDuty(ANN, AgentStatus.AVAILABLE, None, AgentState.CONNECTED),
        OnDuty(BOB, AgentStatus.PAUSED, LUNCH, AgentState.IDLE),
    )


async def test_an_offer_that_rang_out_shows_its_agent_as_ringing(
    tmp_path: Path, database: TestDatabase
) -> None:
    """At that instant the agent is idle already, and paused by the system: what counts is just before."""
    facts = [
        *logs_in(ANN, 0),
        acd.AgentStateChanged(at(10), ANN, AgentState.OFFERED, CallId("c1")),
        rang_out("c1-1", "c1", 26),
        calls.OfferMissed(at(26), OfferId("c1-1"), "zhou"),
        acd.AgentStateChanged(at(26), ANN, AgentState.IDLE),
        acd.AgentStatusChanged(at(26), ANN, AgentStatus.PAUSED, PauseCode("auto"), by_system=True),
    ]
    async with ledger(tmp_path, database.url, *facts) as (_, past):
        (entry,) = await everything(past)
    assert (entry.kind, entry.agent_id, entry.cause, entry.ring) == (
        MissedKind.OFFER,
        ANN,
        MissCause.IGNORED,
        3,
    )
    assert (entry.agent_charge, entry.supervisor_charge, entry.supervisor) == (0, 0, "zhou")
    assert entry.on_duty == (OnDuty(ANN, AgentStatus.AVAILABLE, None, AgentState.OFFERED),)


@pytest.mark.parametrize(
    "outcome", [OfferOutcome.ANSWERED, OfferOutcome.WITHDRAWN, OfferOutcome.FAILED, OfferOutcome.LOST]
)
async def test_an_offer_that_its_agent_did_not_miss_is_not_in_it(
    tmp_path: Path, sqlite_database: TestDatabase, outcome: OfferOutcome
) -> None:
    async with ledger(tmp_path, sqlite_database.url, rang_out("c1-1", "c1", 26, outcome)) as (_, past):
        assert await everything(past) == []


async def test_a_missed_call_is_recovered_by_the_next_call_that_is_answered(
    tmp_path: Path, database: TestDatabase
) -> None:
    """By the same number, later, whoever dialled; the first such call counts. A call before it recovers nothing."""
    facts = [
        *talked("before", 0),
        *missed("c1", 100),
        *missed("c2", 200, number="4002"),
        *missed("anonymous", 300, number=""),
        *talked("somebody", 310, from_=""),
        *talked("again", 400),
        *talked("outbound", 500, from_="ann", to="4002"),
        *talked("later", 600),
    ]
    async with ledger(tmp_path, database.url, *facts) as (_, past):
        found = {each.missed_id: (each.recovered_by, each.recovered_at) for each in await everything(past)}
    assert found == {"c1": ("again", at(405)), "c2": ("outbound", at(505)), "anonymous": (None, None)}


async def test_a_missed_offer_is_recovered_when_the_call_was_answered_by_another(
    tmp_path: Path, database: TestDatabase
) -> None:
    facts = [rang_out("c1-1", "c1", 3), *talked("c1", 0, from_="")]
    async with ledger(tmp_path, database.url, *facts) as (_, past):
        (entry,) = await everything(past)
    assert (entry.recovered_by, entry.recovered_at) == ("c1", at(5))


async def test_entries_are_found_by_what_is_asked_for_page_by_page(
    tmp_path: Path, database: TestDatabase
) -> None:
    """Newest first; `since` is included, `until` is not; a page goes on behind a place."""
    facts = [fact for number in range(5) for fact in missed(f"c{number}", 100 + number)]
    waived = calls.MissedCallWaived(at(500), MissedId("c2"), "line test", "admin")
    async with ledger(tmp_path, database.url, *facts, rang_out("c1-1", "c1", 90), waived) as (_, past):
        first = await past.missed_calls(EVERYTHING, behind=None, limit=4)
        rest = await past.missed_calls(EVERYTHING, behind=place_of(first[-1]), limit=4)
        assert [each.missed_id for each in (*first, *rest)] == ["c4", "c3", "c2", "c1", "c0", "c1-1"]
        for wanted, expected in (
            (MissedFilter(kind=MissedKind.OFFER), ["c1-1"]),
            (MissedFilter(cause=MissCause.IGNORED), ["c1-1"]),
            (MissedFilter(agents=frozenset({ANN})), ["c1-1"]),
            (MissedFilter(queue_id=QueueId("other")), []),
            (MissedFilter(is_waived=True), ["c2"]),
            (MissedFilter(is_waived=False, kind=MissedKind.CALL), ["c4", "c3", "c1", "c0"]),
            (MissedFilter(since=at(102), until=at(104)), ["c3", "c2"]),
        ):
            assert [each.missed_id for each in await everything(past, wanted)] == expected


async def test_entries_concern_who_was_on_duty_and_whose_offer_it_was(
    tmp_path: Path, database: TestDatabase
) -> None:
    """Just before: Ann logs out at the very instant of c2, Bob logs in then; an offer concerns nobody but its agent."""
    facts = [
        *logs_in(ANN, 0),
        *missed("c1", 100),
        rang_out("c1-1", "c1", 90),
        acd.AgentStatusChanged(at(200), ANN, AgentStatus.LOGGED_OUT),
        *logs_in(BOB, 200),
        *missed("c2", 200),
        *missed("c3", 300),
    ]
    async with ledger(tmp_path, database.url, *facts) as (_, past):
        found = {
            agent: [
                each.missed_id for each in await everything(past, MissedFilter(agents=frozenset({agent})))
            ]
            for agent in (ANN, BOB, CAT)
        }
        both = await everything(past, MissedFilter(agents=frozenset({ANN, BOB})))
        for each in both:
            assert {agent for agent in (ANN, BOB) if each.missed_id in found[agent]} == each.agents
    assert found == {ANN: ["c2", "c1", "c1-1"], BOB: ["c3"], CAT: []}
    assert [each.missed_id for each in both] == ["c3", "c2", "c1", "c1-1"]


async def test_disputes_and_noted_recoveries_are_kept(tmp_path: Path, database: TestDatabase) -> None:
    """A note goes before what the number tells; a rebuild gives the same."""
    disputed = calls.MissedCallDisputed(at(150), MissedId("c1"), "in a call", "user:ann")
    noted = calls.MissedCallRecovered(at(900), MissedId("c1"), CallId("mobile"), at(800), "user:ann")
    facts = [*missed("c1", 100), *missed("c2", 101), disputed, *talked("again", 400), noted]
    async with ledger(tmp_path, database.url, *facts) as (journal, past):
        second, first = await everything(past)
        await rebuild(journal.database.engine, projector())
        assert await everything(past) == [second, first]
        assert await everything(past, MissedFilter(is_disputed=True)) == [first]
        assert await everything(past, MissedFilter(is_disputed=False)) == [second]
    assert (first.disputed_at, first.disputed_by, first.dispute_reason) == (at(150), "user:ann", "in a call")
    assert (first.recovered_by, first.recovered_at, first.recovery_noted_by) == (
        "mobile",
        at(800),
        "user:ann",
    )
    assert (second.recovered_by, second.recovered_at, second.recovery_noted_by) == ("again", at(405), None)


async def test_a_waiver_is_kept_by_a_rebuild(tmp_path: Path, database: TestDatabase) -> None:
    """The ledger made anew from the journal equals the one made live, waivers and all."""
    facts = [*logs_in(ANN, 0), *missed("c1", 100), rang_out("c1-1", "c1", 90)]
    waived = calls.MissedCallWaived(at(200), MissedId("c1"), "line test", "admin")
    async with ledger(tmp_path, database.url, *facts, waived) as (journal, past):
        live = await everything(past)
        async with journal.database.engine.begin() as connection:
            await connection.exec_driver_sql("UPDATE missed_call SET agent_charge = 99, waived_at = NULL")
        await rebuild(journal.database.engine, projector())
        assert await everything(past) == live
        entry = await past.missed_call(MissedId("c1"))
    assert entry is not None
    assert (entry.waived_at, entry.waived_by, entry.waive_reason) == (at(200), "admin", "line test")


async def test_a_waiver_of_nothing_is_no_entry(tmp_path: Path, sqlite_database: TestDatabase) -> None:
    waived = calls.MissedCallWaived(at(0), MissedId("c9"), "line test", "admin")
    async with ledger(tmp_path, sqlite_database.url, waived) as (_, past):
        assert await everything(past) == []
        assert await past.missed_call(MissedId("c9")) is None


async def test_offers_and_passages_keep_their_rings(tmp_path: Path, database: TestDatabase) -> None:
    """What compliance is counted from: the agent's ring of each offer, the caller's of each passage."""
    caller = RingCount(at(0), 4, is_within=False)
    facts = [
        rang_out("c1-1", "c1", 16, OfferOutcome.ANSWERED),
        acd.CallConnected(at(16), CallId("c1"), QUEUE, ANN, OfferId("c1-1"), at(0), at(16), caller),
    ]
    async with ledger(tmp_path, database.url, *facts):
        assert await database.rows("SELECT ring, is_within_rings FROM offer") == [(3, True)]
        assert await database.rows("SELECT ring, is_within_rings FROM passage") == [(4, False)]


@pytest.mark.parametrize("database", ["sqlite"], indirect=True)
async def test_a_page_costs_the_same_however_many_called_later(
    tmp_path: Path, database: TestDatabase
) -> None:
    """Who reached a caller later is looked up by the caller's number. Counted in steps of the database."""
    async with running_journal(tmp_path, database.url) as journal:
        engine = journal.database.engine
        work: list[int] = []
        for numbers in (range(200), range(200, 1600)):
            async with engine.begin() as connection:
                await connection.execute(insert(tables.call), [_called(number) for number in numbers])
                if not work:
                    await connection.execute(
                        insert(tables.missed_call), [_missed(number) for number in range(20)]
                    )
            with steps_counted(engine) as steps:
                page = await PastMissedCalls(engine).missed_calls(MissedFilter(), behind=None, limit=50)
            assert [each.recovered_by for each in page] == ["c40"] * 20
            work.append(steps())
    assert work[1] < work[0] * 3, work


def _called(number: int) -> dict[str, object]:
    """A call a second. The first twenty have one caller, whom the fortieth reached."""
    caller, to = ("139", "400") if number < 20 else (f"138{number}", "139" if number == 40 else "400")
    at = NOON + timedelta(seconds=number)
    reached = at if number == 40 else None
    return {
        "call_id": f"c{number}",
        "from_number": caller,
        "to_number": to,
        "arrived_at": at,
        "bridged_at": reached,
    }


def _missed(number: int) -> dict[str, object]:
    row = {"missed_id": f"c{number}", "call_id": f"c{number}", "at": NOON + timedelta(seconds=number)}
    charges = {"agent_charge": 0, "supervisor_charge": 0}
    return {**row, **charges, "kind": MissedKind.CALL, "queue_id": "sales", "cause": MissCause.CALLER_LEFT}


def test_a_month_costs_each_person_the_sum_of_what_counts() -> None:
    """Everybody on duty pays, whatever their state; the supervisor by another rate; waived calls stand apart."""
    ann, bob = (OnDuty(each, AgentStatus.AVAILABLE, None, AgentState.IDLE) for each in (ANN, BOB))

    def entry(*on_duty: OnDuty, charge: int = 10, waived: bool = False) -> MissedCall:
        return MissedCall(
            missed_id=MissedId("c"),
            kind=MissedKind.CALL,
            at=NOON,
            call_id=CallId("c"),
            queue_id=QUEUE,
            cause=MissCause.NO_AGENT,
            agent_charge=charge,
            supervisor_charge=5 * charge,
            supervisor="zhou",
            waived_at=NOON if waived else None,
            on_duty=on_duty,
        )

    assert sums([entry(ann, bob), entry(ann), entry(ann, bob, waived=True), entry(ann, charge=0)]) == [
        PersonSum("ann", is_supervisor=False, calls=2, amount=20, waived_calls=1, waived_amount=10),
        PersonSum("bob", is_supervisor=False, calls=1, amount=10, waived_calls=1, waived_amount=10),
        PersonSum("zhou", is_supervisor=True, calls=2, amount=100, waived_calls=1, waived_amount=50),
    ]
