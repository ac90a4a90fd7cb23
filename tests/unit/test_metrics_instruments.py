"""What Prometheus reads: facts counted as they happen, the state as it is, and nobody's number."""

import asyncio
from collections.abc import AsyncIterator
from datetime import timedelta

import httpx2
import pytest
from prometheus_client.parser import text_string_to_metric_families

from app.acd.events import LogInRequested
from app.acd.model import ExitReason, OfferOutcome
from app.ari.answer import Answer, Outcome
from app.ari.errors import AriCircuitOpen, AriRefused, AriTimeout, AriUnreachable
from app.ari.request import Request
from app.ids import QueueId
from metrics.instruments import Instruments
from tests.support.metered import metering_of
from tests.support.stage import LIN, TOKEN, Stage

REQUEST = Request(method="GET", path="channels")
Samples = dict[tuple[str, frozenset[tuple[str, str]]], float]


class Metered:
    """A stage whose metrics can be read."""

    def __init__(self, stage: Stage | None = None) -> None:
        self.stage = stage or Stage()
        self.metering = metering_of(self.stage.service)
        self.instruments = self.metering.instruments
        self.api = self.stage.make_api(metering=self.metering)
        self.stage.open()

    async def samples(self) -> Samples:
        """All that is on the page, by name and labels."""
        page = (await self.metering.exposition.page()).decode()
        return {
            (sample.name.removeprefix("thirdring_"), frozenset(sample.labels.items())): sample.value
            for family in text_string_to_metric_families(page)
            for sample in family.samples
        }

    async def value(self, name: str, **labels: str) -> float | None:
        """One sample; None if it is not on the page."""
        return (await self.samples()).get((name, frozenset(labels.items())))


@pytest.fixture
async def metered() -> AsyncIterator[Metered]:
    """A stage that is measured."""
    metered = Metered()
    yield metered
    metered.stage.dispatcher.stop()


async def test_an_answered_call_is_counted_with_its_wait_and_its_ring(metered: Metered) -> None:
    """4 s of waiting, 3 of them ringing; talk of 60 s."""
    stage = metered.stage
    stage.dispatcher.submit(LogInRequested(LIN))
    stage.call("c")
    stage.passes(1)
    stage.rings("c-1")
    stage.passes(3)
    stage.picks_up("c-1")
    stage.passes(60)
    stage.puts_down("c")
    queue = {"queue": "service"}
    assert await metered.value("queue_calls_offered_total", **queue) == 1
    assert await metered.value("queue_calls_answered_total", **queue) == 1
    assert await metered.value("queue_calls_answered_in_time_total", **queue) == 1
    assert await metered.value("queue_wait_seconds_sum", **queue, end="answered") == 4
    assert await metered.value("offer_ring_seconds_sum", **queue) == 3
    assert await metered.value("offers_answered_in_ring_limit_total", **queue) == 1
    assert await metered.value("talk_seconds_sum", **queue) == 60
    assert await metered.value("offers_ended_total", **queue, outcome=OfferOutcome.ANSWERED) == 1
    assert await metered.value("calls_ended_total", ended_by="caller") == 1


async def test_an_answer_at_the_third_ring_limit_is_not_within_it(metered: Metered) -> None:
    """The fourth burst begins then: 15 s in China."""
    stage = metered.stage
    stage.dispatcher.submit(LogInRequested(LIN))
    stage.call("c")
    stage.rings("c-1")
    stage.clock.move(timedelta(seconds=15))
    stage.picks_up("c-1")
    assert await metered.value("queue_calls_answered_total", queue="service") == 1
    assert await metered.value("offers_answered_in_ring_limit_total", queue="service") == 0


async def test_an_abandoned_call_is_counted_with_its_reason(metered: Metered) -> None:
    """A short one too, and as short."""
    stage = metered.stage
    stage.call("short")
    stage.passes(4)
    stage.puts_down("short")
    stage.call("long")
    stage.passes(5)
    stage.puts_down("long")
    labels = {"queue": "service", "reason": ExitReason.ABANDONED}
    assert await metered.value("queue_calls_left_total", **labels) == 2
    assert await metered.value("queue_calls_short_abandoned_total", queue="service") == 1
    assert await metered.value("queue_wait_seconds_sum", queue="service", end="left") == 9


async def test_the_floor_is_read_when_asked(metered: Metered) -> None:
    """Calls by state, the longest wait, members by reason, agents by status and state."""
    stage = metered.stage
    stage.call("first")
    stage.passes(7)
    stage.call("second")
    found = await metered.samples()
    values = {(name, *sorted(dict(labels).values())): value for (name, labels), value in found.items()}
    assert values["queue_calls", "service", "waiting"] == 2
    assert values["queue_longest_wait_seconds", "service"] == 7
    assert values["queue_members", "logged_out", "service"] == 2
    assert values["agents", "idle", "logged_out"] == 2
    assert values["calls", "inbound", "waiting"] == 2
    assert values[("ring_limit_seconds",)] == 15
    assert values["part_level", "asterisk"] == 0
    assert values[("journal_waiting_rows",)] == 2
    assert values[("journal_lost_rows_total",)] == 1
    assert values[("ari_connected",)] == 0
    assert values["build_info", "1.2.3"] == 1


@pytest.mark.parametrize(
    ("outcome", "result"),
    [
        (Answer(200, ""), "answered"),
        (AriRefused("no", request=REQUEST, status=404, reason="no"), "refused"),
        (AriTimeout("late", request=REQUEST), "timeout"),
        (AriUnreachable("away"), "unreachable"),
        (AriCircuitOpen("later"), "not_sent"),
    ],
)
def test_a_round_trip_is_measured_by_how_it_ended(outcome: Outcome, result: str) -> None:
    """Five results, no more labels."""
    instruments = Instruments()
    instruments.observe_request(outcome, 0.004)
    count = instruments.registry.get_sample_value("thirdring_ari_request_seconds_count", {"result": result})
    assert count == 1


def test_a_queues_instruments_are_made_once() -> None:
    """Looking up a label's child costs more than measuring."""
    instruments = Instruments()
    assert instruments.queue(QueueId("service")) is instruments.queue(QueueId("service"))


async def test_counters_are_at_zero_before_their_first_event() -> None:
    """Prometheus would not see the first step of a counter that appears with it."""
    stage = Stage()
    stage.open()
    metered = Metered(stage)
    for name in ("queue_calls_offered_total", "queue_calls_short_abandoned_total"):
        assert await metered.value(name, queue="sales") == 0
    assert await metered.value("queue_calls_left_total", queue="sales", reason="abandoned") == 0
    assert await metered.value("asterisk_incidents_total", incident="Died") == 0
    stage.dispatcher.stop()


async def test_no_label_holds_a_call_an_agent_or_a_number(metered: Metered) -> None:
    """They would make a series each, and stand in other people's logs."""
    metered.stage.dispatcher.submit(LogInRequested(LIN))
    metered.stage.call("a-call-id", "13800138000", "张三")
    metered.stage.rings("a-call-id-1")
    metered.stage.picks_up("a-call-id-1")
    page = (await metered.metering.exposition.page()).decode()
    assert not [word for word in ("a-call-id", "13800138000", "张三", '"lin"') if word in page]


async def test_the_page_asks_for_the_token(metered: Metered) -> None:
    """It tells how busy the hotline is."""
    transport = httpx2.ASGITransport(app=metered.api)
    async with httpx2.AsyncClient(transport=transport, base_url="http://127.0.0.1:8600") as client:
        assert (await client.get("/metrics")).status_code == 401
        answer = await client.get("/metrics", headers={"Authorization": f"Bearer {TOKEN}"})
    assert answer.status_code == 200
    assert answer.headers["content-type"] == "text/plain; version=0.0.4; charset=utf-8"
    assert "# HELP thirdring_queue_calls " in answer.text


async def test_two_readers_at_once_get_a_page_each(metered: Metered) -> None:
    """Prometheus may be doubled."""
    pages = await asyncio.gather(*(metered.metering.exposition.page() for _ in range(3)))
    assert all(b"thirdring_queue_calls" in page for page in pages)
