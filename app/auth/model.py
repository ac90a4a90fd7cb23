"""Users, sessions, tokens, and who is behind a request. Values only."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import IntEnum, StrEnum
from typing import NewType
from unicodedata import normalize

from app.ids import AgentId

UserName = NewType("UserName", str)
TokenId = NewType("TokenId", str)
USER_NAME_PATTERN = r"^[\w.@-]{1,64}$"
"""It stands in addresses, on the command line and in the audit log."""
SecretHash = NewType("SecretHash", str)
"""What is kept of a secret: it cannot be used to log in."""


def user_name_of(text: str) -> UserName:
    """The name as it is kept: the case of letters does not matter."""
    return UserName(normalize("NFKC", text).casefold())


class Role(StrEnum):
    """What somebody is on the floor (rule R29), or beside it."""

    AGENT = "agent"
    SENIOR_AGENT = "senior_agent"
    TEAM_LEADER = "team_leader"
    SHIFT_SUPERVISOR = "shift_supervisor"
    INFORMATION_DESK = "information_desk"
    COMPLAINT_DESK = "complaint_desk"
    MANAGER = "manager"
    OPERATIONS = "operations"
    DISPLAY = "display"
    ADMIN = "admin"


class Permission(StrEnum):
    """What can be allowed. `permissions.py` says to whom, and which operation and topic needs it."""

    FLOOR_SEE = "floor:see"
    AGENTS_SEE = "agents:see"
    ALERTS_SEE = "alerts:see"
    CALLS_SEE = "calls:see"
    NUMBERS_SEE = "numbers:see"
    """Phone numbers and names of callers, unmasked."""
    DESK_USE = "desk:use"
    """Log in and out, pause, wrap up and dial, as an agent."""
    CALLS_END = "calls:end"
    REPORTS_SEE = "reports:see"
    MISSED_CALLS_SEE = "missed-calls:see"
    """Missed calls, who was on duty, and what they cost."""
    CHARGES_DISPUTE = "charges:dispute"
    """Object to what a missed call costs."""
    CHARGES_WAIVE = "charges:waive"
    """Let a missed call cost those on duty nothing."""
    METRICS_SEE = "metrics:see"
    SITE_RELOAD = "site:reload"
    USERS_MANAGE = "users:manage"
    TOKENS_MANAGE = "tokens:manage"
    AUDIT_SEE = "audit:see"


class Reach(IntEnum):
    """Whom a permission is about. A wider reach holds the narrower ones."""

    OWN = 1
    """The agent that the user is."""
    TEAM = 2
    """The agents of the user's teams, and the own one."""
    ALL = 3


Grants = Mapping[Permission, Reach]
"""What is allowed, and how far. What is not in it is denied."""


@dataclass(frozen=True, slots=True, kw_only=True)
class User:
    """A person who logs in. `agent_id` is the agent that the person is, `teams` those that the person leads."""

    name: UserName
    role: Role
    password_hash: str = field(repr=False)
    """Empty: there is no password, and single sign-on is the only way in."""
    created_at: datetime
    password_changed_at: datetime
    display_name: str = ""
    agent_id: AgentId | None = None
    teams: tuple[str, ...] = ()
    subject: str | None = None
    """Who the person is at the provider of single sign-on: its issuer, a space, its name for the person."""
    is_disabled: bool = False
    epoch: int = 1
    """Sessions of another epoch are over: a new one ends all sessions at once."""


LONGEST_TOKEN_DAYS = 3660


class TokenKind(StrEnum):
    """What a token is for."""

    SCRIPT = "script"
    DISPLAY = "display"
    """A wallboard: follows its topics in the live stream, and nothing else."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Token:
    """A secret for something that has no hands. It never does more than its owner may do now.

    `owner` is None when it was made with the admin token or at the command line.
    """

    id: TokenId
    label: str
    kind: TokenKind
    secret_hash: SecretHash = field(repr=False)
    created_at: datetime
    expires_at: datetime
    owner: UserName | None = None
    permissions: tuple[Permission, ...] = ()
    topics: tuple[str, ...] = ()
    revoked_at: datetime | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Session:
    """A user's stay after a log-in, known to the browser by a cookie."""

    secret_hash: SecretHash = field(repr=False)
    user_name: UserName
    epoch: int
    opened_at: datetime
    used_at: datetime


class Means(StrEnum):
    """How somebody proved who they are."""

    ADMIN_TOKEN = "admin_token"  # noqa: S105 - the name of a means, not a secret
    SESSION = "session"
    TOKEN = "token"  # noqa: S105 - as above


@dataclass(frozen=True, slots=True, kw_only=True)
class Principal:
    """Who is behind a request, and what that one may do."""

    name: str
    """For the audit: `user:lin`, `token:7g2k`, `admin-token`."""
    role: Role
    means: Means
    grants: Grants
    user_name: UserName | None = None
    agent_id: AgentId | None = None
    teams: tuple[str, ...] = ()
    topics: tuple[str, ...] | None = None
    """All that a display may follow; None: what the grants allow."""
    secret_hash: SecretHash | None = field(default=None, repr=False)
    """Of the session or the token, so that its end can be noticed."""
