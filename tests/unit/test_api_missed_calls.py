"""The missed-call ledger over REST: lists, CSV, sums of a month, and waivers that stand in the journal."""

import asyncio
import csv
import io
from collections import Counter
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import replace
from typing import Any

import httpx2
import msgspec
import pytest

from app.acd.events import LogInRequested
from app.auth.model import Role
from tests.support.clocks import START
from tests.support.missed_calls import ListMissedCalls, missed
from tests.support.people import MATE, OWN, STRANGER, People
from tests.support.stage import Stage

LEDGER = "/api/v1/missed-calls"


@pytest.fixture
async def told() -> AsyncIterator[Stage]:
    """A service whose ledger has three calls of this month, one of the next, and one of the last that is disputed."""
    entries = [
        missed("c1"),
        missed("c2", days=1),
        missed("c3", days=2, waived_by="user:zhao", reason="=line test"),
        missed("c4", days=9.3125),  # Midnight of December in Shanghai, 16:00 of November in UTC.
    ]
    entries += [replace(missed("c5", days=-30), disputed_at=START, disputed_by="user:lin")]
    stage = Stage(missed=ListMissedCalls(entries))
    stage.open()
    yield stage
    stage.dispatcher.stop()


@pytest.fixture
async def client(told: Stage) -> AsyncIterator[httpx2.AsyncClient]:
    """A client of that service."""
    async with told.client() as client:
        yield client


async def test_an_entry_tells_cause_ring_charges_and_who_was_on_duty(client: httpx2.AsyncClient) -> None:
    entry = (await client.get(f"{LEDGER}/c1")).json()
    assert (entry["cause"], entry["ring"], entry["charge_each"], entry["supervisor_charge"]) == (
        "caller_left",
        5,
        10,
        50,
    )
    assert entry["on_duty"] == [
        {"agent_id": "lin", "status": "available", "pause_code": None, "state": "connected"},
        {"agent_id": "wang", "status": "paused", "pause_code": "lunch", "state": "idle"},
    ]


async def test_an_entry_that_is_not_there_is_a_problem(client: httpx2.AsyncClient) -> None:
    answer = await client.get(f"{LEDGER}/c9")
    assert (answer.status_code, answer.json()["code"]) == (404, "unknown-missed-call")


async def test_pages_are_joined_by_cursors(client: httpx2.AsyncClient) -> None:
    """Newest first; the last page has no cursor."""
    first = (await client.get(LEDGER, params={"limit": 3})).json()
    rest = (await client.get(LEDGER, params={"limit": 3, "cursor": first["next"]})).json()
    pages = [[each["id"] for each in page["missed_calls"]] for page in (first, rest)]
    assert (pages, rest["next"]) == ([["c4", "c3", "c2"], ["c1", "c5"]], None)


async def test_csv_has_every_row_and_runs_no_formula(client: httpx2.AsyncClient) -> None:
    """Lines end in CR LF; a reason that begins like a formula is text."""
    answer = await client.get(LEDGER, params={"format": "csv"})
    assert answer.headers["content-type"].startswith("text/csv")
    assert answer.text.count("\r\n") == 6
    rows = list(csv.DictReader(io.StringIO(answer.text)))
    assert [row["id"] for row in rows] == ["c4", "c3", "c2", "c1", "c5"]
    assert rows[1]["waive_reason"] == "'=line test"
    assert rows[0]["on_duty"] == "lin:available:connected wang:paused:lunch:idle"


async def test_csv_for_excel_begins_with_its_mark(client: httpx2.AsyncClient) -> None:
    assert (await client.get(LEDGER, params={"format": "excel"})).content.startswith(b"\xef\xbb\xbfid,")


async def test_a_month_costs_each_person_what_was_not_waived(client: httpx2.AsyncClient) -> None:
    """Of this month, in the site's time."""
    sums = (await client.get(f"{LEDGER}/charges", params={"month": "2026-11"})).json()
    assert {
        (each["person"], each["calls"], each["amount"], each["waived_amount"]) for each in sums["people"]
    } == {
        ("lin", 2, 20, 10),
        ("wang", 2, 20, 10),
        ("zhou", 2, 100, 50),
    }


async def test_a_month_begins_at_midnight_of_the_site(client: httpx2.AsyncClient) -> None:
    """16:00 UTC on the last of November is December in Shanghai."""
    answer = await client.get(LEDGER, params={"since": "2026-12-01T00:00:00+08:00"})
    december = (await client.get(f"{LEDGER}/charges", params={"month": "2026-12"})).json()["people"]
    assert [each["id"] for each in answer.json()["missed_calls"]] == ["c4"]
    assert {each["calls"] for each in december} == {1}


@pytest.mark.parametrize("month", ["2026-13", "2026", "november", "2026-1"])
async def test_what_is_no_month_is_refused(client: httpx2.AsyncClient, month: str) -> None:
    answer = await client.get(f"{LEDGER}/charges", params={"month": month})
    assert (answer.status_code, answer.json()["code"]) == (422, "invalid-request")


async def test_a_waiver_stands_in_the_journal_with_who_and_why(
    told: Stage, client: httpx2.AsyncClient
) -> None:
    """The answer shows it at once; the record has the event and its fact."""
    answer = await client.post(f"{LEDGER}/c1/waive", json={"reason": " Line test "})
    assert answer.status_code == 200, answer.text
    entry = answer.json()
    assert (entry["waive_reason"], entry["waived_by"]) == ("Line test", "admin-token")
    kind, payload, _, outcome = told.journal.entries[-1]
    facts: list[dict[str, Any]] = msgspec.json.decode(outcome)
    assert kind == "WaiveRequested"
    assert msgspec.json.decode(payload) == {"missed_id": "c1", "reason": "Line test", "by": "admin-token"}
    assert [(fact["type"], fact["missed_id"], fact["by"]) for fact in facts] == [
        ("MissedCallWaived", "c1", "admin-token")
    ]


async def test_a_waiver_needs_a_reason(client: httpx2.AsyncClient) -> None:
    answer = await client.post(f"{LEDGER}/c1/waive", json={"reason": "  "})
    assert (answer.status_code, answer.json()["code"]) == (422, "invalid-request")


async def test_what_is_waived_already_is_refused(told: Stage, client: httpx2.AsyncClient) -> None:
    before = len(told.journal.entries)
    answer = await client.post(f"{LEDGER}/c3/waive", json={"reason": "again"})
    assert (answer.status_code, answer.json()["code"]) == (409, "waived-already")
    assert len(told.journal.entries) == before


@pytest.mark.parametrize("decision", ["waive", "dispute"])
async def test_of_many_who_decide_at_once_one_wins(
    told: Stage, client: httpx2.AsyncClient, decision: str
) -> None:
    """Before the database has it: this one never gets it. What was decided is shown at once."""
    path, before = f"{LEDGER}/c1", len(told.journal.entries)
    tries = [client.post(f"{path}/{decision}", json={"reason": str(each)}) for each in range(20)]
    answers = await asyncio.gather(*tries)
    codes = Counter(answer.json().get("code") for answer in answers)
    assert codes == {None: 1, f"{decision}d-already": 19}
    assert len(told.journal.entries) == before + 1
    (won,) = (answer.json() for answer in answers if answer.is_success)
    assert (await client.get(path)).json() == won


async def test_a_waiver_and_a_dispute_at_once_leave_no_dispute_of_what_costs_nothing(
    client: httpx2.AsyncClient,
) -> None:
    reason = {"reason": "line test"}
    await client.post(f"{LEDGER}/c1/waive", json=reason)
    answer = await client.post(f"{LEDGER}/c1/dispute", json=reason)
    assert (answer.status_code, answer.json()["code"]) == (409, "waived-already")


# --- whose rows ----------------------------------------------------------------------------------------------------


@pytest.fixture
async def people() -> AsyncIterator[People]:
    """LIN and WANG are of the team `early`, ZHAO is of `late`; each was on duty alone once, and all three once."""
    entries = [
        missed("own", on_duty=[OWN]),
        missed("mate", on_duty=[MATE], days=1),
        missed("stranger", on_duty=[STRANGER], days=2),
        missed("all", on_duty=[OWN, MATE, STRANGER], days=3),
    ]
    stage = Stage(missed=ListMissedCalls(entries))
    stage.open()
    yield People(stage)
    stage.dispatcher.stop()


@asynccontextmanager
async def page_of(people: People, role: Role) -> AsyncIterator[httpx2.AsyncClient]:
    """The page of a user who is the agent LIN and leads the team `early`."""
    await people.user(role)
    async with people.browser(await people.session(role)) as client:
        yield client


async def test_a_team_leader_sees_the_rows_of_the_team_and_in_them_the_team_only(people: People) -> None:
    """The list, one entry, CSV and the sums; without naming the team, or naming another, nothing."""
    async with page_of(people, Role.TEAM_LEADER) as client:
        listed = (await client.get(LEDGER, params={"team": "early"})).json()["missed_calls"]
        whole = await client.get(LEDGER)
        other = await client.get(LEDGER, params={"team": "late"})
        stranger = await client.get(f"{LEDGER}/stranger")
        text = (await client.get(LEDGER, params={"team": "early", "format": "csv"})).text
        sums = (await client.get(f"{LEDGER}/charges", params={"month": "2026-11", "team": "early"})).json()
    assert {each["id"]: [one["agent_id"] for one in each["on_duty"]] for each in listed} == {
        "all": [OWN, MATE],
        "mate": [MATE],
        "own": [OWN],
    }
    assert [answer.json()["code"] for answer in (whole, other, stranger)] == ["forbidden"] * 3
    assert STRANGER not in text
    assert {each["person"]: each["amount"] for each in sums["people"]} == {OWN: 20, MATE: 20}


async def test_an_agent_sees_what_is_charged_to_that_agent(people: People) -> None:
    """Rule R10: whom a missed call costs something may know why, and object."""
    async with page_of(people, Role.AGENT) as client:
        listed = (await client.get(LEDGER, params={"agent_id": OWN})).json()["missed_calls"]
        sums = (await client.get(f"{LEDGER}/charges", params={"month": "2026-11", "agent_id": OWN})).json()
        mate = await client.get(f"{LEDGER}/mate")
    assert {each["id"]: [one["agent_id"] for one in each["on_duty"]] for each in listed} == {
        "all": [OWN],
        "own": [OWN],
    }
    assert [(each["person"], each["amount"]) for each in sums["people"]] == [(OWN, 20)]
    assert mate.status_code == 403


async def test_the_shift_supervisor_sees_everything_and_waives_nothing(people: People) -> None:
    """A missed call costs the supervisor, too: another decides."""
    async with page_of(people, Role.SHIFT_SUPERVISOR) as client:
        listed = (await client.get(LEDGER)).json()["missed_calls"]
        sums = (await client.get(f"{LEDGER}/charges", params={"month": "2026-11"})).json()
        waiver = await client.post(f"{LEDGER}/all/waive", json={"reason": "please"})
    assert [each["id"] for each in listed] == ["all", "stranger", "mate", "own"]
    assert [each["person"] for each in sums["people"] if each["is_supervisor"]] == ["zhou"]
    assert waiver.status_code == 403


async def test_an_unknown_team_is_a_problem(client: httpx2.AsyncClient) -> None:
    for path in (LEDGER, f"{LEDGER}/charges"):
        answer = await client.get(
            path, params={"team": "night", "month": "2026-11"} if "charges" in path else {"team": "night"}
        )
        assert (answer.status_code, answer.json()["code"]) == (404, "unknown-team")


# --- disputes ------------------------------------------------------------------------------------------------------


async def test_a_dispute_stands_in_the_journal_and_in_the_audit_log(people: People) -> None:
    """With who objects, and why; the charge stands until somebody waives it."""
    async with page_of(people, Role.AGENT) as client:
        answer = await client.post(f"{LEDGER}/own/dispute", json={"reason": "I was in a call"})
        refused = await client.post(f"{LEDGER}/mate/dispute", json={"reason": "not mine"})
    entry = answer.json()
    assert (entry["dispute_reason"], entry["disputed_by"], entry["waived_at"]) == (
        "I was in a call",
        "user:agent",
        None,
    )
    assert refused.status_code == 403
    kind, payload, _, outcome = people.stage.journal.entries[-1]
    assert (kind, msgspec.json.decode(payload)["missed_id"]) == ("DisputeRequested", "own")
    assert [fact["type"] for fact in msgspec.json.decode(outcome)] == ["MissedCallDisputed"]
    noted = await audited(people, "disputeMissedCall")
    assert [(each["result"], each["object"]) for each in noted] == [
        ("forbidden", "missed:mate"),
        ("done", "missed:own"),
    ]
    assert noted[1]["details"] == {"reason": "I was in a call"}


@pytest.mark.parametrize(("name", "code"), [("c3", "waived-already"), ("c5", "disputed-already")])
async def test_what_is_decided_or_in_dispute_is_not_disputed_again(
    client: httpx2.AsyncClient, name: str, code: str
) -> None:
    answer = await client.post(f"{LEDGER}/{name}/dispute", json={"reason": "again"})
    assert (answer.status_code, answer.json()["code"]) == (409, code)


async def test_disputes_are_found_by_who_is_to_decide(client: httpx2.AsyncClient) -> None:
    found = {
        is_so: [
            each["id"]
            for each in (await client.get(LEDGER, params={"is_disputed": is_so})).json()["missed_calls"]
        ]
        for is_so in ("true", "false")
    }
    assert found == {"true": ["c5"], "false": ["c4", "c3", "c2", "c1"]}


# --- recoveries ------------------------------------------------------------------------------------------------------


async def test_a_caller_reached_by_another_number_is_noted_with_the_call(people: People) -> None:
    """An agent dialled; the note stands in the journal and in the audit log."""
    stage = people.stage
    stage.dispatcher.submit(LogInRequested(OWN))
    call_id = stage.call("later", "13900139000")
    stage.passes(1)
    stage.picks_up(f"{call_id}-1")
    async with page_of(people, Role.AGENT) as client:
        answer = await client.post(f"{LEDGER}/own/recover", json={"call_id": "later"})
    entry = answer.json()
    assert answer.status_code == 200, answer.text
    assert (entry["recovered_by"], entry["recovery_noted_by"]) == ("later", "user:agent")
    assert entry["recovered_at"] == "2026-11-21T08:30:01.000Z"
    kind, payload, _, outcome = stage.journal.entries[-1]
    assert (kind, msgspec.json.decode(payload)["call_id"]) == ("RecoveryNoted", "later")
    assert [fact["type"] for fact in msgspec.json.decode(outcome)] == ["MissedCallRecovered"]
    assert [each["details"] for each in await audited(people, "recoverMissedCall")] == [{"call_id": "later"}]


async def test_only_a_later_call_in_which_somebody_talked_recovers(people: People) -> None:
    """One that waits, one that does not exist, one before: nothing is written down."""
    stage = people.stage
    stage.call("waits")
    before = len(stage.journal.entries)
    async with page_of(people, Role.SHIFT_SUPERVISOR) as client:
        waits = await client.post(f"{LEDGER}/own/recover", json={"call_id": "waits"})
        unknown = await client.post(f"{LEDGER}/own/recover", json={"call_id": "none"})
        stage.dispatcher.submit(LogInRequested(OWN))
        stage.picks_up("waits-1")
        early = await client.post(f"{LEDGER}/mate/recover", json={"call_id": "waits"})
    assert [(each.status_code, each.json()["code"]) for each in (waits, unknown, early)] == [
        (409, "not-reached"),
        (404, "unknown-call"),
        (409, "not-reached"),
    ]
    kinds = [kind for kind, *_ in stage.journal.entries[before:]]
    assert "RecoveryNoted" not in kinds


async def audited(people: People, action: str) -> list[dict[str, Any]]:
    """What the audit log has of an action, newest first."""
    await people.access.audit.flush()
    async with people.stage.client() as client:
        answer = await client.get("/api/v1/audit", params={"action": action})
    entries: list[dict[str, Any]] = answer.json()["entries"]
    return entries
