"""One's own session: log in, see who one is, log out."""

from contextlib import suppress

from fastapi import APIRouter, Request, Response, status

from app.api.auth_cookie import BROWSER, BROWSER_LASTS, SESSION
from app.api.auth_permission import actor_of, source_of
from app.api.problems import described
from app.api.routers.sign_on import BEGIN, LOGIN_PAGE
from app.api.schemas.account import (
    LogInUser,
    LogInWays,
    PasswordChange,
    SessionEnd,
    SessionShape,
    SignOnWay,
    session_shape,
)
from app.auth.access import Access
from app.auth.credentials import csrf_token_of
from app.auth.errors import ProviderAway
from app.auth.logins import Opened
from app.auth.model import Means, Principal, User


def session_router(access: Access) -> APIRouter:
    """The operations on one's own session."""
    router = APIRouter(prefix="/session", tags=["session"])
    logins = access.logins

    def user_of(principal: Principal) -> User | None:
        return access.identities.user(principal.user_name) if principal.user_name else None

    def give(request: Request, response: Response, opened: Opened) -> SessionShape:
        SESSION.give(request, response, opened.secret, lasts=access.identities.limits.absolute)
        BROWSER.give(request, response, opened.browser, lasts=BROWSER_LASTS)
        return session_shape(opened.principal, csrf_token_of(opened.secret), user_of(opened.principal))

    @router.post(
        "",
        operation_id="openSession",
        summary="Log in",
        status_code=status.HTTP_201_CREATED,
        responses=described("login-refused", "too-many-attempts", "accounts-away"),
    )
    async def open_session(wanted: LogInUser, request: Request, response: Response) -> SessionShape:
        """The session is kept in a cookie that no script can read. A session that the browser had before ends."""
        opened = await logins.open(
            wanted.name,
            wanted.password,
            source=source_of(request),
            instead_of=SESSION.read(request),
            browser=BROWSER.read(request),
        )
        return give(request, response, opened)

    @router.get("", operation_id="showSession", summary="Who am I?")
    async def show_session(request: Request) -> SessionShape:
        """Who asks, by cookie or by token, and what that one may do."""
        principal: Principal = request.state.principal
        secret = SESSION.read(request) if principal.means is Means.SESSION else None
        return session_shape(
            principal, csrf_token_of(secret) if secret else None, user_of(principal) if secret else None
        )

    @router.get("/ways", operation_id="listLogInWays", summary="How can one log in?")
    async def list_log_in_ways() -> LogInWays:
        """By a password always; by single sign-on where it is set up."""
        sign_on = access.sign_on
        return LogInWays(sign_on=SignOnWay(name=sign_on.settings.name, url=BEGIN) if sign_on else None)

    @router.delete(
        "",
        operation_id="closeSession",
        summary="Log out",
        responses=described("no-session", "accounts-away"),
    )
    async def close_session(request: Request, response: Response) -> SessionEnd:
        """The session is over, wherever its cookie may have got to."""
        actor = actor_of(request)
        await logins.close(actor)
        SESSION.take(request, response)
        back_to = f"{request.base_url}{LOGIN_PAGE.lstrip('/')}"
        return SessionEnd(continue_at=await _end_at_provider(access, user_of(actor.principal), back_to))

    @router.post(
        "/close-all",
        operation_id="closeAllSessions",
        summary="Log out everywhere",
        responses=described("no-session", "accounts-away"),
    )
    async def close_all_sessions(request: Request, response: Response) -> SessionEnd:
        """All sessions of the user are over, this one included."""
        await logins.close_all(actor_of(request))
        SESSION.take(request, response)
        return SessionEnd()

    @router.post(
        "/password",
        operation_id="changeOwnPassword",
        summary="Change one's own password",
        responses=described(
            "no-session",
            "no-own-password",
            "weak-password",
            "login-refused",
            "too-many-attempts",
            "accounts-away",
        ),
    )
    async def change_own_password(
        wanted: PasswordChange, request: Request, response: Response
    ) -> SessionShape:
        """All sessions of the user are over, and a new one begins here."""
        opened = await logins.change_password(
            actor_of(request), wanted.current, wanted.password, browser=BROWSER.read(request)
        )
        return give(request, response, opened)

    return router


async def _end_at_provider(access: Access, user: User | None, back_to: str) -> str | None:
    """Where the browser logs out at the provider, too: else the next log-in there would ask for nothing."""
    if access.sign_on is None or user is None or user.subject is None:
        return None
    with suppress(ProviderAway):
        return await access.sign_on.provider.end_session_url(back_to=back_to)
    return None
