"""Reports out of records: which period, on which terms, in which rows; and the records behind a figure."""

import asyncio
import csv
import io
from base64 import urlsafe_b64decode, urlsafe_b64encode
from collections.abc import AsyncIterator, Iterable
from datetime import UTC, datetime, timedelta
from urllib.parse import urlencode
from zoneinfo import ZoneInfo

from app.api.errors import ApiError, UnknownThing, WrongCursor
from app.api.records import Records
from app.api.schemas.report import (
    BehindPage,
    BehindQuery,
    BehindShape,
    PeriodQuery,
    ReportQuery,
    ReportShape,
    RowShape,
    ScopeQuery,
    terms_of,
)
from app.ids import AgentId, QueueId
from app.runtime.service import Service
from metrics.definitions import FIGURES, Figure, Subject, Value
from metrics.intervals import Period, day
from metrics.records import Offer, Passage, SeatTime
from metrics.report import By, Key, Layout, Report, TooManyRowsError
from metrics.scope import Scope
from metrics.tally import Tally
from metrics.terms import Terms

CALLS_PATH = "/api/v1/reports/calls"
LONGEST_PERIOD = timedelta(days=400)

Record = Passage | Offer | SeatTime


class Reports:
    """Makes reports."""

    def __init__(self, service: Service, records: Records) -> None:
        self._service = service
        self._records = records

    @property
    def zone(self) -> ZoneInfo:
        """The site's time zone."""
        return ZoneInfo(self._service.site.time_zone)

    async def report(self, query: ReportQuery) -> Report:
        """Count. Raises `ApiError`."""
        layout = Layout(
            period=self.period(query),
            zone=self.zone,
            terms=self._terms(query),
            grain=query.per,
            by=query.by,
            is_of_one_queue=query.queue_id is not None,
            teams=self._service.site.teams,
        )
        try:
            return await self._counted(Report(layout), self._scope(query, layout.period))
        except TooManyRowsError as error:
            raise ApiError("too-many-rows", str(error)) from error

    async def behind(self, query: BehindQuery) -> BehindPage:
        """One page of the records behind a figure. Raises `ApiError`."""
        figure, terms = _figure(query.figure), self._terms(query)
        wanted = self._records_of(figure.subject, self._scope(query, self.period(query)))
        found = [each async for each in _from(wanted, query.cursor) if figure.is_behind(each, terms)]
        shown = found[: query.limit]
        return BehindPage(
            figure=figure.name,
            formula=figure.formula,
            terms=terms_of(terms),
            records=[_shape(record) for record in shown],
            next=_cursor(shown[-1]) if len(found) > len(shown) else None,
        )

    async def queue_log(self, query: PeriodQuery) -> str:
        """The queue log of a period, as text. Raises `ApiError`."""
        lines = await self._records.queue_log(self.period(query))
        return await asyncio.to_thread(lambda: "".join(f"{line}\n" for line in lines))

    def shape(self, report: Report, query: ReportQuery) -> ReportShape:
        """The report as it is shown."""
        layout, whole = report.layout, Key(report.layout.period)
        return ReportShape(
            since=layout.period.since,
            until=layout.period.until,
            time_zone=str(layout.zone),
            per=layout.grain,
            by=sorted(layout.by),
            terms=terms_of(layout.terms),
            rows=[_row(report, query, key, tally) for key, tally in report.rows],
            total=_row(report, query, whole, report.total, is_total=True),
        )

    def period(self, query: PeriodQuery) -> Period:
        """The period that is asked for, in UTC. Raises `ApiError`."""
        if query.day is not None and query.since is None and query.until is None:
            return _day(query, self.zone)
        if query.day is not None or query.since is None or query.until is None:
            raise _bad_range("Expected either `day`, or both `since` and `until`.", "since")
        since, until = query.since.astimezone(UTC), query.until.astimezone(UTC)
        if until <= since:
            raise _bad_range("Expected `until` to be later than `since`; it is not.", "until")
        if until - since > LONGEST_PERIOD:
            raise _bad_range(
                f"Expected a period of at most {LONGEST_PERIOD.days} days; this one is longer.", "until"
            )
        return Period(since, until)

    async def _counted(self, report: Report, scope: Scope) -> Report:
        async for passage in self._records.passages(scope):
            report.add_passage(passage)
        if scope.is_of_nobody:
            return report
        async for offer in self._records.offers(scope):
            report.add_offer(offer)
        if Subject.AGENT_TIME in report.layout.subjects:
            async for seat in self._seat_times(scope):
                report.add_seat_time(seat)
        return report

    def _records_of(self, subject: Subject, scope: Scope) -> AsyncIterator[Record]:
        if subject is Subject.CALLS:
            return self._records.passages(scope)
        if subject is Subject.OFFERS:
            return self._records.offers(scope)
        return self._seat_times(scope)

    async def _seat_times(self, scope: Scope) -> AsyncIterator[SeatTime]:
        """Up to now: the future has not passed yet."""
        past = scope.period.within(Period(scope.period.since, self._service.clock.now()))
        if past is not None:
            async for seat in self._records.seat_times(Scope(past, agent_ids=scope.agent_ids)):
                yield seat

    def _terms(self, query: ScopeQuery) -> Terms:
        policies = self._service.site.policies
        default = Terms(within=policies.service_level_within, short_abandon=policies.short_abandon)
        return query.terms(default)

    def _scope(self, query: ScopeQuery, period: Period) -> Scope:
        queue_id = QueueId(query.queue_id) if query.queue_id else None
        return Scope(period, queue_id, self._agents(query), query.nobody)

    def _agents(self, query: ScopeQuery) -> frozenset[AgentId] | None:
        one = frozenset({AgentId(query.agent_id)}) if query.agent_id else None
        if query.team is None:
            return one
        if query.team not in self._service.site.teams:
            raise UnknownThing("team", query.team)
        team = frozenset(self._service.site.teams[query.team])
        return team if one is None else team & one


def csv_of(report: Report) -> str:
    """The report as CSV (RFC 4180): rows as in JSON, instants in the site's time with their offset."""
    out = io.StringIO()
    writer = csv.writer(out, lineterminator="\r\n")
    layout = report.layout
    names = [figure.name for figure in layout.figures]
    writer.writerow(["since", "until", *_columns(layout), *names])
    for key, tally in report.rows:
        period = [_local(at, layout.zone) for at in (key.period.since, key.period.until)]
        whose = [getattr(key, column) or "" for column in _columns(layout)]
        values = report.values(tally)
        writer.writerow([*period, *whose, *(_rounded(values[name]) for name in names)])
    return out.getvalue()


def _columns(layout: Layout) -> list[str]:
    return [_COLUMNS[by] for by in By if by in layout.by]


_COLUMNS = {By.QUEUE: "queue_id", By.AGENT: "agent_id", By.TEAM: "team"}


def _local(at: datetime, zone: ZoneInfo) -> str:
    return at.astimezone(zone).isoformat(timespec="seconds")


def _rounded(value: Value) -> Value:
    return round(value, 6) if isinstance(value, float) else value


def _row(report: Report, query: ReportQuery, key: Key, tally: Tally, *, is_total: bool = False) -> RowShape:
    values = report.values(tally)
    return RowShape(
        since=key.period.since,
        until=key.period.until,
        queue_id=key.queue_id,
        agent_id=key.agent_id,
        team=key.team,
        figures={name: _rounded(value) for name, value in values.items()},
        calls=_link(query, key, is_total=is_total),
    )


def _link(query: ReportQuery, key: Key, *, is_total: bool) -> str:
    """The address of the calls behind a row's figures: the query's conditions and those of the row."""
    asked = query.model_dump(mode="json", exclude_defaults=True, exclude={"per", "by", "format", "day"})
    whose = {"queue_id": key.queue_id, "agent_id": key.agent_id, "team": key.team}
    asked |= {name: value for name, value in whose.items() if value is not None}
    if not is_total and _is_nobodys(query, key):
        asked["nobody"] = "true"
    asked |= {"since": _utc(key.period.since), "until": _utc(key.period.until)}
    return f"{CALLS_PATH}?{urlencode(asked)}&figure={{figure}}"


def _is_nobodys(query: ReportQuery, key: Key) -> bool:
    return (By.AGENT in query.by and key.agent_id is None) or (By.TEAM in query.by and key.team is None)


def _utc(at: datetime) -> str:
    return at.astimezone(UTC).isoformat().replace("+00:00", "Z")


def _day(query: PeriodQuery, zone: ZoneInfo) -> Period:
    assert query.day is not None  # noqa: S101 - the caller has looked
    try:
        return day(query.day, zone)
    except OverflowError:
        raise _bad_range("Expected a day of this century.", "day") from None


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


# --- the records behind a figure -------------------------------------------------------------------------------------


async def _from(records: AsyncIterator[Record], cursor: str | None) -> AsyncIterator[Record]:
    """The records behind a cursor. Places are compared for equality only: databases differ in how they order text."""
    place = None if cursor is None else _read(cursor)
    async for record in records:
        if place is None:
            yield record
        elif _place(record) == place:
            place = None
    if place is not None:
        raise WrongCursor(cursor or "")


def _place(record: Record) -> str:
    match record:
        case Passage():
            parts: Iterable[str] = (_utc(record.enqueued_at), record.queue_id, record.call_id)
        case Offer():
            parts = (record.offer_id,)
        case SeatTime():
            parts = (_utc(record.period.since), record.agent_id)
    return "\n".join(parts)


def _cursor(record: Record) -> str:
    return urlsafe_b64encode(_place(record).encode()).decode().rstrip("=")


def _read(cursor: str) -> str:
    try:
        return urlsafe_b64decode(cursor.encode("ascii") + b"=" * (-len(cursor) % 4)).decode()
    except ValueError:
        raise WrongCursor(cursor) from None


def _shape(record: Record) -> BehindShape:
    match record:
        case Passage():
            return BehindShape(
                call_id=record.call_id,
                queue_id=record.queue_id,
                agent_id=record.agent_id,
                at=record.enqueued_at,
                seconds=_seconds(record.wait),
                what=_end(record),
            )
        case Offer():
            return BehindShape(
                call_id=record.call_id,
                queue_id=record.queue_id,
                agent_id=record.agent_id,
                at=record.started_at,
                seconds=_seconds(record.ring),
                what=record.outcome or "open",
            )
        case SeatTime():
            return BehindShape(
                call_id=record.call_id,
                queue_id=None,
                agent_id=record.agent_id,
                at=record.period.since,
                seconds=_seconds(record.period.length),
                what=record.activity,
            )


def _end(passage: Passage) -> str:
    if passage.connected_at is not None:
        return "answered"
    return passage.exit_reason or "waiting"


def _seconds(length: timedelta | None) -> float | None:
    return None if length is None else round(length.total_seconds(), 6)
