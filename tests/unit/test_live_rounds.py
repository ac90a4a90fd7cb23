"""Clients are told in rounds, a few at a time, so that calls go first however many clients there are."""

import asyncio
from collections.abc import Callable
from datetime import UTC, datetime
from functools import partial

import pytest

from app.live import rounds
from app.live.audience import Audience
from app.live.outbox import Delta, Outbox
from app.live.protocol import Numbers, View
from app.live.rounds import Rounds
from app.live.topics import Key, Kind, parse_topics
from tests.support.until import until

CALL = Key(Kind.CALL, "c1")


class Crowd:
    """One audience of so many clients; all that is noted is in `heard`. Each client takes a whole slice."""

    def __init__(self, clients: int, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(rounds, "_SLICE_SECONDS", 0)
        self.heard: list[str] = []
        self.audience = Audience(View(parse_topics(["calls"]), Numbers.MASKED), 0, 0.0)
        self.audience.clients.update(Outbox(self.hear) for _ in range(clients))
        self.when_told: Callable[[], object] = lambda: None
        self.rounds = Rounds(self._begin, lambda: self.heard.append("end"))

    async def until_ends(self, count: int = 1) -> None:
        """Wait for so many rounds to end."""
        await until(lambda: self.heard.count("end") == count, f"expected {count} rounds")

    def hear(self, _: bytes) -> bool:
        """A client is told."""
        self.heard.append("client")
        self.when_told()
        return True

    def _begin(self) -> None:
        """A round begins: all are told of a call."""
        at = datetime(2026, 11, 21, tzinfo=UTC)
        delta = Delta({CALL: b"1"}, after=0, seq=1, at=at, encode=lambda _: b"")
        self.rounds.tell(self.audience, lambda: delta)


async def test_what_calls_need_comes_between_two_clients(monkeypatch: pytest.MonkeyPatch) -> None:
    """However long the round: what came while a client was told is read, and served, before the next one is told."""
    crowd, loop = Crowd(3, monkeypatch), asyncio.get_running_loop()

    def read() -> None:
        crowd.heard.append("read")
        loop.call_soon(crowd.heard.append, "served")

    crowd.when_told = lambda: loop.call_soon(read)
    crowd.rounds.want()
    await crowd.until_ends()
    assert crowd.heard[:7] == ["client", "read", "served", "client", "read", "served", "client"]


async def test_the_message_of_an_audience_is_made_at_its_turn(monkeypatch: pytest.MonkeyPatch) -> None:
    """There may be as many audiences as clients, and calls go between them too."""
    crowd, loop = Crowd(0, monkeypatch), asyncio.get_running_loop()

    def make(name: str) -> None:
        crowd.heard.append(name)
        loop.call_soon(crowd.heard.append, "call")

    for name in ("first", "second"):
        crowd.rounds.tell(crowd.audience, partial(make, name))
    crowd.rounds.want()
    await crowd.until_ends()
    assert crowd.heard[:3] == ["first", "call", "second"]


async def test_what_changes_during_a_round_is_told_in_the_next(monkeypatch: pytest.MonkeyPatch) -> None:
    """Each client hears of the first round before anyone hears of the second."""
    crowd = Crowd(2, monkeypatch)

    def wish_once() -> None:
        crowd.when_told = lambda: None
        crowd.rounds.want()

    crowd.when_told = wish_once
    crowd.rounds.want()
    await crowd.until_ends(2)
    assert crowd.heard == ["client", "client", "end"] * 2


async def test_many_wishes_are_one_round(monkeypatch: pytest.MonkeyPatch) -> None:
    """And without a wish there is none."""
    crowd = Crowd(1, monkeypatch)
    for _ in range(3):
        crowd.rounds.want()
    await crowd.until_ends()
    await asyncio.sleep(5 * rounds._GATHER_SECONDS)
    assert crowd.heard == ["client", "end"]


async def test_who_leaves_during_a_round_is_told_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    """It may follow something else by then."""
    crowd = Crowd(2, monkeypatch)
    crowd.when_told = crowd.audience.clients.clear
    crowd.rounds.want()
    await crowd.until_ends()
    assert crowd.heard == ["client", "end"]


async def test_a_fault_with_one_client_does_not_end_the_rounds(monkeypatch: pytest.MonkeyPatch) -> None:
    """The others are told, and the loop hears of the fault."""
    crowd, faults = Crowd(2, monkeypatch), list[object]()
    asyncio.get_running_loop().set_exception_handler(lambda _, context: faults.append(context["exception"]))
    crowd.audience.clients.add(Outbox(lambda _: 1 / 0 > 1))
    for count in (1, 2):
        crowd.rounds.want()
        await crowd.until_ends(count)
    assert [type(fault) for fault in faults] == [ZeroDivisionError] * 2
    assert crowd.heard.count("client") == 4


async def test_a_fault_at_the_beginning_of_a_round_does_not_end_the_rounds(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Whoever wants the next one gets it, and the loop hears of the fault."""
    crowd, faults = Crowd(1, monkeypatch), list[object]()
    asyncio.get_running_loop().set_exception_handler(lambda _, context: faults.append(context["exception"]))
    with monkeypatch.context() as broken:
        broken.setattr(crowd.rounds, "_begin", lambda: 1 / 0)
        crowd.rounds.want()
        await crowd.until_ends()
    crowd.rounds.want()
    await crowd.until_ends(2)
    assert [type(fault) for fault in faults] == [ZeroDivisionError]
    assert crowd.heard == ["end", "client", "end"]
