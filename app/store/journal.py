"""The journal: everything that happened, written down before anything is done about it.

It joins the spool (synchronous, local), the writer (batches into the database) and the latest snapshot (local file and database).
"""

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from pathlib import Path
from typing import Self

from app.clock import Clock
from app.lock import DirectoryLock
from app.settings import Settings
from app.store.database import Database
from app.store.engine import masked, open_engine
from app.store.entry import Entry
from app.store.errors import DatabaseFailed, FirstStartNeedsDatabase, NotDurable, NothingWrittenDown
from app.store.log import Log
from app.store.projection import Projector
from app.store.segment import force
from app.store.snapshots import Snapshot, SnapshotFile
from app.store.spool import BEGINNING, Spool
from app.store.writer import Writer, WriterSettings

_log = Log(__name__)

_PAGE = 1000


class Durability(StrEnum):
    """Where everything appended so far is safe."""

    DATABASE = "database"
    DISK = "disk"
    """On the local disk, forced to the medium; the database is away and will follow."""


@dataclass(frozen=True, slots=True, kw_only=True)
class JournalStatus:
    """How the writing-down goes. All is well when nothing fails and the lag is small."""

    last_seq: int
    lag_rows: int
    """Entries that the database does not have yet; while it was never reached since the start, the most it can be."""
    lag_seconds: float
    reason: str | None
    """Why the database fails, in plain words."""
    disk_reason: str | None
    """Why the disk of the spool fails."""
    held_rows: int
    """Entries in memory only, because the disk fails."""
    lost_rows: int
    """Entries that neither disk nor memory could hold, since the start, or that no one has."""


@dataclass(frozen=True, slots=True, kw_only=True)
class JournalSettings:
    """Where and how things are written down."""

    directory: Path
    url: str = ""
    """The database; empty means SQLite in the directory."""
    domain: str = "main"
    fsync: bool = False
    """Force each entry to the medium: survives power cuts, costs milliseconds per entry."""
    flush_limit: float = 2.0
    """Seconds that a flush waits for the database."""
    writer: WriterSettings = field(default_factory=WriterSettings)

    @classmethod
    def of(cls, settings: Settings) -> Self:
        """As the settings of the process say."""
        url = settings.database_url
        return cls(directory=settings.data_dir, url=url.get_secret_value() if url else "")

    @property
    def database_url(self) -> str:
        """The URL to use."""
        return self.url or f"sqlite:///{self._sqlite.resolve()}"

    def expect_written(self) -> None:
        """For those who only read what a service wrote. Raises `NothingWrittenDown`."""
        if not self.url and not self._sqlite.is_file():
            raise NothingWrittenDown(self.directory)

    @property
    def _sqlite(self) -> Path:
        return self.directory / "thirdring.db"


class Journal:
    """The journal of one routing domain. `await Journal.open(…)`, keep `run()` in the task group, `await close()`."""

    def __init__(self, settings: JournalSettings, *, clock: Clock, projector: Projector) -> None:
        """Open the local files. Use `open`, which also looks at the database. Raises `DirectoryInUse`."""
        self._settings = settings
        self._clock = clock
        self.database = Database(open_engine(settings.database_url), domain=settings.domain)
        directory = settings.directory / "journal"
        self._lock = DirectoryLock(directory)
        self._lock.acquire()
        self._snapshot_file = SnapshotFile(directory / "latest.snapshot")
        self._snapshot = self._snapshot_file.load()
        self._spool = Spool(directory, fsync=settings.fsync)
        self._writer = Writer(
            self._spool,
            self.database,
            projector,
            clock=clock,
            settings=settings.writer,
        )
        self._writer.local_snapshot_seq = self._snapshot.seq if self._snapshot else 0

    @classmethod
    async def open(cls, settings: JournalSettings, *, clock: Clock, projector: Projector) -> Self:
        """Take the directory, upgrade the database, and find where the journal goes on.

        A database that is away is no obstacle, except at the first start with a directory. Raises `DirectoryInUse`,
        `DatabaseUrlInvalid`, `DatabaseTooNew`, `ForeignEntries`, `FirstStartNeedsDatabase`.
        """
        journal = cls(settings, clock=clock, projector=projector)
        try:
            await journal._find_end()
        except BaseException:
            await journal._release()
            raise
        return journal

    def append(self, kind: str, payload: bytes, at: datetime, outcome: bytes = b"") -> int:
        """Write down what happened and what was decided; returns the entry's number. Synchronous; see `Spool.append`."""
        seq = self._spool.append(kind, payload, at, outcome)
        self._writer.notice()
        return seq

    async def run(self) -> None:
        """Copy into the database, for ever. Belongs into the service's task group."""
        await self._writer.run()

    async def flush(self) -> Durability:
        """Return when everything appended so far is safe, in the database or at least on the disk.

        For what must not be lost, such as a promise to call back: say yes to a human only afterwards. Raises `NotDurable`
        if neither disk nor database takes it.
        """
        seq = self._spool.last_seq
        is_on_disk = await self._sync()
        try:
            async with asyncio.timeout(self._settings.flush_limit):
                await self._writer.reach(seq)
        except (DatabaseFailed, TimeoutError) as error:
            if not is_on_disk:
                raise NotDurable(
                    self._spool.failure or "failing", str(error) or "no answer in time"
                ) from None
            return Durability.DISK
        return Durability.DATABASE

    def measure(self, on_written: Callable[[float], None]) -> None:
        """Let this hear how old the oldest entry of each batch is when the database has it, in seconds."""
        self._writer.on_written = on_written

    def status(self) -> JournalStatus:
        """How it goes now."""
        waiting = self._writer.oldest_waiting_at
        return JournalStatus(
            last_seq=self._spool.last_seq,
            lag_rows=self._writer.lag_rows,
            lag_seconds=(self._clock.now() - waiting).total_seconds() if waiting else 0.0,
            reason=self._writer.failure,
            disk_reason=self._spool.failure,
            held_rows=self._spool.held,
            lost_rows=max(self._spool.lost, self._writer.missing),
        )

    async def entries(self, after_seq: int) -> AsyncIterator[Entry]:
        """All entries behind `after_seq` up to now, in order, each once; the database is asked only for what the spool lacks.

        Raises `DatabaseFailed` if it is needed and away. Entries that nobody has are left out, and a log line says which.
        """
        expected, end = after_seq + 1, self._spool.next_seq
        async for entry in self._spooled(after_seq, end):
            async for earlier in self._from_database(expected, entry.seq - 1):
                yield earlier
            yield entry
            expected = entry.seq + 1
        async for later in self._from_database(expected, end - 1):
            yield later

    async def latest_snapshot(self) -> Snapshot | None:
        """The newest snapshot that can be had: the local file's or the database's. None before the first.

        A failing database is not waited for if the local file has one.
        """
        if self._snapshot and self._writer.failure:
            return self._snapshot
        try:
            theirs = await self.database.latest_snapshot()
        except DatabaseFailed as error:
            _log.warning("snapshot_local_only", reason=error.reason)
            theirs = None
        found = [snapshot for snapshot in (self._snapshot, theirs) if snapshot]
        return max(found, key=lambda snapshot: snapshot.seq, default=None)

    async def save_snapshot(self, snapshot: Snapshot) -> None:
        """Keep the state behind entry `snapshot.seq`: in the local file when this returns, in the database soon after.

        A disk that fails is logged: the database still gets it.
        """
        try:
            await asyncio.to_thread(self._snapshot_file.save, snapshot)
        except OSError as error:
            _log.error("snapshot_file_failed", reason=error.strerror)
        else:
            self._snapshot = snapshot
            self._writer.local_snapshot_seq = snapshot.seq
        self._writer.offer_snapshot(snapshot)

    async def close(self) -> None:
        """Copy what is left, if the database takes it soon, and give the directory back. Call it when `run` has ended."""
        with suppress(TimeoutError):
            async with asyncio.timeout(self._settings.flush_limit):
                await self._copy_the_rest()
        await self._release()

    async def _copy_the_rest(self) -> None:
        is_moving = True
        while self._writer.lag_rows and is_moving:
            before = self._writer.written
            await self._writer.attempt()
            is_moving = self._writer.written > before

    async def _find_end(self) -> None:
        """Let the next number follow everything that the spool, the snapshot or the database has."""
        self._spool.skip_to(self._snapshot.seq + 1 if self._snapshot else 1)
        was_new = self._spool.is_new
        try:
            await self.database.prepare()
            self._adopt(await self.database.last_seq())
            await self._writer.resume()
        except DatabaseFailed as error:
            if was_new:
                raise FirstStartNeedsDatabase(error.reason) from None
            _log.error("database_away_at_start", url=masked(self._settings.database_url))
            self._writer.note_failure(error.reason)

    def _adopt(self, last: int) -> None:
        """The database may be ahead: a new directory, an older copy of it, or a power cut that took the spool's end."""
        if last > self._spool.last_seq and not self._spool.is_new:
            _log.warning("spool_behind_database", spool=self._spool.last_seq, database=last)
        self._spool.skip_to(last + 1)

    async def _spooled(self, after: int, end: int) -> AsyncIterator[Entry]:
        """The spool's entries between, with holes where it lacks some. Others get their turn between pages."""
        place = BEGINNING
        while batch := self._spool.read(after, limit=_PAGE, place=place).before(end):
            for entry in batch.entries:
                yield entry
            after, place = batch.entries[-1].seq, batch.place
            await asyncio.sleep(0)

    async def _from_database(self, first: int, last: int) -> AsyncIterator[Entry]:
        if first > last:
            return
        expected = first
        async for entry in self.database.entries(first, last):
            yield entry
            expected = entry.seq + 1
        if expected <= last:
            _log.error("journal_entries_missing", first=expected, last=last)

    async def _sync(self) -> bool:
        """Force the spool to the medium; whether every entry is there."""
        files = self._spool.unsynced()
        try:
            await asyncio.to_thread(force, files)
        except OSError:
            return False
        self._spool.synced(files)
        return not self._spool.held

    async def _release(self) -> None:
        await self.database.close()
        self._spool.close()
        self._lock.release()
