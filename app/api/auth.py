"""Who may ask: until users and roles come, whoever knows the admin token. Everything is denied that is not listed as open."""

from hmac import compare_digest

from starlette.datastructures import Headers
from starlette.types import ASGIApp, Receive, Scope, Send

from app.api import problems
from app.api.pages import PAGES

OPEN_PATHS = frozenset({"/health/live", "/health/ready", "/openapi.json", *PAGES})
"""What needs no token: they tell nothing of calls, agents or numbers."""

SOCKET_PATHS = frozenset({"/api/v1/live"})
"""Websockets ask for the token in their first message: a browser cannot give a websocket a header."""

_CHALLENGE = {"WWW-Authenticate": 'Bearer realm="thirdring"'}


def is_admin_token(token: str, admin_token: str) -> bool:
    """Whether it is the token; takes as long for a wrong one as for the right one. An empty one never is."""
    return bool(admin_token) and compare_digest(token.encode(), admin_token.encode())


class TokenGuard:
    """Lets a request through that carries the token in `Authorization: Bearer …` (RFC 6750 section 2.1), or is open.

    Tokens in addresses are not looked at: they end in logs and histories.
    """

    def __init__(self, app: ASGIApp, *, admin_token: str) -> None:
        self._app = app
        self._admin_token = admin_token

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Let one request through, or answer it."""
        finding = self._finding(scope)
        if finding is None:
            await self._app(scope, receive, send)
        else:
            answer = problems.answer("unauthenticated", finding, scope["path"], headers=_CHALLENGE)
            await answer(scope, receive, send)

    def _finding(self, scope: Scope) -> str | None:
        """What is wrong with the request's token; None when it may pass."""
        if scope["type"] == "lifespan" or scope["path"] in _open_paths(scope):
            return None
        kind, _, token = Headers(scope=scope).get("authorization", "").partition(" ")
        if kind.lower() != "bearer":
            return "Expected the header `Authorization: Bearer <token>`; it is missing. `thirdring` prints the token."
        if not is_admin_token(token.strip(), self._admin_token):
            return "The token is not the admin token of this service. It stands in the secrets file of the data directory."
        return None


def _open_paths(scope: Scope) -> frozenset[str]:
    return SOCKET_PATHS if scope["type"] == "websocket" else OPEN_PATHS
