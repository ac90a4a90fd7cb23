"""A journal as the service has it, for tests."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from datetime import UTC, datetime, timedelta
from pathlib import Path

from app.calls.call import CallKind
from app.calls.facts import CallStarted
from app.clock import SystemClock
from app.ids import CallId
from app.runtime.codec import decode_facts, encode_facts
from app.store.journal import Journal, JournalSettings
from app.store.projection import Projector
from app.store.writer import WriterSettings

NOON = datetime(2026, 11, 21, 12, tzinfo=UTC)
QUICK = WriterSettings(interval=0.01, batch_rows=50, first_pause=0.01, longest_pause=0.05)


def projector() -> Projector:
    """The service's own."""
    return Projector(decode_facts)


def append_call(journal: Journal, number: int) -> int:
    """Write down that call `number` arrived, `number` milliseconds after noon."""
    at = NOON + timedelta(milliseconds=number)
    fact = CallStarted(at, CallId(f"call-{number:06d}"), CallKind.INBOUND, at, "4001", "Ann", "400")
    return journal.append("CallerArrived", b"%d" % number, at, encode_facts((fact,)))


async def open_journal(
    directory: Path, url: str = "", *, domain: str = "main", settings: WriterSettings = QUICK
) -> Journal:
    """An open journal that nobody runs yet."""
    wanted = JournalSettings(directory=directory, url=url, domain=domain, writer=settings)
    return await Journal.open(wanted, clock=SystemClock(), projector=projector())


@asynccontextmanager
async def running_journal(
    directory: Path, url: str = "", *, domain: str = "main", settings: WriterSettings = QUICK
) -> AsyncIterator[Journal]:
    """An open journal whose writer runs; closed in order afterwards."""
    journal = await open_journal(directory, url, domain=domain, settings=settings)
    loop = asyncio.create_task(journal.run())
    try:
        yield journal
    finally:
        loop.cancel()
        with suppress(asyncio.CancelledError):
            await loop
        await journal.close()
