"""May this one do this? Asked for every operation, in one place, by the tables of `app/auth/permissions.py`."""

import json
from collections.abc import Awaitable, Callable, Collection, Iterable

from starlette.requests import Request

from app.auth.actor import Actor
from app.auth.errors import Forbidden
from app.auth.model import Permission, Principal, Reach
from app.auth.permissions import RULES, Subject, Teams, allows_operation, reachable
from app.ids import AgentId
from app.runtime.service import Service

Permit = Callable[[Request], Awaitable[None]]


def permission_check(service: Service) -> Permit:
    """A dependency for all routers. Raises `Forbidden` before the operation begins."""

    async def permit(request: Request) -> None:
        operation = operation_of(request)
        principal: Principal | None = getattr(request.state, "principal", None)
        if principal is None:
            return  # The guard let it pass: it is open to everybody.
        agents = await _agents(request, operation, service.site.teams)
        if not allows_operation(principal, operation, agents, service.site.teams):
            raise Forbidden(_refusal(principal, operation, agents))

    return permit


def operation_of(request: Request) -> str:
    """The id of the operation that was found; empty: none was."""
    return getattr(request.scope.get("route"), "operation_id", None) or ""


def actor_of(request: Request) -> Actor:
    """Who asks, and from where."""
    return Actor(request.state.principal, source_of(request))


def source_of(request: Request) -> str:
    """The address of the client. A proxy's word for it counts only if the server trusts the proxy."""
    return request.client.host if request.client else ""


def reach_of(request: Request, permission: Permission, teams: Teams) -> frozenset[AgentId] | None:
    """The agents whom a permission reaches for who asks; None: everybody."""
    reach = request.state.principal.grants.get(permission)
    if reach is None:
        return frozenset()
    return None if reach is Reach.ALL else reachable(request.state.principal, reach, teams)


async def body_of(request: Request) -> dict[str, object]:
    """The fields of the body; none if it is no JSON object: the operation itself will say so."""
    try:
        body = json.loads(await request.body())
    except ValueError:
        return {}
    return body if isinstance(body, dict) else {}


async def _agents(request: Request, operation: str, teams: Teams) -> Collection[AgentId]:
    """Whom the request is about; nobody: it is about everybody."""
    rule = RULES.get(operation)
    match rule.subject if rule else Subject.EVERYBODY:
        case Subject.PATH:
            return [AgentId(request.path_params["agent_id"])]
        case Subject.QUERY:
            return _queried(request, teams)
        case Subject.BODY:
            return [AgentId(str((await body_of(request)).get("agent_id", "")))]
    return []


def _queried(request: Request, teams: Teams) -> Collection[AgentId]:
    """The agents that all conditions name: one condition more never widens what is asked for."""
    named = [AgentId(value) for value in request.query_params.getlist("agent_id")]
    of_team = [set(teams.get(team, ())) for team in request.query_params.getlist("team")]
    return named or {agent for agents in of_team for agent in agents}


def _refusal(principal: Principal, operation: str, agents: Iterable[AgentId]) -> str:
    rule = RULES.get(operation)
    if principal.topics is not None:
        return "A display's token is for its topics of the live stream only."
    if rule is None or rule.permission not in principal.grants:
        needed = rule.permission if rule else "everything"
        return f"This needs the permission {needed}; the role {principal.role} does not have it here. Ask an admin."
    about = ", ".join(agents) or "everybody"
    return f"The permission {rule.permission} does not reach {about}. Name an agent whom it reaches, or ask an admin."
