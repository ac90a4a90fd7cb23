"""The examination: all checks run whatever happens, and the report says what to do."""

import asyncio
import io
import json
import subprocess
import sys
from pathlib import Path

import pytest

from app.doctor.command import run_doctor
from app.doctor.context import Context
from app.doctor.examination import CHECKS, SITE_CHECKS, examine, exit_status
from app.doctor.finding import Finding, Level, error, ok, warning
from app.doctor.report import as_json, show
from app.settings import Settings
from app.site.model import Site
from tests.support.doctor import HEAD, context_for

GOOD = ok("Good", "all is well")
POOR = warning("Poor", "will hurt", advice="Do this.")
BAD = error("Bad", "first line\nsecond line", advice="Do that.")


async def check_good(_context: Context) -> Finding:
    return GOOD


async def check_crashing_thing(_context: Context) -> Finding:
    raise ZeroDivisionError("by zero")


async def check_hanging_thing(_context: Context) -> Finding:
    await asyncio.Event().wait()
    raise AssertionError


async def check_site_name(_context: Context, site: Site) -> Finding:
    return ok("Name", site.name)


async def test_a_check_that_crashes_is_an_error_and_the_others_still_run(tmp_path: Path) -> None:
    found = await examine(context_for(tmp_path), checks=(check_crashing_thing, check_good), site_checks=())
    assert found == [
        error(
            "Crashing thing",
            "the check failed: ZeroDivisionError: by zero",
            advice="If this is not clear, report it.",
        ),
        GOOD,
    ]


async def test_a_check_that_hangs_is_an_error_and_the_others_still_run(tmp_path: Path) -> None:
    checks = (check_hanging_thing, check_good)
    hung, good = await examine(context_for(tmp_path), checks=checks, site_checks=(), deadline=0.05)
    assert (hung.level, hung.title) == (Level.ERROR, "Hanging thing")
    assert good == GOOD


async def test_with_a_broken_site_file_the_checks_that_need_no_site_still_run(tmp_path: Path) -> None:
    context = context_for(tmp_path, "name: [")
    assert await examine(context, checks=(check_good,), site_checks=(check_site_name,)) == [GOOD]


async def test_with_a_good_site_file_the_site_is_checked(tmp_path: Path) -> None:
    found = await examine(context_for(tmp_path), checks=(), site_checks=(check_site_name,))
    assert found == [ok("Name", "Test")]


def test_every_check_is_in_the_examination() -> None:
    """A check that is written and forgotten would check nothing."""
    from app.doctor import accounts, asterisk, database, machine, ports, site  # noqa: PLC0415 - looked at, not used

    written = {
        value
        for module in (accounts, asterisk, database, machine, ports, site)
        for name, value in vars(module).items()
        if name.startswith("check_")
    }
    assert written == {*CHECKS, *SITE_CHECKS}


@pytest.mark.parametrize(
    ("findings", "status"), [([], 0), ([GOOD], 0), ([GOOD, POOR], 0), ([GOOD, BAD, POOR], 1)]
)
def test_the_exit_status_is_1_only_for_an_error(findings: list[Finding], status: int) -> None:
    assert exit_status(findings) == status


def test_the_report_reads_without_colour() -> None:
    file = io.StringIO()
    show([GOOD, POOR, BAD], file=file)
    assert file.getvalue() == (
        "ok       Good: all is well\n"
        "WARNING  Poor: will hurt\n"
        "         → Do this.\n"
        "ERROR    Bad: first line\n"
        "         second line\n"
        "         → Do that.\n"
        "\n"
        "1 ok, 1 warnings, 1 errors\n"
    )


def test_a_long_line_is_not_cut() -> None:
    file = io.StringIO()
    show([error("Long", "x" * 500, advice="y" * 500)], file=file)
    assert "x" * 500 in file.getvalue()
    assert "y" * 500 in file.getvalue()


def test_markup_in_a_finding_is_text() -> None:
    file = io.StringIO()
    show([ok("Title", "[bold]not bold[/bold] members[0]")], file=file)
    assert "[bold]not bold[/bold] members[0]" in file.getvalue()


def test_the_json_has_every_field() -> None:
    assert json.loads(as_json([POOR])) == [
        {"level": "warning", "title": "Poor", "detail": "will hurt", "advice": "Do this."}
    ]


def test_the_doctor_looks_and_changes_nothing(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Before the first start there is no data directory; afterwards there still is none."""
    path = tmp_path / "site.yaml"
    path.write_text(HEAD + "queues: {q: }\ndevices: {p: {extension: 10}}\n")
    run_doctor(Settings(site=path, data_dir=tmp_path / "data", port=0), as_json=True)
    titles = {finding["title"] for finding in json.loads(capsys.readouterr().out)}
    assert {"Python", "Disk", "Database", "Site file", "Passwords", "ARI"} <= titles
    assert sorted(entry.name for entry in tmp_path.iterdir()) == ["site.yaml"]


def test_the_command_ends_with_1_and_names_the_mistake(tmp_path: Path) -> None:
    path = tmp_path / "site.yaml"
    path.write_text("nme: x\n")
    done = subprocess.run(
        [sys.executable, "-m", "app", "doctor", "--site", path, "--data", tmp_path / "data"],
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 1
    assert f'{path}:1:1: nme: found the unknown field "nme"; did you mean "name"?' in done.stdout
