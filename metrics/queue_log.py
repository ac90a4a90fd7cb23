"""Asterisk's queue log, written from what Thirdring knows, so that QueueMetrics, Asternic and the like go on working.

A line is `time|call|queue|agent|event|data…`; the format of each event is that of docs.asterisk.org, "Queue Logs", and a test holds it
beside what a real app_queue writes. Times are whole seconds there, of which `RINGNOANSWER` and `RINGCANCELED` are the exception:
milliseconds. What the format has no word for gets the nearest one:

- A call that Asterisk lost, or that was taken out, is an `ABANDON`: each `ENTERQUEUE` needs an end.
- A missed offer is a `RINGNOANSWER` whatever its cause, as in app_queue. One that the caller's hang-up ended is a `RINGCANCELED`.
- A conversation that neither side ended (a rule, a broken line) is a `COMPLETECALLER`: no agent is charged with it.
- A call refused at the door leaves no line, as in app_queue.
- An agent logs in to all of their queues at once, and pauses in all of them: a line for each queue, as app_queue writes for its
  members. The queues are those of the site file as it is now.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from app.acd.model import MISSES, AgentStatus, ExitReason, Floor, OfferOutcome
from app.ids import AgentId, CallId, OfferId, PauseCode, QueueId
from metrics.records import Offer

_NONE = "NONE"
_SECOND, _MILLISECOND = timedelta(seconds=1), timedelta(milliseconds=1)
_NO_DATA = ("",)
"""An event without data ends in a bar all the same."""

QueuesOf = Mapping[AgentId, Sequence[QueueId]]
"""The queues that an agent serves."""


@dataclass(frozen=True, slots=True)
class Line:
    """One line. `at` is exact, and orders lines that have the same second."""

    at: datetime
    call_id: str
    queue: str
    agent: str
    event: str
    data: tuple[str, ...] = _NO_DATA

    def __str__(self) -> str:
        second = str(int(self.at.timestamp()))
        fields = (second, self.call_id, self.queue, self.agent, self.event, *self.data)
        return "|".join(_clean(field) for field in fields)


@dataclass(frozen=True, slots=True, kw_only=True)
class QueuedCall:
    """A call's passage through a queue, with what the queue log wants to know."""

    call_id: CallId
    queue_id: QueueId
    entered_at: datetime
    from_number: str
    position: int
    left_at: datetime | None = None
    left_position: int = 0
    exit_reason: ExitReason | None = None
    connected_at: datetime | None = None
    completed_at: datetime | None = None
    agent_id: AgentId | None = None
    offer_id: OfferId | None = None
    ring: timedelta = timedelta()
    """How long the phone rang that took the call."""
    is_ended_by_agent: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Seat:
    """An agent had this status from then on."""

    agent_id: AgentId
    since: datetime
    status: AgentStatus
    pause_code: PauseCode | None = None


def agent_name(agent_id: AgentId | None) -> str:
    """An agent as the queue log names agents."""
    return f"Agent/{agent_id}" if agent_id else _NONE


def call_lines(call: QueuedCall) -> Iterator[Line]:
    """ENTERQUEUE, and what came of it."""
    yield _line(call, call.entered_at, "ENTERQUEUE", "", call.from_number, call.position)
    if call.connected_at is not None:
        yield from _conversation_lines(call, call.connected_at)
    elif call.left_at is not None:
        yield _exit_line(call, call.left_at)


def offer_lines(offer: Offer) -> Iterator[Line]:
    """RINGNOANSWER or RINGCANCELED, unless the offer was answered, here or elsewhere."""
    event = _event_of(offer.outcome)
    if event is not None and offer.ended_at is not None:
        agent = agent_name(offer.agent_id)
        milliseconds = str((offer.ended_at - offer.started_at) // _MILLISECOND)
        yield Line(offer.ended_at, offer.call_id, offer.queue_id, agent, event, (milliseconds,))


def queues_of(floor: Floor) -> QueuesOf:
    """Who serves which queues, in the order of the site file."""
    found: dict[AgentId, list[QueueId]] = {}
    for queue in floor.queues.values():
        for member in queue.members:
            found.setdefault(member.agent_id, []).append(queue.id)
    return found


def seat_lines(seats: Sequence[Seat], queues: Sequence[QueueId]) -> Iterator[Line]:
    """ADDMEMBER and REMOVEMEMBER, PAUSE and UNPAUSE of one agent in these queues. The seats are in order."""
    before: Seat | None = None
    for seat in seats:
        was_here, is_here = _is_here(before), _is_here(seat)
        was_paused = before is not None and before.status is AgentStatus.PAUSED
        if is_here and not was_here:
            yield from _seat_lines(seat, "ADDMEMBER", queues)
        if is_here and was_paused:
            yield from _seat_lines(seat, "UNPAUSEALL", [_NONE])
            yield from _seat_lines(seat, "UNPAUSE", queues)
        if seat.status is AgentStatus.PAUSED:
            yield from _seat_lines(seat, "PAUSEALL", [_NONE], seat.pause_code or "")
            yield from _seat_lines(seat, "PAUSE", queues, seat.pause_code or "")
        if was_here and not is_here:
            yield from _seat_lines(seat, "REMOVEMEMBER", queues)
        before = seat


def in_order(lines: Iterable[Line], *, since: datetime, until: datetime) -> list[Line]:
    """The lines of a period as a log has them."""
    return sorted((line for line in lines if since <= line.at < until), key=lambda line: line.at)


def _conversation_lines(call: QueuedCall, connected_at: datetime) -> Iterator[Line]:
    wait = _seconds(call.entered_at, connected_at)
    ring = call.ring // _SECOND
    yield _line(call, connected_at, "CONNECT", wait, call.offer_id or "", ring, agent_id=call.agent_id)
    if call.completed_at is not None:
        event = "COMPLETEAGENT" if call.is_ended_by_agent else "COMPLETECALLER"
        talk = _seconds(connected_at, call.completed_at)
        yield _line(call, call.completed_at, event, wait, talk, call.position, agent_id=call.agent_id)


def _exit_line(call: QueuedCall, left_at: datetime) -> Line:
    where = (call.left_position, call.position, _seconds(call.entered_at, left_at))
    event = _EXITS.get(call.exit_reason or ExitReason.ABANDONED, "ABANDON")
    key = ("",) if event == "EXITWITHKEY" else ()
    return _line(call, left_at, event, *key, *where)


_EXITS = {
    ExitReason.EMPTY: "EXITEMPTY",
    ExitReason.KEY: "EXITWITHKEY",
    ExitReason.TIMEOUT: "EXITWITHTIMEOUT",
}


def _event_of(outcome: OfferOutcome | None) -> str | None:
    if outcome in MISSES:
        return "RINGNOANSWER"
    return "RINGCANCELED" if outcome is OfferOutcome.WITHDRAWN else None


def _line(
    call: QueuedCall, at: datetime, event: str, *data: str | int, agent_id: AgentId | None = None
) -> Line:
    texts = tuple(str(each) for each in data)
    return Line(at, call.call_id, call.queue_id, agent_name(agent_id), event, texts)


def _seat_lines(seat: Seat, event: str, queues: Sequence[str], data: str = "") -> Iterator[Line]:
    for queue in queues:
        yield Line(seat.since, _NONE, queue, agent_name(seat.agent_id), event, (data,))


def _is_here(seat: Seat | None) -> bool:
    return seat is not None and seat.status is not AgentStatus.LOGGED_OUT


def _seconds(since: datetime, until: datetime) -> int:
    return (until - since) // _SECOND


def _clean(field: str) -> str:
    """A caller's number may hold anything, and must not make a field or a line of its own."""
    return "".join(sign for sign in field if sign.isprintable() and sign != "|")
