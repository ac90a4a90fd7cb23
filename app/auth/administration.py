"""Users and tokens: made, changed and ended by those who may. Nobody makes another mightier than oneself."""

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import timedelta
from typing import Any

from app.auth.actor import Actor
from app.auth.credentials import hash_of, new_token_id, new_token_secret
from app.auth.errors import (
    BeyondOwner,
    Forbidden,
    LastAdmin,
    SubjectTaken,
    UnknownUser,
    WeakPassword,
    WrongUserName,
)
from app.auth.identities import Identities
from app.auth.logins import in_new_epoch
from app.auth.model import (
    USER_NAME_PATTERN,
    Permission,
    Principal,
    Role,
    Token,
    TokenId,
    TokenKind,
    User,
    user_name_of,
)
from app.auth.passwords import Hasher, weaknesses
from app.auth.permissions import GRANTS
from app.auth.store import AccountStore
from app.clock import Clock
from app.ids import AgentId


@dataclass(frozen=True, slots=True, kw_only=True)
class UserChanges:
    """What is to change of a user; the fields are those of `User`, and what is not in `fields` stays."""

    fields: Mapping[str, Any]

    def apply(self, user: User) -> User:
        """The user afterwards. Somebody who is disabled has no session any more."""
        changed = replace(user, **self.fields)
        return in_new_epoch(changed) if changed.is_disabled and not user.is_disabled else changed


@dataclass(frozen=True, slots=True)
class NewToken:
    """A token, and its secret, which nobody can tell again."""

    token: Token
    secret: str


class Administration:
    """What admins and operations do. Each change is audited with it."""

    def __init__(self, store: AccountStore, identities: Identities, hasher: Hasher, clock: Clock) -> None:
        self._store = store
        self._identities = identities
        self._hasher = hasher
        self._clock = clock

    # --- users -------------------------------------------------------------------------------------------------------

    async def users(self) -> list[User]:
        """All users, by name."""
        return sorted((await self._store.roll()).users, key=lambda user: user.name)

    async def user(self, name: str) -> User:
        """One user. Raises `UnknownUser`."""
        await self._identities.refresh()
        user = self._identities.user(user_name_of(name))
        if user is None:
            raise UnknownUser(name)
        return user

    async def add_user(
        self,
        actor: Actor,
        *,
        name: str,
        password: str,
        role: Role,
        display_name: str = "",
        agent_id: AgentId | None = None,
        teams: Sequence[str] = (),
    ) -> User:
        """A new user. Raises `WrongUserName`, `WeakPassword`, `UserExists`, `Forbidden`."""
        _check_rank(actor.principal, role)
        user_name, now = user_name_of(name), self._clock.now()
        if not re.fullmatch(USER_NAME_PATTERN, user_name):
            raise WrongUserName(name)
        user = User(
            name=user_name,
            role=role,
            password_hash=await self._hashed(password, user_name),
            created_at=now,
            password_changed_at=now,
            display_name=display_name,
            agent_id=agent_id,
            teams=tuple(teams),
        )
        entry = actor.entry("addUser", at=now, about=f"user:{user_name}", details={"after": shown(user)})
        await self._store.add_user(user, entry)
        await self._identities.refresh()
        return user

    async def change_user(self, actor: Actor, name: str, changes: UserChanges) -> User:
        """Change a user. Raises `UnknownUser`, `Forbidden`, `LastAdmin`."""

        def change(user: User) -> User:
            after = changes.apply(user)
            for role in (user.role, after.role):
                _check_rank(actor.principal, role)
            return after

        return await self._change(actor, "changeUser", name, change)

    async def set_password(self, actor: Actor, name: str, password: str) -> User:
        """Give a user another password; all sessions of the user are over. Raises `UnknownUser`, `WeakPassword`, `Forbidden`."""
        hashed, now = await self._hashed(password, user_name_of(name)), self._clock.now()

        def change(user: User) -> User:
            _check_rank(actor.principal, user.role)
            return replace(in_new_epoch(user), password_hash=hashed, password_changed_at=now)

        return await self._change(actor, "setPassword", name, change)

    async def unlock_user(self, actor: Actor, name: str) -> User:
        """Let a user log in at once who failed too often; and the addresses where that was. Raises `UnknownUser`, `Forbidden`."""
        user = await self.user(name)
        _check_rank(actor.principal, user.role)
        entry = actor.entry("unlockUser", at=self._clock.now(), about=f"user:{user.name}")
        await self._store.unlock(user.name, entry)
        return user

    async def link_user(self, actor: Actor, name: str, subject: str | None) -> User:
        """Let whom the provider calls this log in as this user; None: nobody. All sessions of the user are over.

        Raises `UnknownUser`, `Forbidden`, `SubjectTaken`.
        """

        def change(user: User) -> User:
            _check_rank(actor.principal, user.role)
            return replace(in_new_epoch(user), subject=subject)

        return await self._change(actor, "linkUser", name, change)

    async def close_sessions(self, actor: Actor, name: str) -> User:
        """Log a user out everywhere. Raises `UnknownUser`."""
        return await self._change(actor, "closeSessionsOfUser", name, in_new_epoch)

    async def _change(self, actor: Actor, action: str, name: str, change: Callable[[User], User]) -> User:
        now = self._clock.now()
        user = await self._store.change_user(
            user_name_of(name),
            change,
            lambda before, after: actor.entry(
                action, at=now, about=f"user:{after.name}", details=difference(before, after)
            ),
            check=_check_all,
        )
        await self._identities.refresh()
        return user

    async def _hashed(self, password: str, name: str) -> str:
        if findings := weaknesses(password, user_name=name):
            raise WeakPassword(findings)
        return await self._hasher.hashed(password)

    # --- tokens ------------------------------------------------------------------------------------------------------

    async def tokens(self) -> list[Token]:
        """All tokens, the newest first; those that are over as well."""
        return sorted((await self._store.roll()).tokens, key=lambda token: token.created_at, reverse=True)

    async def add_token(
        self,
        actor: Actor,
        *,
        label: str,
        kind: TokenKind,
        lasts: timedelta,
        permissions: Sequence[Permission] = (),
        topics: Sequence[str] = (),
    ) -> NewToken:
        """A new token for a script (with permissions) or a display (with topics). Raises `BeyondOwner`."""
        lacking = [permission for permission in permissions if permission not in actor.principal.grants]
        if lacking:
            raise BeyondOwner(lacking)
        secret, now = new_token_secret(), self._clock.now()
        token = Token(
            id=new_token_id(),
            label=label,
            kind=kind,
            secret_hash=hash_of(secret),
            created_at=now,
            expires_at=now + lasts,
            owner=actor.principal.user_name,
            permissions=tuple(permissions),
            topics=tuple(topics),
        )
        details = {"label": label, "kind": kind, "permissions": list(permissions), "topics": list(topics)}
        await self._store.add_token(
            token, actor.entry("addToken", at=now, about=f"token:{token.id}", details=details)
        )
        await self._identities.refresh()
        return NewToken(token, secret)

    async def revoke_token(self, actor: Actor, token_id: str) -> Token:
        """End a token now. Revoked already: nothing changes. Raises `UnknownToken`."""
        now = self._clock.now()
        entry = actor.entry("revokeToken", at=now, about=f"token:{token_id}")
        token = await self._store.revoke_token(TokenId(token_id), now, entry)
        await self._identities.refresh()
        return token


def shown(user: User) -> dict[str, Any]:
    """A user as the audit shows it: no password, and no hash of one."""
    return {
        "role": user.role,
        "display_name": user.display_name,
        "agent_id": user.agent_id,
        "teams": list(user.teams),
        "subject": user.subject,
        "is_disabled": user.is_disabled,
    }


def is_active_admin(user: User) -> bool:
    """Whether the user can log in and manage users."""
    return user.role is Role.ADMIN and not user.is_disabled


def _check_all(before: User, users: Sequence[User]) -> None:
    """What must hold of all users together."""
    if is_active_admin(before) and not any(map(is_active_admin, users)):
        raise LastAdmin(before.name)
    owners: dict[str, User] = {}
    for user in users:
        if user.subject is not None and (owner := owners.setdefault(user.subject, user)) is not user:
            other = owner if user.name == before.name else user
            raise SubjectTaken(user.subject, other.name)


def difference(before: User, after: User) -> dict[str, Any]:
    """What of a change the audit shows."""
    old, new = shown(before), shown(after)
    changed = [name for name in new if old[name] != new[name]]
    if not changed:
        return {}
    return {
        "before": {name: old[name] for name in changed},
        "after": {name: new[name] for name in changed},
    }


def _check_rank(principal: Principal, role: Role) -> None:
    """Whoever is changed must not be able to do more than who changes."""
    beyond = [
        permission
        for permission, reach in GRANTS[role].items()
        if permission not in principal.grants or principal.grants[permission] < reach
    ]
    if beyond:
        raise Forbidden(
            f"A user with the role {role} may do more than you: {', '.join(beyond)}. Ask an admin."
        )
