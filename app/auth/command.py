"""`thirdring user`, `thirdring token`, `thirdring audit`: work on the database, whether the service runs or not.

A running service notices a change within seconds.
"""

import argparse
import asyncio
import getpass
import sys
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from contextlib import asynccontextmanager
from datetime import datetime, timedelta

from app.auth.access import Access
from app.auth.actor import at_command_line
from app.auth.administration import UserChanges
from app.auth.audit_log import verify
from app.auth.claims import subject_of
from app.auth.displays import topics_of
from app.auth.errors import NoPassword, NoSignOn, NothingAllowed
from app.auth.model import Permission, Role, Token, TokenKind, User
from app.clock import SystemClock
from app.directory import make_directory
from app.ids import AgentId
from app.settings import Settings
from app.store.access import head_file
from app.store.accounts import StoredAccounts
from app.store.engine import open_engine
from app.store.journal import JournalSettings
from app.store.upgrade import upgrade

Run = Callable[[Access, argparse.Namespace], Awaitable[str]]


def run_user(wanted: argparse.Namespace, settings: Settings) -> int:
    """One of the commands on users; returns the exit status. Raises `AuthError`, `StoreError`."""
    wanted.issuer = settings.oidc_issuer
    return _run(_USER, wanted, settings)


def run_token(wanted: argparse.Namespace, settings: Settings) -> int:
    """One of the commands on tokens; returns the exit status. Raises `AuthError`, `StoreError`."""
    return _run(_TOKEN, wanted, settings)


def run_audit(_wanted: argparse.Namespace, settings: Settings) -> int:
    """Check the audit log; returns the exit status. Raises `AuditTampered`, `AccountsAway`, `StoreError`."""
    sys.stdout.write(asyncio.run(_verify(settings)) + "\n")
    return 0


def _run(commands: Mapping[str, Run], wanted: argparse.Namespace, settings: Settings) -> int:
    async def run() -> str:
        async with _access(settings) as access:
            return await commands[wanted.what](access, wanted)

    sys.stdout.write(asyncio.run(run()) + "\n")
    return 0


@asynccontextmanager
async def _access(settings: Settings) -> AsyncIterator[Access]:
    make_directory(settings.data_dir)
    engine = open_engine(JournalSettings.of(settings).database_url)
    try:
        await upgrade(engine)
        access = Access.over(StoredAccounts(engine), clock=SystemClock(), admin_token="")
        yield access
        await access.close()
    finally:
        await engine.dispose()


# --- users -----------------------------------------------------------------------------------------------------------

_ACTOR = at_command_line()


async def _add_user(access: Access, wanted: argparse.Namespace) -> str:
    user = await access.administration.add_user(
        _ACTOR,
        name=wanted.name,
        password=_password(),
        role=Role(wanted.role),
        display_name=wanted.display_name,
        agent_id=AgentId(wanted.agent) if wanted.agent else None,
        teams=wanted.team,
    )
    return f"User {user.name} can log in now, as {user.role}."


async def _list_users(access: Access, _wanted: argparse.Namespace) -> str:
    users = await access.administration.users()
    rows = [("NAME", "ROLE", "AGENT", "TEAMS", "STATE"), *map(_user_row, users)]
    return (
        _table(rows) if users else "There are no users. Make the first: thirdring user add NAME --role admin"
    )


def _user_row(user: User) -> tuple[str, ...]:
    state = "disabled" if user.is_disabled else "enabled"
    return (user.name, user.role, user.agent_id or "-", ",".join(user.teams) or "-", state)


async def _disable_user(access: Access, wanted: argparse.Namespace) -> str:
    changes = UserChanges(fields={"is_disabled": True})
    user = await access.administration.change_user(_ACTOR, wanted.name, changes)
    return f"User {user.name} is disabled. Sessions and tokens of this user are over."


async def _enable_user(access: Access, wanted: argparse.Namespace) -> str:
    changes = UserChanges(fields={"is_disabled": False})
    user = await access.administration.change_user(_ACTOR, wanted.name, changes)
    return f"User {user.name} can log in again."


async def _unlock_user(access: Access, wanted: argparse.Namespace) -> str:
    user = await access.administration.unlock_user(_ACTOR, wanted.name)
    return f"User {user.name} can try again at once, wherever it was locked out."


async def _link_user(access: Access, wanted: argparse.Namespace) -> str:
    if wanted.issuer is None:
        raise NoSignOn
    subject = subject_of(wanted.issuer, wanted.subject)
    user = await access.administration.link_user(_ACTOR, wanted.name, subject)
    return f"User {user.name} logs in as {wanted.subject} at {wanted.issuer}. All sessions of this user are over."


async def _unlink_user(access: Access, wanted: argparse.Namespace) -> str:
    user = await access.administration.link_user(_ACTOR, wanted.name, None)
    return f"User {user.name} cannot log in by single sign-on any more. All sessions of this user are over."


async def _set_password(access: Access, wanted: argparse.Namespace) -> str:
    user = await access.administration.set_password(_ACTOR, wanted.name, _password())
    return f"User {user.name} has another password. All sessions of this user are over."


def _password() -> str:
    """From a person twice, unseen; from a program once, as the first line."""
    if not sys.stdin.isatty():
        password = sys.stdin.readline().rstrip("\n")
        if not password:
            raise NoPassword("standard input is empty")
        return password
    password = getpass.getpass("Password: ")
    if getpass.getpass("The same once more: ") != password:
        raise NoPassword("the two are not the same")
    return password


# --- tokens ----------------------------------------------------------------------------------------------------------


async def _add_token(access: Access, wanted: argparse.Namespace) -> str:
    if not wanted.display and not wanted.permission:
        raise NothingAllowed
    made = await access.administration.add_token(
        _ACTOR,
        label=wanted.label,
        kind=TokenKind.DISPLAY if wanted.display else TokenKind.SCRIPT,
        lasts=timedelta(days=wanted.days),
        permissions=() if wanted.display else [Permission(each) for each in wanted.permission],
        topics=topics_of(wanted.topic) if wanted.display else (),
    )
    sys.stderr.write(
        f"Token {made.token.id} holds until {_day(made.token.expires_at)}. Keep the secret: it is not shown again.\n"
    )
    return made.secret


async def _list_tokens(access: Access, _wanted: argparse.Namespace) -> str:
    tokens = await access.administration.tokens()
    rows = [("ID", "LABEL", "KIND", "OWNER", "MAY", "UNTIL"), *map(_token_row, tokens)]
    return _table(rows) if tokens else "There are no tokens."


def _token_row(token: Token) -> tuple[str, ...]:
    may = ",".join(token.permissions or token.topics)
    until = "revoked" if token.revoked_at else _day(token.expires_at)
    return (token.id, token.label, token.kind, token.owner or "-", may, until)


async def _revoke_token(access: Access, wanted: argparse.Namespace) -> str:
    token = await access.administration.revoke_token(_ACTOR, wanted.id)
    return f"Token {token.id} ({token.label}) opens nothing any more."


def _day(at: datetime) -> str:
    return f"{at:%Y-%m-%d}"


def _table(rows: list[tuple[str, ...]]) -> str:
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    lines = ("  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)) for row in rows)
    return "\n".join(line.rstrip() for line in lines)


_USER: Mapping[str, Run] = {
    "add": _add_user,
    "list": _list_users,
    "disable": _disable_user,
    "enable": _enable_user,
    "unlock": _unlock_user,
    "link": _link_user,
    "unlink": _unlink_user,
    "password": _set_password,
}
_TOKEN: Mapping[str, Run] = {"add": _add_token, "list": _list_tokens, "revoke": _revoke_token}

# --- audit -----------------------------------------------------------------------------------------------------------


async def _verify(settings: Settings) -> str:
    JournalSettings.of(settings).expect_written()
    async with _access(settings) as access:
        head = await verify(access.store, known=head_file(settings.data_dir).known())
    return f"The audit log is as it was written: {head.seq} entries, the last with hash {head.hash}."
