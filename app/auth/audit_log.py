"""What is to be audited of requests that change the floor or look at personal data: noted at once, written a moment later.

A pause or a hang-up must not wait for a database. Its entry waits on the local disk instead, and survives a kill there.
"""

import asyncio
from collections import deque
from collections.abc import Callable, Sequence
from typing import Protocol

from app.auth.audit import AuditEntry, Head, verified
from app.auth.errors import AccountsAway, AuditTampered
from app.auth.store import AccountStore

_BATCH = 200
_RETRY_SECONDS = 2.0
_PAGE = 1_000


class Waiting(Protocol):
    """The entries that are not in the log yet, in order."""

    def put(self, entry: AuditEntry) -> None:
        """One more. Never fails, never waits."""
        ...

    def first(self, limit: int) -> Sequence[AuditEntry]:
        """The oldest ones."""
        ...

    def drop(self, count: int) -> None:
        """The oldest ones are in the log now."""
        ...

    def close(self) -> None:
        """Let go of what it holds. What waits, waits on."""
        ...


class WaitingInMemory:
    """It is a `Waiting`, for an interface without a disk."""

    def __init__(self) -> None:
        self._entries: deque[AuditEntry] = deque()

    def put(self, entry: AuditEntry) -> None:
        """As `Waiting.put`."""
        self._entries.append(entry)

    def first(self, limit: int) -> Sequence[AuditEntry]:
        """As `Waiting.first`."""
        return [entry for entry, _ in zip(self._entries, range(limit), strict=False)]

    def drop(self, count: int) -> None:
        """As `Waiting.drop`."""
        for _ in range(count):
            self._entries.popleft()

    def close(self) -> None:
        """As `Waiting.close`: nothing is held."""


def forget(_head: Head) -> None:
    """For where nobody keeps the end of the log."""


class AuditLog:
    """Takes entries in, and brings them to the store. Keep `run()` in the task group; `flush()` at the end."""

    def __init__(
        self, store: AccountStore, waiting: Waiting, *, keep_head: Callable[[Head], None] = forget
    ) -> None:
        self._store = store
        self._waiting = waiting
        self._keep_head = keep_head
        self._has_news = asyncio.Event()
        self._writing = asyncio.Lock()

    def note(self, entry: AuditEntry) -> None:
        """Take an entry in. Synchronous; a database that is away loses nothing."""
        self._waiting.put(entry)
        self._has_news.set()

    async def flush(self) -> None:
        """Return when everything noted so far is in the log. Raises `AccountsAway`."""
        async with self._writing:
            while batch := self._waiting.first(_BATCH):
                await self._store.write_audit(batch)
                self._waiting.drop(len(batch))
                self._keep_head(await self._store.audit_head())

    async def run(self) -> None:
        """Write what is noted, for ever."""
        while True:
            self._has_news.clear()
            try:
                await self.flush()
            except AccountsAway:
                await asyncio.sleep(_RETRY_SECONDS)
            else:
                await self._has_news.wait()

    def close(self) -> None:
        """Let go of the disk. May be called twice."""
        self._waiting.close()


async def verify(store: AccountStore, *, known: Head | None = None, newest: int | None = None) -> Head:
    """Check the whole chain, or only so many of its newest entries; returns its end. Raises `AuditTampered`, `AccountsAway`.

    `known` is an end seen earlier, outside the database: the log must still hold it, or something was cut off.
    """
    known, head = known or Head(), await _before(store, newest)
    while links := await store.audit_links(after=head.seq, limit=_PAGE):
        for link in links:
            head = verified([link], head)
            _check_known(head, known)
        await asyncio.sleep(0)
    _check_end(head, known)
    return head


async def _before(store: AccountStore, newest: int | None) -> Head:
    """The entry before the newest ones, which is taken as it is; the beginning when there are no more."""
    first = 0 if newest is None else (await store.audit_head()).seq - newest
    links = await store.audit_links(after=first - 1, limit=1) if first > 0 else ()
    return Head(links[0].seq, links[0].hash) if links else Head()


def _check_known(head: Head, known: Head) -> None:
    if head.seq == known.seq and head.hash != known.hash:
        raise AuditTampered(head.seq, "is not the one that was seen under this number")


def _check_end(head: Head, known: Head) -> None:
    if head.seq < known.seq:
        raise AuditTampered(head.seq + 1, f"and all behind it are missing; there were {known.seq}")
