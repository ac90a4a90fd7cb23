"""Users: who may log in, and as what."""

from typing import Annotated

from fastapi import APIRouter, Path, Request, status

from app.api.auth_permission import actor_of
from app.api.problems import described
from app.api.schemas.account import (
    NewPassword,
    NewUser,
    UserChange,
    UserLink,
    UserShape,
    UserText,
    user_shape,
)
from app.auth.access import Access
from app.auth.administration import UserChanges
from app.auth.claims import subject_of
from app.auth.errors import NoSignOn
from app.ids import AgentId

UserPath = Annotated[UserText, Path(description="The user's name.", examples=["lin"])]


def users_router(access: Access) -> APIRouter:
    """The operations on users."""
    router = APIRouter(prefix="/users", tags=["users"])
    administration = access.administration

    @router.get("", operation_id="listUsers", summary="All users", responses=described("accounts-away"))
    async def list_users() -> list[UserShape]:
        """Every user, by name; disabled ones as well."""
        return [user_shape(user) for user in await administration.users()]

    @router.get(
        "/{user_name}",
        operation_id="showUser",
        summary="One user",
        responses=described("unknown-user", "accounts-away"),
    )
    async def show_user(user_name: UserPath) -> UserShape:
        """What the user is, without any secret."""
        return user_shape(await administration.user(user_name))

    @router.post(
        "",
        operation_id="addUser",
        summary="A new user",
        status_code=status.HTTP_201_CREATED,
        responses=described("user-exists", "weak-password", "accounts-away"),
    )
    async def add_user(wanted: NewUser, request: Request) -> UserShape:
        """Give the password to its user on a safe way; the user can change it. Nobody gets more rights than who asks has."""
        user = await administration.add_user(
            actor_of(request),
            name=wanted.name,
            password=wanted.password,
            role=wanted.role,
            display_name=wanted.display_name,
            agent_id=AgentId(wanted.agent_id) if wanted.agent_id else None,
            teams=wanted.teams,
        )
        return user_shape(user)

    @router.patch(
        "/{user_name}",
        operation_id="changeUser",
        summary="Change a user",
        responses=described("unknown-user", "last-admin", "accounts-away"),
    )
    async def change_user(user_name: UserPath, wanted: UserChange, request: Request) -> UserShape:
        """Change what is named. It holds from the next request on; who is disabled has no session and no token any more."""
        user = await administration.change_user(actor_of(request), user_name, _changes(wanted))
        return user_shape(user)

    @router.post(
        "/{user_name}/password",
        operation_id="setPassword",
        summary="Give a user another password",
        responses=described("unknown-user", "weak-password", "accounts-away"),
    )
    async def set_password(user_name: UserPath, wanted: NewPassword, request: Request) -> UserShape:
        """All sessions of the user are over."""
        return user_shape(await administration.set_password(actor_of(request), user_name, wanted.password))

    @router.post(
        "/{user_name}/close-sessions",
        operation_id="closeSessionsOfUser",
        summary="Log a user out everywhere",
        responses=described("unknown-user", "accounts-away"),
    )
    async def close_sessions_of_user(user_name: UserPath, request: Request) -> UserShape:
        """All sessions of the user are over. The user may log in again."""
        return user_shape(await administration.close_sessions(actor_of(request), user_name))

    @router.post(
        "/{user_name}/link",
        operation_id="linkUser",
        summary="Say who a user is at the provider of single sign-on",
        responses=described("unknown-user", "subject-taken", "no-sign-on", "accounts-away"),
    )
    async def link_user(user_name: UserPath, wanted: UserLink, request: Request) -> UserShape:
        """From then on that person logs in as this user. All sessions of the user are over."""
        subject = _subject(access, wanted)
        return user_shape(await administration.link_user(actor_of(request), user_name, subject))

    @router.post(
        "/{user_name}/unlock",
        operation_id="unlockUser",
        summary="Let a user log in who was locked out",
        responses=described("unknown-user", "accounts-away"),
    )
    async def unlock_user(user_name: UserPath, request: Request) -> UserShape:
        """Failed log-ins of the user are forgotten, and those at the addresses where they happened."""
        return user_shape(await administration.unlock_user(actor_of(request), user_name))

    return router


def _changes(wanted: UserChange) -> UserChanges:
    """What was named. Null has a meaning for the agent only."""
    named = {name: getattr(wanted, name) for name in wanted.model_fields_set}
    fields = {name: value for name, value in named.items() if value is not None or name == "agent_id"}
    return UserChanges(fields=fields)


def _subject(access: Access, wanted: UserLink) -> str | None:
    if access.sign_on is None:
        raise NoSignOn
    return None if wanted.subject is None else subject_of(access.sign_on.settings.issuer, wanted.subject)
