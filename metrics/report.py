"""A report: figures of a period, in rows by interval, queue, agent, team and shift.

Records are added one by one, in any order; each finds its row. A record that belongs to several teams or shifts counts in the row of
each, and once in the total: rows by team need not add up. A call belongs to the shift in which it was enqueued, an offer or an
outbound call to the one in which it began; an agent's time is cut where shifts meet. A row exists when something happened in it; a report by nothing but intervals has all
intervals of its period, the empty ones too.
"""

from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime
from enum import StrEnum
from itertools import product
from zoneinfo import ZoneInfo

from app.calls.shifts import Shifts
from app.ids import AgentId, QueueId
from metrics.definitions import FIGURES
from metrics.figure import Figure, Subject, Value
from metrics.intervals import Grain, Period, cut, interval_of
from metrics.records import Offer, OutboundCall, Passage, SeatTime
from metrics.tally import Tally
from metrics.terms import Terms

ROW_LIMIT = 10_000


class By(StrEnum):
    """By what a report has rows, besides intervals."""

    QUEUE = "queue"
    AGENT = "agent"
    TEAM = "team"
    SHIFT = "shift"


@dataclass(frozen=True, slots=True)
class Key:
    """What a row is about. None: all of them, or, where the report has rows by it, nobody."""

    period: Period
    queue_id: QueueId | None = None
    agent_id: AgentId | None = None
    team: str | None = None
    shift: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Layout:
    """What a report is of."""

    period: Period
    zone: ZoneInfo
    terms: Terms = field(default_factory=Terms)
    grain: Grain | None = None
    """None: the whole period is one interval."""
    by: frozenset[By] = frozenset()
    is_of_one_queue: bool = False
    """The records are those of one queue."""
    teams: Mapping[str, tuple[AgentId, ...]] = field(default_factory=dict)
    shifts: Shifts = field(default_factory=Shifts)
    names: Collection[str] = tuple(FIGURES)
    """The figures to show, as far as they can be counted."""

    @property
    def subjects(self) -> tuple[Subject, ...]:
        """What can be counted in such rows: an outbound call and an agent's time belong to no queue."""
        if By.QUEUE in self.by or self.is_of_one_queue:
            return (Subject.CALLS, Subject.OFFERS)
        return tuple(Subject)

    @property
    def figures(self) -> list[Figure]:
        """The figures that its rows have."""
        return [
            each for each in FIGURES.values() if each.subject in self.subjects and each.name in self.names
        ]


class TooManyRowsError(ValueError):
    """The report would have more rows than anybody reads."""


class Report:
    """Tallies by row."""

    def __init__(self, layout: Layout) -> None:
        """Raises `TooManyRowsError`."""
        self.layout = layout
        self.total = Tally()
        self._tallies: dict[Key, Tally] = {}
        self._figures = layout.figures
        self._teams_of = _teams_by_agent(layout.teams)
        if layout.grain is not None and not layout.by:
            for piece in cut(layout.period, layout.grain, layout.zone):
                self._tally(Key(piece))

    @property
    def rows(self) -> list[tuple[Key, Tally]]:
        """All rows, by time, then by shift, queue, agent and team."""
        return sorted(self._tallies.items(), key=lambda row: _order(row[0]))

    def add(self, record: Passage | Offer | OutboundCall | SeatTime) -> None:
        """Count a record of whichever kind."""
        match record:
            case Passage():
                self._add_passage(record)
            case Offer():
                self._add_offer(record)
            case OutboundCall():
                self._add_outbound_call(record)
            case SeatTime():
                self._add_seat_time(record)

    def pieces(self, seat: SeatTime) -> Iterator[SeatTime]:
        """The stretch in pieces of one interval each, and of the same shifts."""
        grain = self.layout.grain
        periods = [seat.period] if grain is None else cut(seat.period, grain, self.layout.zone)
        for period in periods:
            borders = (
                self.layout.shifts.borders(period.since, period.until) if By.SHIFT in self.layout.by else ()
            )
            for piece in period.cut_at(borders):
                yield replace(seat, period=piece)

    def values(self, tally: Tally) -> dict[str, Value]:
        """The figures of a row, or of the total."""
        return {figure.name: figure.value(tally, self.layout.terms) for figure in self._figures}

    def _add_passage(self, passage: Passage) -> None:
        """Count a call's passage, in the interval in which the caller was enqueued."""
        self.total.add_passage(passage, self.layout.terms)
        for key in self._keys(passage.enqueued_at, passage.queue_id, passage.agent_id):
            self._tally(key).add_passage(passage, self.layout.terms)

    def _add_offer(self, offer: Offer) -> None:
        """Count an offer, in the interval in which it began."""
        self.total.add_offer(offer)
        for key in self._keys(offer.started_at, offer.queue_id, offer.agent_id):
            self._tally(key).add_offer(offer)

    def _add_outbound_call(self, call: OutboundCall) -> None:
        """Count an outbound call, in the interval in which it began."""
        self.total.add_outbound_call(call)
        for key in self._keys(call.started_at, None, call.agent_id):
            self._tally(key).add_outbound_call(call)

    def _add_seat_time(self, seat: SeatTime) -> None:
        """Count a stretch of an agent's time, cut where intervals and shifts meet."""
        for piece in self.pieces(seat):
            self.total.add_seat_time(piece)
            for key in self._keys(piece.period.since, None, piece.agent_id):
                self._tally(key).add_seat_time(piece)

    def _interval(self, at: datetime) -> Period:
        """The part of the report's period in which an instant lies."""
        layout = self.layout
        if layout.grain is None:
            return layout.period
        return interval_of(at, layout.grain, layout.zone).within(layout.period) or layout.period

    def _keys(self, at: datetime, queue_id: QueueId | None, agent_id: AgentId | None) -> Iterator[Key]:
        by, period = self.layout.by, self._interval(at)
        queue = queue_id if By.QUEUE in by else None
        agent = agent_id if By.AGENT in by else None
        teams = self._teams_of.get(agent_id, ()) if By.TEAM in by and agent_id else ()
        shifts = [shift.name for shift in self.layout.shifts.at(at)] if By.SHIFT in by else ()
        for team, shift in product(teams or (None,), shifts or (None,)):
            yield Key(period, queue, agent, team, shift)

    def _tally(self, key: Key) -> Tally:
        tally = self._tallies.get(key)
        if tally is None:
            if len(self._tallies) >= ROW_LIMIT:
                raise TooManyRowsError(
                    f"Expected a report of at most {ROW_LIMIT} rows; this one has more. "
                    "Ask for a shorter period, longer intervals, or one queue, agent or team."
                )
            tally = self._tallies[key] = Tally()
        return tally


def _teams_by_agent(teams: Mapping[str, tuple[AgentId, ...]]) -> dict[AgentId, tuple[str, ...]]:
    found: dict[AgentId, tuple[str, ...]] = {}
    for team, agents in teams.items():
        for agent in agents:
            found[agent] = (*found.get(agent, ()), team)
    return found


def _order(key: Key) -> tuple[object, ...]:
    return key.period.since, key.shift or "", key.queue_id or "", key.agent_id or "", key.team or ""
