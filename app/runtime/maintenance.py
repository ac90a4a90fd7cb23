"""Jobs on what is written down: replay the journal, rebuild what is derived from it, export the queue log.

The first two need the journal for themselves: the service must not run meanwhile.
"""

import sys
from datetime import UTC, datetime
from zoneinfo import ZoneInfo

from sqlalchemy.ext.asyncio import AsyncEngine

from app.auth.actor import at_command_line
from app.clock import SystemClock
from app.errors import PeriodInvalid
from app.runtime.codec import decode_facts
from app.runtime.recovery import first_difference
from app.settings import Settings
from app.store.accounts import StoredAccounts
from app.store.engine import open_engine
from app.store.journal import Journal, JournalSettings
from app.store.past_queue_log import queue_log
from app.store.projection import Projector
from app.store.reason import plain_failures
from app.store.rebuild import rebuild
from metrics.intervals import Period
from metrics.queue_log import QueuesOf


async def _open_journal(settings: Settings) -> tuple[Journal, Projector]:
    written = _written(settings)
    projector = Projector(decode_facts)
    return await Journal.open(written, clock=SystemClock(), projector=projector), projector


def _written(settings: Settings) -> JournalSettings:
    """Where it is written down. Raises `NothingWrittenDown`: a wrong path must not pass for an empty journal."""
    written = JournalSettings.of(settings)
    written.expect_written()
    return written


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
        await _note(journal.database.engine, "rebuildHistory", {"entries": count})
    finally:
        await journal.close()
    sys.stdout.write(f"Derived tables made anew from {count} entries.\n")
    return 0


async def export_queue_log(settings: Settings, period: Period, queues_of: QueuesOf) -> int:
    """Print a period in the format of Asterisk's queue log. The service may run meanwhile."""
    engine = open_engine(_written(settings).database_url)
    try:
        with plain_failures():
            async with engine.connect() as connection:
                lines = await queue_log(connection, period, queues_of)
        asked: dict[str, object] = {"since": period.since.isoformat(), "until": period.until.isoformat()}
        await _note(engine, "exportQueueLog", asked)
    finally:
        await engine.dispose()
    sys.stdout.writelines(f"{line}\n" for line in lines)
    return 0


async def _note(engine: AsyncEngine, action: str, details: dict[str, object]) -> None:
    """What somebody did at the command line stands in the audit log. Raises `AccountsAway`; nothing is shown then."""
    entry = at_command_line().entry(action, at=SystemClock().now(), details=details)
    await StoredAccounts(engine).write_audit([entry])


def period_of(since: str, until: str, *, time_zone: str) -> Period:
    """The period between two days or instants, as somebody writes them. Raises `PeriodInvalid`."""
    zone = ZoneInfo(time_zone)
    period = Period(_instant(since, zone), _instant(until, zone))
    if period.since >= period.until:
        raise PeriodInvalid(f"Expected --to to be later than --from, got {since} and {until}.")
    return period


def _instant(text: str, zone: ZoneInfo) -> datetime:
    try:
        at = datetime.fromisoformat(text)
    except ValueError:
        raise PeriodInvalid(
            f"Expected a day such as 2026-11-21, or an instant such as 2026-11-21T08:30:00+08:00; got {text!r}."
        ) from None
    return (at if at.tzinfo else at.replace(tzinfo=zone)).astimezone(UTC)
