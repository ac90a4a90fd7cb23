"""The calls as they happen: the facts about each live call, and about the latest ended ones, gathered in memory.

It answers at once and without a database. A call whose beginning it did not
hear (the service was started during it) is not in it: the history of the database has that one.
"""

from collections import OrderedDict
from collections.abc import Callable, Sequence
from typing import Any

from app.acd import facts as acd
from app.acd.model import OfferOutcome
from app.api.history import CONNECTED, CallFilter, CallRecord, LegRecord, OfferRecord, Place, page_of
from app.calls import facts as calls
from app.calls.events import Event
from app.calls.turn import Outcome
from app.ids import CallId, LegId, OfferId

_ENDED_KEPT = 1000


class CallBook:
    """Listens to the dispatcher. Bounded: beyond `ended_kept` ended calls the oldest is forgotten. It is a `History`."""

    def __init__(self, *, ended_kept: int = _ENDED_KEPT) -> None:
        self._calls: dict[CallId, CallRecord] = {}
        self._legs: dict[LegId, LegRecord] = {}
        self._offers: dict[OfferId, OfferRecord] = {}
        self._ended: OrderedDict[CallId, None] = OrderedDict()
        self._ended_kept = ended_kept
        self._recorders: dict[type, Callable[[Any], None]] = {
            acd.CallConnected: self._on_connected,
            acd.CallLeft: self._on_left,
            acd.CallQueued: self._on_queued,
            acd.OfferEnded: self._on_offer_ended,
            acd.OfferRang: self._on_offer_rang,
            acd.OfferStarted: self._on_offer_started,
            calls.CallEnded: self._on_ended,
            calls.CallStarted: self._on_started,
            calls.LegFinished: self._on_leg_finished,
            calls.LegStarted: self._on_leg_started,
        }

    def get(self, call_id: CallId) -> CallRecord | None:
        """What is known of a call. Read it at once: it goes on changing."""
        return self._calls.get(call_id)

    async def call(self, call_id: CallId) -> CallRecord | None:
        """As `History.call`."""
        return self.get(call_id)

    async def ended_calls(
        self, wanted: CallFilter, *, behind: Place | None, limit: int
    ) -> Sequence[CallRecord]:
        """As `History.ended_calls`, for those it has kept."""
        ended = (self._calls[call_id] for call_id in self._ended)
        return page_of(filter(wanted.matches, ended), behind=behind, limit=limit)

    def on_entry(self, _seq: int, _event: Event, outcome: Outcome) -> None:
        """Hear what an event led to."""
        for fact in outcome.facts:
            record = self._recorders.get(type(fact))
            if record is not None:
                record(fact)

    def _on_started(self, fact: calls.CallStarted) -> None:
        self._calls[fact.call_id] = CallRecord(
            call_id=fact.call_id,
            kind=fact.kind,
            arrived_at=fact.arrived_at,
            from_number=fact.from_number,
            from_name=fact.from_name,
            to_number=fact.to_number,
            agent_id=fact.agent_id,
        )

    def _on_queued(self, fact: acd.CallQueued) -> None:
        call = self._calls.get(fact.call_id)
        if call is not None:
            call.queue_id, call.priority, call.enqueued_at = fact.queue_id, fact.priority, fact.enqueued_at

    def _on_left(self, fact: acd.CallLeft) -> None:
        call = self._calls.get(fact.call_id)
        if call is not None:
            call.queue_id, call.enqueued_at, call.outcome = fact.queue_id, fact.enqueued_at, fact.reason

    def _on_connected(self, fact: acd.CallConnected) -> None:
        call = self._calls.get(fact.call_id)
        if call is not None:
            call.queue_id, call.agent_id, call.outcome = fact.queue_id, fact.agent_id, CONNECTED
            call.answered_at, call.bridged_at = fact.answered_at, fact.at
        if (offer := self._offers.get(fact.offer_id)) is not None:
            offer.answered_at = fact.answered_at

    def _on_ended(self, fact: calls.CallEnded) -> None:
        call = self._calls.get(fact.call_id)
        if call is None:
            return
        call.ended_at, call.ended_by, call.cause = fact.at, fact.ended_by, fact.cause
        call.bridged_at, call.held_ms = fact.bridged_at, fact.held_ms
        call.outcome = CONNECTED if fact.bridged_at else call.outcome
        self._ended[call.call_id] = None
        if len(self._ended) > self._ended_kept:
            self._forget(self._ended.popitem(last=False)[0])

    def _forget(self, call_id: CallId) -> None:
        call = self._calls.pop(call_id)
        for leg in call.legs:
            self._legs.pop(leg.leg_id, None)
        for offer in call.offers:
            self._offers.pop(offer.offer_id, None)

    def _on_leg_started(self, fact: calls.LegStarted) -> None:
        call = self._calls.get(fact.call_id)
        if call is not None:
            leg = LegRecord(fact.leg_id, fact.role, fact.at, fact.device_id, fact.agent_id)
            self._legs[leg.leg_id] = leg
            call.legs.append(leg)

    def _on_leg_finished(self, fact: calls.LegFinished) -> None:
        leg = self._legs.get(fact.leg_id)
        if leg is not None:
            leg.ended_at, leg.end, leg.cause, leg.sip_code = fact.at, fact.end, fact.cause, fact.sip_code
            leg.ringing_at, leg.answered_at, leg.joined_at = (
                fact.ringing_at,
                fact.answered_at,
                fact.joined_at,
            )

    def _on_offer_started(self, fact: acd.OfferStarted) -> None:
        call = self._calls.get(fact.call_id)
        if call is not None:
            offer = OfferRecord(
                fact.offer_id, fact.queue_id, fact.agent_id, fact.device_id, fact.at, why=fact.why
            )
            self._offers[offer.offer_id] = offer
            call.offers.append(offer)

    def _on_offer_rang(self, fact: acd.OfferRang) -> None:
        offer = self._offers.get(fact.offer_id)
        if offer is not None:
            offer.ringing_at = fact.at

    def _on_offer_ended(self, fact: acd.OfferEnded) -> None:
        offer = self._offers.get(fact.offer_id)
        if offer is not None:
            offer.ended_at, offer.outcome, offer.ringing_at = fact.at, fact.outcome, fact.ringing_at
            if fact.rings is not None:
                offer.ring, offer.is_within_rings = fact.rings.number, fact.rings.is_within
            if fact.outcome is OfferOutcome.ANSWERED and offer.answered_at is None:
                offer.answered_at = fact.at
