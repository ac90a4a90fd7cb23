"""Secrets of sessions and tokens: made by chance, shown once, kept as a hash.

They have 256 bits, so a plain SHA-256 keeps them: there is nothing to guess. A prefix lets scanners find a token that was published.
"""

import hmac
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


def new_browser_proof(password_hash: str) -> str:
    """What a browser keeps after a log-in, to show later that this user has logged in there. It opens nothing.

    It holds until the user has another password, and need not be kept here: who does not know the hash cannot make it.
    """
    name = secrets.token_urlsafe(12)
    return f"{name}.{_browser_seal(name, password_hash)}"


def browser_of(proof: str, password_hash: str) -> str | None:
    """The name of the browser that shows a proof; None: it is not of this user."""
    name, _, seal = proof.partition(".")
    is_right = hmac.compare_digest(seal.encode(), _browser_seal(name, password_hash).encode())
    return name if is_right else None


def _browser_seal(name: str, password_hash: str) -> str:
    return hmac.digest(password_hash.encode(), f"browser:{name}".encode(), "sha256").hex()
