"""Accounts and audit kept in memory: the twin of the database. `tests/contract/test_auth_store.py` holds it to the real ones."""

from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import replace
from datetime import datetime

from app.auth.audit import AuditEntry, AuditFilter, ChainedEntry, Head, chained
from app.auth.errors import UnknownToken, UnknownUser, UserExists
from app.auth.model import SecretHash, Session, Token, TokenId, User, UserName
from app.auth.store import Roll
from app.auth.throttle import FailureKey, Failures


class MemoryStore:
    """It is an `AccountStore`, and forgets all when it goes."""

    def __init__(self) -> None:
        self._revision = 0
        self._users: dict[UserName, User] = {}
        self._tokens: dict[TokenId, Token] = {}
        self._sessions: dict[SecretHash, Session] = {}
        self._failures: dict[FailureKey, Failures] = {}
        self._links: list[ChainedEntry] = []

    async def revision(self) -> int:
        """As `AccountStore.revision`."""
        return self._revision

    async def roll(self) -> Roll:
        """As `AccountStore.roll`."""
        users, tokens, sessions = self._users.values(), self._tokens.values(), self._sessions.values()
        return Roll(self._revision, tuple(users), tuple(tokens), tuple(sessions))

    async def add_user(self, user: User, entry: AuditEntry) -> None:
        """As `AccountStore.add_user`."""
        if user.name in self._users:
            raise UserExists(user.name)
        self._users[user.name] = user
        await self._changed(entry)

    async def change_user(
        self,
        name: UserName,
        change: Callable[[User], User],
        entry: Callable[[User, User], AuditEntry],
        *,
        check: Callable[[User, Sequence[User]], None] | None = None,
    ) -> User:
        """As `AccountStore.change_user`."""
        before = self._users.get(name)
        if before is None:
            raise UnknownUser(name)
        after = change(before)
        users = self._users | {name: after}
        if check is not None:
            check(before, tuple(users.values()))
        self._users = users
        await self._changed(entry(before, after))
        return after

    async def add_token(self, token: Token, entry: AuditEntry) -> None:
        """As `AccountStore.add_token`."""
        self._tokens[token.id] = token
        await self._changed(entry)

    async def revoke_token(self, token_id: TokenId, at: datetime, entry: AuditEntry) -> Token:
        """As `AccountStore.revoke_token`."""
        before = self._tokens.get(token_id)
        if before is None:
            raise UnknownToken(token_id)
        after = self._tokens[token_id] = replace(before, revoked_at=before.revoked_at or at)
        await self._changed(entry)
        return after

    async def session(self, secret_hash: SecretHash) -> Session | None:
        """As `AccountStore.session`."""
        return self._sessions.get(secret_hash)

    async def open_session(
        self, session: Session, entry: AuditEntry, *, instead_of: SecretHash | None, over_before: datetime
    ) -> None:
        """As `AccountStore.open_session`."""
        kept = {
            key: old
            for key, old in self._sessions.items()
            if old.opened_at >= over_before and key != instead_of
        }
        self._sessions = kept | {session.secret_hash: session}
        self._revision += instead_of is not None
        await self.write_audit([entry])

    async def close_session(self, secret_hash: SecretHash, entry: AuditEntry) -> None:
        """As `AccountStore.close_session`."""
        self._sessions.pop(secret_hash, None)
        await self._changed(entry)

    async def touch(self, used_at: Mapping[SecretHash, datetime]) -> None:
        """As `AccountStore.touch`."""
        for secret_hash, at in used_at.items():
            if (session := self._sessions.get(secret_hash)) is not None:
                self._sessions[secret_hash] = replace(session, used_at=at)

    async def failures(self, keys: Collection[FailureKey]) -> Mapping[FailureKey, Failures]:
        """As `AccountStore.failures`."""
        return {key: self._failures[key] for key in keys if key in self._failures}

    async def count_failure(
        self,
        keys: Collection[FailureKey],
        count: Callable[[FailureKey, Failures | None], Failures],
        entries: Callable[[Mapping[FailureKey, Failures]], Sequence[AuditEntry]],
        *,
        over_before: datetime,
    ) -> None:
        """As `AccountStore.count_failure`."""
        kept = {key: each for key, each in self._failures.items() if each.last_at >= over_before}
        counted = {key: count(key, kept.get(key)) for key in keys}
        self._failures = kept | counted
        await self.write_audit(entries(counted))

    async def forget_failures(self, keys: Collection[FailureKey]) -> None:
        """As `AccountStore.forget_failures`."""
        self._failures = {key: each for key, each in self._failures.items() if key not in keys}

    async def unlock(self, name: UserName, entry: AuditEntry) -> None:
        """As `AccountStore.unlock`."""
        own = {key for key in self._failures if key.user_name == name}
        await self.forget_failures(own | {FailureKey(address=key.address) for key in own})
        await self.write_audit([entry])

    async def write_audit(self, entries: Sequence[AuditEntry]) -> None:
        """As `AccountStore.write_audit`."""
        known = {link.entry.id for link in self._links}
        fresh = [entry for entry in entries if entry.id not in known]
        self._links += chained(fresh, await self.audit_head())

    async def audit_page(
        self, wanted: AuditFilter, *, behind: int | None, limit: int
    ) -> Sequence[ChainedEntry]:
        """As `AccountStore.audit_page`."""
        older = [link for link in self._links if behind is None or link.seq < behind]
        return [link for link in reversed(older) if _is_wanted(link.entry, wanted)][:limit]

    async def audit_links(self, *, after: int, limit: int) -> Sequence[ChainedEntry]:
        """As `AccountStore.audit_links`."""
        return self._links[after : after + limit]

    async def audit_head(self) -> Head:
        """As `AccountStore.audit_head`."""
        return Head(self._links[-1].seq, self._links[-1].hash) if self._links else Head()

    async def _changed(self, entry: AuditEntry) -> None:
        self._revision += 1
        await self.write_audit([entry])


def _is_wanted(entry: AuditEntry, wanted: AuditFilter) -> bool:
    is_early = wanted.since is not None and entry.at < wanted.since
    is_late = wanted.until is not None and entry.at >= wanted.until
    names = ("actor", "action", "object", "source", "result")
    is_other = any(getattr(wanted, name) not in (None, getattr(entry, name)) for name in names)
    return not (is_early or is_late or is_other)
