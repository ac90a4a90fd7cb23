"""What reports are counted from, and from whom: the store implements `Records`."""

from collections.abc import AsyncIterator
from typing import Protocol

from metrics.intervals import Period
from metrics.queue_log import Line, QueuesOf
from metrics.records import Offer, OutboundCall, Passage, SeatTime
from metrics.scope import Scope


class Records(Protocol):
    """Past calls as figures need them. All methods raise `HistoryAway` when they cannot be read."""

    def passages(self, scope: Scope) -> AsyncIterator[Passage]:
        """Calls' passages through queues."""
        ...

    def offers(self, scope: Scope) -> AsyncIterator[Offer]:
        """Offers to agents."""
        ...

    def outbound_calls(self, scope: Scope) -> AsyncIterator[OutboundCall]:
        """Calls of agents to outside numbers."""
        ...

    def seat_times(self, scope: Scope) -> AsyncIterator[SeatTime]:
        """Agents' time. The period must end by now."""
        ...

    async def queue_log(self, period: Period, queues_of: QueuesOf) -> list[Line]:
        """The lines of Asterisk's queue log for a period, in order; `queues_of` says which queues agents serve."""
        ...
