"""The terms of a figure: what "in time" and "short" mean. They are chosen for each report and shown with it."""

from dataclasses import dataclass
from datetime import timedelta
from enum import StrEnum


class ServiceLevel(StrEnum):
    """How the service level is calculated. All five are in use, and the same day gives five figures."""

    ANSWERED_AND_ABANDONED = "answered_and_abandoned"
    """Answered in time ÷ (answered + abandoned - short abandons). The default."""
    ANSWERED = "answered"
    """Answered in time ÷ answered: who gave up does not count. Asterisk's app_queue, wazo-call-logd."""
    OFFERED = "offered"
    """Answered in time ÷ offered: whoever is not answered in time counts against it, short abandons too. The strictest."""
    ABANDONED_COUNT_AS_SERVED = "abandoned_count_as_served"
    """(Answered in time + abandoned in time) ÷ (answered + abandoned). Cisco."""
    LEFT_IN_TIME = "left_in_time"
    """(Answered + abandoned + sent on, in time) ÷ offered: how fast the queue empties. Amazon Connect."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Terms:
    """`within` is the T of a service level; an abandon before `short_abandon` is short."""

    within: timedelta = timedelta(seconds=20)
    short_abandon: timedelta = timedelta(seconds=5)
    service_level: ServiceLevel = ServiceLevel.ANSWERED_AND_ABANDONED

    def is_in_time(self, wait: timedelta) -> bool:
        """Whether a wait is within T; one of exactly T is."""
        return wait <= self.within

    def is_short(self, wait: timedelta) -> bool:
        """Whether an abandon after this wait is short; one at exactly the threshold is not."""
        return wait < self.short_abandon
