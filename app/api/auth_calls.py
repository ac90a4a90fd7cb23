"""Calls and who may see them: only those whom a permission reaches, and numbers in full only to them that need them (rule R23)."""

from typing import TypeVar

from starlette.requests import Request

from app.api.auth_trail import trail_of
from app.api.schemas.call import CallDetail, CallItem
from app.auth.errors import Forbidden
from app.auth.model import Permission
from app.auth.permissions import Teams, reaches_one
from app.ids import AgentId
from app.live.mask import masked

Shown = TypeVar("Shown", bound=CallItem)


def check_call(request: Request, permission: Permission, call: CallItem, teams: Teams) -> None:
    """Whether a permission reaches a call: by the agents who have or had to do with it. Raises `Forbidden`.

    A call is ended only by whom the permission reaches for the agent who has it.
    """
    agents = _holder(call) if permission is Permission.CALLS_END else agents_of(call)
    if not reaches_one(request.state.principal, permission, agents, teams):
        raise Forbidden(
            f"The permission {permission} does not reach this call. Ask the agent who has it, or a supervisor."
        )


def call_for(request: Request, call: Shown, teams: Teams) -> Shown:
    """The call as this one may see it. A look at full numbers leaves a trail."""
    if reaches_one(request.state.principal, Permission.NUMBERS_SEE, agents_of(call), teams):
        trail = trail_of(request)
        trail.is_revealing = True
        if "call_id" not in request.path_params:
            trail.revealed.append(call.id)
        return call
    hidden = {"from_number": masked(call.from_number), "to_number": masked(call.to_number), "from_name": ""}
    return call.model_copy(update=hidden)


def agents_of(call: CallItem) -> set[AgentId]:
    """The agent who has the call, and in its details all whose phones it reached."""
    if not isinstance(call, CallDetail):
        return _holder(call)
    reached = (*(leg.agent_id for leg in call.legs), *(offer.agent_id for offer in call.offers))
    return {AgentId(agent_id) for agent_id in reached if agent_id} | _holder(call)


def _holder(call: CallItem) -> set[AgentId]:
    return {AgentId(call.agent_id)} if call.agent_id else set()
