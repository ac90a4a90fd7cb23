"""Logging in and out: passwords against sessions, with a limit on guessing."""

from dataclasses import dataclass, replace
from datetime import timedelta
from ipaddress import IPv6Address, ip_address, ip_network
from unicodedata import normalize

from app.auth.actor import Actor
from app.auth.credentials import hash_of, new_session_secret
from app.auth.errors import LoginRefused, NoSession, TooManyAttempts, WeakPassword
from app.auth.identities import Identities, principal_of
from app.auth.model import Means, Principal, Role, Session, User, UserName
from app.auth.passwords import Hasher, weaknesses
from app.auth.store import AccountStore
from app.auth.throttle import Limits, Throttle
from app.clock import Clock

PER_USER = Limits(free=5)
PER_ADDRESS = Limits(free=20)
"""Many people may share one address; each failure counts, no success is needed to go on."""

_NETWORK_BITS = 64
"""Of an IPv6 address: whoever has one has all of its network."""


@dataclass(frozen=True, slots=True)
class Opened:
    """A new session: the secret is for the cookie and is shown to nobody else."""

    secret: str
    principal: Principal


class Logins:
    """Opens and closes sessions."""

    def __init__(self, store: AccountStore, identities: Identities, hasher: Hasher, clock: Clock) -> None:
        self._store = store
        self._identities = identities
        self._hasher = hasher
        self._clock = clock
        self._users = Throttle(PER_USER)
        self._addresses = Throttle(PER_ADDRESS)

    async def open(
        self, user_name: str, password: str, *, source: str, instead_of: str | None = None
    ) -> Opened:
        """Log in. `instead_of` is the secret of a session that ends with it. Raises `TooManyAttempts`, `LoginRefused`."""
        name = user_name_of(user_name)
        user = await self._proven(name, password, source)
        return await self._opened(user, source, instead_of)

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

    async def change_password(self, actor: Actor, current: str, password: str) -> Opened:
        """Change one's own password: all sessions are over, and a new one begins.

        Raises `NoSession`, `WeakPassword`, `LoginRefused`, `TooManyAttempts`.
        """
        name = _user_of(actor)
        if findings := weaknesses(password, user_name=name):
            raise WeakPassword(findings)
        await self._proven(name, current, actor.source)
        hashed, now = await self._hasher.hashed(password), self._clock.now()
        entry = actor.entry("changeOwnPassword", at=now, about=f"user:{name}")
        user = await self._store.change_user(
            name,
            lambda user: replace(in_new_epoch(user), password_hash=hashed, password_changed_at=now),
            lambda _before, _after: entry,
        )
        await self._identities.refresh()
        return await self._opened(user, actor.source, None)

    # --- the proof ---------------------------------------------------------------------------------------------------

    async def _proven(self, name: UserName, password: str, source: str) -> User:
        """The user, if it is the password. Attempts count before they are looked at: many at once gain nothing."""
        self._check_locks(name, source)
        await self._identities.refresh()
        self._users.count(name, self._clock.now())
        user = self._identities.user(name)
        is_right = await self._hasher.is_right(password, user.password_hash if user else None)
        if user is None or not is_right or user.is_disabled:
            self._addresses.count(_network(source), self._clock.now())
            await self._note_refusal(user, source)
            raise LoginRefused
        self._users.forgive(name)
        return user

    def _check_locks(self, name: UserName, source: str) -> None:
        now = self._clock.now()
        locks = (self._users.locked_until(name, now), self._addresses.locked_until(_network(source), now))
        if until := max((lock for lock in locks if lock), default=None):
            raise TooManyAttempts(until)

    async def _note_refusal(self, user: User | None, source: str) -> None:
        """A name that nobody has is not noted: it may be a password typed into the wrong field."""
        actor = Actor(principal_of(user), source) if user else Actor(_NOBODY, source)
        entry = actor.entry(
            "openSession", at=self._clock.now(), about=actor.principal.name, result="login-refused"
        )
        await self._store.write_audit([entry])

    async def _opened(self, user: User, source: str, instead_of: str | None) -> Opened:
        secret, now = new_session_secret(), self._clock.now()
        session = Session(
            secret_hash=hash_of(secret), user_name=user.name, epoch=user.epoch, opened_at=now, used_at=now
        )
        principal = principal_of(user, session.secret_hash)
        entry = Actor(principal, source).entry("openSession", at=now, about=principal.name)
        await self._store.open_session(
            session,
            entry,
            instead_of=hash_of(instead_of) if instead_of else None,
            over_before=now - self._identities.limits.absolute - timedelta(hours=1),
        )
        await self._identities.refresh()
        return Opened(secret, principal)


_NOBODY = Principal(name="user:unknown", role=Role.DISPLAY, means=Means.SESSION, grants={})


def user_name_of(text: str) -> UserName:
    """The name as it is kept: the case of letters does not matter."""
    return UserName(normalize("NFKC", text).casefold())


def in_new_epoch(user: User) -> User:
    """The user without any session."""
    return replace(user, epoch=user.epoch + 1)


def _user_of(actor: Actor) -> UserName:
    if actor.principal.means is not Means.SESSION or actor.principal.user_name is None:
        raise NoSession
    return actor.principal.user_name


def _network(source: str) -> str:
    try:
        address = ip_address(source)
    except ValueError:
        return source
    if isinstance(address, IPv6Address):
        return str(ip_network((address, _NETWORK_BITS), strict=False))
    return source
