"""A small honest OpenID provider: a real HTTP server that signs what it says, and tells lies when a test asks for them.

It keeps to what a client must be able to rely on: a code works once, for the client, the address and the verifier it was given for.
"""

import base64
import hashlib
import socket
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from functools import cache
from typing import Any
from urllib.parse import unquote_plus, urlencode

from aiohttp import web
from joserfc import jwt
from joserfc.jwk import KeySet, RSAKey

from app.auth.claims import ClaimRules
from app.auth.model import Role
from app.auth.sign_on_settings import SignOnSettings

CLIENT_ID, CLIENT_SECRET = "thirdring", "s3cret&of the client"
RULES = ClaimRules(
    roles={"hotline-admins": Role.ADMIN, "hotline-leaders": Role.TEAM_LEADER, "hotline": Role.AGENT},
    teams={"hotline-early": "early", "hotline-late": "late"},
    agent_id="extension.agent",
)
Lie = Callable[[dict[str, Any]], object]


@cache
def rsa_key(kid: str) -> RSAKey:
    """The key of that name. It takes a while to make one."""
    return RSAKey.generate_key(2048, {"kid": kid})


@dataclass
class OpenIdProvider:
    """What it knows, and how it lies."""

    url: str
    now: Callable[[], datetime]
    person: dict[str, Any] = field(
        default_factory=lambda: {
            "sub": "8f2c1e",
            "preferred_username": "Lin.Xiao@example.com",
            "name": "林晓",
            "groups": ["everybody", "hotline-leaders", "hotline-early"],
            "extension": {"agent": "lin"},
        }
    )
    """The claims of who is logged in there."""
    key: RSAKey = field(default_factory=lambda: rsa_key("k1"))
    signs_with: RSAKey | None = None
    """Another key than the one it publishes."""
    algorithm: str = "RS256"
    lie: Lie = lambda _claims: None
    """Changes the claims of the ID token."""
    tells_in_userinfo: bool = False
    """Groups and the like are told there only."""
    error: str = ""
    """What it answers instead of a code."""
    metadata_lie: Lie = lambda _metadata: None
    token_answer: dict[str, Any] | str | None = None
    """What the token endpoint answers instead."""
    status: int = 200
    asked: list[str] = field(default_factory=list)
    _codes: dict[str, dict[str, str]] = field(default_factory=dict)

    def settings(self, **changed: Any) -> SignOnSettings:
        """Who the client is there."""
        values: dict[str, Any] = {
            "issuer": self.url,
            "client_id": CLIENT_ID,
            "client_secret": CLIENT_SECRET,
            "name": "Example Company",
            "rules": RULES,
        }
        return SignOnSettings(**values | changed)

    # --- what it serves ----------------------------------------------------------------------------------------------

    def app(self) -> web.Application:
        """The server."""
        app = web.Application(middlewares=[self._note])
        app.router.add_get("/.well-known/openid-configuration", self._discovery)
        app.router.add_get("/authorize", self._authorize)
        app.router.add_post("/token", self._token)
        app.router.add_get("/keys", self._keys)
        app.router.add_get("/userinfo", self._userinfo)
        return app

    @web.middleware
    async def _note(self, request: web.Request, handler: Callable[[web.Request], Any]) -> web.StreamResponse:
        self.asked.append(request.path)
        if self.status != 200:
            return web.Response(status=self.status, text="<h1>out of order</h1>")
        answer: web.StreamResponse = await handler(request)
        return answer

    async def _discovery(self, _request: web.Request) -> web.Response:
        metadata: dict[str, Any] = {
            "issuer": self.url,
            "authorization_endpoint": f"{self.url}/authorize",
            "token_endpoint": f"{self.url}/token",
            "jwks_uri": f"{self.url}/keys",
            "userinfo_endpoint": f"{self.url}/userinfo",
            "end_session_endpoint": f"{self.url}/logout",
            "response_types_supported": ["code"],
            "subject_types_supported": ["public"],
            "id_token_signing_alg_values_supported": ["RS256"],
        }
        self.metadata_lie(metadata)
        return web.json_response(metadata)

    async def _authorize(self, request: web.Request) -> web.Response:
        asked = dict(request.query)
        wanted = {"response_type": "code", "client_id": CLIENT_ID, "code_challenge_method": "S256"}
        if wanted.items() > asked.items() or "openid" not in asked["scope"].split():
            return web.Response(status=400, text=f"expected {wanted}, got {asked}")
        answer = {"state": asked["state"], "iss": self.url}
        if self.error:
            answer["error"] = self.error
        else:
            answer["code"] = f"code-{len(self._codes) + 1}"
            self._codes[answer["code"]] = asked
        raise web.HTTPSeeOther(f"{asked['redirect_uri']}?{urlencode(answer)}")

    async def _token(self, request: web.Request) -> web.Response:
        if self.token_answer is not None:
            text = self.token_answer
            return web.json_response(text) if isinstance(text, dict) else web.Response(text=text)
        form = {name: str(value) for name, value in (await request.post()).items()}
        if not _is_client(request, form):
            return web.json_response({"error": "invalid_client"}, status=401)
        asked = self._codes.pop(form.get("code", ""), None)
        if asked is None or asked["redirect_uri"] != form.get("redirect_uri") or not _fits(asked, form):
            return web.json_response({"error": "invalid_grant"}, status=400)
        return web.json_response(
            {"access_token": "access", "token_type": "Bearer", "id_token": self.id_token(asked["nonce"])}
        )

    def id_token(self, nonce: str) -> str:
        """A signed one."""
        now = self.now()
        told = {"sub": self.person["sub"]} if self.tells_in_userinfo else self.person
        claims: dict[str, Any] = {
            "iss": self.url,
            "aud": CLIENT_ID,
            "iat": int(now.timestamp()),
            "exp": int((now + timedelta(minutes=5)).timestamp()),
            "nonce": nonce,
            **told,
        }
        self.lie(claims)
        key = self.signs_with or self.key
        return jwt.encode({"alg": self.algorithm, "kid": key.kid}, claims, key, algorithms=[self.algorithm])

    async def _keys(self, _request: web.Request) -> web.Response:
        return web.json_response(KeySet([self.key]).as_dict(private=False))

    async def _userinfo(self, request: web.Request) -> web.Response:
        if request.headers.get("Authorization") != "Bearer access":
            return web.Response(status=401)
        return web.json_response(self.person)


def _is_client(request: web.Request, form: dict[str, str]) -> bool:
    """By `client_secret_basic` (RFC 6749 section 2.3.1)."""
    header = request.headers.get("Authorization", "")
    if not header:
        return (form.get("client_id"), form.get("client_secret")) == (CLIENT_ID, CLIENT_SECRET)
    name, _, secret = base64.b64decode(header.removeprefix("Basic ")).decode().partition(":")
    return (unquote_plus(name), unquote_plus(secret)) == (CLIENT_ID, CLIENT_SECRET)


def _fits(asked: dict[str, str], form: dict[str, str]) -> bool:
    """Whether the verifier is the one of the challenge (RFC 7636 section 4.6)."""
    digest = hashlib.sha256(form.get("code_verifier", "").encode()).digest()
    return base64.urlsafe_b64encode(digest).rstrip(b"=").decode() == asked["code_challenge"]


@asynccontextmanager
async def openid_provider(now: Callable[[], datetime]) -> AsyncIterator[OpenIdProvider]:
    """One that is up."""
    listener = socket.create_server(("127.0.0.1", 0))
    provider = OpenIdProvider(f"http://127.0.0.1:{listener.getsockname()[1]}", now)
    runner = web.AppRunner(provider.app())
    await runner.setup()
    await web.SockSite(runner, listener).start()
    try:
        yield provider
    finally:
        await runner.cleanup()
