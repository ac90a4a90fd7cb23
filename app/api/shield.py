"""What stands between the network and the interface: faults, hosts, origins, sizes and headers.

The outermost layer. It looks at a request's envelope only, never at its content.
"""

from collections.abc import Collection, Mapping
from urllib.parse import urlsplit

from starlette.datastructures import Headers, MutableHeaders
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from app.api import problems
from app.api.auth_cookie import is_own_origin
from app.loopback import is_loopback

LOOPBACK_HOSTS = frozenset({"localhost", "127.0.0.1", "::1"})
BODY_LIMIT = 64 * 1024
"""Bytes of a request's body. Requests are short: the longest holds one number."""

_HEADERS = {
    "Cache-Control": "no-store",
    "Content-Security-Policy": "default-src 'none'; frame-ancestors 'none'",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Referrer-Policy": "no-referrer",
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
}
_SECURE_HEADERS = {**_HEADERS, "Strict-Transport-Security": "max-age=31536000"}
"""Over TLS: browsers then come by TLS only, so that nobody in between can talk them out of it."""


class Shield:
    """Turns away what cannot be meant for this service, and answers faults.

    `hosts` are the names by which the service may be called, without port; None means any. A web page that makes its own name
    point to our address (DNS rebinding) is found by the Host header. A page of another origin is found by the Origin
    header: no CORS header is ever sent, but websockets and simple requests do not ask for one.
    """

    def __init__(self, app: ASGIApp, *, hosts: Collection[str] | None = LOOPBACK_HOSTS) -> None:
        self._app = app
        self._hosts = None if hosts is None else {host.lower() for host in hosts}

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Let one request through, or answer it."""
        if scope["type"] == "lifespan":
            await self._app(scope, receive, send)
            return
        send = _with_headers(send, _SECURE_HEADERS if scope["scheme"] == "https" else _HEADERS)
        problem = self._problem(scope)
        if problem is not None:
            await problems.answer(*problem, scope["path"])(scope, receive, send)
        elif scope["type"] == "http":
            await self._serve(scope, _limited(receive), send)
        else:
            await self._serve_stream(scope, receive, send)

    async def _serve_stream(self, scope: Scope, receive: Receive, send: Send) -> None:
        """A fault breaks the connection."""
        try:
            await self._app(scope, receive, send)
        except Exception as fault:
            problems.log_fault(fault)
            raise

    async def _serve(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer a fault as a problem, unless the answer has begun: then the connection must break."""
        has_begun = False

        async def watched_send(message: Message) -> None:
            nonlocal has_begun
            has_begun = True
            await send(message)

        try:
            await self._app(scope, receive, watched_send)
        except Exception as fault:
            answer = problems.answer_fault(fault, scope["path"])
            if has_begun:
                raise
            await answer(scope, receive, send)

    def _problem(self, scope: Scope) -> tuple[str, str] | None:
        headers = Headers(scope=scope)
        host, origin = headers.get("host", ""), headers.get("origin")
        if self._hosts is not None and _name(f"//{host}") not in self._hosts:
            return (
                "wrong-host",
                "The Host header names a host that this service is not. Use the address it prints.",
            )
        if origin is not None and not is_own_origin(origin, scope):
            return "forbidden-origin", "The Origin header names another site. Use the service's own pages."
        length = headers.get("content-length", "0")
        if not length.isdecimal() or int(length) > BODY_LIMIT:
            return "too-large", f"Expected a body of at most {BODY_LIMIT} bytes, got {length[:20]}."
        return None


def hosts_for(address: str) -> frozenset[str] | None:
    """The names to serve when listening on this address: on loopback its own; on a network any, for only the site knows them."""
    return LOOPBACK_HOSTS if is_loopback(address) else None


def _name(url: str) -> str:
    """The host of an address without its port, in lower case; empty when it has none."""
    try:
        return urlsplit(url).hostname or ""
    except ValueError:
        return ""


def _limited(receive: Receive) -> Receive:
    """Count the body of a request that did not say its length."""
    received = 0

    async def limited_receive() -> Message:
        nonlocal received
        message = await receive()
        received += len(message.get("body", b""))
        if received > BODY_LIMIT:
            raise problems.BodyTooLarge
        return message

    return limited_receive


def _with_headers(send: Send, added: Mapping[str, str]) -> Send:
    async def send_with_headers(message: Message) -> None:
        if message["type"] == "http.response.start":
            headers = MutableHeaders(scope=message)
            for name, value in added.items():
                headers.setdefault(name, value)
        await send(message)

    return send_with_headers
