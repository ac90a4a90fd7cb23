"""Reports out of records: which period, on which terms, in which rows; and the records behind a figure."""

import asyncio
from collections.abc import AsyncIterator, Collection, Iterator
from contextlib import aclosing
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

from app.api.behind import Record, behind_cursor, cursor_behind, shape_of
from app.api.errors import ApiError, UnknownThing
from app.api.records import Records
from app.api.schemas.report import (
    BehindPage,
    BehindQuery,
    PeriodQuery,
    ReportQuery,
    ScopeQuery,
    terms_of,
)
from app.api.whose import agents_asked_for
from app.calls.shifts import Shift, Shifts
from app.ids import QueueId
from app.runtime.service import Service
from metrics.definitions import FIGURES
from metrics.figure import Figure, Subject
from metrics.intervals import Period, day
from metrics.queue_log import queues_of
from metrics.records import Offer, OutboundCall, Passage, SeatTime
from metrics.report import Layout, Report, TooManyRowsError
from metrics.scope import Scope
from metrics.terms import Terms

LONGEST_PERIOD = timedelta(days=400)
_AT_A_TIME = 2
"""How many are made at once; the others wait. Each may hold a year of calls, and is finished even when who asked has left."""
_ERA = Period(datetime(1970, 1, 1, tzinfo=UTC), datetime(2200, 1, 1, tzinfo=UTC))
"""No calendar's edge is near: an interval that a period only touches has its beginning and its end, too."""


class Reports:
    """Makes reports."""

    def __init__(self, service: Service, records: Records) -> None:
        self._service = service
        self._records = records
        self._turns = asyncio.Semaphore(_AT_A_TIME)

    @property
    def zone(self) -> ZoneInfo:
        """The site's time zone."""
        return ZoneInfo(self._service.site.time_zone)

    @property
    def _shifts(self) -> Shifts:
        return self._service.site.calls.shifts

    async def report(self, query: ReportQuery, *, figures: Collection[str] = FIGURES) -> Report:
        """Count, and show these figures. Raises `ApiError`."""
        shift = self._shift(query)
        layout = Layout(
            period=self.period(query),
            zone=self.zone,
            terms=self._terms(query),
            grain=query.per,
            by=query.by,
            is_of_one_queue=query.queue_id is not None,
            teams=self._service.site.teams,
            shifts=self._shifts if shift is None else replace(self._shifts, shifts=(shift,)),
            names=figures,
        )
        try:
            async with self._turns:
                return await self._counted(Report(layout), query)
        except TooManyRowsError as error:
            raise ApiError("too-many-rows", str(error)) from error

    async def behind(self, query: BehindQuery) -> BehindPage:
        """One page of the records behind a figure. Raises `ApiError`."""
        figure, terms = _figure(query.figure), self._terms(query)
        found: list[Record] = []
        wanted = behind_cursor(self._records_of(figure.subject, query), query.cursor)
        async with self._turns, aclosing(wanted):
            async for record in wanted:
                if figure.is_behind(record, terms):
                    found.append(record)
                if len(found) > query.limit:
                    break
        shown = found[: query.limit]
        return BehindPage(
            figure=figure.name,
            formula=figure.formula,
            terms=terms_of(terms),
            records=[shape_of(record) for record in shown],
            next=cursor_behind(shown[-1]) if len(found) > len(shown) else None,
        )

    async def queue_log(self, query: PeriodQuery) -> str:
        """The queue log of a period, as text. Raises `ApiError`."""
        period = self.period(query)
        async with self._turns:
            lines = await self._records.queue_log(period, queues_of(self._service.site.floor))
            return await asyncio.to_thread(lambda: "".join(f"{line}\n" for line in lines))

    def period(self, query: PeriodQuery) -> Period:
        """The period that is asked for, in UTC. Raises `ApiError`."""
        if query.day is not None and query.since is None and query.until is None:
            return self._day(query.day, self._shift(query) if isinstance(query, ScopeQuery) else None)
        if query.day is not None or query.since is None or query.until is None:
            raise _bad_range("Expected either `day`, or both `since` and `until`.", "since")
        for name, at in (("since", query.since), ("until", query.until)):
            if not _ERA.since <= at <= _ERA.until:
                raise _bad_range("Expected an instant from 1970 to 2199.", name)
        since, until = query.since.astimezone(UTC), query.until.astimezone(UTC)
        if until <= since:
            raise _bad_range("Expected `until` to be later than `since`; it is not.", "until")
        if until - since > LONGEST_PERIOD:
            raise _bad_range(
                f"Expected a period of at most {LONGEST_PERIOD.days} days; this one is longer.", "until"
            )
        return Period(since, until)

    async def _counted(self, report: Report, query: ReportQuery) -> Report:
        for subject in report.layout.subjects:
            async for record in self._records_of(subject, query):
                report.add(record)
        return report

    async def _records_of(self, subject: Subject, query: ScopeQuery) -> AsyncIterator[Record]:
        scope, shift = self._scope(query), self._shift(query)
        if scope.is_of_nobody and subject is not Subject.CALLS:
            return
        async for record in self._all_of(subject, scope):
            if shift is None and not query.outside_shifts:
                yield record
                continue
            for part in _parts(record, self._shifts):
                on = self._shifts.at(_began_at(part))
                if shift in on if shift else not on:
                    yield part

    def _all_of(self, subject: Subject, scope: Scope) -> AsyncIterator[Record]:
        if subject is Subject.CALLS:
            return self._records.passages(scope)
        if subject is Subject.OFFERS:
            return self._records.offers(scope)
        if subject is Subject.OUTBOUND_CALLS:
            return self._records.outbound_calls(scope)
        return self._seat_times(scope)

    async def _seat_times(self, scope: Scope) -> AsyncIterator[SeatTime]:
        """Up to now: the future has not passed yet."""
        past = scope.period.within(Period(scope.period.since, self._service.clock.now()))
        if past is not None:
            async for seat in self._records.seat_times(Scope(past, agent_ids=scope.agent_ids)):
                yield seat

    def _day(self, of: date, shift: Shift | None) -> Period:
        if not _ERA.since.date() < of < _ERA.until.date():
            raise _bad_range("Expected a day from 1970-01-02 to 2199-12-31.", "day")
        return day(of, self.zone) if shift is None else Period(*self._shifts.on(shift, of))

    def _shift(self, query: ScopeQuery) -> Shift | None:
        if query.shift is None:
            return None
        shift = self._shifts.named(query.shift)
        if shift is None:
            raise UnknownThing("shift", query.shift)
        return shift

    def _terms(self, query: ScopeQuery) -> Terms:
        return query.terms(self._service.site.policies.terms)

    def _scope(self, query: ScopeQuery) -> Scope:
        queue_id = QueueId(query.queue_id) if query.queue_id else None
        agents = agents_asked_for(self._service.site.teams, query.agent_id, query.team)
        return Scope(self.period(query), queue_id, agents, query.nobody)


def _bad_range(detail: str, parameter: str) -> ApiError:
    return ApiError("bad-range", detail, errors=[{"parameter": parameter, "detail": detail}])


def _figure(name: str) -> Figure:
    figure = FIGURES.get(name)
    if figure is None:
        raise ApiError(
            "unknown-figure",
            f"No figure has the name {name[:64]!r}. /api/v1/reports/figures lists all figures.",
        )
    return figure


def _parts(record: Record, shifts: Shifts) -> Iterator[Record]:
    """The record; an agent's time in pieces in which no shift begins or ends."""
    if not isinstance(record, SeatTime):
        yield record
        return
    for piece in record.period.cut_at(shifts.borders(record.period.since, record.period.until)):
        yield replace(record, period=piece)


def _began_at(record: Record) -> datetime:
    match record:
        case Passage():
            return record.enqueued_at
        case Offer() | OutboundCall():
            return record.started_at
        case SeatTime():
            return record.period.since
