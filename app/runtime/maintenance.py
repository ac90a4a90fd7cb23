"""Jobs on the journal of a service that is not running: replay it, and rebuild what is derived from it."""

import sys

from app.clock import SystemClock
from app.runtime.codec import decode_facts
from app.runtime.recovery import first_difference
from app.settings import Settings
from app.store.derived import projections
from app.store.journal import Journal, JournalSettings
from app.store.projection import Projector
from app.store.rebuild import rebuild


async def _open_journal(settings: Settings) -> tuple[Journal, Projector]:
    url = settings.database_url.get_secret_value() if settings.database_url else ""
    projector = Projector(decode_facts, projections())
    where = JournalSettings(directory=settings.data_dir, url=url)
    return await Journal.open(where, clock=SystemClock(), projector=projector), projector


async def replay(settings: Settings) -> int:
    """Replay everything and compare each outcome with the one written down. 1 when one differs."""
    journal, _ = await _open_journal(settings)
    try:
        count = journal.status().last_seq
        different = await first_difference(journal)
    finally:
        await journal.close()
    if different is None:
        sys.stdout.write(f"{count} entries replayed; every outcome is the one that was written down.\n")
        return 0
    sys.stdout.write(
        f"Entry {different} of {count} has another outcome now: the rules changed since it was written.\n"
    )
    return 1


async def rebuild_history(settings: Settings) -> int:
    """Empty the derived tables and fill them from the journal."""
    journal, projector = await _open_journal(settings)
    try:
        count = await rebuild(journal.database.engine, projector)
    finally:
        await journal.close()
    sys.stdout.write(f"Derived tables made anew from {count} entries.\n")
    return 0
