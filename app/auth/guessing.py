"""The limit on guessing: `throttle.py`, held against what is in the store. A lock-out outlives a restart.

An honest log-in reads what failed and writes nothing for it.
"""

import secrets
from collections import Counter
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager
from hashlib import blake2b

from app.auth.actor import Actor
from app.auth.audit import AuditEntry
from app.auth.errors import LoginRefused, TooManyAttempts
from app.auth.store import AccountStore
from app.auth.throttle import KEPT, FailureKey, Failures, limits_of
from app.clock import Clock

_SHORTENED_BYTES = 8


class Guessing:
    """Watches attempts to log in."""

    def __init__(self, store: AccountStore, clock: Clock) -> None:
        self._store = store
        self._clock = clock
        self._chance = secrets.token_bytes()
        self._looked_at: Counter[FailureKey] = Counter()
        """Attempts whose end is not known yet: they count as failures for those behind them, so many at once gain nothing."""

    def stranger(self, name: str) -> str:
        """What failures of a name that nobody has are counted by: it may be a password in the wrong field, so it is not kept."""
        return f"?{blake2b(name.encode(), key=self._chance, digest_size=_SHORTENED_BYTES).hexdigest()}"

    @asynccontextmanager
    async def watching(self, keys: Sequence[FailureKey], actor: Actor) -> AsyncIterator[None]:
        """Around one attempt. Raises `TooManyAttempts` before it is looked at; a `LoginRefused` within counts and is audited.

        A success forgives the failures before it, but not those of an address: it may belong to who guesses.
        """
        ahead = {key: self._looked_at[key] for key in keys if key.user_name}
        self._looked_at.update(ahead.keys())
        try:
            known = await self._store.failures(keys)
            self._check(known, ahead)
            try:
                yield
            except LoginRefused as refusal:
                await self._count(keys, actor, refusal)
                raise
            if known.keys() & ahead.keys():
                await self._store.forget_failures(ahead.keys())
        finally:
            self._looked_at.subtract(ahead.keys())
            self._looked_at = +self._looked_at

    def _check(self, known: Mapping[FailureKey, Failures], ahead: Mapping[FailureKey, int]) -> None:
        now = self._clock.now()
        expected = {
            key: limits_of(key).added(known.get(key), now, count=count)
            for key, count in ahead.items()
            if count
        }
        locks = [limits_of(key).locked_until(each, now) for key, each in (*known.items(), *expected.items())]
        if until := max((lock for lock in locks if lock), default=None):
            raise TooManyAttempts(until, now=now)

    async def _count(self, keys: Sequence[FailureKey], actor: Actor, refusal: LoginRefused) -> None:
        now = self._clock.now()
        failed = actor.entry(
            "openSession", at=now, about=actor.principal.name, details=refusal.noted, result=refusal.code
        )

        def entries(counted: Mapping[FailureKey, Failures]) -> list[AuditEntry]:
            locks = {key: limits_of(key).locked_until(each, now) for key, each in counted.items()}
            return [
                failed,
                *(
                    actor.entry(
                        "lockOut", at=now, about=_about(key), details={"until": f"{until:%Y-%m-%dT%H:%M:%SZ}"}
                    )
                    for key, until in locks.items()
                    if until
                ),
            ]

        await self._store.count_failure(
            keys,
            lambda key, failures: limits_of(key).added(failures, now),
            entries,
            over_before=now - KEPT,
        )


def _about(key: FailureKey) -> str:
    """What is locked, as the audit log names things. A browser is not named: nobody knows it by that."""
    told = {"user": key.user_name, "address": key.address}
    return " ".join(f"{name}:{value}" for name, value in told.items() if value)
