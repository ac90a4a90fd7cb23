"""Everything about who may do what, in one hand: what the interfaces are given."""

import asyncio
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from typing import TYPE_CHECKING, Self

from app.auth.administration import Administration
from app.auth.audit import Head
from app.auth.audit_log import AuditLog, Waiting, WaitingInMemory, forget
from app.auth.errors import AccountsAway
from app.auth.identities import Identities
from app.auth.logins import Logins
from app.auth.passwords import Hasher
from app.auth.sign_on_settings import SignOnSettings
from app.auth.store import AccountStore
from app.clock import Clock

if TYPE_CHECKING:
    from app.auth.sign_on import SignOn

_CLOSE_SECONDS = 2


@dataclass(frozen=True, slots=True)
class Access:
    """The parts, joined."""

    store: AccountStore
    hasher: Hasher
    identities: Identities
    logins: Logins
    administration: Administration
    audit: AuditLog
    sign_on: "SignOn | None" = None

    @classmethod
    def over(
        cls,
        store: AccountStore,
        *,
        clock: Clock,
        admin_token: str,
        metrics_token: str = "",
        hasher: Hasher | None = None,
        waiting: Waiting | None = None,
        keep_head: Callable[[Head], None] = forget,
        sign_on: SignOnSettings | None = None,
    ) -> Self:
        """Over a store."""
        hasher = hasher or Hasher()
        identities = Identities(store, clock=clock, admin_token=admin_token, metrics_token=metrics_token)
        logins = Logins(store, identities, hasher, clock)
        return cls(
            store,
            hasher,
            identities,
            logins,
            Administration(store, identities, hasher, clock),
            AuditLog(store, waiting or WaitingInMemory(), keep_head=keep_head),
            _sign_on(sign_on, store=store, identities=identities, logins=logins, clock=clock)
            if sign_on
            else None,
        )

    async def run(self) -> None:
        """Stay up to date, and write what is to be audited, for ever. Belongs into the service's task group."""
        async with asyncio.TaskGroup() as tasks:
            tasks.create_task(self.identities.run())
            tasks.create_task(self.audit.run())

    async def close(self) -> None:
        """Write what is left, if the database takes it soon; the audit's rest waits on the disk. Call it when `run` has ended."""
        with suppress(AccountsAway, TimeoutError):
            async with asyncio.timeout(_CLOSE_SECONDS):
                await self.audit.flush()
                await self.identities.touch()
        if self.sign_on is not None:
            await self.sign_on.provider.close()
        self.audit.close()
        self.hasher.close()


def _sign_on(
    settings: SignOnSettings, *, store: AccountStore, identities: Identities, logins: Logins, clock: Clock
) -> "SignOn":
    from app.auth.sign_on import SignOn  # noqa: PLC0415 - it needs packages that only the extra `oidc` brings

    return SignOn(settings, store=store, identities=identities, logins=logins, clock=clock)
