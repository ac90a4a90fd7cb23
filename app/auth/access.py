"""Everything about who may do what, in one hand: what the interfaces are given."""

from dataclasses import dataclass
from typing import Self

from app.auth.administration import Administration
from app.auth.audit_log import AuditLog, Waiting, WaitingInMemory
from app.auth.identities import Identities
from app.auth.logins import Logins
from app.auth.memory import MemoryStore
from app.auth.passwords import Hasher
from app.auth.store import AccountStore
from app.clock import Clock


@dataclass(frozen=True, slots=True)
class Access:
    """The parts, joined."""

    store: AccountStore
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
    ) -> Self:
        """Over a store; without one everything is kept in memory, and only the admin token is known at first."""
        store, hasher = store or MemoryStore(), hasher or Hasher()
        identities = Identities(store, clock=clock, admin_token=admin_token)
        return cls(
            store,
            identities,
            Logins(store, identities, hasher, clock),
            Administration(store, identities, hasher, clock),
            AuditLog(store, waiting or WaitingInMemory()),
        )
