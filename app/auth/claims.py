"""What an OpenID provider says of a person, and what that makes of the person here. Pure; the rules are data."""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from app.auth.errors import SignOnRefused
from app.auth.model import USER_NAME_PATTERN, Role, User, UserName, user_name_of
from app.ids import AgentId

Claims = Mapping[str, Any]

_NAME = re.compile(USER_NAME_PATTERN)
_LONGEST_DISPLAY_NAME = 100


@dataclass(frozen=True, slots=True, kw_only=True)
class ClaimRules:
    """Which claims say what. A claim within another is written with dots, as `realm_access.roles`.

    What no rule asks for stays as an admin set it.
    """

    user_name: str = "preferred_username"
    groups: str = "groups"
    """Whose values, one or a list, give roles and teams."""
    roles: Mapping[str, Role] = field(default_factory=dict)
    """The role that comes with a group; the first that fits counts. Nobody gets in without one."""
    teams: Mapping[str, str] = field(default_factory=dict)
    """The team that comes with a group."""
    agent_id: str | None = None

    @property
    def wanted(self) -> tuple[str, ...]:
        """All claims that the rules ask for."""
        return tuple(name for name in (self.user_name, self.groups, self.agent_id) if name)


@dataclass(frozen=True, slots=True, kw_only=True)
class Person:
    """Who logs in, by the word of the provider. What is None is not for the provider to say."""

    subject: str
    """The provider and its name for the person, which it gives to nobody else."""
    name: UserName
    role: Role
    display_name: str | None = None
    teams: tuple[str, ...] | None = None
    agent_id: AgentId | None = None
    has_agent_rule: bool = False

    def applied_to(self, user: User) -> User:
        """The user as the provider wants it."""
        return replace(
            user,
            role=self.role,
            display_name=user.display_name if self.display_name is None else self.display_name,
            teams=user.teams if self.teams is None else self.teams,
            agent_id=self.agent_id if self.has_agent_rule else user.agent_id,
        )


def claim(claims: Claims, path: str) -> Any:
    """A claim by its name, or by its way through claims within claims; None: there is none."""
    if path in claims:
        return claims[path]
    first, _, rest = path.partition(".")
    within = claims.get(first) if rest else None
    return claim(within, rest) if isinstance(within, Mapping) else None


def person_of(claims: Claims, rules: ClaimRules) -> Person:
    """Whom these claims are about; they have been verified. Raises `SignOnRefused`: without a role nobody gets in."""
    subject = subject_of(str(claims["iss"]), str(claims["sub"]))
    told = claim(claims, rules.user_name)
    name = user_name_of(told) if isinstance(told, str) else UserName("")
    if not _NAME.fullmatch(name):
        raise SignOnRefused.without_name(rules.user_name, subject=subject)
    groups = _texts(claim(claims, rules.groups))
    role = next((role for group, role in rules.roles.items() if group in groups), None)
    if role is None:
        raise SignOnRefused.without_role(rules.groups, subject=subject, name=name)
    teams = tuple(dict.fromkeys(team for group, team in rules.teams.items() if group in groups))
    display_name = claims.get("name")
    agent_id = claim(claims, rules.agent_id) if rules.agent_id else None
    return Person(
        subject=subject,
        name=name,
        role=role,
        display_name=display_name[:_LONGEST_DISPLAY_NAME] if isinstance(display_name, str) else None,
        teams=teams if rules.teams else None,
        agent_id=AgentId(agent_id) if isinstance(agent_id, str) and agent_id else None,
        has_agent_rule=rules.agent_id is not None,
    )


def subject_of(issuer: str, sub: str) -> str:
    """The name of a person that no other provider and no other person has. An issuer has no space."""
    return f"{issuer} {sub}"


def _texts(value: object) -> frozenset[str]:
    """The values of a claim that is one text or a list of them."""
    values = value if isinstance(value, list) else [value]
    return frozenset(each for each in values if isinstance(each, str))
