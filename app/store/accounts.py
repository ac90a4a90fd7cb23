"""Users, sessions, tokens and the audit log in the database: the `AccountStore` of the service."""

import json
from collections.abc import AsyncIterator, Callable, Collection, Mapping, Sequence
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from datetime import datetime
from typing import Any

from sqlalchemy import Row, delete, insert, select, update
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine

from app.auth.audit import AuditEntry, AuditFilter, ChainedEntry, Head
from app.auth.errors import AccountsAway, UnknownToken, UnknownUser, UserExists
from app.auth.model import (
    SecretHash,
    Session,
    Token,
    TokenId,
    User,
    UserName,
)
from app.auth.store import Roll
from app.auth.throttle import FailureKey, Failures
from app.store.account_tables import access_token, account_revision, user_account, user_session
from app.store.audit_rows import append_audit, read_head, read_links, read_page, wait_for_turn
from app.store.engine import WRITES
from app.store.errors import DatabaseFailed
from app.store.login_failures import (
    clear_failures,
    forget_failures,
    forget_user,
    put_failures,
    read_failures,
)
from app.store.mapping import columns_of, value_of
from app.store.reason import plain_failures

_ONLY_ROW = 1


class StoredAccounts:
    """It is an `AccountStore`."""

    def __init__(self, engine: AsyncEngine) -> None:
        self._engine = engine

    # --- users and tokens --------------------------------------------------------------------------------------------

    async def revision(self) -> int:
        """As `AccountStore.revision`."""
        async with self._reading() as connection:
            return await _revision(connection)

    async def roll(self) -> Roll:
        """As `AccountStore.roll`. The revision is read first: a change meanwhile is noticed later."""
        async with self._reading() as connection:
            revision = await _revision(connection)
            users = [_user(row) for row in await connection.execute(select(user_account))]
            tokens = [_token(row) for row in await connection.execute(select(access_token))]
            sessions = [_session(row) for row in await connection.execute(select(user_session))]
            return Roll(revision, users, tokens, sessions)

    async def add_user(self, user: User, entry: AuditEntry) -> None:
        """As `AccountStore.add_user`."""
        async with self._changing(entry) as connection:
            same_name = select(user_account.c.name).where(user_account.c.name == user.name)
            if (await connection.execute(same_name)).first() is not None:
                raise UserExists(user.name)
            await connection.execute(insert(user_account).values(_user_values(user)))

    async def change_user(
        self,
        name: UserName,
        change: Callable[[User], User],
        entry: Callable[[User, User], AuditEntry],
        *,
        check: Callable[[User, Sequence[User]], None] | None = None,
    ) -> User:
        """As `AccountStore.change_user`. The revision comes first: its row lets one change begin after the other."""
        async with self._writing() as connection:
            await _raise_revision(connection)
            users = {user.name: user for user in map(_user, await connection.execute(select(user_account)))}
            before = users.get(name)
            if before is None:
                raise UnknownUser(name)
            after = users[name] = change(before)
            if check is not None:
                check(before, tuple(users.values()))
            is_named = user_account.c.name == name
            await connection.execute(update(user_account).where(is_named).values(_user_values(after)))
            await append_audit(connection, [entry(before, after)])
            return after

    async def add_token(self, token: Token, entry: AuditEntry) -> None:
        """As `AccountStore.add_token`."""
        async with self._changing(entry) as connection:
            await connection.execute(insert(access_token).values(_token_values(token)))

    async def revoke_token(self, token_id: TokenId, at: datetime, entry: AuditEntry) -> Token:
        """As `AccountStore.revoke_token`."""
        is_named = access_token.c.token_id == token_id
        async with self._changing(entry) as connection:
            is_alive = access_token.c.revoked_at.is_(None)
            await connection.execute(update(access_token).where(is_named, is_alive).values(revoked_at=at))
            row = (await connection.execute(select(access_token).where(is_named))).first()
            if row is None:
                raise UnknownToken(token_id)
            return _token(row)

    # --- sessions ----------------------------------------------------------------------------------------------------

    async def session(self, secret_hash: SecretHash) -> Session | None:
        """As `AccountStore.session`."""
        wanted = select(user_session).where(user_session.c.secret_hash == secret_hash)
        async with self._reading() as connection:
            row = (await connection.execute(wanted)).first()
        return None if row is None else _session(row)

    async def open_session(
        self, session: Session, entry: AuditEntry, *, instead_of: SecretHash | None, over_before: datetime
    ) -> None:
        """As `AccountStore.open_session`."""
        async with self._writing() as connection:
            await connection.execute(delete(user_session).where(user_session.c.opened_at < over_before))
            if instead_of is not None:
                await _remove_session(connection, instead_of)
                await _raise_revision(connection)
            await connection.execute(insert(user_session).values(columns_of(session)))
            await append_audit(connection, [entry])

    async def close_session(self, secret_hash: SecretHash, entry: AuditEntry) -> None:
        """As `AccountStore.close_session`."""
        async with self._changing(entry) as connection:
            await _remove_session(connection, secret_hash)

    async def touch(self, used_at: Mapping[SecretHash, datetime]) -> None:
        """As `AccountStore.touch`."""
        async with self._writing() as connection:
            for secret_hash, at in used_at.items():
                is_it = user_session.c.secret_hash == secret_hash
                await connection.execute(update(user_session).where(is_it).values(used_at=at))

    # --- failed log-ins ----------------------------------------------------------------------------------------------

    async def failures(self, keys: Collection[FailureKey]) -> Mapping[FailureKey, Failures]:
        """As `AccountStore.failures`."""
        async with self._reading() as connection:
            return await read_failures(connection, keys)

    async def count_failure(
        self,
        keys: Collection[FailureKey],
        count: Callable[[FailureKey, Failures | None], Failures],
        entries: Callable[[Mapping[FailureKey, Failures]], Sequence[AuditEntry]],
        *,
        over_before: datetime,
    ) -> None:
        """As `AccountStore.count_failure`."""
        async with self._writing() as connection:
            await wait_for_turn(connection)
            await clear_failures(connection, over_before)
            known = await read_failures(connection, keys)
            counted = {key: count(key, known.get(key)) for key in keys}
            await put_failures(connection, counted)
            await append_audit(connection, entries(counted))

    async def forget_failures(self, keys: Collection[FailureKey]) -> None:
        """As `AccountStore.forget_failures`."""
        async with self._writing() as connection:
            await forget_failures(connection, keys)

    async def unlock(self, name: UserName, entry: AuditEntry) -> None:
        """As `AccountStore.unlock`."""
        async with self._writing() as connection:
            await wait_for_turn(connection)
            await forget_user(connection, name)
            await append_audit(connection, [entry])

    # --- the audit log -----------------------------------------------------------------------------------------------

    async def write_audit(self, entries: Sequence[AuditEntry]) -> None:
        """As `AccountStore.write_audit`."""
        async with self._writing() as connection:
            await append_audit(connection, entries)

    async def audit_page(
        self, wanted: AuditFilter, *, behind: int | None, limit: int
    ) -> Sequence[ChainedEntry]:
        """As `AccountStore.audit_page`."""
        async with self._reading() as connection:
            return await read_page(connection, wanted, behind=behind, limit=limit)

    async def audit_links(self, *, after: int, limit: int) -> Sequence[ChainedEntry]:
        """As `AccountStore.audit_links`."""
        async with self._reading() as connection:
            return await read_links(connection, after=after, limit=limit)

    async def audit_head(self) -> Head:
        """As `AccountStore.audit_head`."""
        async with self._reading() as connection:
            return await read_head(connection)

    # --- connections -------------------------------------------------------------------------------------------------

    @asynccontextmanager
    async def _changing(self, entry: AuditEntry) -> AsyncIterator[AsyncConnection]:
        """A change of accounts, noted with it."""
        async with self._writing() as connection:
            yield connection
            await _note_change(connection, entry)

    def _writing(self) -> AbstractAsyncContextManager[AsyncConnection]:
        return self._connection(self._engine.execution_options(**WRITES))

    def _reading(self) -> AbstractAsyncContextManager[AsyncConnection]:
        return self._connection(self._engine)

    @asynccontextmanager
    async def _connection(self, engine: AsyncEngine) -> AsyncIterator[AsyncConnection]:
        try:
            with plain_failures():
                async with engine.begin() as connection:
                    yield connection
        except DatabaseFailed as failure:
            raise AccountsAway(failure.reason) from failure


async def _note_change(connection: AsyncConnection, entry: AuditEntry) -> None:
    await _raise_revision(connection)
    await append_audit(connection, [entry])


async def _raise_revision(connection: AsyncConnection) -> None:
    await connection.execute(update(account_revision).values(revision=account_revision.c.revision + 1))


async def _revision(connection: AsyncConnection) -> int:
    wanted = select(account_revision.c.revision).where(account_revision.c.id == _ONLY_ROW)
    return int((await connection.execute(wanted)).scalar_one())


async def _remove_session(connection: AsyncConnection, secret_hash: SecretHash) -> None:
    await connection.execute(delete(user_session).where(user_session.c.secret_hash == secret_hash))


# --- rows and values -------------------------------------------------------------------------------------------------


def _user_values(user: User) -> dict[str, object]:
    return columns_of(user, teams=_json(user.teams))


def _user(row: Row[Any]) -> User:
    return value_of(User, row, teams=json.loads(row.teams))


def _token_values(token: Token) -> dict[str, object]:
    values = columns_of(token, permissions=_json(token.permissions), topics=_json(token.topics))
    values["token_id"] = values.pop("id")
    return values


def _token(row: Row[Any]) -> Token:
    permissions, topics = json.loads(row.permissions), json.loads(row.topics)
    return value_of(Token, row, id=row.token_id, permissions=permissions, topics=topics)


def _session(row: Row[Any]) -> Session:
    return value_of(Session, row)


def _json(words: Sequence[str]) -> str:
    return json.dumps(words, ensure_ascii=False)
