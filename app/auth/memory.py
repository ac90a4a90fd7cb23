"""Accounts and audit kept in memory: the twin of the database for tests and for an interface without one."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from datetime import datetime

from app.auth.audit import AuditEntry, AuditFilter, ChainedEntry, Head, chained
from app.auth.errors import UnknownToken, UnknownUser, UserExists
from app.auth.model import SecretHash, Session, Token, TokenId, User, UserName
from app.auth.store import Roll


class MemoryStore:
    """It is an `AccountStore`, and forgets all when it goes."""

    def __init__(self) -> None:
        self._revision = 0
        self._users: dict[UserName, User] = {}
        self._tokens: dict[TokenId, Token] = {}
        self._sessions: dict[SecretHash, Session] = {}
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
        self, name: UserName, change: Callable[[User], User], entry: Callable[[User, User], AuditEntry]
    ) -> User:
        """As `AccountStore.change_user`."""
        before = self._users.get(name)
        if before is None:
            raise UnknownUser(name)
        after = self._users[name] = change(before)
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
        return [link for link in reversed(older) if wanted.matches(link.entry)][:limit]

    async def audit_links(self, *, after: int, limit: int) -> Sequence[ChainedEntry]:
        """As `AccountStore.audit_links`."""
        return self._links[after : after + limit]

    async def audit_head(self) -> Head:
        """As `AccountStore.audit_head`."""
        return Head(self._links[-1].seq, self._links[-1].hash) if self._links else Head()

    async def _changed(self, entry: AuditEntry) -> None:
        self._revision += 1
        await self.write_audit([entry])
