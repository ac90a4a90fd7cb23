"""When the next ring begins that matters: the timers behind agent rings and caller rings.

Most rings matter to nobody, so there is no timer per ring. A *mark* is a ring at whose beginning something is to be done: a step of
the queue's policy, or the breach of the limit. Each offer and each call has at most one timer, for its next mark; and
an offer has none when the mark lies behind the end of its ring time.
"""

from datetime import datetime, timedelta

from app.acd.model import RingStep
from app.acd.rings import RingLimit
from app.acd.state import CallRecord, OfferRecord, State
from app.acd.timers import TimerKind

Mark = tuple[int, timedelta]
"""The number of a ring, and after how much ringing it begins."""


def marks(steps: tuple[RingStep, ...], limit: RingLimit) -> tuple[Mark, ...]:
    """The rings that matter under these steps, in order, the first ring behind the limit among them."""
    numbers = {step.ring for step in steps} | {limit.rings + 1}
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
