"""Logging in and out: passwords against sessions, with a limit on guessing."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import timedelta

from app.auth.actor import Actor
from app.auth.credentials import browser_of, hash_of, new_browser_proof, new_session_secret
from app.auth.errors import LoginRefused, NoOwnPassword, NoSession, WeakPassword
from app.auth.guessing import Guessing
from app.auth.identities import Identities, principal_of
from app.auth.model import Means, Principal, Role, Session, User, UserName, user_name_of
from app.auth.passwords import Hasher, weaknesses
from app.auth.store import AccountStore
from app.auth.throttle import keys_of
from app.clock import Clock


@dataclass(frozen=True, slots=True)
class Opened:
    """A new session: both texts are for cookies and are shown to nobody else."""

    secret: str
    principal: Principal
    browser: str
    """Shows at the next log-in that this user has logged in there before."""


class Logins:
    """Opens and closes sessions."""

    def __init__(self, store: AccountStore, identities: Identities, hasher: Hasher, clock: Clock) -> None:
        self._store = store
        self._identities = identities
        self._hasher = hasher
        self._clock = clock
        self.guessing = Guessing(store, clock)

    async def open(
        self,
        user_name: str,
        password: str,
        *,
        source: str,
        instead_of: str | None = None,
        browser: str | None = None,
    ) -> Opened:
        """Log in. `instead_of` is the secret of a session that ends with it; `browser` what a log-in gave to this browser before.

        Raises `TooManyAttempts`, `LoginRefused`.
        """
        user = await self._proven(user_name_of(user_name), password, source, browser)
        return await self.opened(user, source, instead_of=instead_of, browser=browser)

    async def close(self, actor: Actor) -> None:
        """Log out: the session is over everywhere. Raises `NoSession`."""
        principal = actor.principal
        if principal.means is not Means.SESSION or principal.secret_hash is None:
            raise NoSession
        entry = actor.entry("closeSession", at=self._clock.now(), about=principal.name)
        await self._store.close_session(principal.secret_hash, entry)
        await self._identities.refresh()

    async def close_all(self, actor: Actor) -> None:
        """Log out everywhere: all sessions of the user are over, this one included. Raises `NoSession`."""
        name = _user_of(actor)
        entry = actor.entry("closeAllSessions", at=self._clock.now(), about=f"user:{name}")
        await self._store.change_user(name, in_new_epoch, lambda _before, _after: entry)
        await self._identities.refresh()

    async def change_password(
        self, actor: Actor, current: str, password: str, *, browser: str | None = None
    ) -> Opened:
        """Change one's own password: all sessions are over, and a new one begins.

        Raises `NoSession`, `NoOwnPassword`, `WeakPassword`, `LoginRefused`, `TooManyAttempts`.
        """
        name = _user_of(actor)
        if (user := self._identities.user(name)) is not None and not user.password_hash:
            raise NoOwnPassword
        if findings := weaknesses(password, user_name=name):
            raise WeakPassword(findings)
        await self._proven(name, current, actor.source, browser)
        hashed, now = await self._hasher.hashed(password), self._clock.now()
        entry = actor.entry("changeOwnPassword", at=now, about=f"user:{name}")
        user = await self._store.change_user(
            name,
            lambda user: replace(in_new_epoch(user), password_hash=hashed, password_changed_at=now),
            lambda _before, _after: entry,
        )
        await self._identities.refresh()
        return await self.opened(user, actor.source)

    # --- the proof ---------------------------------------------------------------------------------------------------

    async def _proven(self, name: UserName, password: str, source: str, browser: str | None) -> User:
        """The user, if it is the password."""
        await self._identities.refresh()
        user = self._identities.user(name)
        actor = Actor(principal_of(user) if user else NOBODY, source)
        known_browser = browser_of(browser, user.password_hash) if user and browser else None
        keys = keys_of(user.name if user else self.guessing.stranger(name), source, known_browser)
        async with self.guessing.watching(keys, actor):
            is_right = await self._hasher.is_right(password, user.password_hash if user else "")
            if user is None or not is_right or user.is_disabled:
                raise LoginRefused
        return user

    async def opened(
        self,
        user: User,
        source: str,
        *,
        instead_of: str | None = None,
        browser: str | None = None,
        details: Mapping[str, object] | None = None,
    ) -> Opened:
        """A new session of somebody who has proven who it is; `details` are for the audit."""
        secret, now = new_session_secret(), self._clock.now()
        session = Session(
            secret_hash=hash_of(secret), user_name=user.name, epoch=user.epoch, opened_at=now, used_at=now
        )
        principal = principal_of(user, session.secret_hash)
        entry = Actor(principal, source).entry("openSession", at=now, about=principal.name, details=details)
        await self._store.open_session(
            session,
            entry,
            instead_of=hash_of(instead_of) if instead_of else None,
            over_before=now - self._identities.limits.absolute - timedelta(hours=1),
        )
        await self._identities.refresh()
        is_known = browser is not None and browser_of(browser, user.password_hash) is not None
        return Opened(
            secret, principal, browser if browser and is_known else new_browser_proof(user.password_hash)
        )


NOBODY = Principal(name="user:unknown", role=Role.DISPLAY, means=Means.SESSION, grants={})
"""Who tries a name that nobody has. The name is not noted: it may be a password typed into the wrong field."""


def in_new_epoch(user: User) -> User:
    """The user without any session."""
    return replace(user, epoch=user.epoch + 1)


def _user_of(actor: Actor) -> UserName:
    if actor.principal.means is not Means.SESSION or actor.principal.user_name is None:
        raise NoSession
    return actor.principal.user_name
