"""A missed-call ledger in memory, for tests of what stands in front of it."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field, replace
from datetime import timedelta

from app.acd.model import AgentState, AgentStatus
from app.api.history import Place
from app.api.missed_calls import MissedCall, MissedFilter, MissedKind, OnDuty, place_of
from app.calls.missed import MissCause
from app.ids import AgentId, CallId, MissedId, PauseCode, QueueId
from tests.support.clocks import START

LIN = OnDuty(AgentId("lin"), AgentStatus.AVAILABLE, None, AgentState.CONNECTED)
WANG = OnDuty(AgentId("wang"), AgentStatus.PAUSED, PauseCode("lunch"), AgentState.IDLE)


@dataclass
class ListMissedCalls:
    """Knows these entries; of a filter only the instants, whom it concerns, and whether waived or disputed."""

    entries: list[MissedCall] = field(default_factory=list)

    async def missed_call(self, missed_id: MissedId) -> MissedCall | None:
        """As `MissedCalls.missed_call`."""
        return next((each for each in self.entries if each.missed_id == missed_id), None)

    async def missed_calls(
        self, wanted: MissedFilter, *, behind: Place | None, limit: int
    ) -> Sequence[MissedCall]:
        """As `MissedCalls.missed_calls`."""
        found = [
            each
            for each in self.entries
            if (wanted.since is None or each.at >= wanted.since)
            and (wanted.until is None or each.at < wanted.until)
            and (wanted.is_waived is None or (each.waived_at is not None) is wanted.is_waived)
            and (wanted.is_disputed is None or (each.disputed_at is not None) is wanted.is_disputed)
            and (wanted.agents is None or not wanted.agents.isdisjoint(each.agents))
            and (behind is None or place_of(each) < behind)
        ]
        return sorted(found, key=place_of, reverse=True)[:limit]


def missed(
    name: str,
    *,
    days: float = 0,
    waived_by: str | None = None,
    reason: str = "",
    on_duty: Iterable[AgentId] | None = None,
) -> MissedCall:
    """A caller hung up in the fifth ring, so many days after the start; Lin talked, Wang was at lunch, unless others are named."""
    at = START + timedelta(days=days)
    return MissedCall(
        missed_id=MissedId(name),
        kind=MissedKind.CALL,
        at=at,
        call_id=CallId(name),
        queue_id=QueueId("service"),
        cause=MissCause.CALLER_LEFT,
        ring=5,
        enqueued_at=at - timedelta(seconds=22),
        agent_charge=10,
        supervisor_charge=50,
        supervisor="zhou",
        waived_at=at if waived_by else None,
        waived_by=waived_by,
        waive_reason=reason or None,
        on_duty=(LIN, WANG) if on_duty is None else tuple(replace(LIN, agent_id=each) for each in on_duty),
    )
