"""What is measured while it happens: counters and histograms, in a registry of their own.

Names have base units; labels are few, and each has few values: a queue's id, an outcome. Never a call, an agent or a number. The
children of a label are made once and kept: measuring then costs about a microsecond, and a counter is there, at zero, before its first
event. Prometheus would not see the first step of one that appears with it.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import get_args

from prometheus_client import (
    CollectorRegistry,
    Counter,
    Gauge,
    GCCollector,
    Histogram,
    PlatformCollector,
    ProcessCollector,
)

from app.acd.model import ExitReason, OfferOutcome
from app.ari.answer import Answer, Outcome
from app.ari.errors import AriCircuitOpen, AriRefused, AriTimeout
from app.asterisk.incidents import Incident
from app.calls.call import CallKind
from app.calls.hangup import HangUpParty
from app.ids import QueueId

_WAITS = (1, 2, 5, 10, 15, 20, 30, 45, 60, 90, 120, 180, 300, 600, 1200)
_RINGS = (1, 2, 3, 4, 5, 6, 8, 9, 10, 12, 15, 18, 20, 25, 30, 45, 60)
"""Among them the third-ring limits: 9 s (UK), 15 s (China), 18 s (US)."""
_TALKS = (10, 30, 60, 120, 180, 300, 600, 1200, 1800, 3600)
_LATENCIES = (0.0001, 0.0002, 0.0005, 0.001, 0.002, 0.005, 0.01, 0.02, 0.05, 0.1, 0.2, 0.5, 1, 2, 5)
_LAGS = (0.005, 0.01, 0.02, 0.05, 0.1, 0.2, 0.5, 1, 2, 5, 10, 30, 60)


@dataclass(frozen=True, slots=True)
class QueueInstruments:
    """One queue's children."""

    offered: Counter
    answered: Counter
    answered_in_time: Counter
    short_abandons: Counter
    refused: Counter
    answers_in_ring_limit: Counter
    wait_of_answered: Histogram
    wait_of_left: Histogram
    ring: Histogram
    talk: Histogram
    left: Mapping[ExitReason, Counter]
    offers_ended: Mapping[OfferOutcome, Counter]


class Instruments:
    """All instruments of one service."""

    def __init__(self) -> None:
        self.registry = registry = CollectorRegistry()
        for collector in (ProcessCollector, PlatformCollector, GCCollector):
            collector(registry=registry)

        def counter(name: str, text: str, *labels: str) -> Counter:
            return Counter(f"thirdring_{name}", text, labels, registry=registry)

        def histogram(name: str, text: str, bounds: tuple[float, ...], *labels: str) -> Histogram:
            return Histogram(f"thirdring_{name}", text, labels, registry=registry, buckets=bounds)

        self._offered = counter("queue_calls_offered", "Calls that a queue took in.", "queue")
        self._answered = counter("queue_calls_answered", "Calls joined with an agent.", "queue")
        self._in_time = counter(
            "queue_calls_answered_in_time", "Calls answered within the site's service level time.", "queue"
        )
        self._left = counter("queue_calls_left", "Calls that left without an agent.", "queue", "reason")
        self._short = counter("queue_calls_short_abandoned", "Calls abandoned before the threshold.", "queue")
        self._refused = counter("queue_calls_refused", "Calls turned away at the door.", "queue")
        self._offers = counter("offers_ended", "Offers to agents that ended.", "queue", "outcome")
        self._in_ring_limit = counter(
            "offers_answered_in_ring_limit", "Offers answered before the fourth ring.", "queue"
        )
        self._wait = histogram(
            "queue_wait_seconds", "From the enqueueing to the agent, or to leaving.", _WAITS, "queue", "end"
        )
        self._ring = histogram(
            "offer_ring_seconds", "From the phone's first ringing to the offer's end.", _RINGS, "queue"
        )
        self._talk = histogram(
            "talk_seconds", "Conversations of queued calls, hold included.", _TALKS, "queue"
        )
        started = counter("calls_started", "Calls by kind.", "kind")
        self.calls_started = {kind: started.labels(kind) for kind in CallKind}
        ended = counter("calls_ended", "Calls by who ended them.", "ended_by")
        self.calls_ended = {party: ended.labels(party) for party in HangUpParty}
        self.requests_refused = counter("requests_refused", "Requests of humans that made no sense then.")
        incidents = counter("asterisk_incidents", "What happened to our Asterisk.", "incident")
        self.asterisk_incidents = {kind: incidents.labels(kind.__name__) for kind in get_args(Incident)}
        self.dispatch = histogram(
            "dispatch_seconds",
            "From an event to the actions that it led to: decided, written down, sent.",
            _LATENCIES,
        )
        self.event_lag = histogram(
            "ari_event_lag_seconds", "From Asterisk's time stamp of an event to its handling.", _LAGS
        )
        self.journal_lag = histogram(
            "journal_lag_seconds", "Age of the oldest entry of a batch when the database has it.", _LAGS
        )
        self.live_lag = histogram(
            "live_lag_seconds", "From a change to its messages in the clients' outboxes.", _LATENCIES
        )
        self.live_clients = Gauge("thirdring_live_clients", "Clients of the live stream.", registry=registry)
        self._request = histogram(
            "ari_request_seconds", "Requests to Asterisk, from sending to the end.", _LATENCIES, "result"
        )
        self._requests = {
            result: self._request.labels(result)
            for result in ("answered", "refused", "timeout", "not_sent", "unreachable")
        }
        self._queues: dict[QueueId, QueueInstruments] = {}

    def queue(self, queue_id: QueueId) -> QueueInstruments:
        """A queue's instruments, made when first asked for."""
        found = self._queues.get(queue_id)
        if found is None:
            found = self._queues[queue_id] = self._of_queue(queue_id)
        return found

    def observe_request(self, outcome: Outcome, seconds: float) -> None:
        """A request to Asterisk ended."""
        self._requests[_result(outcome)].observe(seconds)

    def _of_queue(self, queue_id: QueueId) -> QueueInstruments:
        return QueueInstruments(
            offered=self._offered.labels(queue_id),
            answered=self._answered.labels(queue_id),
            answered_in_time=self._in_time.labels(queue_id),
            short_abandons=self._short.labels(queue_id),
            refused=self._refused.labels(queue_id),
            answers_in_ring_limit=self._in_ring_limit.labels(queue_id),
            wait_of_answered=self._wait.labels(queue_id, "answered"),
            wait_of_left=self._wait.labels(queue_id, "left"),
            ring=self._ring.labels(queue_id),
            talk=self._talk.labels(queue_id),
            left={reason: self._left.labels(queue_id, reason) for reason in ExitReason},
            offers_ended={outcome: self._offers.labels(queue_id, outcome) for outcome in OfferOutcome},
        )


def _result(outcome: Outcome) -> str:
    match outcome:
        case Answer():
            return "answered"
        case AriRefused():
            return "refused"
        case AriTimeout():
            return "timeout"
        case AriCircuitOpen():
            return "not_sent"
        case _:
            return "unreachable"
