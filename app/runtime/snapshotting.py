"""Saves the brains' state now and then, and at the end: the next start has less to replay."""

import asyncio
from typing import Protocol

from app.calls.events import Event
from app.calls.turn import Outcome
from app.clock import Clock
from app.runtime.dispatcher import Dispatcher
from app.runtime.recovery import take_snapshot
from app.store.entry import Entry
from app.store.snapshots import Snapshot

_EVERY_SECONDS = 20
_EVERY_ENTRIES = 500


class Shelf(Protocol):
    """Where snapshots are kept."""

    async def save_snapshot(self, snapshot: Snapshot) -> None:
        """Keep this one; older ones may go."""
        ...


class SnapshotKeeper:
    """It listens to the dispatcher from now on. Keep `run()` in the task group; `save()` at the end."""

    def __init__(self, dispatcher: Dispatcher, shelf: Shelf, *, clock: Clock) -> None:
        self._dispatcher = dispatcher
        self._shelf = shelf
        self._clock = clock
        self._last: Entry | None = None
        self._saved_seq = 0
        dispatcher.listeners.append(self._on_entry)

    async def run(self) -> None:
        """Save when there is enough behind the last one, for ever."""
        while True:
            await asyncio.sleep(_EVERY_SECONDS)
            if self._last and self._last.seq - self._saved_seq >= _EVERY_ENTRIES:
                await self.save()

    async def save(self) -> None:
        """Save the state behind the last entry, unless it is saved, or cannot be trusted after a fault."""
        last = self._last
        if last and last.seq != self._saved_seq and self._dispatcher.fault is None:
            await self._shelf.save_snapshot(await take_snapshot(self._dispatcher.board, entry=last))
            self._saved_seq = last.seq

    def _on_entry(self, seq: int, event: Event, outcome: Outcome) -> None:
        del event, outcome
        self._last = Entry(seq, self._clock.now(), "", b"", b"")
