"""The missed-call ledger over REST: lists, CSV, sums of a month, and waivers that stand in the journal."""

import csv
import io
from collections.abc import AsyncIterator
from typing import Any

import httpx2
import msgspec
import pytest

from tests.support.missed_calls import ListMissedCalls, missed
from tests.support.stage import Stage

LEDGER = "/api/v1/missed-calls"


@pytest.fixture
async def told() -> AsyncIterator[Stage]:
    """A service whose ledger has three calls of this month and one of the next."""
    entries = [
        missed("c1"),
        missed("c2", days=1),
        missed("c3", days=2, waived_by="user:zhao", reason="=line test"),
        missed("c4", days=9.3125),  # Midnight of December in Shanghai, 16:00 of November in UTC.
    ]
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
    assert (pages, rest["next"]) == ([["c4", "c3", "c2"], ["c1"]], None)


async def test_csv_has_every_row_and_runs_no_formula(client: httpx2.AsyncClient) -> None:
    """Lines end in CR LF; a reason that begins like a formula is text."""
    answer = await client.get(LEDGER, params={"format": "csv"})
    assert answer.headers["content-type"].startswith("text/csv")
    assert answer.text.count("\r\n") == 5
    rows = list(csv.DictReader(io.StringIO(answer.text)))
    assert [row["id"] for row in rows] == ["c4", "c3", "c2", "c1"]
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


async def test_a_service_without_a_database_has_no_ledger(stage: Stage) -> None:
    async with stage.client() as client:
        answer = await client.get(LEDGER)
    assert (answer.status_code, answer.json()["code"]) == (503, "history-away")
