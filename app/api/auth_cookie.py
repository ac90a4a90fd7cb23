"""The cookies, and the proof that a page of ours sent a session's one.

A browser sends the cookie with whatever request another site makes it send. So a request that changes something also needs what only
our own pages can give: our Origin, which no page can choose, and the CSRF token, which no other page can read.
"""

from dataclasses import dataclass
from datetime import timedelta
from hmac import compare_digest
from typing import Literal
from urllib.parse import urlsplit

from starlette.datastructures import Headers
from starlette.requests import HTTPConnection
from starlette.responses import Response
from starlette.types import Scope

from app.auth.credentials import csrf_token_of
from app.auth.errors import ForgedRequest

CSRF_HEADER = "X-CSRF-Token"
_SECURE_SCHEMES = frozenset({"https", "wss"})
_SAFE_METHODS = frozenset({"GET", "HEAD", "OPTIONS"})


@dataclass(frozen=True, slots=True)
class Cookie:
    """One that no script can read, and that over TLS never leaves it.

    Over TLS its name begins with `__Host-`: browsers take it over TLS only, and from no other host (RFC 6265bis section 4.1.3.2).
    """

    name: str
    same_site: Literal["lax", "strict"]

    def read(self, connection: HTTPConnection) -> str | None:
        """What the browser brought; None: nothing."""
        return connection.cookies.get(self._name(connection)) or None

    def give(self, connection: HTTPConnection, response: Response, value: str, *, lasts: timedelta) -> None:
        """Let the browser keep it."""
        response.set_cookie(
            self._name(connection),
            value,
            max_age=int(lasts.total_seconds()),
            path="/",
            secure=_is_secure(connection),
            httponly=True,
            samesite=self.same_site,
        )

    def take(self, connection: HTTPConnection, response: Response) -> None:
        """Let the browser forget it."""
        response.delete_cookie(
            self._name(connection),
            path="/",
            secure=_is_secure(connection),
            httponly=True,
            samesite=self.same_site,
        )

    def _name(self, connection: HTTPConnection) -> str:
        return f"__Host-{self.name}" if _is_secure(connection) else self.name


SESSION = Cookie("thirdring-session", "lax")
"""Its secret. Lax: who follows a link to a page of ours is logged in there."""

BROWSER = Cookie("thirdring-browser", "strict")
"""Shows that somebody logged in here before: see `app/auth/throttle.py`."""

BROWSER_LASTS = timedelta(days=180)


def check_not_forged(connection: HTTPConnection, secret: str) -> None:
    """Whether a page of ours sent it, if it may change something. Raises `ForgedRequest`."""
    if connection.scope.get("method", "GET") in _SAFE_METHODS:
        return
    check_own_origin(connection)
    shown = connection.headers.get(CSRF_HEADER, "")
    if not compare_digest(shown.encode(), csrf_token_of(secret).encode()):
        raise ForgedRequest(f"the header {CSRF_HEADER} is {'another' if shown else 'missing'}")


def check_own_origin(connection: HTTPConnection) -> None:
    """Whether the page that asks is ours: the Origin must be told, and be the address asked. Raises `ForgedRequest`."""
    origin = connection.headers.get("origin")
    if origin is None:
        raise ForgedRequest("the header Origin is missing")
    if not is_own_origin(origin, connection.scope):
        raise ForgedRequest("the header Origin names another site")


def is_own_origin(origin: str, scope: Scope) -> bool:
    """Whether a page of this origin is ours. Over TLS it came over TLS: whoever is in between could have made another."""
    try:
        page = urlsplit(origin.lower())
    except ValueError:
        return False
    is_weaker = scope["scheme"] in _SECURE_SCHEMES and page.scheme != "https"
    return not is_weaker and page.netloc == Headers(scope=scope).get("host", "").lower()


def _is_secure(connection: HTTPConnection) -> bool:
    return connection.scope["scheme"] in _SECURE_SCHEMES
