"""A small switchboard for tests of call control: two queues, three agents at three phones, an outside line."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

from app.acd.engine import Engine
from app.acd.events import FloorChanged, LogInRequested
from app.acd.model import (
    Agent,
    AutoPause,
    Calendar,
    Delays,
    Floor,
    Membership,
    Overflow,
    Queue,
    RingStep,
    Strategy,
    Target,
    TargetKind,
)
from app.calls.events import Event, SettingsChanged
from app.calls.model import AnswerWhen, CallSettings, Device, EntryPoint, WaitingSound
from app.calls.switchboard import Switchboard
from app.calls.turn import Outcome
from app.ids import AgentId, DeviceId, EntryNumber, PauseCode, QueueId

NOON = datetime(2026, 11, 21, 12, tzinfo=UTC)
TICK = timedelta(milliseconds=10)
AGENTS = [AgentId(name) for name in ("ann", "bob", "cat")]
PHONES = [DeviceId(f"phone-{name}") for name in AGENTS]
EXTENSIONS = ["101", "102", "103"]
OUTSIDE = "13912345678"
SERVICE, RING_ALL, RINGBACK, TONE = "4001", "4002", "4003", "4004"
"""Entry numbers: music; all phones at once; ring-back unanswered; ring-back after an answer."""
TO_MESSAGE, TO_NUMBER, TO_VOICEMAIL, IMPATIENT = "4005", "4006", "4007", "4008"
"""Closed, with another way out; and a queue that sends its callers to phone 103 after five seconds."""
NOBODY = "4999"
LUNCH = PauseCode("lunch")
_NO_DELAYS = Delays(*[timedelta(0)] * 4)
_NEVER = Calendar("UTC", ())


def _queue(name: str, *, strategy: Strategy = Strategy.LINEAR, closed: Target | None = None) -> Queue:
    return Queue(
        QueueId(name),
        name,
        tuple(Membership(agent, position=position) for position, agent in enumerate(AGENTS)),
        strategy=strategy,
        ring_timeout=timedelta(seconds=3),
        delays=_NO_DELAYS,
        auto_pause=AutoPause(None, None, None, None),
        calendar=_NEVER if closed else None,
        overflow=Overflow(closed=closed or Target(TargetKind.HANG_UP)),
    )


def floor() -> Floor:
    """Agents and queues."""
    queues = [
        _queue("linear"),
        replace(_queue("all", strategy=Strategy.RING_ALL), caller_rings=(RingStep(2, alert=True),)),
        _queue("message", closed=Target(TargetKind.MESSAGE, "closed")),
        _queue("number", closed=Target(TargetKind.NUMBER, "103")),
        _queue("voicemail", closed=Target(TargetKind.VOICEMAIL, "box")),
        Queue(
            QueueId("impatient"),
            "impatient",
            (Membership(AGENTS[0]),),
            max_wait=timedelta(seconds=5),
            overflow=Overflow(timeout=Target(TargetKind.NUMBER, "103")),
        ),
    ]
    agents = {name: Agent(name, name, phone) for name, phone in zip(AGENTS, PHONES, strict=True)}
    return Floor(agents, {queue.id: queue for queue in queues}, frozenset({LUNCH}))


QUEUES = list(floor().queues)


def other_floor(without_agent: AgentId | None, without_queue: QueueId | None, *, wrap_up: timedelta) -> Floor:
    """The same site with less in it, and with another wrap-up."""
    whole = floor()
    agents = {id_: agent for id_, agent in whole.agents.items() if id_ != without_agent}
    queues = {
        id_: replace(
            queue,
            wrap_up=wrap_up,
            members=tuple(member for member in queue.members if member.agent_id != without_agent),
        )
        for id_, queue in whole.queues.items()
        if id_ != without_queue
    }
    return Floor(agents, queues, whole.pause_codes)


def other_settings(without_agent: AgentId | None, without_queue: QueueId | None) -> CallSettings:
    """What belongs to `other_floor`: without the agent's phone and the queue's numbers."""
    whole = call_settings()
    return replace(
        whole,
        entry_points={
            number: entry for number, entry in whole.entry_points.items() if entry.queue_id != without_queue
        },
        devices={id_: device for id_, device in whole.devices.items() if id_ != f"phone-{without_agent}"},
    )


def call_settings() -> CallSettings:
    """Entry numbers, phones and the outside line."""
    late, ring = AnswerWhen.ON_CONNECT, WaitingSound.RINGBACK
    entries = [
        EntryPoint(EntryNumber(SERVICE), QueueId("linear")),
        EntryPoint(EntryNumber(RING_ALL), QueueId("all")),
        EntryPoint(EntryNumber(RINGBACK), QueueId("linear"), answer=late, waiting=ring),
        EntryPoint(EntryNumber(TONE), QueueId("linear"), waiting=ring),
        EntryPoint(EntryNumber(TO_MESSAGE), QueueId("message")),
        EntryPoint(EntryNumber(TO_NUMBER), QueueId("number")),
        EntryPoint(EntryNumber(TO_VOICEMAIL), QueueId("voicemail")),
        EntryPoint(EntryNumber(IMPATIENT), QueueId("impatient")),
    ]
    devices = [Device(phone, extension) for phone, extension in zip(PHONES, EXTENSIONS, strict=True)]
    return CallSettings(
        entry_points={entry.number: entry for entry in entries},
        devices={device.id: device for device in devices},
        queue_names={QueueId("linear"): "Service"},
        outbound="PJSIP/{number}@carrier",
    )


class Board:
    """A switchboard, and a clock that goes on by 10 ms with each event."""

    def __init__(self) -> None:
        self.board = Switchboard(Engine())
        self.now = NOON
        self.handle(FloorChanged(floor()))
        self.handle(SettingsChanged(call_settings()))

    def handle(self, event: Event) -> Outcome:
        """Something happens, a moment later than what happened before."""
        self.now += TICK
        return self.board.handle(event, now=self.now)

    def log_in(self, *agents: AgentId) -> None:
        """Agents take their seats."""
        for agent in agents:
            self.handle(LogInRequested(agent))
