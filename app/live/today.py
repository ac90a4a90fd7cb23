"""The service level of each queue today, by the site's formula, counted as calls end: the figure of a report of the day, at once.

A service that starts does not know the calls of the day so far. It lets the journal reach the database, reads them there as a report
does, and adds what it heard meanwhile, each call once. Until then, and while the database is away, the figure is not known, and says
so. At midnight of the site a new day begins, of which every call is heard. A call belongs to the day on which it was enqueued.
"""

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import replace
from datetime import datetime
from zoneinfo import ZoneInfo

from app.acd.facts import CallConnected, CallLeft
from app.acd.views import QueueView
from app.api.errors import HistoryAway
from app.api.records import Records
from app.calls.events import Event
from app.calls.turn import Outcome
from app.ids import CallId, QueueId
from app.runtime.service import Service
from metrics.call_figures import service_level
from metrics.intervals import day
from metrics.records import Passage
from metrics.scope import Scope
from metrics.tally import Tally

_LOOK_EVERY_SECONDS = 1

Settle = Callable[[], Awaitable[bool]]
"""Returns when the database has all that was written down before; False: it cannot be had now."""
Key = tuple[CallId, QueueId, datetime]


class Today:
    """Counts the calls of the present day. Its `on_entry` must listen to the dispatcher before `run` begins."""

    def __init__(
        self, service: Service, records: Records | None = None, settle: Settle | None = None
    ) -> None:
        """Without `records` there were no calls before now. With them, keep `run()` going: it asks `settle`, then reads."""
        self._service = service
        self._records = records
        self._settle = settle
        self._revision = 0
        self._begin(is_known=records is None)

    @property
    def revision(self) -> int:
        """Rises when the figures of all queues changed at once."""
        self._look_at_clock()
        return self._revision

    def on_entry(self, _seq: int, _event: Event, outcome: Outcome) -> None:
        """Hear an entry."""
        for fact in outcome.facts:
            if isinstance(fact, CallConnected | CallLeft):
                self._hear(_passage(fact))

    def service_level(self, queue: QueueView) -> float | None:
        """Of the queue today, between 0 and 1. None: not known yet, or no call counts so far."""
        self._look_at_clock()
        if self._tallies is None:
            return None
        tally, waiting = self._tallies.get(queue.id) or Tally(), self._waiting(queue)
        counted = replace(tally, offered=tally.offered + waiting, waiting=waiting)
        return service_level(counted, self._terms.service_level)

    async def run(self) -> None:
        """Read what the day was so far until it is known, and once more when a reload brings other terms; for ever."""
        while True:
            policies = self._service.site.policies
            if (self._terms, self._zone) != (policies.terms, self._service.site.time_zone):
                self._begin(is_known=self._records is None)
            if self._tallies is None and self._records is not None:
                await self._read(self._records)
            await asyncio.sleep(_LOOK_EVERY_SECONDS)

    def _begin(self, *, is_known: bool) -> None:
        """Count anew, by the site's terms as they are now."""
        site, now = self._service.site, self._service.clock.now()
        self._terms, self._zone = site.policies.terms, site.time_zone
        zone = ZoneInfo(self._zone)
        self._day = day(now.astimezone(zone).date(), zone)
        self._tallies: dict[QueueId, Tally] | None = {} if is_known else None
        self._heard: dict[Key, Passage] = {}
        """What ended while the day so far is not known."""
        self._revision += 1

    def _look_at_clock(self) -> None:
        """Every call of a new day is heard, whatever was known of the one before."""
        if self._service.clock.now() >= self._day.until:
            self._begin(is_known=True)

    def _hear(self, passage: Passage) -> None:
        self._look_at_clock()
        if passage.entered_at is None or passage.enqueued_at < self._day.since:
            return
        if self._tallies is None:
            self._heard[_key(passage)] = passage
        else:
            self._count(passage, self._tallies)

    def _count(self, passage: Passage, tallies: dict[QueueId, Tally]) -> None:
        tallies.setdefault(passage.queue_id, Tally()).add_passage(passage, self._terms)

    def _waiting(self, queue: QueueView) -> int:
        """How many of those who wait arrived today."""
        since, engine = self._day.since, self._service.dispatcher.board.engine
        if queue.longest_wait_since is None or queue.longest_wait_since >= since:
            return len(queue.waiting)
        calls = (engine.call(call_id) for call_id in queue.waiting)
        return sum(call is not None and call.enqueued_at >= since for call in calls)

    async def _read(self, records: Records) -> None:
        revision, found = self._revision, dict[Key, Passage]()
        if self._settle is not None and not await self._settle():
            return
        try:
            async for passage in records.passages(Scope(self._day)):
                found[_key(passage)] = passage
        except HistoryAway:
            return
        if self._revision == revision:
            self._know(found)

    def _know(self, found: dict[Key, Passage]) -> None:
        """Those who wait are not counted: they are seen in their queues."""
        tallies: dict[QueueId, Tally] = {}
        for passage in (found | self._heard).values():
            if passage.entered_at is not None and passage.wait is not None:
                self._count(passage, tallies)
        self._tallies, self._heard = tallies, {}
        self._revision += 1


def _key(passage: Passage) -> Key:
    return passage.call_id, passage.queue_id, passage.enqueued_at


def _passage(fact: CallConnected | CallLeft) -> Passage:
    """A passage that has just ended, as far as the service level asks."""
    passage = Passage(
        call_id=fact.call_id,
        queue_id=fact.queue_id,
        enqueued_at=fact.enqueued_at,
        entered_at=fact.enqueued_at,
    )
    if isinstance(fact, CallConnected):
        return replace(passage, connected_at=fact.at)
    was_refused = fact.rings is None
    return replace(
        passage,
        entered_at=None if was_refused else fact.enqueued_at,
        left_at=fact.at,
        exit_reason=fact.reason,
    )
