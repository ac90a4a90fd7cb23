"""Reports over REST: by interval, queue, agent and team, as JSON and CSV; and the calls behind each figure."""

import asyncio
import csv
import io
import threading
from collections.abc import AsyncIterator
from dataclasses import replace
from datetime import time, timedelta
from typing import Any

import httpx2
import pytest

from app.acd.model import ExitReason, OfferOutcome
from app.api import routers
from app.calls.shifts import Shift, Shifts
from app.ids import AgentId
from app.site.model import Site
from metrics.definitions import FIGURES
from metrics.figure import Unit
from metrics.records import Activity, Passage
from metrics.scope import Scope
from tests.support.metrics_records import (
    LIN,
    SALES,
    WANG,
    ListRecords,
    answered,
    at,
    left,
    offer,
    outbound,
    rung,
    seat,
)
from tests.support.stage import Stage

REPORTS = "/api/v1/reports"
RANGE = {"since": "2026-11-21T09:00:00Z", "until": "2026-11-21T10:00:00Z"}


@pytest.fixture
async def stage_with_records() -> AsyncIterator[Stage]:
    """A service with an hour of records, which is over."""
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
        [outbound(60, start=40), outbound(None, start=50), outbound(30, start=1000, agent=WANG)],
    )
    stage = Stage(records=records)
    stage.open()
    stage.clock.move(timedelta(hours=2))
    stage.service.site = _with_teams(stage)
    yield stage
    stage.dispatcher.stop()


@pytest.fixture
async def client(stage_with_records: Stage) -> AsyncIterator[httpx2.AsyncClient]:
    """A client of that service."""
    async with stage_with_records.client() as client:
        yield client


@pytest.mark.parametrize("form", ["json", "csv"])
@pytest.mark.parametrize("kind", ["", "/rings"])
async def test_a_large_report_is_written_beside_the_loop(
    client: httpx2.AsyncClient, monkeypatch: pytest.MonkeyPatch, kind: str, form: str
) -> None:
    """Two thousand rows: calls must not wait for them, so none of the writing is done in the thread that decides."""
    written_in: dict[str, int] = {}

    def note_thread(name: str) -> None:
        write = getattr(routers.reports, name)

        def noted(*args: object, **kwargs: object) -> object:
            written_in[name] = threading.get_ident()
            return write(*args, **kwargs)

        monkeypatch.setattr(routers.reports, name, noted)

    for name in ("report_shape", "ring_report_shape", "json_of", "csv_of"):
        note_thread(name)
    period = {"since": "2026-11-01T00:00:00Z", "until": "2026-11-21T11:00:00Z"}
    answer = await client.get(REPORTS + kind, params=period | {"per": "15min", "format": form})
    assert answer.status_code == 200
    assert len(answer.content) > 100_000
    shape = "ring_report_shape" if kind else "report_shape"
    assert set(written_in) == ({shape, "json_of"} if form == "json" else {"csv_of"})
    assert threading.get_ident() not in written_in.values()


class CountingRecords(ListRecords):
    """Counts how many are read."""

    read = 0

    async def passages(self, scope: Scope) -> AsyncIterator[Passage]:
        """As `Records.passages`."""
        async for each in super().passages(scope):
            self.read += 1
            yield each


class SlowRecords(ListRecords):
    """Notes how many read at once at most, while the others get their turn between any two records."""

    reading = most = 0

    async def passages(self, scope: Scope) -> AsyncIterator[Passage]:
        """As `Records.passages`."""
        self.reading += 1
        self.most = max(self.most, self.reading)
        async for each in super().passages(scope):
            await asyncio.sleep(0)
            yield each
        self.reading -= 1


async def test_of_many_reports_two_are_made_at_a_time() -> None:
    """Who asks ten times for a year, and leaves, must not fill the memory."""
    records = SlowRecords([answered(5, 60, start=start) for start in range(100)])
    stage = Stage(records=records)
    stage.open()
    stage.clock.move(timedelta(hours=2))
    async with stage.client() as client:
        answers = await asyncio.gather(*(client.get(REPORTS, params=RANGE) for _ in range(10)))
    assert {answer.status_code for answer in answers} == {200}
    assert len({answer.text for answer in answers}) == 1
    assert records.most == 2
    stage.dispatcher.stop()


async def test_a_page_of_calls_reads_no_further_than_it_shows() -> None:
    """And one more, to know whether another page follows: a year behind it would fill the memory."""
    records = CountingRecords([answered(5, 60, start=start) for start in range(100)])
    stage = Stage(records=records)
    stage.open()
    stage.clock.move(timedelta(hours=2))
    async with stage.client() as client:
        answer = await client.get(f"{REPORTS}/calls", params=RANGE | {"figure": "answered", "limit": 10})
    stage.dispatcher.stop()
    assert (len(answer.json()["records"]), records.read) == (10, 11)


@pytest.fixture
async def rung_client() -> AsyncIterator[httpx2.AsyncClient]:
    """A client of a service whose callers and phones have counted rings."""
    records = ListRecords(
        [rung(answered(64, agent=WANG), 13, seconds=4), rung(answered(8, start=100), 2, seconds=8)],
        [
            rung(offer(OfferOutcome.ANSWERED, 3), 1),
            rung(offer(OfferOutcome.ANSWERED, 22, start=200), 5),
            rung(offer(OfferOutcome.WITHDRAWN, 2, start=300), 1),
        ],
    )
    stage = Stage(records=records)
    stage.open()
    stage.clock.move(timedelta(hours=2))
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
        "resolve_within_seconds": 300.0,
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
    resolved = [
        (await ask(client, resolve_within_seconds=seconds))["total"]["figures"]["resolved_in_time"]
        for seconds in (50, 80, 2000)
    ]
    assert resolved == [2, 4, 5]


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
        "ring": None,
        "what": "answered",
    }
    ring = await ask(client, "/calls", figure="max_ring")
    assert [record["what"] for record in ring["records"]] == ["answered", "no_answer"]
    talk = await ask(client, "/calls", figure="talking")
    assert [(record["what"], record["seconds"]) for record in talk["records"]] == [("talking", 1800.0)]


async def test_outbound_calls_are_reported_with_who_began_them(client: httpx2.AsyncClient) -> None:
    """By agent and interval, as JSON and CSV; each count has its calls, page by page."""
    names = ("outbound_calls", "outbound_connected", "outbound_talk_time", "avg_outbound_talk")
    asked = {**RANGE, "by": "agent"}
    rows = {row["agent_id"]: row["figures"] for row in (await ask(client, by="agent"))["rows"]}
    assert [rows["lin"][name] for name in names] == [2, 1, 60.0, 60.0]
    assert [rows["wang"][name] for name in names] == [1, 1, 30.0, 30.0]
    text = (await client.get(REPORTS, params=asked | {"format": "csv"})).text
    (lin,) = [row for row in csv.DictReader(io.StringIO(text, newline="")) if row["agent_id"] == "lin"]
    assert [float(lin[name]) for name in names] == [2, 1, 60.0, 60.0]
    first = await ask(client, "/calls", figure="outbound_calls", agent_id="lin", limit=1)
    second = await ask(client, "/calls", figure="outbound_calls", agent_id="lin", cursor=first["next"])
    found = [*first["records"], *second["records"]]
    assert [(each["at"], each["what"], each["seconds"], each["queue_id"]) for each in found] == [
        ("2026-11-21T09:00:40.000Z", "connected", 60.0, None),
        ("2026-11-21T09:00:50.000Z", "not_connected", None, None),
    ]
    talked = await ask(client, "/calls", figure="avg_outbound_talk")
    assert [each["agent_id"] for each in talked["records"]] == ["lin", "wang"]
    assert not set(names) & set((await ask(client, by="queue"))["total"]["figures"])


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
        ({"since": "0001-01-01T00:00:00+14:00", "until": "0001-01-02T00:00:00Z"}, "1970 to 2199"),
        ({"since": "9999-12-01T00:00:00Z", "until": "9999-12-31T23:59:59-14:00", "per": "month"}, "1970 to"),
        ({"since": "9999-12-31T00:00:00Z", "until": "9999-12-31T23:59:59Z", "per": "15min"}, "1970 to 2199"),
        ({"day": "0001-01-01"}, "1970-01-02 to 2199-12-31"),
        ({"day": "9999-12-30", "per": "month"}, "1970-01-02 to 2199-12-31"),
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


# --- shifts --------------------------------------------------------------------------------------------------------


def in_shifts(stage: Stage) -> None:
    """By the clock in Shanghai, where nine is 17:00: `late` until 17:05, from then on `night`, with an overlap until 17:20."""
    shifts = Shifts(
        stage.service.site.time_zone,
        (
            Shift("late", time(14), time(17, 5)),
            Shift("help", time(17), time(17, 20)),
            Shift("night", time(17, 5), time(2)),
        ),
    )
    site = stage.service.site
    stage.service.site = replace(site, calls=replace(site.calls, shifts=shifts))


async def test_rows_by_shift_are_what_began_in_it(
    stage_with_records: Stage, client: httpx2.AsyncClient
) -> None:
    """In both where two overlap, once in the total; agents' time is cut where they meet."""
    in_shifts(stage_with_records)
    report = await ask(client, by="shift")
    rows = {row["shift"]: row["figures"] for row in report["rows"]}
    assert {name: row["offered"] for name, row in rows.items()} == {"help": 4, "late": 3, "night": 2}
    assert {name: row["offers"] for name, row in rows.items()} == {"help": 2, "late": 1, "night": 1}
    assert {name: row["idle"] for name, row in rows.items()} == {"help": 1200, "late": 300, "night": 1500}
    assert report["total"]["figures"]["offered"] == 5


async def test_without_shifts_everything_lies_outside_of_them(client: httpx2.AsyncClient) -> None:
    """One row, whose link lists the same calls."""
    (row,) = (await ask(client, by="shift"))["rows"]
    assert (row["shift"], row["figures"]["offered"]) == (None, 5)
    answer = await client.get(row["calls"].replace("{figure}", "offered"))
    assert len(answer.json()["records"]) == 5


@pytest.mark.parametrize("rest", [{}, {"by": ["shift", "agent"], "per": "15min"}, {"shift": "night"}])
async def test_the_link_of_a_shifts_row_lists_what_it_counts(
    stage_with_records: Stage, client: httpx2.AsyncClient, rest: dict[str, Any]
) -> None:
    """For every count, of an agent's time too; what lies in no shift as well."""
    in_shifts(stage_with_records)
    report = await ask(client, **{"by": "shift", **rest})
    for row in [*report["rows"], report["total"]]:
        for name, value in row["figures"].items():
            if value and FIGURES[name].unit is Unit.COUNT:
                answer = await client.get(row["calls"].replace("{figure}", name))
                assert len(answer.json()["records"]) == value, (row, name)
        answer = await client.get(row["calls"].replace("{figure}", "idle"))
        listed = sum(each["seconds"] for each in answer.json()["records"])
        assert listed == row["figures"]["idle"], row


async def test_a_shift_of_a_day_is_the_one_that_begins_on_it(
    stage_with_records: Stage, client: httpx2.AsyncClient
) -> None:
    """The night's is over on the next day."""
    in_shifts(stage_with_records)
    answer = await client.get(REPORTS, params={"day": "2026-11-21", "shift": "night"})
    assert (answer.json()["since"], answer.json()["until"]) == (
        "2026-11-21T09:05:00.000Z",
        "2026-11-21T18:00:00.000Z",
    )
    assert answer.json()["total"]["figures"]["offered"] == 2
    assert (await problem(client, **RANGE, shift="noon"))[:2] == (404, "unknown-shift")


# --- three rings ---------------------------------------------------------------------------------------------------


async def test_a_ring_report_keeps_agents_and_callers_apart_and_names_the_worst(
    rung_client: httpx2.AsyncClient,
) -> None:
    """A caller who waited 64 s and was answered in the agent's first ring; an agent who answered in the fifth."""
    report = await ask(rung_client, "/rings", by="agent")
    lin, wang = report["rows"]
    assert (lin["agent_id"], wang["agent_id"]) == ("lin", "wang")
    compliance = ("agent_rings_within", "agent_rings_total", "agent_ring_compliance")
    assert [lin["figures"][name] for name in compliance] == [1, 2, 0.5]
    assert [wang["figures"]["caller_rings_over"], wang["figures"]["avg_queue_wait"]] == [1, 60.0]
    (worst,) = lin["worst_agent_rings"]
    assert (worst["ring"], worst["seconds"], worst["call_id"]) == (5, 22.0, "c")
    assert [each["ring"] for each in report["total"]["worst_caller_rings"]] == [13]
    behind = await rung_client.get(lin["calls"].replace("{figure}", "agent_rings_over"))
    assert [(each["ring"], each["what"]) for each in behind.json()["records"]] == [(5, "answered")]
    assert "occupancy" not in lin["figures"]


async def test_a_ring_report_as_csv_has_the_worst_in_columns_of_their_own(
    rung_client: httpx2.AsyncClient,
) -> None:
    """Each call with its ring; the figures are those of JSON."""
    answer = await rung_client.get(f"{REPORTS}/rings", params={**RANGE, "by": "queue", "format": "csv"})
    (row,) = csv.DictReader(io.StringIO(answer.content.decode(), newline=""))
    assert (row["worst_agent_rings"], row["worst_caller_rings"]) == ("c (5)", "answered-0-64 (13)")
    assert (row["agent_rings_within"], row["caller_rings_over"], row["agent_ring_5"]) == ("1", "1", "1")


def test_the_records_of_this_test_begin_at_nine() -> None:
    """So that the expected instants above mean what they say."""
    assert at(0).isoformat() == "2026-11-21T09:00:00+00:00"
