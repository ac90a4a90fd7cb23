"""Who may do what, as data. What no table here allows is denied.

    role        → grants    permission and reach                       GRANTS
    operation   → rule      permission, and whom the request is about  RULES
    live topic  → permission                                           TOPIC_PERMISSIONS, by kind

A request is allowed when its permission is granted and the grant reaches the agents that the request is about. A request about no
agent in particular needs the reach ALL.
"""

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from enum import Enum, auto

from app.auth.model import Grants, Permission, Principal, Reach, Role
from app.ids import AgentId

Teams = Mapping[str, Iterable[AgentId]]
"""The agents of each team, as the site says."""

# --- roles -----------------------------------------------------------------------------------------------------------

_ALL, _TEAM, _OWN = Reach.ALL, Reach.TEAM, Reach.OWN

_FLOOR: Grants = {Permission.FLOOR_SEE: _ALL, Permission.AGENTS_SEE: _ALL}
_WATCH: Grants = {**_FLOOR, Permission.ALERTS_SEE: _ALL, Permission.CALLS_SEE: _ALL}
_AGENT: Grants = {
    **_FLOOR,
    Permission.CALLS_SEE: _OWN,
    Permission.NUMBERS_SEE: _OWN,
    Permission.DESK_USE: _OWN,
    Permission.CALLS_END: _OWN,
    Permission.MISSED_CALLS_SEE: _OWN,
    Permission.CHARGES_DISPUTE: _OWN,
}

GRANTS: Mapping[Role, Grants] = {
    Role.AGENT: _AGENT,
    Role.SENIOR_AGENT: {**_AGENT, Permission.CALLS_SEE: _TEAM},
    Role.TEAM_LEADER: {
        **_FLOOR,
        Permission.ALERTS_SEE: _ALL,
        Permission.CALLS_SEE: _TEAM,
        Permission.NUMBERS_SEE: _TEAM,
        Permission.DESK_USE: _TEAM,
        Permission.CALLS_END: _TEAM,
        Permission.REPORTS_SEE: _TEAM,
        Permission.MISSED_CALLS_SEE: _TEAM,
        Permission.CHARGES_DISPUTE: _TEAM,
    },
    Role.SHIFT_SUPERVISOR: {
        **_WATCH,
        Permission.NUMBERS_SEE: _ALL,
        Permission.DESK_USE: _ALL,
        Permission.CALLS_END: _ALL,
        Permission.REPORTS_SEE: _ALL,
        Permission.MISSED_CALLS_SEE: _ALL,
        Permission.CHARGES_DISPUTE: _ALL,
    },
    Role.INFORMATION_DESK: {**_AGENT, Permission.CALLS_SEE: _ALL},
    Role.COMPLAINT_DESK: {**_AGENT, Permission.CALLS_SEE: _ALL, Permission.NUMBERS_SEE: _ALL},
    Role.MANAGER: {
        **_WATCH,
        Permission.REPORTS_SEE: _ALL,
        Permission.MISSED_CALLS_SEE: _ALL,
        Permission.AUDIT_SEE: _ALL,
        Permission.CHARGES_WAIVE: _ALL,
    },
    Role.OPERATIONS: {
        **_WATCH,
        Permission.METRICS_SEE: _ALL,
        Permission.SITE_RELOAD: _ALL,
        Permission.TOKENS_MANAGE: _ALL,
    },
    Role.DISPLAY: _WATCH,
    Role.ADMIN: dict.fromkeys(Permission, _ALL),
}
"""Numbers are masked for whom NUMBERS_SEE does not reach the call's agents: for displays always."""

# --- operations ------------------------------------------------------------------------------------------------------


class Subject(Enum):
    """Where a request says which agents it is about."""

    EVERYBODY = auto()
    """Nowhere: it is about the whole floor."""
    PATH = auto()
    """`agent_id` in the address."""
    QUERY = auto()
    """The parameters `agent_id` and `team`; without them, about everybody."""
    BODY = auto()
    """The field `agent_id` of the body."""
    RECORD = auto()
    """The agents of the call or the missed call that the address names: the operation itself asks `reaches_one`, since it knows them."""


@dataclass(frozen=True, slots=True)
class Rule:
    """What an operation needs."""

    permission: Permission
    subject: Subject = Subject.EVERYBODY
    also: Permission | None = None


_DESK = Rule(Permission.DESK_USE, Subject.PATH)

RULES: Mapping[str, Rule] = {
    "listQueues": Rule(Permission.FLOOR_SEE),
    "showQueue": Rule(Permission.FLOOR_SEE),
    "listAgents": Rule(Permission.AGENTS_SEE),
    "showAgent": Rule(Permission.AGENTS_SEE, Subject.PATH),
    "logIn": _DESK,
    "logOut": _DESK,
    "pause": _DESK,
    "resume": _DESK,
    "endWrapUp": _DESK,
    "extendWrapUp": _DESK,
    "originateCall": Rule(Permission.DESK_USE, Subject.BODY),
    "listCalls": Rule(Permission.CALLS_SEE, Subject.QUERY),
    "showCall": Rule(Permission.CALLS_SEE, Subject.RECORD),
    "hangUpCall": Rule(Permission.CALLS_END, Subject.RECORD),
    "reloadSite": Rule(Permission.SITE_RELOAD),
    "showReport": Rule(Permission.REPORTS_SEE, Subject.QUERY),
    "showRingReport": Rule(Permission.REPORTS_SEE, Subject.QUERY),
    "listCallsBehind": Rule(Permission.REPORTS_SEE, Subject.QUERY),
    "exportQueueLog": Rule(Permission.REPORTS_SEE, also=Permission.NUMBERS_SEE),
    "listMissedCalls": Rule(Permission.MISSED_CALLS_SEE, Subject.QUERY),
    "showMissedCall": Rule(Permission.MISSED_CALLS_SEE, Subject.RECORD),
    "sumCharges": Rule(Permission.MISSED_CALLS_SEE, Subject.QUERY),
    "disputeMissedCall": Rule(Permission.CHARGES_DISPUTE, Subject.RECORD),
    "recoverMissedCall": Rule(Permission.DESK_USE, Subject.RECORD),
    "waiveMissedCall": Rule(Permission.CHARGES_WAIVE),
    "showMetrics": Rule(Permission.METRICS_SEE),
    "listUsers": Rule(Permission.USERS_MANAGE),
    "showUser": Rule(Permission.USERS_MANAGE),
    "addUser": Rule(Permission.USERS_MANAGE),
    "changeUser": Rule(Permission.USERS_MANAGE),
    "setPassword": Rule(Permission.USERS_MANAGE),
    "closeSessionsOfUser": Rule(Permission.USERS_MANAGE),
    "unlockUser": Rule(Permission.USERS_MANAGE),
    "linkUser": Rule(Permission.USERS_MANAGE),
    "listTokens": Rule(Permission.TOKENS_MANAGE),
    "addToken": Rule(Permission.TOKENS_MANAGE),
    "revokeToken": Rule(Permission.TOKENS_MANAGE),
    "listAuditEntries": Rule(Permission.AUDIT_SEE),
}

FOR_EVERYBODY = frozenset(
    {"showVersion", "listFigures", "showSession", "closeSession", "closeAllSessions", "changeOwnPassword"}
)
"""Operations for whoever proved who they are: they tell what everybody may know, and change only what is one's own."""

FOR_NOBODY_IN_PARTICULAR = frozenset({"isAlive", "isReady", "listLogInWays", "openSession"})
"""Operations that ask for no proof."""


def allows_operation(principal: Principal, operation: str, agents: Collection[AgentId], teams: Teams) -> bool:
    """Whether somebody may do this about all of these agents (none: about everybody).

    An operation without a rule is for admins only.
    """
    if operation in FOR_EVERYBODY or operation in FOR_NOBODY_IN_PARTICULAR:
        return True
    if principal.topics is not None:
        return False
    rule = RULES.get(operation)
    if rule is None:
        return principal.grants == GRANTS[Role.ADMIN]
    if rule.subject is Subject.RECORD:
        return rule.permission in principal.grants
    needed = (rule.permission, rule.also) if rule.also else (rule.permission,)
    return all(reaches_all(principal, permission, agents, teams) for permission in needed)


def reaches_all(
    principal: Principal, permission: Permission, agents: Collection[AgentId], teams: Teams
) -> bool:
    """Whether a permission is granted for every one of these agents; about no agent, for everybody."""
    reach = principal.grants.get(permission)
    if reach is None or reach is Reach.ALL:
        return reach is Reach.ALL
    return bool(agents) and reachable(principal, reach, teams).issuperset(agents)


def reaches_one(
    principal: Principal, permission: Permission, agents: Collection[AgentId], teams: Teams
) -> bool:
    """Whether a permission is granted for one of these agents at least, such as those who took part in a call."""
    reach = principal.grants.get(permission)
    if reach is None or reach is Reach.ALL:
        return reach is Reach.ALL
    return not reachable(principal, reach, teams).isdisjoint(agents)


def reachable(principal: Principal, reach: Reach, teams: Teams) -> frozenset[AgentId]:
    """The agents that a reach below ALL comes to."""
    own = frozenset({principal.agent_id} if principal.agent_id else ())
    if reach is Reach.OWN:
        return own
    return own.union(*(teams.get(team, ()) for team in principal.teams))


def narrowed(grants: Grants, to: Collection[Permission]) -> Grants:
    """Only these permissions, as far as they were granted."""
    return {permission: reach for permission, reach in grants.items() if permission in to}


# --- live topics -----------------------------------------------------------------------------------------------------

TOPIC_PERMISSIONS: Mapping[str, Permission] = {
    "queue": Permission.FLOOR_SEE,
    "site": Permission.FLOOR_SEE,
    "agent": Permission.AGENTS_SEE,
    "team": Permission.AGENTS_SEE,
    "alert": Permission.ALERTS_SEE,
    "call": Permission.CALLS_SEE,
    "callback": Permission.CALLS_SEE,
}
"""By the kind of what is followed."""
