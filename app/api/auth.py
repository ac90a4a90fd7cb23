"""Who asks: found out before anybody looks at the request. Everything is denied that is not listed as open.

    Authorization: Bearer …      the admin token, or one for scripts; no browser adds it by itself
    the session's cookie         a user; to change something the page shows the CSRF token and its Origin as well

Tokens in addresses are not looked at: they end in logs and histories.
"""

from starlette.requests import HTTPConnection
from starlette.types import ASGIApp, Receive, Scope, Send

from app.api import problems
from app.api.auth_cookie import SESSION, check_not_forged
from app.api.pages import FRONT, PAGES
from app.api.routers.sign_on import BEGIN, CALLBACK
from app.auth.errors import AuthError, Unauthenticated
from app.auth.identities import Identities
from app.auth.model import Principal

OPEN_PATHS = frozenset({"/health/live", "/health/ready", "/openapi.json", BEGIN, CALLBACK, FRONT, *PAGES})
"""What needs no token: they tell nothing of calls, agents or numbers. Who logs in has nothing to show yet."""

OPEN_OPERATIONS = frozenset({("POST", "/api/v1/session"), ("GET", "/api/v1/session/ways")})
"""Logging in by a password, and how one can."""

SOCKET_PATHS = frozenset({"/api/v1/live"})
"""Websockets ask for themselves: a browser cannot give a websocket a header, so the token comes in its first message."""

_CHALLENGE = {"WWW-Authenticate": 'Bearer realm="thirdring"'}
_HOW_TO_ASK = "Expected the header `Authorization: Bearer <token>` or the cookie of a session; neither came. Log in, or show a token."
_NOT_A_TOKEN = (
    "The token is none of this service, or it is over. An admin makes tokens by `thirdring token add`."  # noqa: S105 - a sentence
)
_NO_SESSION = "The session is over. Log in again."


def is_open(method: str, path: str) -> bool:
    """Whether a request needs no proof."""
    return path in OPEN_PATHS or (method, path) in OPEN_OPERATIONS


class Guard:
    """Lets a request through that is open, or whose sender is known; tells the inner layers who it is: `request.state.principal`."""

    def __init__(self, app: ASGIApp, *, identities: Identities) -> None:
        self._app = app
        self._identities = identities

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Let one request through, or answer it."""
        if not _needs_proof(scope):
            await self._app(scope, receive, send)
            return
        try:
            principal = await proven(HTTPConnection(scope), self._identities)
        except AuthError as error:
            headers = _CHALLENGE if isinstance(error, Unauthenticated) else None
            await problems.answer(error.code, error.detail, scope["path"], headers=headers)(
                scope, receive, send
            )
        else:
            scope.setdefault("state", {})["principal"] = principal
            await self._app(scope, receive, send)


def _needs_proof(scope: Scope) -> bool:
    if scope["type"] == "lifespan":
        return False
    if scope["type"] == "websocket":
        return scope["path"] not in SOCKET_PATHS
    return not is_open(scope["method"], scope["path"])


async def proven(connection: HTTPConnection, identities: Identities) -> Principal:
    """Who asks, by token or by cookie. Raises `Unauthenticated`, `ForgedRequest`, `AccountsAway`."""
    if "authorization" in connection.headers:
        return await _by_token(connection.headers["authorization"], identities)
    secret = SESSION.read(connection)
    if secret is None:
        raise Unauthenticated(_HOW_TO_ASK)
    principal = await identities.by_session(secret)
    if principal is None:
        raise Unauthenticated(_NO_SESSION)
    check_not_forged(connection, secret)
    return principal


async def _by_token(header: str, identities: Identities) -> Principal:
    """Of `Authorization: Bearer …` (RFC 6750 section 2.1)."""
    kind, _, token = header.partition(" ")
    if kind.lower() != "bearer":
        raise Unauthenticated(_HOW_TO_ASK)
    principal = await identities.by_token(token.strip())
    if principal is None:
        raise Unauthenticated(_NOT_A_TOKEN)
    return principal
