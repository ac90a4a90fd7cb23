"""The missed-call ledger, read from the derived tables: the `MissedCalls` of the REST interface."""

from collections.abc import Collection, Iterator, Sequence
from dataclasses import replace
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, Row, Select, and_, case, exists, func, or_, select
from sqlalchemy.ext.asyncio import AsyncEngine

from app.acd.model import AgentState, AgentStatus
from app.api.history import Place
from app.api.missed_calls import MissedCall, MissedFilter, MissedKind, OnDuty
from app.ids import AgentId, MissedId
from app.store import tables
from app.store.mapping import value_of
from app.store.reading import behind, equal, reading, within

_MISSED, _ACTIVITY = tables.missed_call.c, tables.agent_activity.c
_MINE, _LATER = tables.call.alias("mine").c, tables.call.alias("later").c
_STATUS, _STATE = "status", "state"

Activities = dict[tuple[str, str], Row[Any]]
"""The latest interval of each agent and aspect."""


class PastMissedCalls:
    """Reads what the writer has written: at most about a second behind, more while the database is away."""

    def __init__(self, engine: AsyncEngine) -> None:
        self._engine = engine

    async def missed_call(self, missed_id: MissedId) -> MissedCall | None:
        """As `MissedCalls.missed_call`."""
        found = await self._found(_entries().where(_MISSED.missed_id == missed_id))
        return found[0] if found else None

    async def missed_calls(
        self, wanted: MissedFilter, *, behind: Place | None, limit: int
    ) -> Sequence[MissedCall]:
        """As `MissedCalls.missed_calls`."""
        newest_first = (_MISSED.at.desc(), _MISSED.missed_id.desc())
        page = _entries().where(*_conditions(wanted, behind))
        return await self._found(page.order_by(*newest_first).limit(limit))

    async def _found(self, entries: Select[Any]) -> list[MissedCall]:
        async with reading(self._engine) as connection:
            found = [value_of(MissedCall, row) for row in await connection.execute(entries)]
            if not found:
                return []
            instants = [each.at for each in found]
            rows = (await connection.execute(_activities(min(instants), max(instants)))).all()
        duty = dict(_on_duty(sorted(set(instants)), rows))
        return [replace(each, on_duty=duty[each.at]) for each in found]


# --- entries -----------------------------------------------------------------------------------------------------


def _entries() -> Select[Any]:
    """All entries, each with the call that recovered it. A waiver whose entry is not written down yet is none."""
    recovering = select(_LATER.call_id).where(_is_recovery()).order_by(_LATER.bridged_at).limit(1)
    recovered = select(_LATER.bridged_at).where(_is_recovery()).order_by(_LATER.bridged_at).limit(1)
    return select(
        tables.missed_call,
        func.coalesce(_MISSED.reached_by, recovering.scalar_subquery()).label("recovered_by"),
        func.coalesce(_MISSED.reached_at, recovered.scalar_subquery()).label("recovered_at"),
    ).where(_MISSED.kind.is_not(None))


def _is_recovery() -> ColumnElement[bool]:
    """An offer's own call was answered; or the same caller was talked to in a later call, whoever dialled."""
    number = (
        select(_MINE.from_number).where(_MINE.call_id == _MISSED.call_id).correlate(tables.missed_call)
    ).scalar_subquery()
    called_later = and_(
        or_(_LATER.from_number == number, _LATER.to_number == number),
        number != "",
        _LATER.arrived_at >= _MISSED.at,
    )
    own = and_(_MISSED.kind == MissedKind.OFFER, _LATER.call_id == _MISSED.call_id)
    return and_(_LATER.bridged_at > _MISSED.at, or_(own, called_later))


def _conditions(wanted: MissedFilter, place: Place | None) -> Iterator[ColumnElement[bool]]:
    yield from equal(_MISSED, wanted, "kind", "cause", "queue_id")
    yield from within(_MISSED.at, wanted)
    yield from behind(place, _MISSED.at, _MISSED.missed_id)
    for is_so, at in ((wanted.is_waived, _MISSED.waived_at), (wanted.is_disputed, _MISSED.disputed_at)):
        if is_so is not None:
            yield at.is_not(None) if is_so else at.is_(None)
    if wanted.agents is not None:
        yield _concerns(wanted.agents)


def _concerns(agents: Collection[AgentId]) -> ColumnElement[bool]:
    """Offers to these agents, and calls missed while one of them was on duty: see `_on_duty`."""
    was_on_duty = exists().where(
        _ACTIVITY.agent_id.in_(agents),
        _ACTIVITY.aspect == _STATUS,
        _ACTIVITY.value != AgentStatus.LOGGED_OUT,
        _ACTIVITY.started_at < _MISSED.at,
        or_(_ACTIVITY.ended_at.is_(None), _ACTIVITY.ended_at >= _MISSED.at),
    )
    is_call = and_(_MISSED.kind == MissedKind.CALL, was_on_duty)
    return or_(is_call, _MISSED.agent_id.in_(agents))


# --- who was on duty ---------------------------------------------------------------------------------------------


def _activities(first: datetime, last: datetime) -> Select[Any]:
    """What agents did just before any instant from `first` to `last`, in the order in which it began."""
    lasts = or_(_ACTIVITY.ended_at.is_(None), _ACTIVITY.ended_at >= first)
    is_status = case((_ACTIVITY.aspect == _STATUS, 0), else_=1)
    return (
        select(tables.agent_activity)
        .where(_ACTIVITY.started_at < last, lasts)
        .order_by(_ACTIVITY.started_at, is_status)
    )


def _on_duty(
    instants: Sequence[datetime], rows: Sequence[Row[Any]]
) -> Iterator[tuple[datetime, tuple[OnDuty, ...]]]:
    """Who was logged in just before each of these instants, which are in order.

    *Before*, because the missed call itself changes what its agents do: the one whose phone rang out is idle, or paused by the
    system, at the very instant.
    """
    latest: Activities = {}
    begun = 0
    for at in instants:
        while begun < len(rows) and rows[begun].started_at < at:
            latest[rows[begun].aspect, rows[begun].agent_id] = rows[begun]
            begun += 1
        yield at, tuple(_logged_in(at, latest))


def _logged_in(at: datetime, latest: Activities) -> Iterator[OnDuty]:
    for aspect, agent_id in sorted(latest):
        status, state = latest[aspect, agent_id], latest.get((_STATE, agent_id))
        is_status = aspect == _STATUS and status.value != AgentStatus.LOGGED_OUT
        if is_status and _lasts_until(status, at):
            now = AgentState(state.value) if state is not None else AgentState.IDLE
            yield OnDuty(AgentId(agent_id), AgentStatus(status.value), status.pause_code, now)


def _lasts_until(row: Row[Any], at: datetime) -> bool:
    return row.ended_at is None or row.ended_at >= at
