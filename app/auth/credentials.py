"""Secrets of sessions and tokens: made by chance, shown once, kept as a hash.

They have 256 bits, so a plain SHA-256 keeps them: there is nothing to guess. A prefix lets scanners find a token that was published.
"""

import secrets
from hashlib import sha256

from app.auth.model import SecretHash, TokenId

TOKEN_PREFIX = "trt_"  # noqa: S105 - how tokens begin, not a token
_ID_ALPHABET = "23456789abcdefghjkmnpqrstvwxyz"
_ID_LENGTH = 8


def new_session_secret() -> str:
    """The value of a new session's cookie."""
    return secrets.token_urlsafe(32)


def new_token_secret() -> str:
    """A new token, as its holder gets it."""
    return TOKEN_PREFIX + secrets.token_urlsafe(32)


def new_token_id() -> TokenId:
    """The name under which a token is listed and revoked."""
    return TokenId("".join(secrets.choice(_ID_ALPHABET) for _ in range(_ID_LENGTH)))


def hash_of(secret: str) -> SecretHash:
    """What is kept."""
    return SecretHash(sha256(secret.encode()).hexdigest())


def csrf_token_of(session_secret: str) -> str:
    """What a page must show beside its cookie to change something. It follows from the secret, so it need not be kept."""
    return sha256(f"csrf:{session_secret}".encode()).hexdigest()
