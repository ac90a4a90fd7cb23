"""The OpenID provider: found, asked, and believed only as far as its signature goes.

OpenID Connect Core 1.0, the authorization code flow, with PKCE (RFC 7636). What is said to the provider goes by TLS, or stays on this
machine; redirects are not followed.
"""

import asyncio
import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from http import HTTPStatus
from typing import Any, Final
from urllib.parse import urlencode

import aiohttp
from joserfc import jwt
from joserfc.errors import InvalidKeyIdError, JoseError
from joserfc.jwk import KeySet

from app.auth.attempt import Attempt
from app.auth.claims import Claims, claim
from app.auth.errors import ProviderAway, SignOnRefused
from app.auth.sign_on_settings import SignOnSettings, is_safe
from app.clock import Clock

_ALGORITHMS: Final = ("RS256", "PS256", "ES256", "Ed25519", "EdDSA")
"""Signatures by a key that only the provider has. A provider that signs otherwise is not believed."""
_LEEWAY_SECONDS: Final = 60
"""By how much its clock may differ from ours."""
_ANSWER_SECONDS: Final = 10
_LARGEST_ANSWER: Final = 512 * 1024
_KNOWN_FOR: Final = timedelta(hours=1)
_TRY_AGAIN_AFTER: Final = timedelta(seconds=5)
_KEYS_AGAIN_AFTER: Final = timedelta(minutes=1)
"""Nobody can make us ask for keys more often by sending tokens with made-up names of keys."""


@dataclass(frozen=True, slots=True)
class _Metadata:
    """What the provider tells of itself (OpenID Connect Discovery 1.0 section 3)."""

    authorization_endpoint: str
    token_endpoint: str
    jwks_uri: str
    userinfo_endpoint: str | None
    end_session_endpoint: str | None
    takes_basic: bool


class Provider:
    """One provider. `close()` it at the end."""

    def __init__(self, settings: SignOnSettings, clock: Clock) -> None:
        self._settings = settings
        self._clock = clock
        self._http: aiohttp.ClientSession | None = None
        self._asking = asyncio.Lock()
        self._metadata: _Metadata | None = None
        self._keys: KeySet | None = None
        self._found_at = self._keys_at = self._failed_at = datetime.min.replace(tzinfo=UTC)
        self._failure = ""

    async def authorization_url(self, attempt: Attempt, *, back_to: str) -> str:
        """Where the browser goes to log in. Raises `ProviderAway`."""
        metadata = await self._known()
        return _with_query(
            metadata.authorization_endpoint,
            response_type="code",
            client_id=self._settings.client_id,
            redirect_uri=back_to,
            scope=" ".join(self._settings.scopes),
            state=attempt.state,
            nonce=attempt.nonce,
            code_challenge=attempt.challenge,
            code_challenge_method="S256",
        )

    async def claims(self, code: str, attempt: Attempt, *, back_to: str) -> Claims:
        """Who logged in there. Raises `ProviderAway`, `SignOnRefused`."""
        metadata = await self._known()
        answer = await self._redeemed(metadata, code, attempt, back_to)
        claims = await self._verified(metadata, answer.get("id_token"), attempt.nonce)
        lacking = [name for name in self._settings.rules.wanted if claim(claims, name) is None]
        if lacking and metadata.userinfo_endpoint and isinstance(answer.get("access_token"), str):
            claims = await self._completed(claims, metadata.userinfo_endpoint, answer["access_token"])
        return claims

    async def end_session_url(self, *, back_to: str) -> str | None:
        """Where the browser goes to log out there as well (OpenID Connect RP-Initiated Logout 1.0); None: nowhere.

        The provider is told who we are, and not whom it is about: that would put a token into an address.
        """
        endpoint = (await self._known()).end_session_endpoint
        if endpoint is None:
            return None
        return _with_query(endpoint, client_id=self._settings.client_id, post_logout_redirect_uri=back_to)

    async def check(self) -> str:
        """Ask for all that is needed, as a doctor does; returns where one logs in. Raises `ProviderAway`."""
        metadata = await self._known()
        await self._fresh_keys(metadata)
        return metadata.authorization_endpoint

    async def close(self) -> None:
        """Let go of connections. May be called twice."""
        if self._http is not None:
            await self._http.close()

    # --- what it says ------------------------------------------------------------------------------------------------

    async def _known(self) -> _Metadata:
        async with self._asking:
            now = self._clock.now()
            if self._metadata is None or now - self._found_at >= _KNOWN_FOR:
                if now - self._failed_at < _TRY_AGAIN_AFTER:
                    raise ProviderAway(self._failure)
                try:
                    self._metadata = await self._discovered()
                except ProviderAway as away:
                    self._failed_at, self._failure = now, away.reason
                    raise
                self._found_at = now
            return self._metadata

    async def _discovered(self) -> _Metadata:
        issuer = self._settings.issuer
        url = f"{issuer.rstrip('/')}/.well-known/openid-configuration"
        told = await self._ask("GET", url)
        if told.get("issuer") != issuer:
            raise ProviderAway(f"{url} expected to tell of {issuer}, tells of {told.get('issuer')!r}")
        for name in ("authorization_endpoint", "token_endpoint", "jwks_uri"):
            if not isinstance(told.get(name), str) or not is_safe(told[name]):
                raise ProviderAway(f"expected {name} to be an https address, got {told.get(name)!r}")
        optional = {
            name: told[name] if isinstance(told.get(name), str) and is_safe(told[name]) else None
            for name in ("userinfo_endpoint", "end_session_endpoint")
        }
        methods = told.get("token_endpoint_auth_methods_supported", ["client_secret_basic"])
        return _Metadata(
            told["authorization_endpoint"],
            told["token_endpoint"],
            told["jwks_uri"],
            **optional,
            takes_basic="client_secret_basic" in methods,
        )

    async def _redeemed(
        self, metadata: _Metadata, code: str, attempt: Attempt, back_to: str
    ) -> Mapping[str, Any]:
        """What the code is worth. It can be redeemed once (RFC 6749 section 4.1.3)."""
        client_id, secret = self._settings.client_id, self._settings.client_secret
        form = {
            "grant_type": "authorization_code",
            "code": code,
            "redirect_uri": back_to,
            "code_verifier": attempt.verifier,
        }
        headers = {}
        if secret is not None and metadata.takes_basic:
            headers["Authorization"] = aiohttp.encode_basic_auth(
                _form_encoded(client_id), _form_encoded(secret)
            )
        else:
            form |= (
                {"client_id": client_id}
                if secret is None
                else {"client_id": client_id, "client_secret": secret}
            )
        return await self._ask("POST", metadata.token_endpoint, data=form, headers=headers, may_refuse=True)

    async def _completed(self, claims: Claims, endpoint: str, access_token: str) -> Claims:
        """With what only the userinfo endpoint tells; it must be about the same person (section 5.3.2)."""
        told = await self._ask("GET", endpoint, headers={"Authorization": f"Bearer {access_token}"})
        if told.get("sub") != claims["sub"]:
            raise SignOnRefused.unproven("the userinfo is about somebody else")
        return {**told, **claims}

    async def _ask(self, method: str, url: str, *, may_refuse: bool = False, **what: Any) -> dict[str, Any]:
        """A JSON object. `may_refuse`: an error of OAuth (RFC 6749 section 5.2) is an answer, too."""
        if self._http is None:
            timeout, no_cookies = aiohttp.ClientTimeout(total=_ANSWER_SECONDS), aiohttp.DummyCookieJar()
            self._http = aiohttp.ClientSession(timeout=timeout, cookie_jar=no_cookies)
        try:
            async with self._http.request(method, url, allow_redirects=False, **what) as answer:
                status, told = answer.status, _object(await _content(answer))
        except (aiohttp.ClientError, OSError) as error:
            raise ProviderAway(f"{url}: {str(error) or type(error).__name__}") from None
        if may_refuse and isinstance(told.get("error"), str):
            raise SignOnRefused.by_provider(told["error"])
        if status != HTTPStatus.OK or not told:
            raise ProviderAway(f"expected {url} to answer a JSON object; status {status} came")
        return told

    # --- whether it is true ------------------------------------------------------------------------------------------

    async def _verified(self, metadata: _Metadata, id_token: object, nonce: str) -> Claims:
        """The claims of an ID token that is for us, for this log-in and for now (section 3.1.3.7)."""
        if not isinstance(id_token, str):
            raise SignOnRefused.unproven("it sent no ID token")
        keys = self._keys or await self._fresh_keys(metadata)
        try:
            token = _decoded(id_token, keys)
        except InvalidKeyIdError:
            token = _decoded_or_refused(id_token, await self._fresh_keys(metadata))
        except (JoseError, ValueError) as error:
            raise SignOnRefused.unproven(_finding(error)) from None
        registry = jwt.JWTClaimsRegistry(
            now=int(self._clock.now().timestamp()),
            leeway=_LEEWAY_SECONDS,
            iss={"essential": True, "value": self._settings.issuer},
            aud={"essential": True, "value": self._settings.client_id},
            sub={"essential": True},
            exp={"essential": True},
            iat={"essential": True},
            nonce={"essential": True, "value": nonce},
        )
        try:
            registry.validate(token.claims)
        except JoseError as error:
            raise SignOnRefused.unproven(_finding(error)) from None
        self._check_party(token.claims)
        return token.claims

    def _check_party(self, claims: Claims) -> None:
        """A token for several is ours only if it was made for us."""
        audience, party = claims["aud"], claims.get("azp")
        is_for_several = isinstance(audience, list) and len(audience) > 1
        if (is_for_several or party is not None) and party != self._settings.client_id:
            raise SignOnRefused.unproven("the ID token was made for another client")

    async def _fresh_keys(self, metadata: _Metadata) -> KeySet:
        """The provider's keys of now; asked again at most every minute."""
        async with self._asking:
            now = self._clock.now()
            if self._keys is None or now - self._keys_at >= _KEYS_AGAIN_AFTER:
                told = await self._ask("GET", metadata.jwks_uri)
                try:
                    self._keys = KeySet.import_key_set({"keys": told["keys"]})
                except (JoseError, KeyError, TypeError, ValueError) as error:
                    raise ProviderAway(f"expected keys at {metadata.jwks_uri}; {_finding(error)}") from None
                self._keys_at = now
            return self._keys


async def _content(answer: aiohttp.ClientResponse) -> bytes:
    """The body; one that is too large is as good as none."""
    content = b""
    async for part in answer.content.iter_any():
        content += part
        if len(content) > _LARGEST_ANSWER:
            return b""
    return content


def _object(content: bytes) -> dict[str, Any]:
    """The JSON object that it is; empty: it is none."""
    try:
        told = json.loads(content)
    except ValueError:
        return {}
    return told if isinstance(told, dict) else {}


def _decoded(id_token: str, keys: KeySet) -> jwt.Token:
    return jwt.decode(id_token, keys, algorithms=_ALGORITHMS)


def _decoded_or_refused(id_token: str, keys: KeySet) -> jwt.Token:
    try:
        return _decoded(id_token, keys)
    except (JoseError, ValueError) as error:
        raise SignOnRefused.unproven(_finding(error)) from None


def _finding(error: Exception) -> str:
    """What is wrong with a token, without any of its content."""
    if isinstance(error, JoseError):
        return f"{error.error}: {error.description}" if error.description else error.error
    return type(error).__name__


def _with_query(url: str, **parameters: str) -> str:
    return f"{url}{'&' if '?' in url else '?'}{urlencode(parameters)}"


def _form_encoded(text: str) -> str:
    """As RFC 6749 section 2.3.1 wants names and passwords."""
    return urlencode({"": text})[1:]
