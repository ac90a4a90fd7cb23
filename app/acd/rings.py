"""Rings: what a ring is, which one it is now, and what is within the limit. Pure arithmetic on instants.

A ring is one cycle of a cadence: all its bursts and pauses, so the British double burst is one ring. Ring 1 begins with the
ringing; ring n+1 begins with the burst that follows ring n's last pause. *Within three rings* means answered before the
fourth ring begins: at 3 x cycle it is too late.

Rings are counted twice, and never mixed. *Agent rings* count from the first 180 of an offer. *Caller rings* count from the
caller's first ring-back, or from the arrival in the queue when the caller hears music.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta

from app.ids import AgentId

_NONE = timedelta(0)


@dataclass(frozen=True, slots=True)
class Cadence:
    """How a phone rings: bursts and pauses in turn, beginning with a burst. `name` is a country, or `custom`."""

    name: str
    pattern: tuple[timedelta, ...]

    @property
    def ring(self) -> timedelta:
        """The length of one ring: all bursts and pauses of the pattern together."""
        return sum(self.pattern, _NONE)


@dataclass(frozen=True, slots=True)
class RingCount:
    """It rang since `since`; `number` is the ring in which that ended. `is_within` the limit: before the ring behind it began."""

    since: datetime
    number: int
    is_within: bool


@dataclass(frozen=True, slots=True)
class RingAlert:
    """The queue's policy called the supervisor at ring `number`, at the instant `since`. `agent_id` None: a ring of the caller's."""

    number: int
    since: datetime
    agent_id: AgentId | None = None


@dataclass(frozen=True, slots=True)
class RingLimit:
    """Within how many rings an answer is due, and how long one ring is. The default is the American ring."""

    ring: timedelta = timedelta(seconds=6)
    rings: int = 3

    @property
    def span(self) -> timedelta:
        """An answer is within the limit when it rang for less than this."""
        return self.ring * self.rings

    def begins(self, number: int) -> timedelta:
        """After how much ringing this ring begins; ring 1 begins at once."""
        return self.ring * (number - 1)

    def number(self, rang: timedelta) -> int:
        """Which ring it is after so much ringing: 1 is the first."""
        return max(1, rang // self.ring + 1)

    def is_within(self, rang: timedelta) -> bool:
        """Whether an answer after so much ringing is within the limit."""
        return rang < self.span

    def count(self, since: datetime, until: datetime) -> RingCount:
        """The rings from `since` until `until`."""
        return RingCount(since, self.number(until - since), self.is_within(until - since))
