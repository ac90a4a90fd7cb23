"""`thirdring export queue-log`: a period of the site's calendar, out of the database, beside a running service."""

import asyncio
from datetime import timedelta
from pathlib import Path

import pytest

from app.__main__ import main
from app.acd import facts as acd
from app.auth.actor import at_command_line
from app.errors import PeriodInvalid
from app.ids import CallId, QueueId
from app.runtime.codec import encode_facts
from app.runtime.maintenance import period_of
from app.store.accounts import StoredAccounts
from app.store.engine import open_engine
from metrics.intervals import Period
from tests.support.journals import NOON, running_journal

SITE = "name: Test\ntime_zone: Asia/Shanghai\nqueues: {sales: {name: Sales}}\n"


async def _write_down(directory: Path) -> None:
    entered = NOON + timedelta(seconds=1)
    fact = acd.CallQueued(entered, CallId("c1"), QueueId("sales"), entered, 0, 1)
    async with running_journal(directory) as journal:
        journal.append("Something", b"{}", fact.at, encode_facts((fact,)))
        await journal.flush()


async def test_the_command_prints_the_queue_log_of_some_days(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """From a day to a day of the site's calendar."""
    await _write_down(tmp_path)
    site = tmp_path / "site.yaml"
    site.write_text(SITE)
    command = ["export", "queue-log", "--site", str(site), "--data", str(tmp_path)]
    days = ["--from", "2026-11-21", "--to", "2026-11-22"]
    assert await asyncio.to_thread(main, [*command, *days]) == 0
    assert capsys.readouterr().out == f"{int(NOON.timestamp()) + 1}|c1|sales|NONE|ENTERQUEUE|||1\n"
    assert await asyncio.to_thread(main, [*command, "--from", "2026-11-22", "--to", "2026-11-21"]) == 1
    assert "--to to be later than --from" in capsys.readouterr().err


@pytest.mark.parametrize(
    "command",
    [
        ["export", "queue-log", "--from", "2026-11-21", "--to", "2026-11-22"],
        ["replay"],
        ["rebuild"],
        ["audit", "verify"],
    ],
    ids=lambda words: words[0],
)
def test_a_wrong_directory_does_not_pass_for_one_where_nothing_happened(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], command: list[str]
) -> None:
    """And nothing is made there."""
    site = tmp_path / "site.yaml"
    site.write_text(SITE)
    wrong = tmp_path / "wrong"
    named = [] if command[0] == "audit" else ["--site", str(site)]
    assert main([*command, *named, "--data", str(wrong)]) == 1
    assert f"found no thirdring.db in {wrong}. Name it with --data" in capsys.readouterr().err
    assert not wrong.exists()


async def test_who_exports_or_rebuilds_at_the_command_line_is_audited(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """By the name that the operating system has for that one: an export shows phone numbers."""
    await _write_down(tmp_path)
    site = tmp_path / "site.yaml"
    site.write_text(SITE)
    at = ["--site", str(site), "--data", str(tmp_path)]
    days = ["--from", "2026-11-21", "--to", "2026-11-22"]
    for command in (["export", "queue-log", *at, *days], ["rebuild", *at]):
        assert await asyncio.to_thread(main, command) == 0, capsys.readouterr().err
    engine = open_engine(f"sqlite:///{tmp_path / 'thirdring.db'}")
    entries = [link.entry for link in await StoredAccounts(engine).audit_links(after=0, limit=9)]
    await engine.dispose()
    assert [(each.actor, each.action) for each in entries] == [
        (at_command_line().principal.name, "exportQueueLog"),
        (at_command_line().principal.name, "rebuildHistory"),
    ]
    assert entries[0].details == {"since": "2026-11-20T16:00:00+00:00", "until": "2026-11-21T16:00:00+00:00"}


def test_a_day_is_one_of_the_sites_calendar_and_an_instant_has_its_own_offset() -> None:
    """Both in UTC afterwards."""
    period = period_of("2026-11-21", "2026-11-21T14:00:00+01:00", time_zone="Asia/Shanghai")
    assert period == Period(NOON - timedelta(hours=20), NOON + timedelta(hours=1))


def test_what_is_no_day_is_named() -> None:
    """With what was expected."""
    with pytest.raises(PeriodInvalid, match="got 'yesterday'"):
        period_of("yesterday", "2026-11-21", time_zone="Asia/Shanghai")
