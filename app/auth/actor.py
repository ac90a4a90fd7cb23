"""Who acts, as the audit log names it."""

import os
import pwd
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import uuid4

from app.auth.audit import DONE, AuditEntry
from app.auth.model import Grants, Means, Permission, Principal, Reach, Role

COMMAND_LINE = "command line"
ADMIN_TOKEN_NAME = "admin-token"  # noqa: S105 - how the audit names its holder, not a token
METRICS_TOKEN_NAME = "metrics-token"  # noqa: S105 - as above
EVERYTHING: Grants = dict.fromkeys(Permission, Reach.ALL)


@dataclass(frozen=True, slots=True)
class Actor:
    """Somebody, at some address."""

    principal: Principal
    source: str

    def entry(
        self,
        action: str,
        *,
        at: datetime,
        about: str = "",
        details: Mapping[str, Any] | None = None,
        result: str = DONE,
    ) -> AuditEntry:
        """What the audit log says of an action. `about` names one thing, as `agent:lin`."""
        return AuditEntry(
            id=uuid4().hex,
            at=at,
            actor=self.principal.name,
            role=self.principal.role,
            source=self.source,
            action=action,
            object=about,
            details=details or {},
            result=result,
        )


def admin_token_holder() -> Principal:
    """Whoever knows the admin token of the first start: may do everything, the first admin user included."""
    return Principal(name=ADMIN_TOKEN_NAME, role=Role.ADMIN, means=Means.ADMIN_TOKEN, grants=EVERYTHING)


def metrics_token_holder() -> Principal:
    """Who shows the token of the settings that is there for Prometheus: may read the metrics."""
    grants = {Permission.METRICS_SEE: Reach.ALL}
    return Principal(name=METRICS_TOKEN_NAME, role=Role.OPERATIONS, means=Means.TOKEN, grants=grants)


def at_command_line() -> Actor:
    """Who uses the machine itself, by the name that the operating system has for it: what the environment says can be made up."""
    try:
        name = pwd.getpwuid(os.getuid()).pw_name
    except KeyError:
        name = str(os.getuid())
    principal = Principal(name=f"system:{name}", role=Role.ADMIN, means=Means.ADMIN_TOKEN, grants=EVERYTHING)
    return Actor(principal, COMMAND_LINE)
