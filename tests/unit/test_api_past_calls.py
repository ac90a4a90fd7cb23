"""Past calls out of the database are the same as those kept in memory, on every database."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import timedelta
from pathlib import Path

import pytest

from app.acd.events import LogInRequested
from app.api.call_book import CallBook
from app.api.errors import HistoryAway
from app.api.history import CallFilter, CallRecord, History, place_of
from app.calls.call import CallKind
from app.calls.events import LegEnded
from app.calls.hangup import LegEnd
from app.ids import AgentId, CallId, LegId, QueueId
from app.runtime.dispatcher import Dispatcher
from app.store.engine import open_engine
from app.store.past_calls import PastCalls
from tests.support.clocks import START
from tests.support.databases import TestDatabase
from tests.support.journals import running_journal
from tests.support.stage import Stage, raise_it

FILTERS = [
    CallFilter(),
    CallFilter(queue_id=QueueId("service")),
    CallFilter(agent_id=AgentId("lin")),
    CallFilter(kind=CallKind.OUTBOUND),
    CallFilter(outcome="abandoned"),
    CallFilter(since=START + timedelta(seconds=1)),
    CallFilter(until=START + timedelta(seconds=1)),
    CallFilter(since=START + timedelta(seconds=1), until=START + timedelta(seconds=2)),
]


@asynccontextmanager
async def told(tmp_path: Path, database: TestDatabase) -> AsyncIterator[tuple[CallBook, PastCalls]]:
    """An afternoon's calls, both in memory and in the database."""
    book, stage = CallBook(), Stage()
    async with running_journal(tmp_path, database.url) as journal:
        stage.dispatcher = Dispatcher(
            stage.board,
            journal=journal,
            clock=stage.clock,
            perform=stage.performed.extend,
            on_fault=raise_it,
            on_listener_fault=raise_it,
        )
        stage.dispatcher.listeners.append(book.on_entry)
        stage.open()
        play(stage)
        stage.dispatcher.stop()
        await journal.flush()
        yield book, PastCalls(journal.database.engine)


def play(stage: Stage) -> None:
    """One call is declined, then answered and held; two are abandoned at one instant; one still waits."""
    for agent in ("lin", "王伟"):
        stage.dispatcher.submit(LogInRequested(AgentId(agent)))
    stage.call("answered", name="张三")
    stage.rings("answered-1")
    stage.passes(1)
    stage.dispatcher.submit(LegEnded(LegId("answered-1"), LegEnd.BY_PHONE, 21, 603))
    stage.rings("answered-2")
    stage.picks_up("answered-2")
    stage.call("left-a")
    stage.call("left-b")
    stage.passes(1)
    for call_id in ("left-a", "left-b"):
        stage.puts_down(call_id)
    stage.puts_down("answered")
    stage.call("waits")


async def page(history: History, wanted: CallFilter, limit: int) -> list[CallRecord]:
    """All pages one after the other, without legs and offers, which lists do not have."""
    found: list[CallRecord] = []
    while True:
        behind = place_of(found[-1]) if found else None
        page = await history.ended_calls(wanted, behind=behind, limit=limit)
        for call in page:
            call.legs, call.offers = [], []
        found += page
        if len(page) < limit:
            return found


async def test_a_past_call_has_every_moment_leg_and_offer(tmp_path: Path, database: TestDatabase) -> None:
    """Equal to what was heard, the explanations included."""
    async with told(tmp_path, database) as (book, past):
        for call_id in ("answered", "left-a"):
            assert await past.call(CallId(call_id)) == book.get(CallId(call_id))


async def test_pages_and_filters_find_the_same(tmp_path: Path, database: TestDatabase) -> None:
    """Whatever the filter and the length of a page; a waiting call is in none."""
    async with told(tmp_path, database) as (book, past):
        for wanted in FILTERS:
            for limit in (1, 2, 10):
                expected = [call.call_id for call in await page(book, wanted, limit)]
                assert [call.call_id for call in await page(past, wanted, limit)] == expected
        assert [call.call_id for call in await page(past, CallFilter(), 10)] == [
            "left-b",
            "left-a",
            "answered",
        ]


async def test_a_call_that_never_was_is_none(tmp_path: Path, database: TestDatabase) -> None:
    """Not an error: the interface decides what to say."""
    async with told(tmp_path, database) as (_, past):
        assert await past.call(CallId("never")) is None


async def test_a_database_that_is_away_says_so(tmp_path: Path) -> None:
    """With a reason in plain words, and without its password."""
    past = PastCalls(open_engine("postgresql://user:s3cret@127.0.0.1:1/nowhere"))
    with pytest.raises(HistoryAway) as raised:
        await past.call(CallId("c1"))
    assert "does not answer" in str(raised.value)
    assert "s3cret" not in str(raised.value)
