"""The missed-call ledger as operations need it: pages, everything at once, sums of a month, waivers, disputes, recoveries."""

import csv
import io
from collections.abc import AsyncIterator, Awaitable, Callable
from dataclasses import replace
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

from app.api.cursor import write_cursor
from app.api.errors import ApiError, Refused, UnknownThing
from app.api.missed_calls import MissedCall, MissedCalls, MissedFilter, MissedKind, place_of, sums
from app.api.requests import submit
from app.api.schemas.call import CallDetail
from app.api.schemas.missed_call import (
    MissedCallPage,
    MissedCallQuery,
    MissedCallShape,
    MonthQuery,
    MonthSums,
    Sight,
    missed_call_of,
    person_sum_of,
)
from app.api.whose import agents_asked_for
from app.calls.events import DisputeRequested, RecoveryNoted, WaiveRequested
from app.ids import CallId, MissedId
from app.runtime.service import Service

_AT_A_TIME = 200
_MOST_ROWS = 10_000
_MOST_SAID = 1_000
_COLUMNS = tuple(name for name in MissedCallShape.model_fields if name != "on_duty")


class Ledger:
    """Reads the ledger, and writes waivers, disputes and recoveries by way of the journal.

    `sight` is whose part in an entry is shown: None is everybody's.
    """

    def __init__(
        self, service: Service, missed: MissedCalls, call: Callable[[CallId], Awaitable[CallDetail]]
    ) -> None:
        """`call` looks up a call, live or past; it raises `UnknownThing`, `HistoryAway`."""
        self._service = service
        self._missed = missed
        self._call = call
        self._said: dict[MissedId, dict[str, Any]] = {}

    async def page(self, query: MissedCallQuery, sight: Sight) -> MissedCallPage:
        """One page; an entry more than asked for tells whether another page follows. Raises `ApiError`, `HistoryAway`."""
        wanted = self._filter(query)
        found = await self._missed.missed_calls(wanted, behind=query.behind(), limit=query.limit + 1)
        shown = found[: query.limit]
        return MissedCallPage(
            missed_calls=[missed_call_of(each, sight) for each in shown],
            next=write_cursor(place_of(shown[-1])) if len(found) > query.limit else None,
        )

    async def csv(self, query: MissedCallQuery, sight: Sight) -> str:
        """All that is asked for as CSV (RFC 4180), with who was on duty as the last column. Raises `ApiError`, `HistoryAway`."""
        out = io.StringIO()
        writer = csv.writer(out, lineterminator="\r\n")
        writer.writerow([*_COLUMNS, "on_duty"])
        rows = 0
        async for missed in self._all(self._filter(query)):
            rows += 1
            if rows > _MOST_ROWS:
                raise _too_many()
            writer.writerow(_row(missed_call_of(missed, sight)))
        return out.getvalue()

    async def month(self, query: MonthQuery) -> MonthSums:
        """What a month's missed calls cost each person who is asked for. Raises `UnknownThing`, `HistoryAway`."""
        since, until = _bounds(query.month, ZoneInfo(self._service.site.time_zone))
        agents = agents_asked_for(self._service.site.teams, query.agent_id, query.team)
        wanted = MissedFilter(kind=MissedKind.CALL, agents=agents, since=since, until=until)
        found = sums([each async for each in self._all(wanted)])
        people = [person_sum_of(each) for each in found if agents is None or each.person in agents]
        return MonthSums(month=query.month, people=people)

    async def entry(self, missed_id: MissedId) -> MissedCall:
        """One entry. Raises `UnknownThing`, `HistoryAway`."""
        missed = await self._missed.missed_call(missed_id)
        if missed is None:
            raise UnknownThing("missed-call", missed_id)
        return self._newest(missed)

    def waive(self, missed: MissedCall, *, reason: str, by: str) -> MissedCall:
        """Let it cost nobody anything. Raises `Refused`, `ServiceStopped`."""
        missed = self._newest(missed)
        if missed.waived_at is not None:
            raise _refused("waived", missed.missed_id, missed.waived_by)
        now = self._service.clock.now()
        submit(self._service.dispatcher, WaiveRequested(missed.missed_id, reason, by))
        return self._decided(missed, waived_at=now, waived_by=by, waive_reason=reason)

    def dispute(self, missed: MissedCall, *, reason: str, by: str) -> MissedCall:
        """Object to what it costs, for whoever may waive it to decide. Raises `Refused`, `ServiceStopped`."""
        missed = self._newest(missed)
        if missed.waived_at is not None:
            raise _refused("waived", missed.missed_id, missed.waived_by)
        if missed.disputed_at is not None:
            raise _refused("disputed", missed.missed_id, missed.disputed_by)
        now = self._service.clock.now()
        submit(self._service.dispatcher, DisputeRequested(missed.missed_id, reason, by))
        return self._decided(missed, disputed_at=now, disputed_by=by, dispute_reason=reason)

    async def recover(self, missed: MissedCall, call_id: CallId, *, by: str) -> MissedCall:
        """Note in which later call the caller was talked to. Raises `UnknownThing`, `Refused`, `ServiceStopped`, `HistoryAway`."""
        reached_at = (await self._call(call_id)).bridged_at
        missed = self._newest(missed)
        if missed.recovered_by is not None:
            raise _refused("recovered", missed.missed_id, missed.recovered_by)
        if reached_at is None or reached_at < missed.at:
            raise Refused(
                "not-reached",
                f"Expected a call in which somebody talked after the call was missed; in {call_id} nobody did.",
            )
        submit(self._service.dispatcher, RecoveryNoted(missed.missed_id, call_id, reached_at, by))
        return self._decided(missed, recovered_at=reached_at, recovered_by=call_id, recovery_noted_by=by)

    def _decided(self, missed: MissedCall, **fields: Any) -> MissedCall:
        """The entry with a decision, which is remembered: the database has it some milliseconds later, another human may be quicker."""
        said = self._said.pop(missed.missed_id, {})
        self._said[missed.missed_id] = said | fields
        if len(self._said) > _MOST_SAID:
            del self._said[next(iter(self._said))]
        return replace(missed, **fields)

    def _newest(self, missed: MissedCall) -> MissedCall:
        """The entry with what was decided lately and is not in the database yet."""
        said = self._said.get(missed.missed_id, {})
        return replace(
            missed, **{name: value for name, value in said.items() if getattr(missed, name) is None}
        )

    def _filter(self, query: MissedCallQuery) -> MissedFilter:
        return query.filter(agents_asked_for(self._service.site.teams, query.agent_id, query.team))

    async def _all(self, wanted: MissedFilter) -> AsyncIterator[MissedCall]:
        behind = None
        while found := await self._missed.missed_calls(wanted, behind=behind, limit=_AT_A_TIME):
            for missed in found:
                yield missed
            behind = place_of(found[-1])


def _refused(what: str, missed_id: MissedId, by: str | None) -> Refused:
    return Refused(f"{what}-already", f"The missed call {missed_id} is {what} already, by {by}.")


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
