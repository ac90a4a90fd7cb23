"""The cookie of a session, and the proof that a page of ours sent it.

A browser sends the cookie with whatever request another site makes it send. So a request that changes something also needs what only
our own pages can give: our Origin, which no page can choose, and the CSRF token, which no other page can read.
"""

from datetime import timedelta
from hmac import compare_digest
from urllib.parse import urlsplit

from starlette.requests import HTTPConnection
from starlette.responses import Response

from app.auth.credentials import csrf_token_of
from app.auth.errors import ForgedRequest

CSRF_HEADER = "X-CSRF-Token"
_NAME = "thirdring-session"
_SECURE_NAME = f"__Host-{_NAME}"
"""Browsers take this name over TLS only, and from no other host: RFC 6265bis section 4.1.3.2."""

_SAFE_METHODS = frozenset({"GET", "HEAD", "OPTIONS"})


def session_secret(connection: HTTPConnection) -> str | None:
    """The secret in the cookie; None: there is no cookie."""
    return connection.cookies.get(_name(connection)) or None


def give_cookie(connection: HTTPConnection, response: Response, secret: str, *, lasts: timedelta) -> None:
    """Let the browser keep the session. No script can read it, and over TLS it never leaves it."""
    response.set_cookie(
        _name(connection),
        secret,
        max_age=int(lasts.total_seconds()),
        path="/",
        secure=_is_secure(connection),
        httponly=True,
        samesite="lax",
    )


def take_cookie(connection: HTTPConnection, response: Response) -> None:
    """Let the browser forget the session."""
    response.delete_cookie(
        _name(connection), path="/", secure=_is_secure(connection), httponly=True, samesite="lax"
    )


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
    if urlsplit(origin).netloc.lower() != connection.headers.get("host", "").lower():
        raise ForgedRequest("the header Origin names another site")


def _name(connection: HTTPConnection) -> str:
    return _SECURE_NAME if _is_secure(connection) else _NAME


def _is_secure(connection: HTTPConnection) -> bool:
    return connection.scope["scheme"] in {"https", "wss"}
