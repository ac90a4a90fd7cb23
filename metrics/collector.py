"""The state of the floor as gauges, read when Prometheus asks, and never in between.

Reading has two halves. `look` reads the state on the service's own loop, some agents at a time, for the brains must not change
meanwhile under a thread's eyes. `collect` gives what was last seen; it may be called in a thread.
"""

from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily, Metric
from prometheus_client.registry import Collector

from app.acd.views import QueueView
from app.ari.client import Client, State
from app.runtime.health import Level
from app.runtime.service import Service
from app.store.journal import JournalStatus
from app.turns import in_turns

_LEVELS = {Level.OK: 0, Level.DEGRADED: 1, Level.DOWN: 2}


@dataclass(frozen=True, slots=True, kw_only=True)
class Sources:
    """Where the state is read."""

    service: Service
    journal: Callable[[], JournalStatus]
    ari: Client
    version: str


class StateCollector(Collector):
    """Gives the state as it was at the last look."""

    def __init__(self, sources: Sources) -> None:
        self._sources = sources
        self._seen: list[Metric] = []

    async def look(self) -> None:
        """Read the state now."""
        service = self._sources.service
        agents = await self._count_agents()
        self._seen = [
            *_queues(service),
            agents,
            _calls(service),
            *_limits(service),
            _parts(service),
            *_journal(self._sources.journal()),
            *_ari(self._sources.ari),
            _labelled("build_info", "Which Thirdring runs.", ("version",), {(self._sources.version,): 1}),
        ]

    def collect(self) -> Iterable[Metric]:
        """As Prometheus' client library asks for it."""
        return self._seen

    def describe(self) -> Iterable[Metric]:
        """Nothing: the names are known by looking, and at registration nothing has been seen."""
        return []

    async def _count_agents(self) -> Metric:
        counted: Counter[tuple[str, str]] = Counter()
        async for agent in in_turns(self._sources.service.dispatcher.board.engine.agents()):
            counted[agent.status, agent.state] += 1
        return _labelled("agents", "Agents by status and state.", ("status", "state"), counted)


def _queues(service: Service) -> Iterator[Metric]:
    now = service.clock.now()
    views = list(service.dispatcher.board.engine.queues())
    calls = _labelled("queue_calls", "Calls in a queue by state.", ("queue", "state"), {})
    members = _labelled(
        "queue_members", "Members by why they get no offer; available ones too.", ("queue", "reason"), {}
    )
    longest = _labelled("queue_longest_wait_seconds", "How long the first caller has waited.", ("queue",), {})
    for view in views:
        for state, number in _states(view).items():
            calls.add_metric((view.id, state), number)
        for reason, number in view.members.items():
            members.add_metric((view.id, reason or "available"), number)
        since = view.longest_wait_since
        longest.add_metric((view.id,), (now - since).total_seconds() if since else 0)
    yield from (calls, members, longest)


def _states(view: QueueView) -> dict[str, int]:
    return {
        "waiting": len(view.waiting) - len(view.offered),
        "offered": len(view.offered),
        "connected": view.connected,
    }


def _calls(service: Service) -> Metric:
    counted = Counter((call.kind, call.phase) for call in service.dispatcher.board.calls.values())
    return _labelled("calls", "Calls now, by kind and phase.", ("kind", "phase"), counted)


def _limits(service: Service) -> Iterator[Metric]:
    site = service.site
    within = site.policies.service_level_within.total_seconds()
    yield _gauge("ring_limit_seconds", "The third-ring limit.", site.floor.rings.span.total_seconds())
    yield _gauge("service_level_within_seconds", "T of the service level.", within)
    share = site.policies.service_level_percent / 100
    yield _gauge("service_level_target_ratio", "The promised service level.", share)


def _parts(service: Service) -> Metric:
    levels = {(part.name,): _LEVELS[part.level] for part in service.health().parts}
    return _labelled("part_level", "Parts of the service: 0 ok, 1 degraded, 2 down.", ("part",), levels)


def _journal(status: JournalStatus) -> Iterator[Metric]:
    yield _gauge("journal_waiting_rows", "Entries that the database does not have yet.", status.lag_rows)
    yield _gauge("journal_waiting_seconds", "Age of the oldest of them.", status.lag_seconds)
    yield _gauge("journal_held_rows", "Entries in memory only: the disk fails.", status.held_rows)
    yield _counter("journal_lost_rows", "Entries that nobody has.", status.lost_rows)
    yield _counter("journal_entries", "Entries written down.", status.last_seq)


def _ari(client: Client) -> Iterator[Metric]:
    yield _gauge("ari_connected", "1 while Asterisk is connected and known.", client.state is State.CONNECTED)
    yield _gauge("ari_circuit_open", "1 while requests are held back.", client.is_circuit_open)
    yield _counter("ari_circuit_openings", "How often requests were held back.", client.circuit_openings)
    events = CounterMetricFamily("thirdring_ari_events", "Events of Asterisk by type.", labels=("type",))
    for kind, number in client.event_counts.items():
        events.add_metric((kind,), number)
    yield events


def _gauge(name: str, text: str, value: float) -> GaugeMetricFamily:
    return GaugeMetricFamily(f"thirdring_{name}", text, value=value)


def _counter(name: str, text: str, value: float) -> CounterMetricFamily:
    return CounterMetricFamily(f"thirdring_{name}", text, value=value)


def _labelled(name: str, text: str, labels: tuple[str, ...], values: Mapping[Any, int]) -> GaugeMetricFamily:
    family = GaugeMetricFamily(f"thirdring_{name}", text, labels=labels)
    for of, value in values.items():
        family.add_metric(of, value)
    return family
