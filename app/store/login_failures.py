"""Failed log-ins in SQL: lock-outs outlive a restart, and hold at every service on this database."""

from collections.abc import Collection, Mapping
from datetime import datetime

from sqlalchemy import ColumnElement, and_, delete, false, or_, select
from sqlalchemy.ext.asyncio import AsyncConnection

from app.auth.throttle import FailureKey, Failures
from app.store.account_tables import login_failure
from app.store.mapping import columns_of
from app.store.rows import insert_into

_COLUMN = login_failure.c
_KEY = (_COLUMN.user_name, _COLUMN.address, _COLUMN.browser)


async def read_failures(
    connection: AsyncConnection, keys: Collection[FailureKey]
) -> dict[FailureKey, Failures]:
    """As `AccountStore.failures`."""
    rows = await connection.execute(select(login_failure).where(_is_one_of(keys)))
    return {
        FailureKey(user_name, address, browser): Failures(count, last_at)
        for user_name, address, browser, count, last_at in rows
    }


async def put_failures(connection: AsyncConnection, failures: Mapping[FailureKey, Failures]) -> None:
    """Write down how they are now."""
    insert = insert_into(login_failure, connection.dialect.name)
    replaced = {name: insert.excluded[name] for name in ("count", "last_at")}
    rows = [columns_of(key) | columns_of(each) for key, each in failures.items()]
    await connection.execute(insert.on_conflict_do_update(index_elements=_KEY, set_=replaced), rows)


async def clear_failures(connection: AsyncConnection, before: datetime) -> None:
    """Remove what failed last before that."""
    await connection.execute(delete(login_failure).where(_COLUMN.last_at < before))


async def forget_failures(connection: AsyncConnection, keys: Collection[FailureKey]) -> None:
    """As `AccountStore.forget_failures`."""
    await connection.execute(delete(login_failure).where(_is_one_of(keys)))


async def forget_user(connection: AsyncConnection, name: str) -> None:
    """As `AccountStore.unlock`."""
    addresses = select(_COLUMN.address).where(_COLUMN.user_name == name)
    shared = and_(_COLUMN.user_name == "", _COLUMN.address.in_(addresses))
    await connection.execute(delete(login_failure).where(shared))
    await connection.execute(delete(login_failure).where(_COLUMN.user_name == name))


def _is_one_of(keys: Collection[FailureKey]) -> ColumnElement[bool]:
    same = (
        and_(
            _COLUMN.user_name == key.user_name, _COLUMN.address == key.address, _COLUMN.browser == key.browser
        )
        for key in keys
    )
    return or_(false(), *same)
