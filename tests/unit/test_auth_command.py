"""`thirdring user`, `token` and `audit`: with the service stopped or running, and never with a password on the command line."""

import asyncio
import io
from collections.abc import Callable
from pathlib import Path

import pytest

from app.__main__ import main
from app.auth.identities import Identities
from app.auth.model import Role, UserName
from app.clock import SystemClock
from app.store.accounts import StoredAccounts
from app.store.engine import open_engine
from tests.support.databases import TestDatabase

PASSWORD = "correct horse battery"
Say = Callable[..., tuple[int, str, str]]


@pytest.fixture
def say(
    tmp_path: Path,
    database: TestDatabase,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> Say:
    """Runs a command on each kind of database in turn; gives exit status, output and errors."""
    monkeypatch.setenv("THIRDRING_DATABASE_URL", database.url)

    def run(*words: str, typed: str = "") -> tuple[int, str, str]:
        monkeypatch.setattr("sys.stdin", io.StringIO(typed))
        status = main([*words, "--data", str(tmp_path / "data")])
        return (status, *capsys.readouterr())

    return run


def test_a_user_is_added_listed_disabled_and_enabled(say: Say) -> None:
    """The password comes from standard input."""
    added = say("user", "add", "Chen", "--role", "team_leader", "--team", "early", typed=f"{PASSWORD}\n")
    assert added[:2] == (0, "User chen can log in now, as team_leader.\n")
    assert "chen  team_leader  -      early  enabled" in say("user", "list")[1]
    assert say("user", "disable", "CHEN")[0] == 0
    assert "disabled" in say("user", "list")[1]
    assert say("user", "enable", "chen")[0] == 0
    assert say("user", "password", "chen", typed="another fine phrase\n")[0] == 0
    assert say("user", "unlock", "Chen")[:2] == (
        0,
        "User chen can try again at once, wherever it was locked out.\n",
    )


def test_nobody_else_on_the_machine_reads_what_is_written(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Even in a directory that somebody made, and opened, before: the database holds callers' numbers."""
    monkeypatch.setattr("sys.stdin", io.StringIO(PASSWORD))
    assert main(["user", "add", "boss", "--role", "admin", "--data", str(tmp_path)]) == 0
    written = list(tmp_path.rglob("*"))
    assert written
    assert {oct(path.stat().st_mode & 0o077) for path in written} == {"0o0"}


def test_the_last_admin_stays(say: Say) -> None:
    """At the command line too; another admin makes it possible."""
    say("user", "add", "boss", "--role", "admin", typed=PASSWORD)
    status, _, errors = say("user", "disable", "boss")
    assert status == 1
    assert "'boss' is the last user who is an admin" in errors
    say("user", "add", "other", "--role", "admin", typed=PASSWORD)
    assert say("user", "disable", "boss")[0] == 0


@pytest.mark.parametrize(
    ("words", "typed", "message"),
    [
        (("user", "add", "lin", "--role", "agent"), "short\n", "expected 12 to 128 characters, got 5"),
        (("user", "add", "lin", "--role", "agent"), "", "standard input is empty"),
        (("user", "add", "a b", "--role", "agent"), PASSWORD, "Expected a user name of 1 to 64 letters"),
        (("user", "add", "\x1b[2J", "--role", "agent"), PASSWORD, "got '\\x1b[2J'"),
        (("user", "disable", "nobody"), "", "No user has the name 'nobody'"),
        (("user", "unlock", "nobody"), "", "No user has the name 'nobody'"),
        (("token", "revoke", "nothing"), "", "No token has the id 'nothing'"),
        (("token", "add", "script"), "", "Expected what the token may do"),
        (("token", "add", "board", "--display", "--topic", "wrong"), "", "Expected queues, agents, calls"),
    ],
)
def test_a_mistake_is_told_in_one_sentence(
    say: Say, words: tuple[str, ...], typed: str, message: str
) -> None:
    """With what to do, and without a trace."""
    status, _, errors = say(*words, typed=typed)
    assert status == 1
    assert errors.startswith("thirdring: ")
    assert message in errors


def test_a_user_is_linked_to_a_person_of_the_provider(say: Say, monkeypatch: pytest.MonkeyPatch) -> None:
    """One user each; without a provider there is nobody to link to."""
    for name in ("chen", "lin"):
        say("user", "add", name, "--role", "agent", typed=f"{PASSWORD}\n")
    assert "THIRDRING_OIDC_ISSUER" in say("user", "link", "chen", "8f2c")[2]
    monkeypatch.setenv("THIRDRING_OIDC_ISSUER", "https://login.example.com")
    linked = "User chen logs in as 8f2c at https://login.example.com. All sessions of this user are over.\n"
    assert say("user", "link", "Chen", "8f2c")[:2] == (0, linked)
    assert "belongs to the user 'chen' already" in say("user", "link", "lin", "8f2c")[2]
    assert say("user", "unlink", "chen")[0] == 0
    assert say("user", "link", "lin", "8f2c")[0] == 0


def test_no_option_takes_a_password(say: Say) -> None:
    """Others on the machine see arguments."""
    with pytest.raises(SystemExit):
        say("user", "add", "lin", "--role", "agent", "--password", PASSWORD)


@pytest.mark.parametrize("days", ["0", "-1", "3661", "999999999999", "ten"])
def test_a_token_holds_for_a_number_of_days_that_can_be(
    say: Say, capsys: pytest.CaptureFixture[str], days: str
) -> None:
    """As the interface has it; the refusal fits on a screen."""
    with pytest.raises(SystemExit):
        say("token", "add", "script", "--permission", "reports:see", f"--days={days}")
    assert f"expected 1 to 3660 days, got '{days}'" in capsys.readouterr().err


def test_a_token_is_printed_alone(say: Say) -> None:
    """So that a script can catch it; the rest is said beside."""
    _, secret, told = say("token", "add", "night export", "--permission", "reports:see", "--days", "7")
    assert secret.startswith("trt_")
    assert secret.count("\n") == 1
    assert "Keep the secret" in told
    listed = say("token", "list")[1]
    assert "night export" in listed
    assert secret.strip() not in listed
    token_id = listed.splitlines()[1].split()[0]
    assert say("token", "revoke", token_id)[0] == 0
    assert "revoked" in say("token", "list")[1]


def test_what_was_done_at_the_command_line_is_audited(say: Say) -> None:
    """And the log can be checked there."""
    say("user", "add", "lin", "--role", "agent", typed=PASSWORD)
    say("token", "add", "board", "--display")
    status, told, _ = say("audit", "verify")
    assert status == 0
    assert told.startswith("The audit log is as it was written: 2 entries")


async def test_a_running_service_notices_what_was_done(
    tmp_path: Path, database: TestDatabase, monkeypatch: pytest.MonkeyPatch
) -> None:
    """At its next look, which is every two seconds."""
    monkeypatch.setenv("THIRDRING_DATABASE_URL", database.url)

    def run(*words: str) -> int:
        return main([*words, "--data", str(tmp_path)])

    monkeypatch.setattr("sys.stdin", io.StringIO(PASSWORD))
    assert await asyncio.to_thread(run, "user", "add", "lin", "--role", "agent") == 0
    engine = open_engine(database.url)
    service = Identities(StoredAccounts(engine), clock=SystemClock(), admin_token="admin")
    await service.ready()
    user = service.user(UserName("lin"))
    assert user is not None
    assert user.role is Role.AGENT
    assert await asyncio.to_thread(run, "user", "disable", "lin") == 0
    await service.refresh()
    disabled = service.user(user.name)
    assert disabled is not None
    assert disabled.is_disabled
    await engine.dispose()
