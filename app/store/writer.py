"""The batch writer: copies the spool into the database, exactly once, whatever fails when.

Why naive copying is not enough: a connection that dies during COMMIT leaves unknown whether the batch is in. So after each failure
the writer asks the database for its newest entry, and goes on behind it. The entry there must be the spool's own; if it is not,
another service writes to the same journal, and the writer stops copying rather than dropping what it takes for copied.

Nothing here stops a call. While the database fails, the spool grows, the writer tries again with growing pauses, and `failure` says why.
"""

import asyncio
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime

from app.clock import Clock
from app.store.database import Database
from app.store.entry import Entry
from app.store.errors import DatabaseFailed, ForeignEntries, StoreError
from app.store.log import Log
from app.store.projection import Projector
from app.store.reason import plain_words
from app.store.snapshots import Snapshot
from app.store.spool import BEGINNING, Batch, Spool

_log = Log(__name__)

_SEGMENTS_KEPT = 1
_SEGMENTS_KEPT_FOR_SNAPSHOT = 16


@dataclass(frozen=True, slots=True, kw_only=True)
class WriterSettings:
    """How the writer works. Durations in seconds."""

    interval: float = 0.2
    """How long entries gather before they are written."""
    batch_rows: int = 500
    """How many entries do not wait any longer; also the most in one transaction."""
    first_pause: float = 0.1
    longest_pause: float = 5.0
    attempt_limit: float = 30.0
    """A database that takes longer for one batch counts as failing."""


class Writer:
    """Copies entries from the spool to the database. `run` is its loop; `notice` wakes it after an append."""

    def __init__(
        self,
        spool: Spool,
        database: Database,
        projector: Projector,
        *,
        clock: Clock,
        settings: WriterSettings,
    ) -> None:
        self._spool = spool
        self._database = database
        self._projector = projector
        self._clock = clock
        self._settings = settings
        self._place = BEGINNING
        self._is_resumed = False
        self._pause = settings.first_pause
        self._work = asyncio.Event()
        self._urgent = asyncio.Event()
        self._attempted = asyncio.Event()
        self._snapshot: Snapshot | None = None
        self.local_snapshot_seq = 0
        """A local file has the state behind this entry: the segments before it are not needed to recover."""
        self.written = spool.first_seq - 1
        """The newest entry known to be in the database."""
        self.missing = 0
        """How many entries neither the spool nor the database has."""
        self.failure: str | None = None
        """Why the database fails, in plain words."""
        self.on_written: Callable[[float], None] | None = None
        """Hears how old, in seconds, the oldest entry of each batch was when the database had it; a metric."""

    @property
    def lag_rows(self) -> int:
        """How many entries the database does not have yet."""
        return self._spool.last_seq - self.written

    @property
    def oldest_waiting_at(self) -> datetime | None:
        """The instant of the oldest entry that the database does not have yet, as far as it can be read."""
        with suppress(OSError):
            waiting = self._read(1).entries
            return waiting[0].at if waiting else None
        return None

    def notice(self) -> None:
        """Something was appended. Cheap: it is called for each entry."""
        self._work.set()
        if self.lag_rows >= self._settings.batch_rows and self.failure is None:
            self._urgent.set()

    def offer_snapshot(self, snapshot: Snapshot) -> None:
        """Put this snapshot into the database, behind the entries that it covers. A newer one takes its place."""
        self._snapshot = snapshot
        self._work.set()

    async def run(self) -> None:
        """Copy for ever. Ends by cancellation only; what is not copied then is in the spool."""
        self._work.set()  # A killed service may have left something to copy.
        while True:
            await self._work.wait()
            await self._gather()
            await self.attempt()
            await asyncio.sleep(0)

    async def reach(self, seq: int) -> None:
        """Wait until the database has entry `seq`; it is written at once. Raises `DatabaseFailed` if an attempt fails.

        `run` must be running.
        """
        while self.written < seq:
            self._attempted.clear()
            self._work.set()
            self._urgent.set()
            await self._attempted.wait()
            if self.failure is not None:
                raise DatabaseFailed(self.failure)

    async def attempt(self) -> None:
        """Copy one batch. A failure is kept in `failure`, not raised."""
        try:
            async with asyncio.timeout(self._settings.attempt_limit):
                await self._copy()
        except StoreError as error:
            self.note_failure(str(error))
        except TimeoutError as error:
            self.note_failure(plain_words(error))
        except OSError as error:
            self.note_failure(
                f"the spool cannot be read: {error.strerror}: check the disk of the data directory"
            )
        else:
            self._succeeded()
        finally:
            self._attempted.set()

    async def resume(self) -> None:
        """Find out where the database's journal ends, and go on behind it. Raises a `StoreError`."""
        await self._database.prepare()
        last = await self._database.last_seq()
        if last != self.written:
            await self._go_on_behind(last)
        self._is_resumed = True

    def note_failure(self, reason: str) -> None:
        """The database failed, here or elsewhere: look anew where its journal ends, after a pause."""
        self._is_resumed = False
        if self.failure is None:
            _log.error("database_failing", reason=reason, lag_rows=self.lag_rows)
        self._pause = (
            min(self._pause * 2, self._settings.longest_pause) if self.failure else self._settings.first_pause
        )
        self.failure = reason
        self._work.set()

    async def _gather(self) -> None:
        """Let entries gather; after a failure, wait longer. Urgent work waits for neither."""
        pause = self._pause if self.failure else self._settings.interval
        try:
            async with asyncio.timeout(pause):
                await self._urgent.wait()
        except TimeoutError:
            pass
        self._urgent.clear()
        self._work.clear()

    async def _copy(self) -> None:
        self._spool.drain()
        if not self._is_resumed:
            await self.resume()
        batch = self._read(self._settings.batch_rows)
        self._is_resumed = False  # Until the batch is known to be in, nobody knows.
        await self._write(batch)
        self._is_resumed = True
        self._spool.discard(min(self.written, self.local_snapshot_seq), keep=_SEGMENTS_KEPT)
        self._spool.discard(self.written, keep=_SEGMENTS_KEPT_FOR_SNAPSHOT)

    def _read(self, limit: int) -> Batch:
        return self._spool.read(self.written, limit=limit, place=self._place)

    async def _write(self, batch: Batch) -> None:
        snapshot = self._due_snapshot(batch.entries)
        if batch.entries or snapshot is not None:
            await self._database.write(batch.entries, self._projector.rows(batch.entries), snapshot)
        self._note_missing(batch.entries)
        if batch.entries:
            self.written, self._place = batch.entries[-1].seq, batch.place
            self._measure(batch.entries[0])
        if snapshot is self._snapshot:
            self._snapshot = None

    def _measure(self, oldest: Entry) -> None:
        if self.on_written is not None:
            self.on_written((self._clock.now() - oldest.at).total_seconds())

    def _due_snapshot(self, entries: list[Entry]) -> Snapshot | None:
        """The snapshot, once the entries that it covers are in, or come with it."""
        covered = entries[-1].seq if entries else self.written
        return self._snapshot if self._snapshot and self._snapshot.seq <= covered else None

    def _note_missing(self, entries: list[Entry]) -> None:
        expected = self.written + 1
        for entry in entries:
            if entry.seq > expected:
                self.missing += entry.seq - expected
                _log.error("journal_entries_missing", first=expected, last=entry.seq - 1)
            expected = entry.seq + 1

    async def _go_on_behind(self, last: int) -> None:
        """The database has more than we knew of (a COMMIT whose answer was lost, a restart), or less (a backup)."""
        place = self._place if last > self.written else BEGINNING
        own = self._spool.read(last - 1, limit=1, place=place)
        has_it = [entry.seq for entry in own.entries] == [last]
        if (has_it and not await self._is_the_same(own.entries[0])) or last > self._spool.last_seq:
            raise ForeignEntries(self._database.domain, last)
        if last < self.written:
            _log.warning("database_went_back", written=self.written, found=last)
        self.written, self._place = last, own.place if has_it else place

    async def _is_the_same(self, own: Entry) -> bool:
        return [entry async for entry in self._database.entries(own.seq, own.seq)] == [own]

    def _succeeded(self) -> None:
        if self.failure is not None:
            _log.warning("database_recovered", lag_rows=self.lag_rows)
        self.failure = None
        if self.lag_rows or self._spool.held:
            self.notice()
