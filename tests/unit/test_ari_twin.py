"""The twin in process, behind the client's interface: what tests of call control's shell may rely on.

That it behaves as Asterisk does is proved elsewhere, by stories told to both.
"""

import asyncio
from collections.abc import AsyncIterator
from datetime import timedelta

import pytest

from app.ari.answer import Answer, Outcome
from app.ari.client import Lane, State
from app.ari.errors import AriAllocationFailed, AriRefused, AriReplaced, AriTimeout, AriUnreachable
from app.ari.listener import Listener
from app.ari.messages import ChannelStateChange, Event, StasisStart
from app.ari.request import Request
from app.ari.requests import asterisk, bridges, channels, playbacks
from app.simulator import answering
from tests.support.twin_link import TwinLink
from tests.support.until import until


class Log(Listener):
    """Events and outcomes, in the order in which they came."""

    def __init__(self) -> None:
        self.lines: list[str] = []
        self.events: list[Event] = []

    def on_event(self, event: Event) -> None:
        """Part of Listener."""
        self.events.append(event)
        self.lines.append(type(event).__name__)

    def on_outcome(self, request: Request, outcome: Outcome, seconds: float) -> None:
        """Part of Listener."""
        assert seconds >= 0
        self.lines.append(f"{request} {type(outcome).__name__}")


@pytest.fixture
def log() -> Log:
    """Who is told."""
    return Log()


@pytest.fixture
async def link(log: Log) -> AsyncIterator[TwinLink]:
    """A connected link."""
    async with TwinLink(log) as link:
        log.lines.clear()
        yield link


def originate(device: str = "phone1") -> Request:
    """A leg to a phone."""
    return channels.originate(
        "leg",
        endpoint=f"PJSIP/{device}",
        context="thirdring-leg",
        extension="leg",
        ring_timeout=timedelta(seconds=5),
        variables={"TR_LEG": "leg"},
    )


async def test_a_caller_arrives_as_an_event(link: TwinLink, log: Log) -> None:
    """In the loop's next turn, never within the call."""
    channel = link.twin.call("4001", number="13800001111")
    assert log.events == []
    await until(lambda: log.events, "the event comes")
    [event] = log.events
    assert isinstance(event, StasisStart)
    assert (event.channel.id, event.args, event.channel.caller.number) == (
        channel.id,
        ["entry", "4001"],
        "13800001111",
    )


@pytest.mark.parametrize("events_first", [False, True])
async def test_events_come_behind_the_answer_or_before_it_as_chosen(log: Log, *, events_first: bool) -> None:
    """The real one does either: what is built on it must bear both."""
    async with TwinLink(log, events_first=events_first) as link:
        caller = link.twin.call("4001")
        await until(lambda: "StasisStart" in log.lines, "the caller arrives")
        log.lines.clear()
        await link.ask(channels.answer(caller.id))
        await until(lambda: len(log.lines) == 2, "answer and event")
    answer = f"POST channels/{caller.id}/answer Answer"
    assert log.lines == (["ChannelStateChange", answer] if events_first else [answer, "ChannelStateChange"])


async def test_a_phone_behaves_as_told(link: TwinLink, log: Log) -> None:
    """Here: it answers, and the leg becomes ours."""
    link.twin.add_phone("phone1", answering.Answer())
    await link.ask(originate())
    await until(lambda: log.lines[-1:] == ["StasisStart"], "the leg is answered")
    assert not any(isinstance(event, ChannelStateChange) for event in log.events)


async def test_a_phone_that_is_not_registered_makes_no_leg(link: TwinLink) -> None:
    """As Asterisk says it."""
    link.twin.add_phone("phone1")
    link.twin.unregister("phone1")
    assert isinstance(await link.send(originate()), AriAllocationFailed)
    assert isinstance(await link.send(originate("nobody")), AriAllocationFailed)


async def test_a_playback_holds_up_what_is_behind_it_and_the_escape_lane_frees_it(link: TwinLink) -> None:
    """In order."""
    caller = link.twin.call("4001")
    await link.ask(channels.play(caller.id, "pb", media=["sound:x"]))
    held, behind = link.send_all([channels.answer(caller.id), asterisk.ping()])
    await link.ask(asterisk.ping(), lane=Lane.ESCAPE)
    assert not held.done()
    assert not behind.done()
    await link.ask(playbacks.stop("pb"), lane=Lane.ESCAPE)
    assert isinstance(await held, Answer)
    assert isinstance(await behind, Answer)


async def test_a_request_that_is_held_up_too_long_times_out(link: TwinLink) -> None:
    """At its deadline; it is carried out later all the same."""
    caller = link.twin.call("4001")
    await link.ask(channels.play(caller.id, "pb", media=["sound:x"]))
    outcome = await link.send(channels.answer(caller.id), deadline=timedelta(milliseconds=20))
    assert isinstance(outcome, AriTimeout)
    await link.ask(playbacks.stop("pb"), lane=Lane.ESCAPE)
    await until(lambda: caller.is_up, "the caller is answered after all")


async def test_what_the_twin_does_not_know_it_refuses(link: TwinLink) -> None:
    """No test passes by luck."""
    outcome = await link.send(asterisk.modules())
    assert isinstance(outcome, AriRefused)
    assert outcome.status == 501


async def test_a_broken_connection_fails_what_is_open_and_tells_nothing_more(
    link: TwinLink, log: Log
) -> None:
    """Until it is there again; calls that come meanwhile arrive then."""
    link.lose()
    assert isinstance(await link.send(bridges.create("b")), AriUnreachable)
    caller = link.twin.call("4001")
    await asyncio.gather(link.connect())
    assert link.state is State.CONNECTED
    await until(lambda: any(isinstance(event, StasisStart) for event in log.events), "the caller comes")
    assert caller.is_in_stasis


async def test_one_that_was_replaced_sends_no_more(link: TwinLink) -> None:
    """As the client."""
    link.replace()
    assert isinstance(await link.send(asterisk.ping()), AriReplaced)
    assert link.state is State.REPLACED


async def test_requests_are_kept_in_the_order_sent(link: TwinLink) -> None:
    """For assertions on what was asked."""
    link.sent.clear()
    requests = [bridges.create("b"), asterisk.ping(), bridges.destroy("b")]
    await asyncio.gather(*link.send_all(requests))
    assert link.sent == requests
