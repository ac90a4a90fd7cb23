"""Passwords: what may be one, and what is kept of it."""

import pytest

from app.auth.passwords import LONGEST, NOBODYS, SHORTEST, weaknesses
from tests.support.accounts import quick_hasher

GOOD = "correct horse battery"


@pytest.mark.parametrize("password", [GOOD, "三个臭皮匠顶个诸葛亮真的", "Tr0ub4dor&3xyz", "a b c d e f g"])
def test_any_signs_make_a_password(password: str) -> None:
    """None is prescribed, none forbidden."""
    assert weaknesses(password, user_name="lin") == []


@pytest.mark.parametrize(
    ("length", "is_taken"), [(SHORTEST - 1, False), (SHORTEST, True), (LONGEST, True), (LONGEST + 1, False)]
)
def test_a_password_has_a_shortest_and_a_longest_length(length: int, *, is_taken: bool) -> None:
    """Both ends belong to it."""
    password = ("qazwsxedcrfv" * 20)[:length]
    assert (weaknesses(password, user_name="lin") == []) is is_taken


@pytest.mark.parametrize(
    ("password", "finding"),
    [
        ("aaaaaaaaaaaabbbb", "different characters"),
        ("shift-supervisor-zhao1", "user's name"),
        ("Password12349", "well-known word"),
        ("THIRDRING123", "well-known word"),
        ("abcdefghijklm", "one sign after the other"),
        ("aabbccddeeff987654", "one sign after the other"),
    ],
)
def test_what_everybody_guesses_first_is_none(password: str, finding: str) -> None:
    """In capitals or not."""
    name = "shift-supervisor-zhao"
    assert any(finding in each.detail for each in weaknesses(password, user_name=name))


async def test_only_the_right_password_fits_a_hash() -> None:
    """However its accents were typed; and no hash fits none."""
    hasher = quick_hasher()
    kept = await hasher.hashed("caf\u00e9 au lait, svp")
    assert await hasher.is_right("cafe\u0301 au lait, svp", kept)
    assert not await hasher.is_right("cafe au lait, svp", kept)
    assert not await hasher.is_right(GOOD, "")
    assert not await hasher.is_right(NOBODYS, "")
    hasher.close()


async def test_a_hash_is_argon2id_and_never_twice_the_same() -> None:
    """Each has a salt of its own."""
    hasher = quick_hasher()
    first, second = await hasher.hashed(GOOD), await hasher.hashed(GOOD)
    assert first.startswith("$argon2id$")
    assert first != second
    hasher.close()
