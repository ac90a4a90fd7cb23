"""Who is behind a token or a session: answered from memory, so that a database that is away throws nobody out.

What others change (another service, the command line) is noticed within `_LOOK_EVERY_SECONDS`.
"""

import asyncio
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import replace
from datetime import datetime, timedelta
from hmac import compare_digest
from typing import Final

from app.auth.actor import admin_token_holder, metrics_token_holder
from app.auth.credentials import hash_of
from app.auth.errors import AccountsAway
from app.auth.model import Means, Principal, Role, SecretHash, Session, Token, TokenKind, User, UserName
from app.auth.permissions import GRANTS, narrowed
from app.auth.sessions import SessionLimits, is_over
from app.auth.store import AccountStore, Roll
from app.clock import Clock

_LOOK_EVERY_SECONDS: Final = 2.0
_TOUCH_EVERY = timedelta(minutes=1)
"""How often the database is told which sessions were used: a crash shortens an idle time by no more."""


class Identities:
    """Users, tokens and sessions as they are now. Keep `run()` in the task group; call `refresh()` after a change of one's own."""

    def __init__(
        self,
        store: AccountStore,
        *,
        clock: Clock,
        admin_token: str,
        metrics_token: str = "",
        limits: SessionLimits | None = None,
    ) -> None:
        self._store = store
        self._clock = clock
        self._admin_token = admin_token
        self._metrics_token = metrics_token
        self.limits = limits or SessionLimits()
        self._revision: int | None = None
        self._looks = self._learned = 0
        """How often it was looked, and which look was learned from last."""
        self._news = asyncio.Event()
        self._users: Mapping[UserName, User] = {}
        self._tokens: Mapping[SecretHash, Token] = {}
        self._sessions: dict[SecretHash, Session] = {}
        self._used_at: dict[SecretHash, datetime] = {}
        self._touched_at = clock.now()

    # --- who is it? --------------------------------------------------------------------------------------------------

    async def by_token(self, token: str) -> Principal | None:
        """Who shows a bearer token; None: nobody's. Raises `AccountsAway` while no accounts could be read since the start."""
        given = self._given(token)
        if given is not None:
            return given
        await self.ready()
        return self.known_by_token(token)

    def known_by_token(self, token: str) -> Principal | None:
        """As `by_token`, without waiting. Raises `AccountsAway` if nobody waited until they were `ready`."""
        given = self._given(token)
        if given is None and self._revision is None:
            raise AccountsAway("they could not be read since the start")
        return given or self._of_token(hash_of(token))

    def _given(self, token: str) -> Principal | None:
        """Who shows a token that was given to the service at its start, and is no account."""
        if is_token(token, self._admin_token):
            return admin_token_holder()
        return metrics_token_holder() if is_token(token, self._metrics_token) else None

    async def by_session(self, secret: str) -> Principal | None:
        """Who shows a session's cookie; it counts as use. None: the session is over. Raises `AccountsAway`."""
        await self.ready()
        secret_hash = hash_of(secret)
        if secret_hash not in self._sessions:
            await self._look_up(secret_hash)
        return self._of_session(secret_hash)

    def current(self, principal: Principal) -> Principal | None:
        """The same one as of now: what it may do can have changed. None: its session or token is over. Counts as use."""
        match principal.means, principal.secret_hash:
            case Means.SESSION, str(secret_hash):
                return self._of_session(SecretHash(secret_hash))
            case Means.TOKEN, str(secret_hash):
                return self._of_token(SecretHash(secret_hash))
        return principal

    def user(self, name: UserName) -> User | None:
        """A user as last read."""
        return self._users.get(name)

    def user_of_subject(self, subject: str) -> User | None:
        """The user whom the provider of single sign-on means, as last read."""
        return next((user for user in self._users.values() if user.subject == subject), None)

    def _of_session(self, secret_hash: SecretHash) -> Principal | None:
        session, now = self._sessions.get(secret_hash), self._clock.now()
        if session is None:
            return None
        user = self._users.get(session.user_name)
        if user is None or is_over(session, user, now=now, limits=self.limits):
            return None
        self._sessions[secret_hash] = replace(session, used_at=now)
        self._used_at[secret_hash] = now
        return principal_of(user, secret_hash)

    def _of_token(self, secret_hash: SecretHash) -> Principal | None:
        token = self._tokens.get(secret_hash)
        if token is None or token.revoked_at is not None or self._clock.now() >= token.expires_at:
            return None
        owner = self._users.get(token.owner) if token.owner else None
        is_orphan = token.owner is not None and (owner is None or owner.is_disabled)
        return None if is_orphan else _principal_of_token(token, owner)

    async def _look_up(self, secret_hash: SecretHash) -> None:
        """Another service may have opened it."""
        session = await self._store.session(secret_hash)
        if session is not None:
            self._sessions[secret_hash] = session

    # --- staying up to date ------------------------------------------------------------------------------------------

    async def ready(self) -> None:
        """Return when accounts are known. Raises `AccountsAway`."""
        if self._revision is None:
            await self.refresh()

    async def refresh(self) -> None:
        """Learn what changed. Raises `AccountsAway`."""
        self._looks = look = self._looks + 1
        if await self._store.revision() != self._revision:
            roll = await self._store.roll()
            if look > self._learned:  # Else a look that began later was answered before.
                self._learned = look
                self._learn(roll)

    async def changed(self) -> None:
        """Return as soon as somebody's rights may have changed."""
        await self._news.wait()

    async def run(self) -> None:
        """Stay up to date, for ever."""
        while True:
            with suppress(AccountsAway):  # The last known state holds; health tells of the database.
                await self.refresh()
                await self._touch_now_and_then()
            await asyncio.sleep(_LOOK_EVERY_SECONDS)

    async def touch(self) -> None:
        """Tell the database which sessions were used. Raises `AccountsAway`; nothing is forgotten then."""
        used, self._used_at = self._used_at, {}
        self._touched_at = self._clock.now()
        try:
            if used:
                await self._store.touch(used)
        except AccountsAway:
            self._used_at = used | self._used_at
            raise

    async def _touch_now_and_then(self) -> None:
        if self._clock.now() - self._touched_at >= _TOUCH_EVERY:
            await self.touch()

    def _learn(self, roll: Roll) -> None:
        self._users = {user.name: user for user in roll.users}
        self._tokens = {token.secret_hash: token for token in roll.tokens}
        self._sessions = {session.secret_hash: self._as_used(session) for session in roll.sessions}
        self._revision = roll.revision
        self._news.set()
        self._news = asyncio.Event()

    def _as_used(self, session: Session) -> Session:
        used_at = self._used_at.get(session.secret_hash, session.used_at)
        return replace(session, used_at=max(used_at, session.used_at))


def is_token(shown: str, token: str) -> bool:
    """Whether it is the token; takes as long for a wrong one as for the right one. An empty one never is."""
    return bool(token) and compare_digest(shown.encode(), token.encode())


def principal_of(user: User, secret_hash: SecretHash | None = None) -> Principal:
    """A user, in a session."""
    return Principal(
        name=f"user:{user.name}",
        role=user.role,
        means=Means.SESSION,
        grants=GRANTS[user.role],
        user_name=user.name,
        agent_id=user.agent_id,
        teams=user.teams,
        secret_hash=secret_hash,
    )


def _principal_of_token(token: Token, owner: User | None) -> Principal:
    is_display = token.kind is TokenKind.DISPLAY
    role = Role.DISPLAY if is_display else owner.role if owner else Role.ADMIN
    granted = GRANTS[role]
    return Principal(
        name=f"token:{token.id}",
        role=role,
        means=Means.TOKEN,
        grants=granted if is_display else narrowed(granted, token.permissions),
        user_name=token.owner,
        agent_id=owner.agent_id if owner else None,
        teams=owner.teams if owner else (),
        topics=token.topics if is_display else None,
        secret_hash=token.secret_hash,
    )
