"""The loop between brains and shells: one event after the other, written down before it is acted on."""

import asyncio
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta

import pytest

from app.acd.events import FloorChanged, LogInRequested, PauseRequested, WrapUpEndRequested
from app.acd.facts import RequestRefused
from app.acd.model import Agent, Floor, Membership, Queue
from app.calls import events
from app.calls.actions import Action
from app.calls.model import CallSettings, Device, EntryPoint
from app.calls.switchboard import Switchboard
from app.calls.turn import Outcome
from app.ids import AgentId, CallId, DeviceId, EntryNumber, LegId, PauseCode, QueueId
from app.runtime.codec import decode_event, decode_facts, encode_event
from app.runtime.dispatcher import Dispatcher
from tests.support.until import until

AGENT, PHONE, QUEUE, ENTRY = AgentId("a"), DeviceId("p"), QueueId("q"), EntryNumber("4001")
FLOOR = Floor(
    agents={AGENT: Agent(AGENT, "Wang", PHONE)},
    queues={
        QUEUE: Queue(QUEUE, "Service", (Membership(AGENT),), ring_timeout=timedelta(milliseconds=60)),
    },
)
SETTINGS = CallSettings(entry_points={ENTRY: EntryPoint(ENTRY, QUEUE)}, devices={PHONE: Device(PHONE, "101")})
ARRIVED = events.CallerArrived(CallId("c1"), ENTRY, "138")


class RealTime:
    """A clock for tests of timers."""

    def now(self) -> datetime:
        """The present."""
        return datetime.now(UTC)


class Stage:
    """A dispatcher with a list as its journal; notes the order of what it does."""

    def __init__(self) -> None:
        self.order: list[str] = []
        self.entries: list[tuple[str, bytes, datetime, bytes]] = []
        self.faults: list[BaseException] = []
        self.reply: events.Event | None = None
        self.listener_faults: list[Exception] = []
        self.dispatcher = Dispatcher(
            Switchboard(),
            journal=self,
            clock=RealTime(),
            perform=self.perform,
            on_fault=self.faults.append,
            on_listener_fault=self.listener_faults.append,
        )
        self.dispatcher.listeners.append(lambda seq, _event, _outcome: self.order.append(f"hear {seq}"))
        self.dispatcher.submit(FloorChanged(FLOOR))
        self.dispatcher.submit(events.SettingsChanged(SETTINGS))
        self.dispatcher.submit(LogInRequested(AGENT))
        self.order.clear()

    def append(self, kind: str, payload: bytes, at: datetime, outcome: bytes = b"") -> int:
        """The journal."""
        self.entries.append((kind, payload, at, outcome))
        self.order.append(f"write {kind}")
        return len(self.entries)

    def perform(self, wanted: Sequence[Action]) -> None:
        """Asterisk's side; may answer at once."""
        self.order.append("do " + " ".join(type(action).__name__ for action in wanted))
        if self.reply is not None:
            reply, self.reply = self.reply, None
            self.dispatcher.submit(reply)


@pytest.fixture
async def stage() -> Stage:
    """An agent who is logged in, a queue, an entry number."""
    return Stage()


async def test_what_happened_is_written_down_before_it_is_acted_on_and_heard_last(stage: Stage) -> None:
    stage.dispatcher.submit(ARRIVED)
    assert stage.order[0] == "write CallerArrived"
    assert stage.order[1].startswith("do RingPhone")
    assert stage.order[2].startswith("hear ")


async def test_an_event_that_comes_while_acting_waits_for_its_turn(stage: Stage) -> None:
    stage.reply = events.LegRinging(LegId("c1-1"))
    stage.dispatcher.submit(ARRIVED)
    written = [line for line in stage.order if line.startswith(("write", "hear"))]
    assert [line.split()[0] for line in written] == ["write", "hear", "write", "hear"]


async def test_a_request_gets_its_own_outcome_and_not_that_of_an_event_behind_it(stage: Stage) -> None:
    stage.dispatcher.submit(ARRIVED)
    stage.reply = PauseRequested(AGENT, PauseCode("no-such-code"))
    outcome = stage.dispatcher.submit(events.HangUpRequested(CallId("c1")))
    assert not any(isinstance(fact, RequestRefused) for fact in outcome.facts)
    assert stage.entries[-1][0] == "PauseRequested"


async def test_a_fault_in_a_brain_stops_everything_and_leaves_the_event_out_of_the_journal(
    stage: Stage,
) -> None:
    written = len(stage.entries)
    stage.dispatcher.board.handle = None  # type: ignore[method-assign,assignment] # a brain that cannot be called
    stage.dispatcher.submit(ARRIVED)
    assert len(stage.faults) == 1
    assert stage.dispatcher.is_stopped
    assert len(stage.entries) == written
    stage.dispatcher.submit(WrapUpEndRequested(AGENT))
    assert len(stage.entries) == written


async def test_a_fault_in_performing_stops_everything_even_at_a_deadline() -> None:
    """The journal has the event: the restart finds out what Asterisk did, and asks for the rest."""
    stage, fault = Stage(), ValueError("a request that cannot be")
    stage.dispatcher.submit(ARRIVED)

    def fail(_actions: Sequence[Action]) -> None:
        raise fault

    stage.dispatcher._perform = fail
    await until(lambda: stage.faults, "the ring time-out is handled", timeout=2)
    assert stage.faults == [fault]
    assert stage.dispatcher.is_stopped
    assert stage.entries[-1][0] == "TimePassed"


async def test_a_fault_in_a_listener_stops_neither_the_call_nor_the_other_listeners(stage: Stage) -> None:
    fault = ValueError("a figure that cannot be")

    def fail(_seq: int, _event: events.Event, _outcome: Outcome) -> None:
        raise fault

    stage.dispatcher.listeners.insert(0, fail)
    stage.dispatcher.submit(ARRIVED)
    assert stage.listener_faults == [fault]
    assert stage.order[-1].startswith("hear ")
    assert not stage.dispatcher.is_stopped


async def test_a_deadline_is_handled_when_it_comes_and_never_early() -> None:
    stage, clock = Stage(), RealTime()
    deadlines = []
    stage.dispatcher.submit(ARRIVED)
    deadline = stage.dispatcher.board.next_deadline()
    stage.dispatcher.listeners.append(lambda _seq, event, _outcome: deadlines.append((event, clock.now())))
    await until(lambda: deadlines, "the ring time-out is handled", timeout=2)
    assert deadline is not None
    assert deadlines[0][1] >= deadline
    stage.dispatcher.stop()


async def test_after_a_stop_no_timer_fires(stage: Stage) -> None:
    stage.dispatcher.submit(ARRIVED)
    stage.dispatcher.stop()
    written = len(stage.entries)
    await asyncio.sleep(0)
    assert len(stage.entries) == written


async def test_replaying_the_journal_gives_the_same_facts(stage: Stage) -> None:
    for event in (
        ARRIVED,
        events.LegRinging(LegId("c1-1")),
        events.LegAnswered(LegId("c1-1")),
        events.HangUpRequested(CallId("c1")),
    ):
        stage.dispatcher.submit(event)
    board = Switchboard()
    for kind, payload, at, outcome in stage.entries:
        read = decode_event(kind, payload)
        assert encode_event(read) == (kind, payload)
        assert list(board.handle(read, now=at).facts) == decode_facts(outcome)
