"""One attempt to log in by the provider: everything that binds its answer to this browser follows from one secret in a cookie.

So nothing is kept here, an attempt outlives a restart, and another service of the site can end it.
"""

import secrets
from base64 import urlsafe_b64encode
from dataclasses import dataclass, field
from datetime import timedelta
from hashlib import sha256
from hmac import compare_digest
from typing import Self

ATTEMPT_LASTS = timedelta(minutes=10)


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """What the browser brings back from the provider; empty: it is missing."""

    code: str = ""
    state: str = ""
    issuer: str = ""
    error: str = ""


@dataclass(frozen=True, slots=True)
class Attempt:
    """Whoever does not know the secret can make none of these."""

    secret: str = field(repr=False)

    @classmethod
    def new(cls) -> Self:
        """By chance."""
        return cls(secrets.token_urlsafe(32))

    @property
    def state(self) -> str:
        """Comes back with the answer: it belongs to this browser."""
        return self._derived("state")

    @property
    def nonce(self) -> str:
        """Comes back in the ID token: it was made for this log-in."""
        return self._derived("nonce")

    @property
    def verifier(self) -> str:
        """Redeems the code, which is of no use to who only saw it (RFC 7636 section 4.1)."""
        return self._derived("verifier")

    @property
    def challenge(self) -> str:
        """What the provider is told of the verifier (section 4.2)."""
        return _text(sha256(self.verifier.encode()).digest())

    def began(self, state: str) -> bool:
        """Whether an answer with this state is the answer to this attempt."""
        return compare_digest(state.encode(), self.state.encode())

    def _derived(self, purpose: str) -> str:
        return _text(sha256(f"{purpose}:{self.secret}".encode()).digest())


def _text(digest: bytes) -> str:
    return urlsafe_b64encode(digest).rstrip(b"=").decode()
