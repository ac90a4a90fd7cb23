"""The calls that are kept in memory: the same as the database tells, without it."""

from app.api.call_book import CallBook
from app.api.history import CallFilter
from app.ids import CallId
from tests.support.stage import Stage


async def ended(book: CallBook) -> list[str]:
    """The ids of the ended calls, newest first."""
    return [call.call_id for call in await book.ended_calls(CallFilter(), behind=None, limit=100)]


async def test_beyond_its_limit_the_oldest_ended_call_is_forgotten(stage: Stage) -> None:
    """With its legs and offers; live calls are never forgotten."""
    book = CallBook(ended_kept=2)
    stage.dispatcher.listeners.append(book.on_entry)
    stage.call("live")
    for call_id in ("a", "b", "c"):
        stage.call(call_id)
        stage.passes(1)
        stage.puts_down(call_id)
    assert await ended(book) == ["c", "b"]
    assert book.get(CallId("a")) is None
    assert book.get(CallId("live")) is not None
    assert len(book._legs) == 3


async def test_a_call_whose_beginning_was_not_heard_is_not_in_it(stage: Stage) -> None:
    """Half a call is worse than none: the history of the database has the whole."""
    book = CallBook()
    stage.call("c1")
    stage.dispatcher.listeners.append(book.on_entry)
    stage.puts_down("c1")
    assert await book.call(CallId("c1")) is None
    assert await ended(book) == []
