"""Checks of users, single sign-on and the audit log. Looking changes nothing."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from sqlalchemy import inspect
from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.ext.asyncio import AsyncEngine

from app.auth.administration import is_active_admin
from app.auth.audit_log import verify
from app.auth.errors import AccountsAway, AuditTampered, ProviderAway
from app.auth.sign_on_settings import SignOnMisconfigured, sign_on_settings
from app.clock import SystemClock
from app.doctor.context import Context
from app.doctor.database import database_url, is_new_file
from app.doctor.finding import Finding, error, ok, warning
from app.store.access import head_file
from app.store.account_tables import audit
from app.store.accounts import StoredAccounts
from app.store.engine import open_engine
from app.store.errors import DatabaseUrlInvalid

_NEWEST = 100_000
"""Entries that are checked: a few seconds."""


async def check_admins(context: Context) -> Finding:
    """Somebody can log in to the pages and manage users."""
    async with _accounts(context) as accounts:
        if accounts is None:
            return ok("Admins", "none yet; after the first start: `thirdring user add NAME --role admin`")
        try:
            admins = [user.name for user in (await accounts.roll()).users if is_active_admin(user)]
        except AccountsAway as problem:
            return error("Admins", problem.detail, advice="See the finding on the database.")
    if not admins:
        return warning(
            "Admins",
            "no user is an admin and can log in; only the admin token can manage users",
            advice="Make one: `thirdring user add NAME --role admin`.",
        )
    return ok("Admins", ", ".join(sorted(admins)))


async def check_audit(context: Context) -> Finding:
    """The audit log is what was written; of a long one its newest part is looked at."""
    known = head_file(context.settings.data_dir).known()
    async with _accounts(context) as accounts:
        if accounts is None and known.seq:
            return error(
                "Audit log",
                f"there were {known.seq} entries, and the database has no log",
                advice="Restore the database from a backup, or find out who removed it.",
            )
        if accounts is None:
            return ok("Audit log", "none yet")
        try:
            head = await verify(accounts, known=known, newest=_NEWEST)
        except AuditTampered as tampered:
            return error("Audit log", tampered.detail, advice="`thirdring audit verify` checks all of it.")
        except AccountsAway as problem:
            return error("Audit log", problem.detail, advice="See the finding on the database.")
    if head.seq > _NEWEST:
        return ok("Audit log", f"the newest {_NEWEST} of {head.seq} entries are as they were written")
    return ok("Audit log", f"{head.seq} entries, as they were written")


async def check_sign_on(context: Context) -> Finding:
    """The provider of single sign-on answers, and tells all that is needed."""
    try:
        settings = sign_on_settings(context.settings)
    except SignOnMisconfigured as problem:
        return error("Single sign-on", str(problem), advice="Correct the variables THIRDRING_OIDC_….")
    if settings is None:
        return ok("Single sign-on", "not set up: users log in by passwords")
    from app.auth.provider import Provider  # noqa: PLC0415 - it needs packages that only the extra `oidc` brings

    provider = Provider(settings, SystemClock())
    try:
        where = await provider.check()
    except ProviderAway as away:
        return error(
            "Single sign-on",
            away.reason,
            advice="Check THIRDRING_OIDC_ISSUER and the way there. Passwords work.",
        )
    finally:
        await provider.close()
    return ok("Single sign-on", f"users log in at {where}; {len(settings.rules.roles)} groups have a role")


@asynccontextmanager
async def _accounts(context: Context) -> AsyncIterator[StoredAccounts | None]:
    """Those of the database; None: it has none yet."""
    url = database_url(context)
    if is_new_file(url):
        yield None
        return
    try:
        engine = open_engine(url)
    except DatabaseUrlInvalid:
        yield None
        return
    try:
        yield StoredAccounts(engine) if await _has_tables(engine) else None
    finally:
        await engine.dispose()


async def _has_tables(engine: AsyncEngine) -> bool:
    """Whether they are there; if nobody can say, whoever reads them will be told why."""
    try:
        async with engine.connect() as connection:
            return await connection.run_sync(lambda plain: inspect(plain).has_table(audit.name))
    except (SQLAlchemyError, OSError):
        return True
