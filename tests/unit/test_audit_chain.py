"""The audit log shows whatever was done to it."""

from dataclasses import replace

import pytest
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError

from app.auth.audit import AuditEntry, ChainedEntry, Head, chained, verified
from app.auth.audit_log import verify
from app.auth.errors import AuditTampered
from app.store.accounts import StoredAccounts
from app.store.engine import open_engine
from app.store.upgrade import upgrade
from tests.support.accounts import entry
from tests.support.databases import TestDatabase
from tests.support.memory_store import MemoryStore

CHANGES = {
    "actor": "user:somebody-else",
    "role": "agent",
    "source": "203.0.113.9",
    "action": "resume",
    "object": "agent:wang",
    "details": {},
    "result": "refused",
    "id": "another",
}


def chain(length: int = 3) -> list[ChainedEntry]:
    """A true chain."""
    return chained([entry() for _ in range(length)], Head())


def test_a_true_chain_is_verified_to_its_end() -> None:
    """In one go or in parts."""
    links = chain(4)
    end = Head(4, links[-1].hash)
    assert verified(links, Head()) == end == verified(links[2:], verified(links[:2], Head()))


@pytest.mark.parametrize("field", CHANGES)
def test_no_field_of_an_entry_can_be_changed(field: str) -> None:
    """Each is covered by the hash."""
    links = chain()
    changed: AuditEntry = replace(links[1].entry, **{field: CHANGES[field]})  # type: ignore[arg-type]  # by name
    links[1] = replace(links[1], entry=changed)
    with pytest.raises(AuditTampered, match="entry 2 was changed"):
        verified(links, Head())


def test_an_entry_that_was_taken_out_is_missed() -> None:
    """By its number; and with all numbers moved up, by the hash."""
    first, _, third = chain()
    with pytest.raises(AuditTampered, match="entry 2 is missing"):
        verified([first, third], Head())
    with pytest.raises(AuditTampered, match="entry 2 was changed"):
        verified([first, replace(third, seq=2)], Head())


def test_entries_do_not_change_places() -> None:
    """Nor numbers."""
    first, second, third = chain()
    with pytest.raises(AuditTampered, match="entry 2"):
        verified([first, replace(third, seq=2), replace(second, seq=3)], Head())


async def test_a_log_that_was_cut_off_is_found_by_the_end_that_was_seen() -> None:
    """A chain alone does not tell where it ended."""
    store = MemoryStore()
    await store.write_audit([entry(), entry()])
    seen = await store.audit_head()
    store._links.pop()
    await verify(store)
    with pytest.raises(AuditTampered, match="entry 2 and all behind it are missing; there were 2"):
        await verify(store, known=seen)


async def test_a_log_that_was_written_anew_is_found_by_the_end_that_was_seen() -> None:
    """Every hash is right, and it is another log."""
    store = MemoryStore()
    await store.write_audit([entry(), entry(), entry()])
    with pytest.raises(AuditTampered, match="entry 2 is not the one"):
        await verify(store, known=Head(2, "f" * 64))


@pytest.mark.parametrize("statement", ["UPDATE audit SET actor = 'nobody'", "DELETE FROM audit"])
async def test_the_database_itself_refuses_to_change_the_log(database: TestDatabase, statement: str) -> None:
    """Whoever wants to must first remove a trigger, and then the chain shows it."""
    engine = open_engine(database.url)
    await upgrade(engine)
    store = StoredAccounts(engine)
    await store.write_audit([entry()])
    with pytest.raises(DBAPIError, match="the audit log is append-only"):
        async with engine.begin() as connection:
            await connection.execute(text(statement))
    assert (await verify(store)).seq == 1
    await engine.dispose()


@pytest.mark.parametrize("key", ["seq", "entry_id"])
async def test_sqlite_refuses_to_replace_an_entry(sqlite_database: TestDatabase, key: str) -> None:
    """Its INSERT OR REPLACE removes a row without asking the trigger that guards against it."""
    engine = open_engine(sqlite_database.url)
    await upgrade(engine)
    store = StoredAccounts(engine)
    await store.write_audit([entry(), entry()])
    others = {"seq": "3 AS seq, entry_id", "entry_id": "seq, 'x' AS entry_id"}[
        "entry_id" if key == "seq" else "seq"
    ]
    columns = "at, actor, role, source, action, object, details, 'forged', hash"
    with pytest.raises(DBAPIError, match="the audit log is append-only"):
        async with engine.begin() as connection:
            await connection.execute(
                text(f"INSERT OR REPLACE INTO audit SELECT {others}, {columns} FROM audit WHERE seq = 2")
            )
    assert (await verify(store)).seq == 2
    await engine.dispose()


async def test_a_row_changed_behind_the_triggers_back_is_found(database: TestDatabase) -> None:
    """By whoever may change the database."""
    engine = open_engine(database.url)
    await upgrade(engine)
    store = StoredAccounts(engine)
    await store.write_audit([entry(), entry(), entry()])
    trigger = "audit_append_only ON audit" if database.server else "audit_no_UPDATE"
    async with engine.begin() as connection:
        await connection.execute(text(f"DROP TRIGGER {trigger}"))
        await connection.execute(text("UPDATE audit SET result = 'refused' WHERE seq = 2"))
    with pytest.raises(AuditTampered, match="entry 2 was changed"):
        await verify(store)
    await engine.dispose()
