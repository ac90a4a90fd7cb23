"""What the interface needs to know of missed calls, and from whom: the store implements `MissedCalls`. And what they cost whom."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Protocol

from app.acd.model import AgentState, AgentStatus
from app.api.history import Place
from app.calls.missed import MissCause
from app.ids import AgentId, CallId, MissedId, PauseCode, QueueId


class MissedKind(StrEnum):
    """What was missed."""

    CALL = "call"
    """A call that ended unanswered."""
    OFFER = "offer"
    """An offer that its agent did not take; the call may have been answered by another."""


@dataclass(frozen=True, slots=True)
class OnDuty:
    """An agent who was logged in just before a call was missed."""

    agent_id: AgentId
    status: AgentStatus
    pause_code: PauseCode | None
    state: AgentState


@dataclass(frozen=True, slots=True, kw_only=True)
class MissedCall:
    """One entry of the ledger. `agent_id` is the offer's. `ring` is the caller's, or the agent's for an offer.

    It is recovered when the same caller was talked to later: at `recovered_at`, in the call `recovered_by`, as `recovery_noted_by`
    said, or, without a note, as the caller's number tells.
    """

    missed_id: MissedId
    kind: MissedKind
    at: datetime
    call_id: CallId
    queue_id: QueueId
    cause: MissCause
    agent_id: AgentId | None = None
    ring: int | None = None
    enqueued_at: datetime | None = None
    agent_charge: int = 0
    supervisor_charge: int = 0
    supervisor: str | None = None
    waived_at: datetime | None = None
    waived_by: str | None = None
    waive_reason: str | None = None
    disputed_at: datetime | None = None
    disputed_by: str | None = None
    dispute_reason: str | None = None
    recovered_at: datetime | None = None
    recovered_by: CallId | None = None
    recovery_noted_by: str | None = None
    on_duty: tuple[OnDuty, ...] = ()

    @property
    def agents(self) -> frozenset[AgentId]:
        """Whom it concerns: the offer's agent, or all who were on duty."""
        if self.agent_id is not None:
            return frozenset({self.agent_id})
        return frozenset(each.agent_id for each in self.on_duty)


@dataclass(frozen=True, slots=True)
class MissedFilter:
    """Which missed calls are asked for; None asks nothing. `since` is included, `until` is not.

    `agents`: those that concern one of these agents at least.
    """

    kind: MissedKind | None = None
    cause: MissCause | None = None
    queue_id: QueueId | None = None
    agents: frozenset[AgentId] | None = None
    is_waived: bool | None = None
    is_disputed: bool | None = None
    since: datetime | None = None
    until: datetime | None = None


class MissedCalls(Protocol):
    """The ledger. Both methods raise `HistoryAway` when it cannot be read."""

    async def missed_call(self, missed_id: MissedId) -> MissedCall | None:
        """One entry, if there is one."""
        ...

    async def missed_calls(
        self, wanted: MissedFilter, *, behind: Place | None, limit: int
    ) -> Sequence[MissedCall]:
        """The first `limit` entries behind a place, newest first."""
        ...


def place_of(missed: MissedCall) -> Place:
    """The entry's place in a list."""
    return Place(missed.at, CallId(missed.missed_id))


@dataclass(slots=True)
class PersonSum:
    """What missed calls cost one person: those that count, and those that were waived."""

    person: str
    is_supervisor: bool
    calls: int = 0
    amount: int = 0
    waived_calls: int = 0
    waived_amount: int = 0

    def add(self, amount: int, *, is_waived: bool) -> None:
        """One missed call more."""
        if is_waived:
            self.waived_calls += 1
            self.waived_amount += amount
        else:
            self.calls += 1
            self.amount += amount


def sums(ledger: Iterable[MissedCall]) -> list[PersonSum]:
    """What these missed calls cost each person, as agent and as supervisor. Entries that cost nothing count nowhere."""
    found: dict[tuple[bool, str], PersonSum] = {}
    for missed in ledger:
        for is_supervisor, person, amount in _shares(missed):
            share = found.setdefault((is_supervisor, person), PersonSum(person, is_supervisor))
            share.add(amount, is_waived=missed.waived_at is not None)
    return [found[key] for key in sorted(found)]


def _shares(missed: MissedCall) -> Iterable[tuple[bool, str, int]]:
    if missed.agent_charge:
        yield from ((False, each.agent_id, missed.agent_charge) for each in missed.on_duty)
    if missed.supervisor_charge and missed.supervisor:
        yield True, missed.supervisor, missed.supervisor_charge
