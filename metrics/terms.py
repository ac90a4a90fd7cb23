"""The terms of a figure: what "in time" and "short" mean. They are chosen for each report and shown with it."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta
from enum import StrEnum


class ServiceLevel(StrEnum):
    """How the service level is calculated: see `SERVICE_LEVELS`. All five are in use, and the same day gives five figures."""

    ANSWERED_AND_ABANDONED = "answered_and_abandoned"
    """The default."""
    ANSWERED = "answered"
    """Asterisk's app_queue, wazo-call-logd: who gave up does not count."""
    OFFERED = "offered"
    """The strictest: whoever is not answered in time counts against it, short abandons too."""
    ABANDONED_COUNT_AS_SERVED = "abandoned_count_as_served"
    """Cisco."""
    LEFT_IN_TIME = "left_in_time"
    """Amazon Connect: how fast the queue empties."""


SERVICE_LEVELS: Mapping[ServiceLevel, str] = {
    ServiceLevel.ANSWERED_AND_ABANDONED: "Answered in time ÷ (answered + abandoned - short abandons).",
    ServiceLevel.ANSWERED: "Answered in time ÷ answered.",
    ServiceLevel.OFFERED: "Answered in time ÷ offered.",
    ServiceLevel.ABANDONED_COUNT_AS_SERVED: "(Answered in time + abandoned in time) ÷ (answered + abandoned).",
    ServiceLevel.LEFT_IN_TIME: "(Answered + abandoned + overflowed + exited, all in time) ÷ offered.",
}
"""The formulas in words."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Terms:
    """`within` is the T of a service level; an abandon before `short_abandon` is short; `resolve_within` is the R of a resolution."""

    within: timedelta = timedelta(seconds=20)
    short_abandon: timedelta = timedelta(seconds=5)
    resolve_within: timedelta = timedelta(minutes=5)
    service_level: ServiceLevel = ServiceLevel.ANSWERED_AND_ABANDONED

    def is_in_time(self, wait: timedelta) -> bool:
        """Whether a wait is within T; one of exactly T is."""
        return wait <= self.within

    def is_short(self, wait: timedelta) -> bool:
        """Whether an abandon after this wait is short; one at exactly the threshold is not."""
        return wait < self.short_abandon

    def is_resolved_in_time(self, resolution: timedelta) -> bool:
        """Whether a call, its wrap-up included, took at most R."""
        return resolution <= self.resolve_within
