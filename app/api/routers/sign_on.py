"""Single sign-on, as a browser goes through it: to the provider, and back with its answer. Both answer with another address.

/login/sign-on             ─▶ the provider's page
/login/sign-on/callback    ─▶ /login, which goes on to the page that was wanted, or says what went wrong
"""

from http import HTTPStatus
from typing import Annotated
from urllib.parse import quote, unquote, urlencode

from fastapi import APIRouter, Query, Request
from starlette.responses import RedirectResponse

from app.api.auth_cookie import SESSION, Cookie
from app.api.auth_permission import source_of
from app.auth.access import Access
from app.auth.attempt import ATTEMPT_LASTS, Answer, Attempt
from app.auth.errors import AuthError, NoSignOn

BEGIN, CALLBACK = "/login/sign-on", "/login/sign-on/callback"
LOGIN_PAGE = "/login"
_ATTEMPT = Cookie("thirdring-sign-on", "lax")
"""What binds the provider's answer to this browser, and the page that was wanted. Lax: the provider sends the browser back."""

_LONGEST_NEXT = 1024
Text = Annotated[str, Query(max_length=4096)]


def sign_on_router(access: Access) -> APIRouter:
    """The two addresses. They are for browsers, so what goes wrong is shown by the log-in page."""
    router = APIRouter(include_in_schema=False)

    @router.get(BEGIN)
    async def begin(request: Request, next: Text = "") -> RedirectResponse:  # noqa: A002 - as the address says it
        wanted = next if len(next) <= _LONGEST_NEXT else ""
        attempt = Attempt.new()
        try:
            if access.sign_on is None:
                raise NoSignOn
            url = await access.sign_on.begin(attempt, back_to=_callback(request))
        except AuthError as error:
            return _to_login(wanted, problem=error.code)
        response = RedirectResponse(url, HTTPStatus.SEE_OTHER)
        _ATTEMPT.give(request, response, f"{attempt.secret}.{quote(wanted, safe='')}", lasts=ATTEMPT_LASTS)
        return response

    @router.get(CALLBACK)
    async def callback(
        request: Request, code: Text = "", state: Text = "", iss: Text = "", error: Text = ""
    ) -> RedirectResponse:
        secret, _, wanted = (_ATTEMPT.read(request) or "").partition(".")
        wanted = unquote(wanted)
        try:
            if access.sign_on is None:
                raise NoSignOn
            opened = await access.sign_on.finish(
                Answer(code=code, state=state, issuer=iss, error=error),
                Attempt(secret) if secret else None,
                source=source_of(request),
                back_to=_callback(request),
                instead_of=SESSION.read(request),
            )
        except AuthError as problem:
            response = _to_login(wanted, problem=problem.code)
        else:
            response = _to_login(wanted)
            SESSION.give(request, response, opened.secret, lasts=access.identities.limits.absolute)
        _ATTEMPT.take(request, response)
        return response

    return router


def _callback(request: Request) -> str:
    """Where the provider sends the browser; it knows this address and takes no other."""
    return f"{str(request.base_url).rstrip('/')}{CALLBACK}"


def _to_login(wanted: str, *, problem: str = "") -> RedirectResponse:
    """The page itself judges where it goes on to: only to pages of ours."""
    query = urlencode({name: value for name, value in (("problem", problem), ("next", wanted)) if value})
    return RedirectResponse(f"{LOGIN_PAGE}?{query}" if query else LOGIN_PAGE, HTTPStatus.SEE_OTHER)
