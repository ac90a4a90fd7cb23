"""Records for tests of figures, by the second."""

from collections.abc import AsyncIterator
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from typing import Any, TypeVar

from hypothesis import strategies as st

from app.acd.availability import AUTO_PAUSE
from app.acd.model import AgentState, AgentStatus, ExitReason, OfferOutcome
from app.ids import AgentId, CallId, OfferId, PauseCode, QueueId
from metrics.intervals import Period
from metrics.queue_log import Line, QueuesOf
from metrics.records import Activity, Offer, OutboundCall, Passage, SeatTime
from metrics.scope import Scope
from metrics.seat import StateSpan, StatusSpan, UnreachableSpan

NINE = datetime(2026, 11, 21, 9, tzinfo=UTC)
SERVICE, SALES = QueueId("service"), QueueId("sales")
LIN, WANG = AgentId("lin"), AgentId("wang")
DAY = Period(NINE, NINE + timedelta(hours=24))


def at(seconds: float) -> datetime:
    """So many seconds after nine."""
    return NINE + timedelta(seconds=seconds)


def answered(
    wait: float,
    talk: float = 60,
    *,
    start: float = 0,
    hold: float = 0,
    holds: int | None = None,
    wrap_up: float = 0,
    flow: float = 0,
    by_agent: bool = False,
    on_hold: bool = False,
    queue: QueueId = SERVICE,
    agent: AgentId = LIN,
) -> Passage:
    """A call answered after `wait` seconds in the queue, and `flow` seconds before; `talk` includes no hold.

    Who does not hang up by the agent's hand does by the caller's. Who was held was held once, unless `holds` says otherwise.
    """
    connected = at(start + wait)
    return Passage(
        call_id=CallId(f"answered-{start}-{wait}"),
        queue_id=queue,
        arrived_at=at(start - flow),
        enqueued_at=at(start),
        entered_at=at(start),
        connected_at=connected,
        agent_id=agent,
        completed_at=connected + timedelta(seconds=talk + hold),
        ended_at=connected + timedelta(seconds=talk + hold),
        settled_at=connected + timedelta(seconds=talk + hold + wrap_up),
        hold=timedelta(seconds=hold),
        holds=int(hold > 0) if holds is None else holds,
        wrap_up=timedelta(seconds=wrap_up),
        is_ended_by_agent=by_agent,
        is_ended_by_caller=not by_agent,
        is_ended_on_hold=on_hold,
    )


def left(
    wait: float, reason: ExitReason = ExitReason.ABANDONED, *, start: float = 0, queue: QueueId = SERVICE
) -> Passage:
    """A call that left after `wait` seconds."""
    return Passage(
        call_id=CallId(f"left-{start}-{wait}"),
        queue_id=queue,
        arrived_at=at(start),
        enqueued_at=at(start),
        entered_at=at(start),
        left_at=at(start + wait),
        ended_at=at(start + wait),
        settled_at=at(start + wait),
        exit_reason=reason,
    )


def waits(start: float = 0) -> Passage:
    """A call that waits."""
    return Passage(call_id=CallId("waits"), queue_id=SERVICE, enqueued_at=at(start), entered_at=at(start))


def refused(reason: ExitReason = ExitReason.JOIN_FULL) -> Passage:
    """A call turned away at the door."""
    return Passage(
        call_id=CallId("refused"),
        queue_id=SERVICE,
        enqueued_at=at(0),
        left_at=at(0),
        ended_at=at(1),
        settled_at=at(1),
        exit_reason=reason,
    )


def offer(outcome: OfferOutcome | None, ring: float | None = 5, *, start: float = 0) -> Offer:
    """An offer whose phone rang for `ring` seconds, if it rang."""
    ringing_at = None if ring is None else at(start + 0.1)
    ended_at = None if outcome is None else at(start + 0.1 + (ring or 0))
    return Offer(
        offer_id=OfferId("o"),
        call_id=CallId("c"),
        queue_id=SERVICE,
        agent_id=LIN,
        started_at=at(start),
        ringing_at=ringing_at,
        answered_at=ended_at if outcome is OfferOutcome.ANSWERED else None,
        ended_at=ended_at,
        outcome=outcome,
    )


def outbound(
    talk: float | None, *, start: float = 0, hold: float = 0, lasts: bool = False, agent: AgentId = LIN
) -> OutboundCall:
    """An outbound call, answered after ten seconds; `talk` None: not answered. One that lasts has no end yet."""
    talked = 0 if talk is None else talk + hold
    return OutboundCall(
        call_id=CallId(f"outbound-{start}-{talk}"),
        agent_id=agent,
        started_at=at(start),
        bridged_at=None if talk is None else at(start + 10),
        ended_at=None if lasts else at(start + 10 + talked),
        hold=timedelta(seconds=hold),
    )


R = TypeVar("R", Passage, Offer)


def rung(record: R, ring: int, *, limit: int = 3, seconds: float = 0) -> R:
    """The record, over in this ring; of a passage, with phones that rang for so long."""
    rings: dict[str, Any] = {"ring_number": ring, "is_within_rings": ring <= limit}
    if isinstance(record, Passage):
        rings["rung"] = timedelta(seconds=seconds)
    return replace(record, **rings)


def seat(
    since: float,
    until: float,
    activity: Activity,
    *,
    paused: bool = False,
    code: PauseCode | None = None,
    agent: AgentId = LIN,
) -> SeatTime:
    """A stretch of an agent's time."""
    return SeatTime(
        agent_id=agent,
        period=Period(at(since), at(until)),
        activity=activity,
        is_paused=paused,
        pause_code=code,
    )


def status(since: float, until: float | None, is_: AgentStatus) -> StatusSpan:
    """A status span."""
    return StatusSpan(at(since), None if until is None else at(until), is_)


def state(since: float, until: float | None, is_: AgentState) -> StateSpan:
    """A state span."""
    return StateSpan(at(since), None if until is None else at(until), is_)


def unreachable(since: float, until: float | None) -> UnreachableSpan:
    """A span in which no call can reach the phone."""
    return UnreachableSpan(at(since), None if until is None else at(until))


@dataclass
class ListRecords:
    """Records in memory, as the database gives them: a `Records`."""

    all_passages: list[Passage] = field(default_factory=list)
    all_offers: list[Offer] = field(default_factory=list)
    all_seats: list[SeatTime] = field(default_factory=list)
    all_outbound_calls: list[OutboundCall] = field(default_factory=list)

    async def passages(self, scope: Scope) -> AsyncIterator[Passage]:
        """As `Records.passages`."""
        for each in self.all_passages:
            if _is_in(scope, each.enqueued_at, each.queue_id, each.agent_id):
                yield each

    async def offers(self, scope: Scope) -> AsyncIterator[Offer]:
        """As `Records.offers`."""
        for each in self.all_offers:
            if _is_in(scope, each.started_at, each.queue_id, each.agent_id):
                yield each

    async def outbound_calls(self, scope: Scope) -> AsyncIterator[OutboundCall]:
        """As `Records.outbound_calls`."""
        for each in self.all_outbound_calls:
            if _is_in(scope, each.started_at, None, each.agent_id):
                yield each

    async def seat_times(self, scope: Scope) -> AsyncIterator[SeatTime]:
        """As `Records.seat_times`."""
        for each in self.all_seats:
            part = each.period.within(scope.period)
            if part and (scope.agent_ids is None or each.agent_id in scope.agent_ids):
                yield replace(each, period=part)

    async def queue_log(self, period: Period, queues_of: QueuesOf) -> list[Line]:
        """As `Records.queue_log`, without agents."""
        del queues_of
        calls = [each for each in self.all_passages if each.entered_at and period.since <= each.entered_at]
        return [
            Line(each.enqueued_at, each.call_id, each.queue_id, "NONE", "ENTERQUEUE", ("", "4001", "1"))
            for each in calls
            if each.enqueued_at < period.until
        ]


def _is_in(scope: Scope, at: datetime, queue_id: QueueId | None, agent_id: AgentId | None) -> bool:
    """`queue_id` None: the record belongs to no queue, and nobody asks for its queue."""
    return (
        scope.period.since <= at < scope.period.until
        and (queue_id is None or scope.queue_id in (None, queue_id))
        and (scope.agent_ids is None or agent_id in scope.agent_ids)
        and not (scope.is_of_nobody and agent_id is not None)
    )


_seconds = st.integers(0, 90_000).map(lambda tenths: tenths / 10)
_starts = st.integers(0, 86_400)
_rings = st.integers(1, 9)
PASSAGES = st.one_of(
    st.builds(
        lambda ring, wait, talk, start, hold, wrap_up, flow, by_agent, on_hold, queue, agent: rung(
            answered(
                wait,
                talk,
                start=start,
                hold=hold,
                wrap_up=wrap_up,
                flow=flow,
                by_agent=by_agent,
                on_hold=on_hold,
                queue=queue,
                agent=agent,
            ),
            ring,
            seconds=wait / ring,
        ),
        _rings,
        _seconds,
        _seconds,
        _starts,
        _seconds,
        _seconds,
        _seconds,
        st.booleans(),
        st.booleans(),
        st.sampled_from([SERVICE, SALES]),
        st.sampled_from([LIN, WANG]),
    ),
    st.builds(
        lambda ring, wait, reason, start: rung(left(wait, reason, start=start), ring),
        _rings,
        _seconds,
        st.sampled_from(
            [
                ExitReason.ABANDONED,
                ExitReason.TIMEOUT,
                ExitReason.EMPTY,
                ExitReason.KEY,
                ExitReason.FAULT,
                ExitReason.REMOVED,
            ]
        ),
        _starts,
    ),
    st.builds(waits, _starts),
    st.builds(refused),
)
OFFERS = st.one_of(
    st.builds(
        lambda ring, outcome, seconds, start: rung(offer(outcome, seconds, start=start), ring),
        _rings,
        st.sampled_from(OfferOutcome),
        _seconds,
        _starts,
    ),
    st.builds(
        lambda outcome, start: offer(outcome, None, start=start),
        st.none() | st.sampled_from(OfferOutcome),
        _starts,
    ),
)
OUTBOUND_CALLS = st.builds(
    lambda talk, start, hold, lasts, agent: outbound(talk, start=start, hold=hold, lasts=lasts, agent=agent),
    st.none() | _seconds,
    _starts,
    _seconds,
    st.booleans(),
    st.sampled_from([LIN, WANG]),
)
SEATS = st.builds(
    lambda since, length, activity, paused, code, agent: seat(
        since, since + length, activity, paused=paused, code=code, agent=agent
    ),
    _starts,
    st.integers(1, 20_000),
    st.sampled_from(Activity),
    st.booleans(),
    st.sampled_from([None, AUTO_PAUSE]),
    st.sampled_from([LIN, WANG]),
)
