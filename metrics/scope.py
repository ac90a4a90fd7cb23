"""Which records are asked for."""

from dataclasses import dataclass

from app.ids import AgentId, QueueId
from metrics.intervals import Period


@dataclass(frozen=True, slots=True)
class Scope:
    """Records of a period; of one queue, of some agents, or of nobody. None asks nothing.

    Calls are of the period in which they were enqueued, offers and outbound calls of the one in which they began, an agent's time of the
    one in which it passed.
    """

    period: Period
    queue_id: QueueId | None = None
    agent_ids: frozenset[AgentId] | None = None
    is_of_nobody: bool = False
    """Only calls that no agent took."""
