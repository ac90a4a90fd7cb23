"""A report: figures of a period, in rows by interval, queue, agent and team.

Records are added one by one, in any order; each finds its row. A record that belongs to several teams counts in the row of each, and
once in the total: rows by team need not add up. A row exists when something happened in it; a report by nothing but intervals has all
intervals of its period, the empty ones too.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from zoneinfo import ZoneInfo

from app.ids import AgentId, QueueId
from metrics.definitions import FIGURES, Figure, Subject, Value
from metrics.intervals import Grain, Period, cut, interval_of
from metrics.records import Offer, Passage, SeatTime
from metrics.tally import Tally
from metrics.terms import Terms

ROW_LIMIT = 10_000


class By(StrEnum):
    """By what a report has rows, besides intervals."""

    QUEUE = "queue"
    AGENT = "agent"
    TEAM = "team"


@dataclass(frozen=True, slots=True)
class Key:
    """What a row is about. None: all of them, or, where the report has rows by it, nobody."""

    period: Period
    queue_id: QueueId | None = None
    agent_id: AgentId | None = None
    team: str | None = None


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

    @property
    def subjects(self) -> tuple[Subject, ...]:
        """What can be counted in such rows: an agent's time belongs to no queue."""
        if By.QUEUE in self.by or self.is_of_one_queue:
            return (Subject.CALLS, Subject.OFFERS)
        return tuple(Subject)

    @property
    def figures(self) -> list[Figure]:
        """The figures that its rows have."""
        return [figure for figure in FIGURES.values() if figure.subject in self.subjects]


class TooManyRowsError(ValueError):
    """The report would have more rows than anybody reads."""


class Report:
    """Tallies by row."""

    def __init__(self, layout: Layout) -> None:
        """Raises `TooManyRowsError`."""
        self.layout = layout
        self.total = Tally()
        self._tallies: dict[Key, Tally] = {}
        self._teams_of = _teams_by_agent(layout.teams)
        if layout.grain is not None and not layout.by:
            for piece in cut(layout.period, layout.grain, layout.zone):
                self._tally(Key(piece))

    @property
    def rows(self) -> list[tuple[Key, Tally]]:
        """All rows, by time, then by queue, agent and team."""
        return sorted(self._tallies.items(), key=lambda row: _order(row[0]))

    def add_passage(self, passage: Passage) -> None:
        """Count a call's passage, in the interval in which the caller was enqueued."""
        self.total.add_passage(passage, self.layout.terms)
        for key in self._keys(self._interval(passage), passage.queue_id, passage.agent_id):
            self._tally(key).add_passage(passage, self.layout.terms)

    def add_offer(self, offer: Offer) -> None:
        """Count an offer, in the interval in which it began."""
        self.total.add_offer(offer)
        for key in self._keys(self._interval(offer), offer.queue_id, offer.agent_id):
            self._tally(key).add_offer(offer)

    def add_seat_time(self, seat: SeatTime) -> None:
        """Count a stretch of an agent's time, cut where intervals meet."""
        for piece in self.pieces(seat):
            self.total.add_seat_time(piece)
            for key in self._keys(self._border(piece.period), None, piece.agent_id):
                self._tally(key).add_seat_time(piece)

    def pieces(self, seat: SeatTime) -> Iterator[SeatTime]:
        """The stretch in pieces of one interval each."""
        grain = self.layout.grain
        if grain is None:
            yield seat
            return
        for piece in cut(seat.period, grain, self.layout.zone):
            yield SeatTime(
                agent_id=seat.agent_id,
                period=piece,
                activity=seat.activity,
                is_paused=seat.is_paused,
                pause_code=seat.pause_code,
                call_id=seat.call_id,
            )

    def values(self, tally: Tally) -> dict[str, Value]:
        """The figures of a row, or of the total."""
        return {figure.name: figure.value(tally, self.layout.terms) for figure in self.layout.figures}

    def _interval(self, record: Passage | Offer) -> Period:
        at = record.enqueued_at if isinstance(record, Passage) else record.started_at
        return self._border(Period(at, at))

    def _border(self, piece: Period) -> Period:
        """The part of the report's period in which a piece lies."""
        layout = self.layout
        if layout.grain is None:
            return layout.period
        return interval_of(piece.since, layout.grain, layout.zone).within(layout.period) or layout.period

    def _keys(self, period: Period, queue_id: QueueId | None, agent_id: AgentId | None) -> Iterator[Key]:
        by = self.layout.by
        queue = queue_id if By.QUEUE in by else None
        agent = agent_id if By.AGENT in by else None
        if By.TEAM not in by:
            yield Key(period, queue, agent)
            return
        for team in self._teams_of.get(agent_id, (None,)) if agent_id else (None,):
            yield Key(period, queue, agent, team)

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
    return key.period.since, key.queue_id or "", key.agent_id or "", key.team or ""
