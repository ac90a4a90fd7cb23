"""When the next ring begins that matters: the timers behind agent rings and caller rings.

A *mark* is a ring whose beginning is told: each one up to the first behind the limit, and later ones for which the queue's policy has a
step. Ring 1 is none of its own: it begins with the phone's ringing, or with the arrival, and is told by these, unless the policy has a step
for it. Each offer and each call has at most one timer, for its next mark; and an offer has none when the mark lies behind the end
of its ring time.
"""

from datetime import datetime, timedelta

from app.acd.model import RingStep
from app.acd.rings import RingLimit
from app.acd.state import CallRecord, OfferRecord, State
from app.acd.timers import TimerKind

Mark = tuple[int, timedelta]
"""The number of a ring, and after how much ringing it begins."""


def marks(steps: tuple[RingStep, ...], limit: RingLimit) -> tuple[Mark, ...]:
    """The rings that are told under these steps, in order, the first ring behind the limit among them."""
    numbers = {step.ring for step in steps} | set(range(2, limit.rings + 2))
    return tuple((number, limit.begins(number)) for number in sorted(numbers))


def rings_since(call: CallRecord) -> datetime:
    """The instant from which the caller's rings count."""
    return call.rings_from or call.enqueued_at


def watch_offer(state: State, offer: OfferRecord) -> None:
    """Set the timer of a ringing offer's next mark; an answered one rings no more. May be called again at any time."""
    due = _due_at(state.queues[offer.queue_id].agent_marks, offer)
    if due is None or due >= offer.ring_deadline:
        state.timers.cancel(TimerKind.AGENT_RINGS, offer.id)
    else:
        state.timers.set(TimerKind.AGENT_RINGS, offer.id, due)


def _due_at(of: tuple[Mark, ...], offer: OfferRecord) -> datetime | None:
    mark = next_mark(of, offer.ring)
    if mark is None or offer.ringing_at is None or offer.answered_at is not None:
        return None
    return offer.ringing_at + mark[1]


def watch_call(state: State, call: CallRecord) -> None:
    """Set the timer of a waiting call's next mark. It rests once an agent picked up. May be called again at any time."""
    if call.winner is None:
        for number, after in state.queues[call.queue_id].caller_marks:
            if number > call.ring:
                state.timers.set(TimerKind.CALLER_RINGS, call.id, rings_since(call) + after)
                return
    state.timers.cancel(TimerKind.CALLER_RINGS, call.id)


def next_mark(of: tuple[Mark, ...], ring: int) -> Mark | None:
    """The first mark behind this ring."""
    for mark in of:
        if mark[0] > ring:
            return mark
    return None
