"""Tokens that nobody else makes: tags, branches, Call-IDs. Cheap, for load tests make many thousands."""

import itertools
import secrets

_PROCESS = secrets.token_hex(6)
_numbers = itertools.count(1)


def new_token() -> str:
    """A word that is unique in the world: random per process, counted within it (RFC 3261 19.3)."""
    return f"{_PROCESS}{next(_numbers):x}"
