"""How long a caller will wait: learned from the pace at which the queue's calls are really answered.

While callers wait, the time between two answers times the number of agents at work is what one answer costs in agent-seconds.
That cost, smoothed, times the caller's position, divided by the agents at work now, is the estimate. It needs no handle times, takes
into account that agents serve other queues too, and follows at once when agents come and go.
"""

from dataclasses import dataclass, replace
from datetime import datetime, timedelta

_WEIGHT_OF_LATEST = 0.2


@dataclass(frozen=True, slots=True)
class Pace:
    """What a queue has learned. `cost` is None until two calls in a row were answered while others waited."""

    cost: timedelta | None = None
    last_at: datetime | None = None
    """The last answer that left callers waiting; None when it left none, for the time to the next then tells nothing."""


def answered(pace: Pace, *, at: datetime, at_work: int, still_waiting: int) -> Pace:
    """The pace after one more answer by one of `at_work` agents."""
    last_at = at if still_waiting else None
    if pace.last_at is None or not at_work:
        return replace(pace, last_at=last_at)
    latest = (at - pace.last_at) * at_work
    cost = latest if pace.cost is None else pace.cost + (latest - pace.cost) * _WEIGHT_OF_LATEST
    return Pace(cost, last_at)


def expected_wait(pace: Pace, *, position: int, at_work: int, now: datetime) -> timedelta | None:
    """How long the call at this position will still wait; None when nothing is known or nobody is at work.

    The time since the last answer counts as waited already, up to one answer's worth.
    """
    if pace.cost is None or not at_work:
        return None
    interval = pace.cost / at_work
    elapsed = timedelta(0) if pace.last_at is None else now - pace.last_at
    return interval * position - min(max(elapsed, timedelta(0)), interval)
