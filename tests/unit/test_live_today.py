"""The service level of today: the figure of a report of the day, at once, through midnight and through restarts."""

import asyncio
from collections.abc import AsyncIterator
from dataclasses import replace
from datetime import datetime, timedelta

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from app.acd.events import LogInRequested, TimePassed
from app.acd.facts import CallConnected, CallLeft
from app.acd.rings import RingCount
from app.acd.views import QueueView
from app.api.errors import HistoryAway
from app.calls.facts import Fact
from app.calls.turn import Outcome
from app.ids import AgentId, OfferId, QueueId
from app.live import hub, today
from app.live.today import Today
from metrics.call_figures import service_level
from metrics.records import Passage
from metrics.scope import Scope
from metrics.tally import Tally
from metrics.terms import ServiceLevel, Terms
from tests.support.clocks import START
from tests.support.live_client import LiveServer, serving
from tests.support.metrics_records import NINE, PASSAGES, ListRecords, answered, at, left, waits
from tests.support.stage import LIN, SERVICE, Stage
from tests.support.until import until

EVENT = TimePassed()
MIDNIGHT = timedelta(hours=7, minutes=30)
"""From the stage's start to midnight in Shanghai."""


@pytest.fixture
def floor() -> Stage:
    """A stage whose clock stands where the records of these tests begin."""
    return stage_at(NINE)


def stage_at(now: datetime) -> Stage:
    """An open service at some time."""
    stage = Stage()
    stage.clock.move(now - START)
    stage.open()
    return stage


def fact_of(passage: Passage) -> Fact | None:
    """What the engine tells at the end of a passage; None: it waits."""
    ids = passage.call_id, passage.queue_id
    rings = RingCount(passage.enqueued_at, 1, is_within=True)
    if passage.connected_at is not None:
        who = passage.agent_id or AgentId("")
        moments = (passage.enqueued_at, passage.connected_at)
        return CallConnected(passage.connected_at, *ids, who, OfferId("o"), *moments, rings)
    if passage.left_at is None or passage.exit_reason is None:
        return None
    was_in = passage.entered_at is not None
    return CallLeft(
        passage.left_at, *ids, passage.enqueued_at, passage.exit_reason, None, 1, rings if was_in else None
    )


def hears(counted: Today, *passages: Passage) -> None:
    """These passages end."""
    facts = tuple(fact for fact in map(fact_of, passages) if fact is not None)
    counted.on_entry(1, EVENT, Outcome(facts))


def queue(queue_id: QueueId = SERVICE, *waiting: Passage) -> QueueView:
    """A queue in which these wait."""
    since = min((each.enqueued_at for each in waiting), default=None)
    return QueueView(queue_id, tuple(each.call_id for each in waiting), (), since, 0, {}, is_removed=False)


def of_a_report(passages: list[Passage], terms: Terms) -> float | None:
    """As a report of the day counts it."""
    tally = Tally()
    for each in passages:
        tally.add_passage(each, terms)
    return service_level(tally, terms.service_level)


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture])  # Nothing of the floor changes.
@given(st.lists(PASSAGES), st.sampled_from(ServiceLevel))
def test_it_is_the_figure_of_a_report_of_the_day(
    floor: Stage, passages: list[Passage], formula: ServiceLevel
) -> None:
    """By each of the five formulas, for each queue, calls that wait and calls refused at the door included."""
    site = floor.service.site
    floor.service.site = replace(site, policies=replace(site.policies, service_level_formula=formula))
    counted, midnight = Today(floor.service), NINE + timedelta(hours=7)
    mine = [each for each in passages if each.enqueued_at < midnight]
    hears(counted, *mine)
    for queue_id in {each.queue_id for each in mine}:
        of_queue = [each for each in mine if each.queue_id == queue_id]
        open_ones = [each for each in of_queue if each.entered_at is not None and each.wait is None]
        found = counted.service_level(queue(queue_id, *open_ones))
        assert found == of_a_report(of_queue, floor.service.site.policies.terms)


def test_before_the_first_call_there_is_none(floor: Stage) -> None:
    """Not 100 %, and not 0 % either."""
    assert Today(floor.service).service_level(queue()) is None


# --- midnight ------------------------------------------------------------------------------------------------------


def test_a_new_day_begins_at_midnight_of_the_site(floor: Stage) -> None:
    """16:00 UTC in Shanghai. A call that was enqueued before and ends after it belongs to the day before."""
    counted = Today(floor.service)
    hears(counted, answered(5))
    floor.clock.move(timedelta(hours=7) - timedelta(milliseconds=1))
    assert counted.service_level(queue()) == 1.0
    floor.clock.move(timedelta(milliseconds=1))
    assert counted.service_level(queue()) is None
    late = answered(10, start=7 * 3600 - 5)
    hears(counted, late)
    assert counted.service_level(queue()) is None
    hears(counted, left(40, start=7 * 3600))
    assert counted.service_level(queue()) == 0.0


async def test_who_waits_since_yesterday_is_no_call_of_today() -> None:
    """Nor does such a caller hide those of today. By the formula that counts who waits."""
    stage = stage_at(NINE + timedelta(hours=7) - timedelta(seconds=1))
    site = stage.service.site
    stage.service.site = replace(
        site, policies=replace(site.policies, service_level_formula=ServiceLevel.OFFERED)
    )
    counted = Today(stage.service)
    stage.call("yesterday")
    stage.passes(2)
    stage.call("today")
    hears(counted, answered(5, start=7 * 3600 + 1))
    view = stage.board.engine.queue(SERVICE)
    assert view is not None
    assert view.waiting == ("yesterday", "today")
    assert counted.service_level(view) == 0.5
    stage.dispatcher.stop()


# --- a start -------------------------------------------------------------------------------------------------------


class SlowRecords(ListRecords):
    """Gives its passages when it is let, or says that the database is away."""

    def __init__(self, *passages: Passage) -> None:
        super().__init__(list(passages))
        self.let = asyncio.Event()
        self.is_away = False

    async def passages(self, scope: Scope) -> AsyncIterator[Passage]:
        """As `Records.passages`."""
        if self.is_away:
            raise HistoryAway("gone")
        async for each in super().passages(scope):
            yield each
        await self.let.wait()


@pytest.fixture
def quick(monkeypatch: pytest.MonkeyPatch) -> None:
    """Looked at often."""
    monkeypatch.setattr(today, "_LOOK_EVERY_SECONDS", 0.01)


@pytest.mark.usefixtures("quick")
async def test_a_start_reads_the_day_and_adds_what_it_heard_meanwhile_each_call_once(floor: Stage) -> None:
    """Of four calls one was heard, too, and another only heard: three of five in time."""
    heard_too, heard_only = answered(30, start=100), left(60, start=200)
    records = SlowRecords(answered(5), answered(6, start=1), answered(7, start=2), heard_too, waits())
    counted = Today(floor.service, records)
    job = asyncio.create_task(counted.run())
    await asyncio.sleep(0)
    hears(counted, heard_too, heard_only)
    assert counted.service_level(queue()) is None, "it is not known yet"
    records.let.set()
    await until(lambda: counted.service_level(queue()) is not None, "expected it to become known")
    assert counted.service_level(queue()) == 3 / 5
    hears(counted, answered(8, start=300))
    assert counted.service_level(queue()) == 4 / 6
    job.cancel()


@pytest.mark.usefixtures("quick")
async def test_a_database_that_is_away_is_asked_again(floor: Stage) -> None:
    """So is one that does not have everything yet. Until then nothing is said."""
    records, settled = SlowRecords(answered(5)), [False]
    records.let.set()
    records.is_away = True

    async def settle() -> bool:
        return settled[0]

    counted = Today(floor.service, records, settle)
    job = asyncio.create_task(counted.run())
    await asyncio.sleep(0.05)
    assert counted.service_level(queue()) is None
    settled[0] = True
    await asyncio.sleep(0.05)
    assert counted.service_level(queue()) is None
    records.is_away = False
    await until(lambda: counted.service_level(queue()) == 1.0, "expected it to become known")
    job.cancel()


@pytest.mark.usefixtures("quick")
async def test_other_terms_count_the_day_anew(floor: Stage) -> None:
    """A reload of the site: what was in time by the old terms may be late by the new ones."""
    records = SlowRecords(answered(15), answered(5, start=20))
    records.let.set()
    counted = Today(floor.service, records)
    job = asyncio.create_task(counted.run())
    await until(lambda: counted.service_level(queue()) == 1.0, "expected it to become known")
    site = floor.service.site
    shorter = replace(site.policies, service_level_within=timedelta(seconds=10))
    floor.service.site = replace(site, policies=shorter)
    await until(lambda: counted.service_level(queue()) == 0.5, "expected the new terms to count")
    job.cancel()


@pytest.mark.usefixtures("quick")
async def test_a_midnight_during_the_reading_needs_no_reading(floor: Stage) -> None:
    """All of the new day was heard; what is read is of the day before, and void."""
    records = SlowRecords(answered(5))
    counted = Today(floor.service, records)
    job = asyncio.create_task(counted.run())
    await asyncio.sleep(0.02)
    floor.clock.move(timedelta(hours=7))
    hears(counted, left(60, start=7 * 3600))
    records.let.set()
    await asyncio.sleep(0.05)
    assert counted.service_level(queue()) == 0.0
    job.cancel()


# --- the stream ----------------------------------------------------------------------------------------------------


@pytest.fixture
async def server(stage: Stage, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[LiveServer]:
    """The stage, served; time is looked at often."""
    monkeypatch.setattr(hub, "_LOOK_EVERY_SECONDS", 0.02)
    async with serving(stage.api) as server:
        yield server


async def test_a_wallboard_hears_of_each_answer_and_of_the_new_day(stage: Stage, server: LiveServer) -> None:
    """In REST it is the same."""
    async with server.following("queues") as board:
        assert board.values["queue:service"]["service_level"] is None
        stage.dispatcher.submit(LogInRequested(LIN))
        stage.call("c1")
        stage.passes(2)
        stage.picks_up("c1-1")
        await board.hear_of("queue:service", service_level=1.0)
        stage.call("c2")
        stage.passes(30)
        stage.puts_down("c2")
        await board.hear_of("queue:service", service_level=0.5)
        assert board.values["queue:sales"]["service_level"] is None
        async with stage.client() as client:
            assert (await client.get("/api/v1/queues/service")).json()["service_level"] == 0.5
        stage.clock.move(MIDNIGHT)
        await board.hear_of("queue:service", service_level=None)


def test_the_records_of_this_test_are_of_the_day_before_midnight() -> None:
    """Nine in London is 17:00 in Shanghai."""
    assert at(0) + timedelta(hours=7) == START + MIDNIGHT
