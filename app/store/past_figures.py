"""What figures are counted from, read from the derived tables: passages, offers, outbound calls, agents' time.

Rows are read and made into records a few at a time, and others get their turn between: a report of a year must not delay a call.
"""

from collections.abc import AsyncIterator, Iterable, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import (
    BigInteger,
    ColumnElement,
    Row,
    Select,
    and_,
    exists,
    func,
    or_,
    select,
    type_coerce,
)
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine

from app.acd.model import AgentState, AgentStatus, DeviceState
from app.calls.call import CallKind
from app.calls.hangup import HangUpParty
from app.ids import AgentId
from app.store import tables
from app.store.mapping import value_of
from app.store.passages import WITH_CONVERSATION
from app.store.past_queue_log import offer_of, queue_log
from app.store.reading import reading, some_at_a_time, within
from app.turns import in_turns
from metrics.intervals import Period
from metrics.queue_log import Line, QueuesOf
from metrics.records import Offer, OutboundCall, Passage, SeatTime
from metrics.rings import time_rung
from metrics.scope import Scope
from metrics.seat import StateSpan, StatusSpan, UnreachableSpan, seat_times

_PASSAGE, _OFFER, _CALL = tables.passage.c, tables.offer.c, tables.call.c
_CONVERSATION, _ACTIVITY = tables.conversation.c, tables.agent_activity.c
_EARLIER = tables.call.alias("earlier").c
_REPEAT_WITHIN_MICROSECONDS = 24 * 3600 * 1_000_000


class PastFigures:
    """Reads what the writer has written: at most about a second behind, more while the database is away."""

    def __init__(self, engine: AsyncEngine) -> None:
        self._engine = engine

    async def passages(self, scope: Scope) -> AsyncIterator[Passage]:
        """Calls' passages through queues, in the order in which the callers were enqueued. Raises `HistoryAway`."""
        async with reading(self._engine) as connection:
            async for rows in some_at_a_time(connection, _passages(scope)):
                rung, work = await _spans_rung(connection, rows), await _work(connection, rows)
                for row in rows:
                    yield _passage(row, rung.get((row.call_id, row.queue_id), ()), work.get(row.call_id, ()))

    async def offers(self, scope: Scope) -> AsyncIterator[Offer]:
        """Offers, in the order in which they began. Raises `HistoryAway`."""
        async for row in self._rows(_offers(scope)):
            yield offer_of(row)

    async def outbound_calls(self, scope: Scope) -> AsyncIterator[OutboundCall]:
        """Calls of agents to outside numbers, in the order in which they began. Raises `HistoryAway`."""
        async for row in self._rows(_outbound_calls(scope)):
            hold = timedelta(milliseconds=row.held_ms or 0)
            yield value_of(OutboundCall, row, started_at=row.arrived_at, hold=hold)

    async def seat_times(self, scope: Scope) -> AsyncIterator[SeatTime]:
        """Agents' time, agent after agent, each in order. The period must end by now. Raises `HistoryAway`."""
        async for agent in self._agents(scope):
            made = seat_times(agent.id, agent.statuses, agent.states, agent.unreachable, within=scope.period)
            async for seat in in_turns(made):
                yield seat

    async def queue_log(self, period: Period, queues_of: QueuesOf) -> list[Line]:
        """The lines of Asterisk's queue log. Raises `HistoryAway`."""
        async with reading(self._engine) as connection:
            return await queue_log(connection, period, queues_of)

    async def _agents(self, scope: Scope) -> AsyncIterator["_Agent"]:
        agent = None
        async for row in self._rows(_activities(scope)):
            if agent is None or agent.id != row.agent_id:
                if agent is not None:
                    yield agent
                agent = _Agent(row.agent_id)
            agent.add(row)
        if agent is not None:
            yield agent

    async def _rows(self, query: Select[Any]) -> AsyncIterator[Row[Any]]:
        async with reading(self._engine) as connection:
            async for rows in some_at_a_time(connection, query):
                for row in rows:
                    yield row


# --- calls -----------------------------------------------------------------------------------------------------------


def _passages(scope: Scope) -> Select[Any]:
    return (
        select(
            tables.passage,
            _CONVERSATION.completed_at,
            _CALL.arrived_at,
            _CALL.ended_at,
            _CALL.ended_by,
            _is_repeat().label("is_repeat"),
        )
        .select_from(WITH_CONVERSATION)
        .where(*within(_PASSAGE.enqueued_at, scope.period), *_of(_PASSAGE.queue_id, _PASSAGE.agent_id, scope))
        .order_by(_PASSAGE.enqueued_at, _PASSAGE.call_id, _PASSAGE.queue_id)
    )


def _is_repeat() -> ColumnElement[bool]:
    """Whether the same number called within the day before. Hidden numbers repeat nothing."""
    arrived_at, before = _microseconds(_CALL.arrived_at), _microseconds(_EARLIER.arrived_at)
    return and_(
        _CALL.from_number != "",
        exists().where(
            _EARLIER.from_number == _CALL.from_number,
            _EARLIER.kind == CallKind.INBOUND,
            before < arrived_at,
            before >= arrived_at - _REPEAT_WITHIN_MICROSECONDS,
        ),
    )


async def _spans_rung(
    connection: AsyncConnection, passages: Sequence[Row[Any]]
) -> dict[tuple[str, str], list[Period]]:
    """From when until when phones rang for these calls, by call and queue."""
    ended_at = func.coalesce(_OFFER.answered_at, _OFFER.ended_at).label("until")
    calls = {row.call_id for row in passages}
    query = select(_OFFER.call_id, _OFFER.queue_id, _OFFER.ringing_at, ended_at).where(
        _OFFER.call_id.in_(calls), _OFFER.ringing_at.is_not(None), ended_at.is_not(None)
    )
    spans: dict[tuple[str, str], list[Period]] = {}
    for call_id, queue_id, since, until in await connection.execute(query):
        spans.setdefault((call_id, queue_id), []).append(Period(since, until))
    return spans


async def _work(
    connection: AsyncConnection, passages: Sequence[Row[Any]]
) -> dict[str, list[tuple[str, StateSpan]]]:
    """What agents did for these calls, and when, by call; each with its agent.

    Asked by call alone, so that no database is tempted to read all that an agent ever did for each call.
    """
    calls = {row.call_id for row in passages}
    query = select(
        _ACTIVITY.call_id, _ACTIVITY.agent_id, _ACTIVITY.value, _ACTIVITY.started_at, _ACTIVITY.ended_at
    ).where(_ACTIVITY.call_id.in_(calls))
    work: dict[str, list[tuple[str, StateSpan]]] = {}
    for call_id, agent_id, value, since, until in await connection.execute(query):
        span = StateSpan(since, until, AgentState(value), call_id)
        work.setdefault(call_id, []).append((agent_id, span))
    return work


def _lengths(state: AgentState, work: Iterable[StateSpan], *, since: datetime | None) -> list[timedelta]:
    """How long an agent was in a state for a call since then, each time that is over."""
    return [
        span.until - span.since
        for span in work
        if span.state is state and span.until is not None and since is not None and span.since >= since
    ]


def _settled_at(ended_at: datetime | None, notes: Iterable[StateSpan]) -> datetime | None:
    """When the call and all notes about it were over."""
    ends = [ended_at, *(span.until for span in notes)]
    over = [at for at in ends if at is not None]
    return max(over) if len(over) == len(ends) else None


def _passage(row: Row[Any], spans: Iterable[Period], work: Sequence[tuple[str, StateSpan]]) -> Passage:
    """`spans`: from when until when phones rang for the call in this queue, in whichever of its passages. `work`: see `_work`."""
    end = row.connected_at or row.left_at
    own = [span for agent_id, span in work if agent_id == row.agent_id]
    holds = _lengths(AgentState.HELD, own, since=row.connected_at)
    wrap_ups = _lengths(AgentState.WRAP_UP, own, since=row.completed_at)
    return value_of(
        Passage,
        row,
        exit_reason=row.reason,
        hold=sum(holds, timedelta()),
        holds=len(holds),
        wrap_up=sum(wrap_ups, timedelta()),
        settled_at=_settled_at(row.ended_at, (span for _, span in work if span.state is AgentState.WRAP_UP)),
        is_ended_by_agent=row.ended_by == HangUpParty.AGENT,
        is_ended_by_caller=row.ended_by == HangUpParty.CALLER,
        is_ended_on_hold=row.completed_at is not None
        and any(span.state is AgentState.HELD and span.until == row.completed_at for span in own),
        is_repeat=bool(row.is_repeat),
        ring_number=row.ring,
        rung=timedelta() if end is None else time_rung(spans, Period(row.enqueued_at, end)),
    )


# --- offers ----------------------------------------------------------------------------------------------------------


def _offers(scope: Scope) -> Select[Any]:
    return (
        select(tables.offer)
        .where(*within(_OFFER.started_at, scope.period), *_of(_OFFER.queue_id, _OFFER.agent_id, scope))
        .order_by(_OFFER.started_at, _OFFER.offer_id)
    )


# --- outbound calls --------------------------------------------------------------------------------------------------


def _outbound_calls(scope: Scope) -> Select[Any]:
    """Those from a phone at which nobody was logged in are no agent's."""
    return (
        select(tables.call)
        .where(
            _CALL.kind == CallKind.OUTBOUND,
            _CALL.agent_id.is_not(None),
            *within(_CALL.arrived_at, scope.period),
            *_of(None, _CALL.agent_id, scope),
        )
        .order_by(_CALL.arrived_at, _CALL.call_id)
    )


# --- agents' time ----------------------------------------------------------------------------------------------------


def _activities(scope: Scope) -> Select[Any]:
    lasts_into = or_(_ACTIVITY.ended_at.is_(None), _ACTIVITY.ended_at > scope.period.since)
    return (
        select(tables.agent_activity)
        .where(_ACTIVITY.started_at < scope.period.until, lasts_into, *_of(None, _ACTIVITY.agent_id, scope))
        .order_by(_ACTIVITY.agent_id, _ACTIVITY.started_at)
    )


@dataclass(slots=True)
class _Agent:
    """All that one agent did, in order."""

    id: AgentId
    statuses: list[StatusSpan] = field(default_factory=list)
    states: list[StateSpan] = field(default_factory=list)
    unreachable: list[UnreachableSpan] = field(default_factory=list)

    def add(self, row: Row[Any]) -> None:
        since, until = row.started_at, row.ended_at
        if row.aspect == "status":
            self.statuses.append(StatusSpan(since, until, AgentStatus(row.value), row.pause_code))
        elif row.aspect == "device":
            if row.value == DeviceState.UNREACHABLE:
                self.unreachable.append(UnreachableSpan(since, until))
        else:
            self.states.append(StateSpan(since, until, AgentState(row.value), row.call_id))


# --- conditions ------------------------------------------------------------------------------------------------------


def _microseconds(column: ColumnElement[Any]) -> ColumnElement[int]:
    return type_coerce(column, BigInteger)


def _of(
    queue_id: ColumnElement[Any] | None, agent_id: ColumnElement[Any], scope: Scope
) -> list[ColumnElement[bool]]:
    conditions = []
    if scope.queue_id is not None and queue_id is not None:
        conditions.append(queue_id == scope.queue_id)
    if scope.agent_ids is not None:
        conditions.append(agent_id.in_(sorted(scope.agent_ids)))
    if scope.is_of_nobody:
        conditions.append(agent_id.is_(None))
    return conditions
