"""Everything about who may do what, in one hand: what the interfaces are given."""

import asyncio
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from typing import Self

from app.auth.administration import Administration
from app.auth.audit import Head
from app.auth.audit_log import AuditLog, Waiting, WaitingInMemory, forget
from app.auth.errors import AccountsAway
from app.auth.identities import Identities
from app.auth.logins import Logins
from app.auth.memory import MemoryStore
from app.auth.passwords import Hasher
from app.auth.store import AccountStore
from app.clock import Clock

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

    @classmethod
    def over(
        cls,
        store: AccountStore | None = None,
        *,
        clock: Clock,
        admin_token: str,
        hasher: Hasher | None = None,
        waiting: Waiting | None = None,
        keep_head: Callable[[Head], None] = forget,
    ) -> Self:
        """Over a store; without one everything is kept in memory, and only the admin token is known at first."""
        store, hasher = store or MemoryStore(), hasher or Hasher()
        identities = Identities(store, clock=clock, admin_token=admin_token)
        return cls(
            store,
            hasher,
            identities,
            Logins(store, identities, hasher, clock),
            Administration(store, identities, hasher, clock),
            AuditLog(store, waiting or WaitingInMemory(), keep_head=keep_head),
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
        self.audit.close()
        self.hasher.close()
