"""Sums out of which every figure is calculated. Each sum of a day is the sum of those of its intervals.

An average or a rate of a day is never the average of its intervals: it is calculated from the day's sums.
"""

from collections import Counter
from dataclasses import dataclass, field
from datetime import timedelta

from app.acd.model import ExitReason, OfferOutcome
from metrics.records import Activity, Offer, OutboundCall, Passage, SeatTime
from metrics.rings import RingTally, ringing_of_offer, ringing_of_passage
from metrics.terms import Terms

BANDS = tuple(timedelta(seconds=seconds) for seconds in (5, 10, 20, 30, 60, 120))
"""Borders by which abandoned calls are sorted by their wait; the last band has no end."""

OVERFLOWS = frozenset({ExitReason.TIMEOUT, ExitReason.EMPTY})
"""Left by a rule of the queue, to another queue or target."""


@dataclass(slots=True)
class Tally:
    """Counts and sums of time. Durations are those of ended calls and offers only."""

    # calls, in the interval in which they were enqueued
    offered: int = 0
    answered: int = 0
    answered_in_time: int = 0
    abandoned: int = 0
    abandoned_in_time: int = 0
    short_abandons: int = 0
    overflowed: int = 0
    exited: int = 0
    """Left otherwise: by a key, taken out, lost with Asterisk."""
    left_in_time: int = 0
    """Overflowed or exited in time."""
    waiting: int = 0
    refused: int = 0
    """Turned away at the door; not offered."""
    handled: int = 0
    held_calls: int = 0
    ended_on_hold: int = 0
    hold_abandons: int = 0
    """Ended on hold, by the caller."""
    hold_agent_hang_ups: int = 0
    """Ended on hold, by the agent."""
    holds: int = 0
    """How many times callers were put on hold."""
    ended: int = 0
    """The call is over, answered or not."""
    settled: int = 0
    """And so are all notes about it."""
    resolved_in_time: int = 0
    agent_hang_ups: int = 0
    repeat_calls: int = 0
    wait_of_answered: timedelta = timedelta()
    wait_of_abandoned: timedelta = timedelta()
    max_wait: timedelta = timedelta()
    queue_wait_of_answered: timedelta = timedelta()
    """The part of their wait in which no phone rang."""
    max_queue_wait: timedelta = timedelta()
    talk: timedelta = timedelta()
    hold: timedelta = timedelta()
    wrap_up: timedelta = timedelta()
    flow: timedelta = timedelta()
    """Before the enqueueing."""
    duration: timedelta = timedelta()
    resolution: timedelta = timedelta()
    """From the arrival to the end of the last wrap-up, of those settled."""
    exits: Counter[ExitReason] = field(default_factory=Counter)
    abandons_by_band: Counter[int] = field(default_factory=Counter)
    caller_rings: RingTally = field(default_factory=RingTally)

    # offers, in the interval in which they began
    offers: int = 0
    outcomes: Counter[OfferOutcome] = field(default_factory=Counter)
    ring_of_answered: timedelta = timedelta()
    max_ring: timedelta = timedelta()
    agent_rings: RingTally = field(default_factory=RingTally)

    # outbound calls, in the interval in which they began
    outbound_calls: int = 0
    outbound_connected: int = 0
    outbound_connecting: timedelta = timedelta()
    outbound_talk: timedelta = timedelta()

    # an agent's time, in the interval in which it passed
    logged_in: timedelta = timedelta()
    paused: timedelta = timedelta()
    """By status, whatever the agent did meanwhile."""
    auto_paused: timedelta = timedelta()
    """The part of it that the system chose."""
    activities: dict[Activity, timedelta] = field(default_factory=dict)

    def add_passage(self, passage: Passage, terms: Terms) -> None:
        """Count a call's passage."""
        if passage.entered_at is None:
            self.refused += 1
            return
        self.offered += 1
        self.repeat_calls += passage.is_repeat
        self.flow += passage.flow
        self.caller_rings.add(ringing_of_passage(passage))
        self.max_queue_wait = max(self.max_queue_wait, passage.queue_wait or timedelta())
        if passage.connected_at is not None:
            self._add_answered(passage, terms)
        elif passage.left_at is not None:
            self._add_left(passage, terms)
        else:
            self.waiting += 1
        if passage.duration is not None:
            self.ended += 1
            self.duration += passage.duration
        if passage.resolution is not None:
            self._add_settled(passage.resolution, terms)

    def add_offer(self, offer: Offer) -> None:
        """Count an offer that has ended; one that is open counts when it is over."""
        if offer.outcome is None:
            return
        self.offers += 1
        self.outcomes[offer.outcome] += 1
        ring = offer.ring or timedelta()
        self.max_ring = max(self.max_ring, ring)
        if offer.outcome is OfferOutcome.ANSWERED:
            self.ring_of_answered += ring
        self.agent_rings.add(ringing_of_offer(offer))

    def add_outbound_call(self, call: OutboundCall) -> None:
        """Count an outbound call that has ended; one that lasts counts when it is over."""
        if call.ended_at is None:
            return
        self.outbound_calls += 1
        self.outbound_connected += call.talk is not None
        if call.talk is not None and call.connecting is not None:
            self.outbound_connecting += call.connecting
            self.outbound_talk += call.talk

    def add_seat_time(self, seat: SeatTime) -> None:
        """Count a stretch of an agent's time."""
        length = seat.period.length
        self.logged_in += length
        if seat.is_paused:
            self.paused += length
        if seat.is_auto_paused:
            self.auto_paused += length
        self.activities[seat.activity] = self.activities.get(seat.activity, timedelta()) + length

    def time(self, *activities: Activity) -> timedelta:
        """How long agents did these."""
        return sum((self.activities.get(each, timedelta()) for each in activities), timedelta())

    def _add_answered(self, passage: Passage, terms: Terms) -> None:
        wait = passage.wait or timedelta()
        self.answered += 1
        self.answered_in_time += terms.is_in_time(wait)
        self.wait_of_answered += wait
        self.queue_wait_of_answered += passage.queue_wait or timedelta()
        self.max_wait = max(self.max_wait, wait)
        self.agent_hang_ups += passage.is_ended_by_agent
        if passage.completed_at is not None:
            self.handled += 1
            self.talk += passage.talk
            self.hold += passage.hold
            self.held_calls += passage.hold > timedelta()
            self.ended_on_hold += passage.is_ended_on_hold
            self.holds += passage.holds
            self.hold_abandons += passage.is_ended_on_hold and passage.is_ended_by_caller
            self.hold_agent_hang_ups += passage.is_ended_on_hold and passage.is_ended_by_agent
            self.wrap_up += passage.wrap_up

    def _add_settled(self, resolution: timedelta, terms: Terms) -> None:
        self.settled += 1
        self.resolution += resolution
        self.resolved_in_time += terms.is_resolved_in_time(resolution)

    def _add_left(self, passage: Passage, terms: Terms) -> None:
        wait, reason = passage.wait or timedelta(), passage.exit_reason or ExitReason.REMOVED
        self.exits[reason] += 1
        self.max_wait = max(self.max_wait, wait)
        if reason is ExitReason.ABANDONED:
            self._add_abandoned(wait, terms)
            return
        self.overflowed += reason in OVERFLOWS
        self.exited += reason not in OVERFLOWS
        self.left_in_time += terms.is_in_time(wait)

    def _add_abandoned(self, wait: timedelta, terms: Terms) -> None:
        self.abandoned += 1
        self.abandoned_in_time += terms.is_in_time(wait)
        self.short_abandons += terms.is_short(wait)
        self.wait_of_abandoned += wait
        self.abandons_by_band[band_of(wait)] += 1


def band_of(wait: timedelta) -> int:
    """Which band a wait belongs to: 0 is the shortest. A wait on a border belongs to the longer band."""
    return sum(wait >= border for border in BANDS)
