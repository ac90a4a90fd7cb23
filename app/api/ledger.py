"""The missed-call ledger as operations need it: pages, everything at once, sums of a month, and waivers."""

import csv
import io
from collections.abc import AsyncIterator
from dataclasses import replace
from datetime import datetime
from zoneinfo import ZoneInfo

from app.api.cursor import write_cursor
from app.api.errors import ApiError, Refused, UnknownThing
from app.api.missed_calls import MissedCall, MissedCalls, MissedFilter, place_of, sums
from app.api.requests import submit
from app.api.schemas.missed_call import (
    MissedCallPage,
    MissedCallQuery,
    MissedCallShape,
    MonthSums,
    missed_call_of,
    person_sum_of,
)
from app.calls.events import WaiveRequested
from app.ids import MissedId
from app.runtime.service import Service

_AT_A_TIME = 200
_MOST_ROWS = 10_000
_COLUMNS = tuple(name for name in MissedCallShape.model_fields if name != "on_duty")


class Ledger:
    """Reads the ledger, and writes waivers by way of the journal."""

    def __init__(self, service: Service, missed: MissedCalls) -> None:
        self._service = service
        self._missed = missed

    async def page(self, query: MissedCallQuery) -> MissedCallPage:
        """One page; an entry more than asked for tells whether another page follows. Raises `WrongCursor`, `HistoryAway`."""
        found = await self._missed.missed_calls(query.filter(), behind=query.behind(), limit=query.limit + 1)
        shown = found[: query.limit]
        return MissedCallPage(
            missed_calls=[missed_call_of(each) for each in shown],
            next=write_cursor(place_of(shown[-1])) if len(found) > query.limit else None,
        )

    async def csv(self, query: MissedCallQuery) -> str:
        """All that is asked for as CSV (RFC 4180), with who was on duty as the last column. Raises `ApiError`, `HistoryAway`."""
        out = io.StringIO()
        writer = csv.writer(out, lineterminator="\r\n")
        writer.writerow([*_COLUMNS, "on_duty"])
        rows = 0
        async for missed in self._all(query.filter()):
            rows += 1
            if rows > _MOST_ROWS:
                raise _too_many()
            writer.writerow(_row(missed_call_of(missed)))
        return out.getvalue()

    async def month(self, month: str) -> MonthSums:
        """What a month's missed calls cost each person. Raises `HistoryAway`."""
        since, until = _bounds(month, ZoneInfo(self._service.site.time_zone))
        found = [each async for each in self._all(MissedFilter(since=since, until=until))]
        return MonthSums(month=month, people=[person_sum_of(each) for each in sums(found)])

    async def entry(self, missed_id: MissedId) -> MissedCall:
        """One entry. Raises `UnknownThing`, `HistoryAway`."""
        missed = await self._missed.missed_call(missed_id)
        if missed is None:
            raise UnknownThing("missed-call", missed_id)
        return missed

    async def waive(self, missed_id: MissedId, *, reason: str, by: str) -> MissedCall:
        """Let it cost nobody anything. Raises `UnknownThing`, `Refused`, `ServiceStopped`, `HistoryAway`."""
        missed = await self.entry(missed_id)
        if missed.waived_at is not None:
            raise Refused(
                "waived-already", f"The missed call {missed_id} is waived already, by {missed.waived_by}."
            )
        submit(self._service.dispatcher, WaiveRequested(missed_id, reason, by))
        return replace(missed, waived_at=self._service.clock.now(), waived_by=by, waive_reason=reason)

    async def _all(self, wanted: MissedFilter) -> AsyncIterator[MissedCall]:
        behind = None
        while found := await self._missed.missed_calls(wanted, behind=behind, limit=_AT_A_TIME):
            for missed in found:
                yield missed
            behind = place_of(found[-1])


def _bounds(month: str, zone: ZoneInfo) -> tuple[datetime, datetime]:
    since = datetime.strptime(month, "%Y-%m").replace(tzinfo=zone)
    until = since.replace(year=since.year + since.month // 12, month=since.month % 12 + 1)
    return since, until


def _row(shape: MissedCallShape) -> list[object]:
    values = shape.model_dump(mode="json")
    people = " ".join(":".join(filter(None, each.values())) for each in values["on_duty"])
    return [*(_plain(values[name]) for name in _COLUMNS), people]


def _plain(value: object) -> object:
    """A reason that looks like a formula stays text: spreadsheets run formulas that somebody else wrote."""
    if value is None:
        return ""
    return f"'{value}" if isinstance(value, str) and value.startswith(("=", "+", "-", "@")) else value


def _too_many() -> ApiError:
    detail = f"Expected at most {_MOST_ROWS} missed calls, found more. Ask for a shorter period by `since` and `until`."
    return ApiError("too-many-rows", detail, errors=[{"parameter": "since", "detail": detail}])
