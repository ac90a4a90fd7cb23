"""Reports over REST: by interval, queue, agent and team, as JSON and CSV; and the calls behind each figure."""

import csv
import io
from collections.abc import AsyncIterator
from dataclasses import replace
from datetime import timedelta
from typing import Any

import httpx2
import pytest

from app.acd.model import ExitReason, OfferOutcome
from app.ids import AgentId
from app.site.model import Site
from metrics.definitions import FIGURES, Unit
from metrics.records import Activity
from tests.support.metrics_records import (
    LIN,
    SALES,
    WANG,
    ListRecords,
    answered,
    at,
    left,
    offer,
    seat,
)
from tests.support.stage import Stage

REPORTS = "/api/v1/reports"
RANGE = {"since": "2026-11-21T09:00:00Z", "until": "2026-11-21T10:00:00Z"}


@pytest.fixture
async def client() -> AsyncIterator[httpx2.AsyncClient]:
    """A client of a service with an hour of records, which is over."""
    records = ListRecords(
        [
            answered(5, 60, start=10),
            answered(30, 60, start=20, agent=WANG, queue=SALES),
            left(2, start=30),
            left(40, start=1000),
            left(60, ExitReason.TIMEOUT, start=1200),
        ],
        [offer(OfferOutcome.ANSWERED, 3, start=12), offer(OfferOutcome.NO_ANSWER, 15, start=1005)],
        [seat(0, 1800, Activity.IDLE), seat(1800, 5400, Activity.TALKING)],
    )
    stage = Stage(records=records)
    stage.open()
    stage.clock.move(timedelta(hours=2))
    stage.service.site = _with_teams(stage)
    async with stage.client() as client:
        yield client
    stage.dispatcher.stop()


def _with_teams(stage: Stage) -> Site:
    return replace(stage.service.site, teams={"early": (LIN,), "late": (WANG, AgentId("zhao"))})


async def ask(client: httpx2.AsyncClient, path: str = "", **query: Any) -> Any:
    """A report; fails unless it is given."""
    answer = await client.get(f"{REPORTS}{path}", params={**RANGE, **query})
    assert answer.status_code == 200, answer.text
    return answer.json()


async def problem(client: httpx2.AsyncClient, path: str = "", **query: Any) -> tuple[int, str, str]:
    """Status, code and detail of a problem."""
    answer = await client.get(f"{REPORTS}{path}", params=query)
    body = answer.json()
    assert answer.headers["content-type"] == "application/problem+json"
    return answer.status_code, body["code"], body["detail"]


async def test_a_report_shows_its_terms_and_its_total(client: httpx2.AsyncClient) -> None:
    """The site's policies unless the query says otherwise."""
    report = await ask(client)
    assert report["terms"] == {
        "service_level": "answered_and_abandoned",
        "within_seconds": 20.0,
        "short_abandon_seconds": 5.0,
    }
    figures = report["total"]["figures"]
    assert (figures["offered"], figures["answered"], figures["abandoned"], figures["overflowed"]) == (
        5,
        2,
        2,
        1,
    )
    assert figures["service_level"] == pytest.approx(1 / 3, abs=1e-6)
    assert figures["rna_rate"] == 0.5


async def test_another_formula_over_the_same_calls_gives_the_other_figure(client: httpx2.AsyncClient) -> None:
    """And so do another T and another threshold."""
    levels = [
        (await ask(client, **terms))["total"]["figures"]["service_level"]
        for terms in (
            {"service_level": "answered"},
            {"service_level": "offered"},
            {"service_level": "left_in_time"},
            {"service_level": "answered", "within_seconds": 30},
            {"short_abandon_seconds": 1},
        )
    ]
    assert levels == [0.5, 0.2, 0.4, 1.0, 0.25]


async def test_rows_are_by_interval_and_queue(client: httpx2.AsyncClient) -> None:
    """Quarters of an hour of the site; agents' time belongs to no queue and is left out."""
    report = await ask(client, per="15min", by="queue")
    rows = [(row["since"], row["queue_id"], row["figures"]["offered"]) for row in report["rows"]]
    assert rows == [
        ("2026-11-21T09:00:00.000Z", "sales", 1),
        ("2026-11-21T09:00:00.000Z", "service", 2),
        ("2026-11-21T09:15:00.000Z", "service", 2),
    ]
    assert "occupancy" not in report["rows"][0]["figures"]


async def test_rows_by_team_are_the_work_of_its_agents(client: httpx2.AsyncClient) -> None:
    """Calls that nobody took belong to no team."""
    report = await ask(client, by="team")
    rows = {row["team"]: row["figures"]["offered"] for row in report["rows"]}
    assert rows == {None: 3, "early": 1, "late": 1}
    early = await ask(client, team="early")
    assert early["total"]["figures"]["offered"] == 1


async def test_a_day_is_one_of_the_sites_calendar(client: httpx2.AsyncClient) -> None:
    """In Shanghai it begins at 16:00 UTC the day before."""
    answer = await client.get(REPORTS, params={"day": "2026-11-21"})
    assert (answer.json()["since"], answer.json()["until"]) == (
        "2026-11-20T16:00:00.000Z",
        "2026-11-21T16:00:00.000Z",
    )


async def test_agents_time_ends_now(client: httpx2.AsyncClient) -> None:
    """What lies ahead has not passed: the service's clock stands at 10:30."""
    answer = await client.get(REPORTS, params={"day": "2026-11-21", "by": "agent"})
    (lin,) = [row for row in answer.json()["rows"] if row["agent_id"] == "lin"]
    assert lin["figures"]["logged_in"] == 5400


async def test_the_link_of_a_row_lists_as_many_calls_as_each_of_its_counts(
    client: httpx2.AsyncClient,
) -> None:
    """For every row of a report by agent, and every count in it: the calls of nobody included."""
    report = await ask(client, by="agent", per="15min")
    listed = 0
    for row in [*report["rows"], report["total"]]:
        for name, value in row["figures"].items():
            if value and FIGURES[name].unit is Unit.COUNT:
                answer = await client.get(row["calls"].replace("{figure}", name))
                assert len(answer.json()["records"]) == value, (row, name)
                listed += value
    assert listed > 20


async def test_the_calls_behind_a_figure_tell_who_when_and_how_long(client: httpx2.AsyncClient) -> None:
    """With the formula that they went into."""
    page = await ask(client, "/calls", figure="asa")
    assert page["formula"].startswith("Average speed of answer")
    assert page["records"][0] == {
        "call_id": "answered-10-5",
        "queue_id": "service",
        "agent_id": "lin",
        "at": "2026-11-21T09:00:10.000Z",
        "seconds": 5.0,
        "what": "answered",
    }
    ring = await ask(client, "/calls", figure="longest_ring")
    assert [record["what"] for record in ring["records"]] == ["answered", "no_answer"]
    talk = await ask(client, "/calls", figure="talking")
    assert [(record["what"], record["seconds"]) for record in talk["records"]] == [("talking", 1800.0)]


async def test_pages_of_calls_go_on_where_the_one_before_ended(client: httpx2.AsyncClient) -> None:
    """Each call once, in order."""
    whole = (await ask(client, "/calls", figure="offered"))["records"]
    found, query = [], {"figure": "offered", "limit": 2}
    while True:
        page = await ask(client, "/calls", **query)
        found += page["records"]
        if page["next"] is None:
            break
        query["cursor"] = page["next"]
    assert found == whole
    assert len(whole) == 5


async def test_csv_is_rfc_4180_with_the_sites_time(client: httpx2.AsyncClient) -> None:
    """CRLF, a header, the same figures as in JSON."""
    answer = await client.get(REPORTS, params={**RANGE, "by": "queue", "format": "csv"})
    assert answer.headers["content-type"].startswith("text/csv")
    assert "attachment" in answer.headers["content-disposition"]
    text = answer.content.decode()
    assert text.count("\r\n") == text.count("\n") == 3
    rows = list(csv.DictReader(io.StringIO(text, newline="")))
    assert [(row["since"], row["queue_id"], row["offered"]) for row in rows] == [
        ("2026-11-21T17:00:00+08:00", "sales", "1"),
        ("2026-11-21T17:00:00+08:00", "service", "4"),
    ]
    report = await ask(client, by="queue")
    assert [float(row["service_level"]) for row in rows] == [
        row["figures"]["service_level"] for row in report["rows"]
    ]


async def test_csv_for_excel_begins_with_the_byte_order_mark(client: httpx2.AsyncClient) -> None:
    """Without it Excel takes Chinese for something else; other readers get none."""
    excel = await client.get(REPORTS, params={**RANGE, "format": "excel"})
    plain = await client.get(REPORTS, params={**RANGE, "format": "csv"})
    assert excel.content == b"\xef\xbb\xbf" + plain.content


async def test_every_figure_is_explained(client: httpx2.AsyncClient) -> None:
    """And so are the five formulas of the service level."""
    told = (await client.get(f"{REPORTS}/figures")).json()
    assert [each["name"] for each in told["figures"]] == list(FIGURES)
    assert len(told["service_levels"]) == 5


async def test_the_queue_log_is_plain_text(client: httpx2.AsyncClient) -> None:
    """One line per event, of the period that is asked for."""
    answer = await client.get(f"{REPORTS}/queue-log", params=RANGE)
    assert answer.headers["content-type"].startswith("text/plain")
    lines = answer.text.splitlines()
    assert lines[0] == f"{int(at(10).timestamp())}|answered-10-5|service|NONE|ENTERQUEUE||4001|1"
    assert len(lines) == 5
    assert (await problem(client, "/queue-log"))[:2] == (422, "bad-range")


@pytest.mark.parametrize(
    ("query", "says"),
    [
        ({}, "either `day`, or both"),
        ({"since": "2026-11-21T09:00:00Z"}, "either `day`, or both"),
        ({"day": "2026-11-21", **RANGE}, "either `day`, or both"),
        ({"since": RANGE["until"], "until": RANGE["since"]}, "later than `since`"),
        ({"since": RANGE["since"], "until": RANGE["since"]}, "later than `since`"),
        ({"since": "2020-01-01T00:00:00Z", "until": "2026-01-01T00:00:00Z"}, "at most 400 days"),
    ],
)
async def test_a_bad_period_is_a_problem_that_says_what_to_do(
    client: httpx2.AsyncClient, query: dict[str, str], says: str
) -> None:
    """Never an empty report."""
    status, code, detail = await problem(client, **query)
    assert (status, code) == (422, "bad-range")
    assert says in detail


async def test_a_report_of_too_many_rows_is_a_problem(client: httpx2.AsyncClient) -> None:
    """A year of quarters of an hour is nobody's report."""
    year = {"since": "2025-11-21T00:00:00Z", "until": "2026-11-21T00:00:00Z", "per": "15min"}
    assert (await problem(client, **year))[:2] == (422, "too-many-rows")


async def test_unknown_teams_figures_and_cursors_are_problems(client: httpx2.AsyncClient) -> None:
    """Each with a code of its own."""
    assert (await problem(client, **RANGE, team="night"))[:2] == (404, "unknown-team")
    assert (await problem(client, "/calls", **RANGE, figure="luck"))[:2] == (404, "unknown-figure")
    assert (await problem(client, "/calls", **RANGE, figure="asa", cursor="bm9uZQ"))[:2] == (
        422,
        "wrong-cursor",
    )
    assert (await problem(client, **RANGE, per="hour"))[:2] == (422, "invalid-request")


def test_the_records_of_this_test_begin_at_nine() -> None:
    """So that the expected instants above mean what they say."""
    assert at(0).isoformat() == "2026-11-21T09:00:00+00:00"
