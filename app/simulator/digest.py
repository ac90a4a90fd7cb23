"""Digest authentication as SIP uses it (RFC 3261 22.4, RFC 7616, RFC 8760). Pure: the client nonce is given."""

import hashlib
from collections.abc import Callable, Iterable
from dataclasses import dataclass

from app.simulator import sip

# The protocol names MD5; nothing here rests on its strength but the phone's own password.
_ALGORITHMS: dict[str, Callable[[bytes], str]] = {
    "SHA-256": lambda data: hashlib.sha256(data).hexdigest(),
    "MD5": lambda data: hashlib.md5(data, usedforsecurity=False).hexdigest(),
}
_ONCE = "00000001"


@dataclass(frozen=True, slots=True, kw_only=True)
class Challenge:
    """What a 401 or 407 asks for."""

    realm: str
    nonce: str
    algorithm: str = "MD5"
    opaque: str | None = None
    has_qop: bool = False
    is_proxy: bool = False

    @property
    def answer_header(self) -> str:
        """The name of the header that carries the answer."""
        return "Proxy-Authorization" if self.is_proxy else "Authorization"


@dataclass(frozen=True, slots=True)
class Credentials:
    """Who the phone says it is."""

    user: str
    password: str


def read_challenge(response: sip.Response) -> Challenge | None:
    """The best challenge of a 401 or 407: SHA-256 before MD5. None when there is none that can be met."""
    offered = [
        _parse(value, is_proxy=name == "Proxy-Authenticate") for name, value in _challenge_lines(response)
    ]
    for algorithm in _ALGORITHMS:
        for challenge in offered:
            if challenge.algorithm.upper() == algorithm:
                return challenge
    return None


def answer(challenge: Challenge, credentials: Credentials, *, method: str, uri: str, cnonce: str) -> str:
    """The value of the header that answers a challenge (RFC 7616 3.4). Each nonce is used once."""
    digest = _ALGORITHMS[challenge.algorithm.upper()]
    secret = digest(f"{credentials.user}:{challenge.realm}:{credentials.password}".encode())
    request = digest(f"{method}:{uri}".encode())
    proof = f"{challenge.nonce}:{_ONCE}:{cnonce}:auth" if challenge.has_qop else challenge.nonce
    fields = [
        f'username="{credentials.user}"',
        f'realm="{challenge.realm}"',
        f'nonce="{challenge.nonce}"',
        f'uri="{uri}"',
        f'response="{digest(f"{secret}:{proof}:{request}".encode())}"',
        f"algorithm={challenge.algorithm}",
    ]
    if challenge.opaque is not None:
        fields.append(f'opaque="{challenge.opaque}"')
    if challenge.has_qop:
        fields += [f'cnonce="{cnonce}"', "qop=auth", f"nc={_ONCE}"]
    return "Digest " + ", ".join(fields)


def _challenge_lines(response: sip.Response) -> Iterable[tuple[str, str]]:
    wanted = ("WWW-Authenticate", "Proxy-Authenticate")
    for name, value in response.headers.pairs:
        for header in wanted:
            if name.lower() == header.lower() and value.lower().startswith("digest "):
                yield header, value


def _parse(value: str, *, is_proxy: bool) -> Challenge:
    fields = sip.parameters_of(value.partition(" ")[2])
    return Challenge(
        realm=fields.get("realm", ""),
        nonce=fields.get("nonce", ""),
        algorithm=fields.get("algorithm", "MD5"),
        opaque=fields.get("opaque"),
        has_qop="auth" in [option.strip() for option in fields.get("qop", "").split(",")],
        is_proxy=is_proxy,
    )
