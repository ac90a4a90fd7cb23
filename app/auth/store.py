"""What users, sessions, tokens and audit need of a database: `app/store/accounts.py` implements it.

A change and its audit entry are written together or not at all. Every method raises `AccountsAway` when the database is away.
"""

from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

from app.auth.audit import AuditEntry, AuditFilter, ChainedEntry, Head
from app.auth.model import SecretHash, Session, Token, TokenId, User, UserName
from app.auth.throttle import FailureKey, Failures


@dataclass(frozen=True, slots=True)
class Roll:
    """All users, tokens and sessions, at one revision. Every change of either, and every end of a session, makes a new revision."""

    revision: int
    users: Sequence[User]
    tokens: Sequence[Token]
    sessions: Sequence[Session]


class AccountStore(Protocol):
    """Where accounts and the audit log are kept."""

    async def revision(self) -> int:
        """The number of changes so far. Cheap."""
        ...

    async def roll(self) -> Roll:
        """All users, tokens and sessions."""
        ...

    async def add_user(self, user: User, entry: AuditEntry) -> None:
        """A new user. Raises `UserExists`."""
        ...

    async def change_user(
        self,
        name: UserName,
        change: Callable[[User], User],
        entry: Callable[[User, User], AuditEntry],
        *,
        check: Callable[[User, Sequence[User]], None] | None = None,
    ) -> User:
        """Change a user as it is now; `entry` gets the user before and after. Raises `UnknownUser`.

        `check` gets the user before, and all users as they would be; when it raises, nothing has changed. Changes come one after the other.
        """
        ...

    async def add_token(self, token: Token, entry: AuditEntry) -> None:
        """A new token."""
        ...

    async def revoke_token(self, token_id: TokenId, at: datetime, entry: AuditEntry) -> Token:
        """End a token; one that is revoked already stays as it is. Raises `UnknownToken`."""
        ...

    async def session(self, secret_hash: SecretHash) -> Session | None:
        """One session, over or not."""
        ...

    async def open_session(
        self, session: Session, entry: AuditEntry, *, instead_of: SecretHash | None, over_before: datetime
    ) -> None:
        """A new session, perhaps instead of another. Those opened before `over_before` are cleared away."""
        ...

    async def close_session(self, secret_hash: SecretHash, entry: AuditEntry) -> None:
        """End a session. May be called twice."""
        ...

    async def touch(self, used_at: Mapping[SecretHash, datetime]) -> None:
        """These sessions were used then."""
        ...

    async def failures(self, keys: Collection[FailureKey]) -> Mapping[FailureKey, Failures]:
        """Failed log-ins by these keys."""
        ...

    async def count_failure(
        self,
        keys: Collection[FailureKey],
        count: Callable[[FailureKey, Failures | None], Failures],
        entries: Callable[[Mapping[FailureKey, Failures]], Sequence[AuditEntry]],
        *,
        over_before: datetime,
    ) -> None:
        """A log-in failed: `count` gets what is known of each key, `entries` what is known then.

        One comes after the other. Those that failed last before `over_before` are cleared away.
        """
        ...

    async def forget_failures(self, keys: Collection[FailureKey]) -> None:
        """A log-in succeeded. Others are not forgotten."""
        ...

    async def unlock(self, name: UserName, entry: AuditEntry) -> None:
        """Forget all failures of a user, and those of the addresses where they happened."""
        ...

    async def write_audit(self, entries: Sequence[AuditEntry]) -> None:
        """Append to the audit log what it does not have yet."""
        ...

    async def audit_page(
        self, wanted: AuditFilter, *, behind: int | None, limit: int
    ) -> Sequence[ChainedEntry]:
        """The newest `limit` entries, older than the entry numbered `behind`, newest first."""
        ...

    async def audit_links(self, *, after: int, limit: int) -> Sequence[ChainedEntry]:
        """The first `limit` entries behind the one numbered `after`, in order."""
        ...

    async def audit_head(self) -> Head:
        """The newest entry's number and hash."""
        ...
