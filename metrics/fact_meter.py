"""Counts facts as they happen: hears each entry of the journal after its actions have gone out."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any

from app.acd import facts as acd
from app.acd.model import ExitReason, OfferOutcome
from app.calls import facts as calls
from app.calls.events import Event
from app.calls.turn import Outcome
from app.site.model import Site
from metrics.instruments import Instruments


class FactMeter:
    """A listener of the dispatcher. `site` gives the limits that hold now."""

    def __init__(self, instruments: Instruments, site: Callable[[], Site]) -> None:
        self._instruments = instruments
        self._site = site
        self._meters: dict[type, Callable[[Any], None]] = {
            acd.CallCompleted: self._on_completed,
            acd.CallConnected: self._on_connected,
            acd.CallLeft: self._on_left,
            acd.CallQueued: self._on_queued,
            acd.OfferEnded: self._on_offer_ended,
            acd.RequestRefused: self._on_refused,
            calls.CallEnded: self._on_ended,
            calls.CallStarted: self._on_started,
        }

    def on_entry(self, _seq: int, _event: Event, outcome: Outcome) -> None:
        """Hear what an event led to."""
        for fact in outcome.facts:
            meter = self._meters.get(type(fact))
            if meter is not None:
                meter(fact)

    def _on_queued(self, fact: acd.CallQueued) -> None:
        self._instruments.queue(fact.queue_id).offered.inc()

    def _on_connected(self, fact: acd.CallConnected) -> None:
        queue, wait = self._instruments.queue(fact.queue_id), fact.at - fact.enqueued_at
        queue.answered.inc()
        queue.wait_of_answered.observe(wait.total_seconds())
        if wait <= self._site().policies.service_level_within:
            queue.answered_in_time.inc()

    def _on_left(self, fact: acd.CallLeft) -> None:
        queue = self._instruments.queue(fact.queue_id)
        if fact.position == 0:
            queue.refused.inc()
            return
        wait = fact.at - fact.enqueued_at
        queue.left[fact.reason].inc()
        queue.wait_of_left.observe(wait.total_seconds())
        if fact.reason is ExitReason.ABANDONED and wait < self._site().policies.short_abandon:
            queue.short_abandons.inc()

    def _on_completed(self, fact: acd.CallCompleted) -> None:
        self._instruments.queue(fact.queue_id).talk.observe((fact.at - fact.connected_at).total_seconds())

    def _on_offer_ended(self, fact: acd.OfferEnded) -> None:
        queue = self._instruments.queue(fact.queue_id)
        queue.offers_ended[fact.outcome].inc()
        ring = timedelta() if fact.ringing_at is None else fact.at - fact.ringing_at
        if fact.ringing_at is not None:
            queue.ring.observe(ring.total_seconds())
        if fact.outcome is OfferOutcome.ANSWERED and ring < self._site().floor.rings.span:
            queue.answers_in_ring_limit.inc()

    def _on_refused(self, _fact: acd.RequestRefused) -> None:
        self._instruments.requests_refused.inc()

    def _on_started(self, fact: calls.CallStarted) -> None:
        self._instruments.calls_started[fact.kind].inc()

    def _on_ended(self, fact: calls.CallEnded) -> None:
        self._instruments.calls_ended[fact.ended_by].inc()
