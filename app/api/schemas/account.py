"""Users, sessions and tokens as they are shown and asked for. No shape shows a password; a token's secret is shown once."""

from typing import Annotated

from pydantic import Field, StrictBool, StringConstraints

from app.api.schemas.base import ONE_LINE, Body, Instant, Name, Shape
from app.auth.model import (
    LONGEST_TOKEN_DAYS,
    USER_NAME_PATTERN,
    Permission,
    Principal,
    Reach,
    Role,
    Token,
    TokenKind,
    User,
)
from app.auth.passwords import LONGEST, SHORTEST
from app.live.protocol import TOPIC_LIMIT

UserText = Annotated[str, StringConstraints(pattern=USER_NAME_PATTERN), Field(examples=["lin"])]
Password = Annotated[
    str,
    StringConstraints(max_length=1024),
    Field(description=f"{SHORTEST} to {LONGEST} characters.", examples=["correct horse battery"]),
]
Label = Annotated[str, StringConstraints(min_length=1, max_length=100, pattern=ONE_LINE)]
DisplayName = Annotated[str, StringConstraints(max_length=100, pattern=ONE_LINE)]
TeamNames = Annotated[
    tuple[Annotated[str, StringConstraints(min_length=1, max_length=64)], ...], Field(max_length=64)
]


class UserShape(Shape):
    """Somebody who logs in."""

    name: str
    display_name: str
    role: Role
    agent_id: Annotated[str | None, Field(description="The agent that the user is.")]
    teams: Annotated[list[str], Field(description="The teams that the user leads.")]
    subject: Annotated[
        str | None,
        Field(
            description="Who the user is at the provider of single sign-on: its issuer, its name for the user."
        ),
    ]
    is_disabled: bool
    created_at: Instant
    password_changed_at: Instant


def user_shape(user: User) -> UserShape:
    """The user as it is shown."""
    return UserShape(
        name=user.name,
        display_name=user.display_name,
        role=user.role,
        agent_id=user.agent_id,
        teams=list(user.teams),
        subject=user.subject,
        is_disabled=user.is_disabled,
        created_at=user.created_at,
        password_changed_at=user.password_changed_at,
    )


class NewUser(Body):
    """A user to be."""

    name: UserText
    password: Password
    role: Role
    display_name: DisplayName = ""
    agent_id: Name | None = None
    teams: TeamNames = ()


class UserChange(Body):
    """What is to change; what is not named stays."""

    role: Role | None = None
    display_name: DisplayName | None = None
    agent_id: Annotated[Name | None, Field(description="Null: the user is no agent any more.")] = None
    teams: TeamNames | None = None
    is_disabled: Annotated[
        StrictBool | None, Field(description="True ends all sessions and tokens of the user.")
    ] = None


class NewPassword(Body):
    """Another password."""

    password: Password


class PasswordChange(Body):
    """Another password for oneself."""

    current: Annotated[str, StringConstraints(max_length=1024)]
    password: Password


class UserLink(Body):
    """Who a user is at the provider of single sign-on."""

    subject: Annotated[
        Annotated[str, StringConstraints(min_length=1, max_length=255)] | None,
        Field(description="The provider's name for the user (`sub`); null: the user logs in there no more."),
    ]


class LogInUser(Body):
    """User name and password."""

    name: UserText
    password: Annotated[str, StringConstraints(max_length=1024)]


class SessionShape(Shape):
    """Who asks, and what that one may do."""

    name: Annotated[str, Field(description="As the audit log names it.")]
    role: Role
    agent_id: str | None
    teams: list[str]
    permissions: Annotated[dict[Permission, str], Field(description="Each with its reach: own, team or all.")]
    topics: Annotated[list[str] | None, Field(description="All that a display may follow.")]
    csrf_token: Annotated[
        str | None, Field(description="For the header X-CSRF-Token of each change; null: no session.")
    ]
    display_name: Annotated[str, Field(description="How the user is called; may be empty.")]
    has_password: Annotated[bool, Field(description="Whether there is a password here that can be changed.")]


def session_shape(principal: Principal, csrf_token: str | None, user: User | None) -> SessionShape:
    """Somebody as it is shown to itself; `user` is whose session it is."""
    return SessionShape(
        name=principal.name,
        role=principal.role,
        agent_id=principal.agent_id,
        teams=list(principal.teams),
        permissions={permission: Reach(reach).name.lower() for permission, reach in principal.grants.items()},
        topics=None if principal.topics is None else list(principal.topics),
        csrf_token=csrf_token,
        display_name=user.display_name if user else "",
        has_password=bool(user and user.password_hash),
    )


class SessionEnd(Shape):
    """The session is over."""

    is_over: bool = True
    continue_at: Annotated[
        str | None,
        Field(description="Where the browser goes on to log out at the provider of single sign-on, too."),
    ] = None


class SignOnWay(Shape):
    """Single sign-on."""

    name: Annotated[str, Field(description="What the provider is called; may be empty.")]
    url: Annotated[str, Field(description="Where a browser begins; `?next=` tells which page it wants.")]


class LogInWays(Shape):
    """How one can log in: by a password always."""

    sign_on: SignOnWay | None


class TokenShape(Shape):
    """A token, without its secret."""

    id: str
    label: str
    kind: TokenKind
    owner: Annotated[str | None, Field(description="Null: made with the admin token or at the command line.")]
    permissions: list[Permission]
    topics: list[str]
    created_at: Instant
    expires_at: Instant
    revoked_at: Instant | None


class NewTokenShape(TokenShape):
    """A new token. Its secret is shown this once."""

    secret: str


def token_fields(token: Token) -> dict[str, object]:
    """The fields of a token's shape."""
    return {
        "id": token.id,
        "label": token.label,
        "kind": token.kind,
        "owner": token.owner,
        "permissions": list(token.permissions),
        "topics": list(token.topics),
        "created_at": token.created_at,
        "expires_at": token.expires_at,
        "revoked_at": token.revoked_at,
    }


class NewToken(Body):
    """A token to be: for a script with permissions, for a display with topics."""

    label: Annotated[Label, Field(examples=["nightly export"])]
    kind: TokenKind = TokenKind.SCRIPT
    permissions: Annotated[tuple[Permission, ...], Field(max_length=len(Permission))] = ()
    topics: Annotated[
        tuple[Annotated[str, StringConstraints(min_length=1, max_length=100)], ...],
        Field(max_length=TOPIC_LIMIT, description="For a display; default: the whole floor."),
    ] = ()
    days: Annotated[int, Field(ge=1, le=LONGEST_TOKEN_DAYS, description="How long it holds.")] = 90
