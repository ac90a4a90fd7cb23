"""Which call comes first. One order for all queues, so that nobody starves behind a queue that happens to be asked first.

Order: queue weight (higher first), effective priority (higher first), arrival, call id.
Effective priority = the call's priority + `ageing_per_minute` x minutes waited.

Within one queue all calls age alike, so their order never changes while they wait: `place` is a constant sort key, and a queue
is a sorted list. Between queues that age differently the order depends on the instant: `rank` takes it as an argument. Both
count in whole units (microseconds, millionths of a point), so equal is equal and no order hangs on a rounded float.
"""

from datetime import UTC, datetime, timedelta

from app.acd.model import Queue
from app.ids import CallId

Place = tuple[int, int, CallId]
"""Sort key of a call within its queue: standing (lower first), arrival in microseconds, id."""

Rank = tuple[int, int, int, CallId]
"""Sort key of a call across all queues at one instant."""

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_MICROSECOND = timedelta(microseconds=1)
_MILLIONTHS = 1_000_000
_POINT = _MILLIONTHS * 60_000_000
"""One point of priority, in millionths of a point x microseconds per minute."""


def micros(at: datetime) -> int:
    """Whole microseconds since 1970."""
    return (at - _EPOCH) // _MICROSECOND


def ageing(queue: Queue) -> int:
    """The queue's ageing in millionths of a point per minute."""
    return round(queue.ageing_per_minute * _MILLIONTHS)


def place(priority: int, enqueued_at: datetime, call_id: CallId, *, ageing: int) -> Place:
    """The call's sort key in a queue that ages at this rate."""
    arrival = micros(enqueued_at)
    return (ageing * arrival - priority * _POINT, arrival, call_id)


def rank(place: Place, *, weight: int, ageing: int, now: int) -> Rank:
    """The call's sort key among all calls at `now` (microseconds)."""
    return (-weight, place[0] - ageing * now, place[1], place[2])


def effective_priority(place: Place, *, ageing: int, now: int) -> float:
    """Priority plus ageing at `now` (microseconds), for humans to read."""
    return (ageing * now - place[0]) / _POINT
