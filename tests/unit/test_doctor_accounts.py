"""The checks of users, single sign-on and the audit log: looking leaves no trace."""

from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncEngine

from app.auth.model import Role
from app.clock import SystemClock
from app.doctor import accounts
from app.doctor.accounts import check_admins, check_audit, check_sign_on
from app.doctor.finding import Level
from app.store.access import head_file
from app.store.accounts import StoredAccounts
from app.store.engine import WRITES, open_engine
from app.store.upgrade import upgrade
from tests.support.accounts import entry, user
from tests.support.databases import TestDatabase
from tests.support.doctor import context_for
from tests.support.openid import CLIENT_ID, openid_provider


@pytest.fixture
async def engine(database: TestDatabase) -> AsyncIterator[AsyncEngine]:
    """Each kind of database in turn, with tables."""
    engine = open_engine(database.url)
    await upgrade(engine)
    yield engine
    await engine.dispose()


async def test_an_admin_who_can_log_in_is_named(
    tmp_path: Path, database: TestDatabase, engine: AsyncEngine
) -> None:
    """A disabled one is none."""
    context = context_for(tmp_path, database_url=database.url)
    store = StoredAccounts(engine)
    await store.add_user(user("gone", role=Role.ADMIN, is_disabled=True), entry())
    await store.add_user(user("lin"), entry())
    finding = await check_admins(context)
    assert (finding.level, "user add NAME --role admin" in finding.advice) == (Level.WARNING, True)
    await store.add_user(user("boss", role=Role.ADMIN), entry())
    finding = await check_admins(context)
    assert (finding.level, finding.detail) == (Level.OK, "boss")


async def test_a_true_log_is_good(tmp_path: Path, database: TestDatabase, engine: AsyncEngine) -> None:
    """With as many entries as there are."""
    context = context_for(tmp_path, database_url=database.url)
    await StoredAccounts(engine).write_audit([entry(), entry()])
    finding = await check_audit(context)
    assert (finding.level, finding.detail) == (Level.OK, "2 entries, as they were written")


async def test_of_a_long_log_the_newest_part_is_checked(
    tmp_path: Path, database: TestDatabase, engine: AsyncEngine, monkeypatch: pytest.MonkeyPatch
) -> None:
    """And it says so."""
    monkeypatch.setattr(accounts, "_NEWEST", 2)
    await StoredAccounts(engine).write_audit([entry(), entry(), entry()])
    finding = await check_audit(context_for(tmp_path, database_url=database.url))
    assert (finding.level, finding.detail) == (Level.OK, "the newest 2 of 3 entries are as they were written")


async def test_a_log_that_was_changed_is_an_error(
    tmp_path: Path, database: TestDatabase, engine: AsyncEngine
) -> None:
    """It names the entry."""
    await StoredAccounts(engine).write_audit([entry(), entry()])
    trigger = "audit_append_only ON audit" if database.server else "audit_no_UPDATE"
    async with engine.execution_options(**WRITES).begin() as connection:
        await connection.execute(text(f"DROP TRIGGER {trigger}"))
        await connection.execute(text("UPDATE audit SET actor = 'nobody' WHERE seq = 2"))
    finding = await check_audit(context_for(tmp_path, database_url=database.url))
    assert finding.level is Level.ERROR
    assert "entry 2 was changed" in finding.detail


async def test_a_log_that_went_with_its_database_is_an_error(
    tmp_path: Path, sqlite_database: TestDatabase
) -> None:
    """Its end is remembered in the data directory; without one there was none yet."""
    context = context_for(tmp_path, database_url=sqlite_database.url)
    assert (await check_audit(context)).level is Level.OK
    store = StoredAccounts(open_engine(sqlite_database.url))
    await upgrade(store._engine)
    await store.write_audit([entry()])
    head_file(context.settings.data_dir).keep(await store.audit_head())
    await store._engine.dispose()
    sqlite_database.path.unlink()
    finding = await check_audit(context)
    assert finding.level is Level.ERROR
    assert "there were 1 entries" in finding.detail
    assert (await check_admins(context)).level is Level.OK


@pytest.mark.postgres
async def test_a_database_without_tables_has_nothing_to_check(
    tmp_path: Path, postgres_database: TestDatabase
) -> None:
    """The first start makes them."""
    context = context_for(tmp_path, database_url=postgres_database.url)
    assert {(await check(context)).level for check in (check_admins, check_audit)} == {Level.OK}


async def test_a_database_that_cannot_be_read_is_an_error(
    tmp_path: Path, sqlite_database: TestDatabase
) -> None:
    """Its own check says more."""
    sqlite_database.path.write_text("not a database, but long enough to be taken for one" * 20)
    context = context_for(tmp_path, database_url=sqlite_database.url)
    assert {(await check(context)).level for check in (check_admins, check_audit)} == {Level.ERROR}


async def test_a_provider_that_answers_is_good(tmp_path: Path) -> None:
    """Its keys are asked for as well."""
    async with openid_provider(SystemClock().now) as provider:
        settings: dict[str, Any] = {
            "oidc_issuer": provider.url,
            "oidc_client_id": CLIENT_ID,
            "oidc_roles": {"a": "agent"},
        }
        finding = await check_sign_on(context_for(tmp_path, **settings))
        assert (finding.level, finding.detail) == (
            Level.OK,
            f"users log in at {provider.url}/authorize; 1 groups have a role",
        )
        assert "/keys" in provider.asked
        provider.status = 503
        assert (await check_sign_on(context_for(tmp_path, **settings))).level is Level.ERROR


async def test_single_sign_on_that_cannot_be_is_an_error_and_none_is_good(tmp_path: Path) -> None:
    """With the variable to correct."""
    finding = await check_sign_on(context_for(tmp_path, oidc_issuer="https://login.example.com"))
    assert (finding.level, "THIRDRING_OIDC_CLIENT_ID" in finding.detail) == (Level.ERROR, True)
    assert (await check_sign_on(context_for(tmp_path))).level is Level.OK
