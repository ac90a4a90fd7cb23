"""The tally: what happened on a simulated floor, counted by those who were there and not by the service."""

from dataclasses import dataclass, field
from enum import StrEnum


class CallResult(StrEnum):
    """How a planned call ended."""

    COMPLETED = "completed"  # connected to an agent, then hung up by either
    ABANDONED = "abandoned"  # the caller's patience ended first
    REFUSED = "refused"  # the service did not take the call: busy, no such number, no answer at all
    DROPPED = "dropped"  # the service hung up on a caller who was waiting


class OfferResult(StrEnum):
    """What became of an agent's ringing phone."""

    ANSWERED = "answered"
    DECLINED = "declined"
    WITHDRAWN = "withdrawn"  # it stopped ringing: ring time-out, the caller left, or somebody else was faster


@dataclass(slots=True)
class Tally:
    """Counts of one run. `waits` are seconds from a caller's INVITE to the agent's answer."""

    arrived: int = 0
    waiting: int = 0
    connected: int = 0
    calls: dict[CallResult, int] = field(default_factory=lambda: dict.fromkeys(CallResult, 0))
    offers: dict[OfferResult, int] = field(default_factory=lambda: dict.fromkeys(OfferResult, 0))
    refusals: dict[int, int] = field(default_factory=dict)
    waits: list[float] = field(default_factory=list)

    def call_arrives(self) -> None:
        """A caller dials."""
        self.arrived += 1
        self.waiting += 1

    def call_connects(self, wait: float) -> None:
        """An agent has answered the caller."""
        self.waiting -= 1
        self.connected += 1
        self.waits.append(wait)

    def call_ends(self, result: CallResult, *, status: int | None = None) -> None:
        """The call is over. `status` is the SIP code of a refusal."""
        if result is CallResult.COMPLETED:
            self.connected -= 1
        else:
            self.waiting -= 1
        self.calls[result] += 1
        if result is CallResult.REFUSED and status is not None:
            self.refusals[status] = self.refusals.get(status, 0) + 1

    def offer_ends(self, result: OfferResult) -> None:
        """A phone has stopped ringing."""
        self.offers[result] += 1
