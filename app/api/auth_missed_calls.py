"""Missed calls and who may see them: whom a permission reaches sees the entries that concern those whom it reaches, and only their part."""

from starlette.requests import Request

from app.api.auth_permission import reach_of
from app.api.missed_calls import MissedCall
from app.api.schemas.missed_call import MissedCallShape, missed_call_of
from app.auth.errors import Forbidden
from app.auth.model import Permission
from app.auth.permissions import Teams, reaches_one


def check_missed_call(request: Request, permission: Permission, missed: MissedCall, teams: Teams) -> None:
    """Whether a permission reaches somebody whom an entry concerns. Raises `Forbidden`."""
    if not reaches_one(request.state.principal, permission, missed.agents, teams):
        raise Forbidden(
            f"The permission {permission} reaches nobody who had to do with this missed call. Ask a supervisor."
        )


def missed_call_for(request: Request, missed: MissedCall, teams: Teams) -> MissedCallShape:
    """The entry as this one may see it."""
    return missed_call_of(missed, reach_of(request, Permission.MISSED_CALLS_SEE, teams))
