"""Passwords: the rules, and their hashes.

The rules follow NIST SP 800-63B section 5.1.1.2: length and no well-known words; no signs are prescribed and no change is forced.
"""

import asyncio
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from itertools import pairwise
from typing import TypeVar
from unicodedata import normalize

from pwdlib import PasswordHash
from pwdlib.hashers.argon2 import Argon2Hasher

T = TypeVar("T")

SHORTEST, LONGEST = 12, 128
_FEWEST_SIGNS = 5
_WELL_KNOWN = ("password", "thirdring", "123456789", "qwertyuiop", "1qaz2wsx", "iloveyou", "letmein")
_LEAST_BESIDE = 6
"""Signs that a password must have beside a well-known word."""

NOBODYS = "the password of no user"

_AT_ONCE = 2
"""Hashes made at once: each takes 64 MiB and a processor for some 50 ms."""


@dataclass(frozen=True, slots=True)
class Weakness:
    """A rule that a password breaks: its stable code, and in words."""

    code: str
    detail: str


def weaknesses(password: str, *, user_name: str) -> list[Weakness]:
    """The rules that a password breaks; none: it may be used."""
    text, length = normalize("NFKC", password).casefold(), len(password)
    checks = {
        Weakness("length", f"expected {SHORTEST} to {LONGEST} characters, got {length}"): SHORTEST
        <= length
        <= LONGEST,
        Weakness(
            "variety", f"expected {_FEWEST_SIGNS} different characters at least, got {len(set(text))}"
        ): len(set(text)) >= _FEWEST_SIGNS,
        Weakness("user-name", "it is mostly the user's name"): _is_more_than(user_name.casefold(), text),
        Weakness("well-known", "it is mostly a well-known word"): all(
            _is_more_than(word, text) for word in _WELL_KNOWN
        ),
        Weakness("row", "it is one sign after the other, as in the alphabet"): not _is_row(text),
    }
    return [weakness for weakness, is_kept in checks.items() if not is_kept]


def _is_more_than(word: str, text: str) -> bool:
    return word not in text or len(text.replace(word, "")) >= _LEAST_BESIDE


def _is_row(text: str) -> bool:
    """Whether most signs are those beside the one before, or the same."""
    beside = [abs(ord(sign) - ord(before)) <= 1 for before, sign in pairwise(text)]
    return sum(beside) > len(beside) / 2


class Hasher:
    """Makes and checks argon2id hashes, in threads of its own: the loop goes on, and few hashes take memory at once."""

    def __init__(self, argon2: Argon2Hasher | None = None) -> None:
        self._argon2 = PasswordHash((argon2 or Argon2Hasher(),))
        self._threads = ThreadPoolExecutor(_AT_ONCE, thread_name_prefix="passwords")
        self._nobody: str | None = None

    async def hashed(self, password: str) -> str:
        """The hash to keep."""
        return await self._run(self._argon2.hash, normalize("NFKC", password))

    async def is_right(self, password: str, kept: str) -> bool:
        """Whether it is the password of a hash. For no hash (an empty text): never, and it takes as long."""
        if self._nobody is None:
            self._nobody = await self.hashed(NOBODYS)
        is_right = await self._run(self._argon2.verify, normalize("NFKC", password), kept or self._nobody)
        return is_right and bool(kept)

    def close(self) -> None:
        """Let the threads go."""
        self._threads.shutdown(wait=False)

    async def _run(self, work: Callable[..., T], *arguments: str) -> T:
        return await asyncio.get_running_loop().run_in_executor(self._threads, work, *arguments)
