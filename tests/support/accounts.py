"""Accounts for tests: stores of each kind, and users that log in quickly."""

from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta

import pytest
from pwdlib.hashers.argon2 import Argon2Hasher

from app.auth.actor import Actor, admin_token_holder
from app.auth.audit import AuditEntry
from app.auth.credentials import hash_of
from app.auth.model import Permission, Role, Session, Token, TokenId, TokenKind, User, UserName
from app.auth.passwords import Hasher
from app.auth.store import AccountStore
from app.store.accounts import StoredAccounts
from app.store.engine import open_engine
from app.store.upgrade import upgrade
from tests.support.databases import TestDatabase
from tests.support.memory_store import MemoryStore

NOON = datetime(2026, 11, 21, 12, tzinfo=UTC)
PASSWORD = "correct horse battery"
BOSS = Actor(admin_token_holder(), "192.0.2.1")


def quick_hasher() -> Hasher:
    """Real hashes of argon2, cheap ones."""
    return Hasher(Argon2Hasher(time_cost=1, memory_cost=8, parallelism=1))


def user(name: str = "lin", **fields: object) -> User:
    """A user as a store keeps it."""
    values: dict[str, object] = {
        "name": UserName(name),
        "role": Role.AGENT,
        "password_hash": "hash",
        "created_at": NOON,
        "password_changed_at": NOON,
    }
    return User(**(values | fields))  # type: ignore[arg-type]  # the fields are named by the test


def token(token_id: str = "t1", **fields: object) -> Token:
    """A token as a store keeps it."""
    values: dict[str, object] = {
        "id": TokenId(token_id),
        "label": "nightly export",
        "kind": TokenKind.SCRIPT,
        "secret_hash": hash_of(token_id),
        "created_at": NOON,
        "expires_at": NOON + timedelta(days=1),
        "permissions": (Permission.REPORTS_SEE,),
    }
    return Token(**(values | fields))  # type: ignore[arg-type]  # the fields are named by the test


def session(secret: str = "s1", **fields: object) -> Session:
    """A session as a store keeps it."""
    values: dict[str, object] = {
        "secret_hash": hash_of(secret),
        "user_name": UserName("lin"),
        "epoch": 1,
        "opened_at": NOON,
        "used_at": NOON,
    }
    return Session(**(values | fields))  # type: ignore[arg-type]  # the fields are named by the test


def entry(action: str = "pause", **fields: object) -> AuditEntry:
    """An audit entry with an id of its own."""
    made = BOSS.entry(action, at=NOON, about="agent:lin", details={"code": "午餐"})
    values = {name: getattr(made, name) for name in made.__slots__}
    return AuditEntry(**(values | fields))


@pytest.fixture(params=["memory", "sqlite", pytest.param("postgres", marks=pytest.mark.postgres)])
def store_database(request: pytest.FixtureRequest) -> TestDatabase | None:
    """The database of the store; None for the one in memory."""
    if request.param == "memory":
        return None
    found: TestDatabase = request.getfixturevalue(f"{request.param}_database")
    return found


@pytest.fixture
async def store(store_database: TestDatabase | None) -> AsyncIterator[AccountStore]:
    """An empty store of each kind in turn."""
    if store_database is None:
        yield MemoryStore()
        return
    engine = open_engine(store_database.url)
    await upgrade(engine)
    yield StoredAccounts(engine)
    await engine.dispose()
