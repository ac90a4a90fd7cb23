"""Passwords: what may be one, and what is kept of it."""

from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.auth.passwords import LONGEST, SHORTEST, weaknesses
from app.auth.throttle import Limits, Throttle
from tests.support.accounts import NOON, quick_hasher

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
    ],
)
def test_what_everybody_guesses_first_is_none(password: str, finding: str) -> None:
    """In capitals or not."""
    name = "shift-supervisor-zhao"
    assert any(finding in each for each in weaknesses(password, user_name=name))


async def test_only_the_right_password_fits_a_hash() -> None:
    """However its accents were typed; and no hash fits none."""
    hasher = quick_hasher()
    kept = await hasher.hashed("caf\u00e9 au lait, svp")
    assert await hasher.is_right("cafe\u0301 au lait, svp", kept)
    assert not await hasher.is_right("cafe au lait, svp", kept)
    assert not await hasher.is_right(GOOD, None)
    hasher.close()


async def test_a_hash_is_argon2id_and_never_twice_the_same() -> None:
    """Each has a salt of its own."""
    hasher = quick_hasher()
    first, second = await hasher.hashed(GOOD), await hasher.hashed(GOOD)
    assert first.startswith("$argon2id$")
    assert first != second
    hasher.close()


# --- the limit on guessing -------------------------------------------------------------------------------------------

LIMITS = Limits(free=3, first=timedelta(seconds=10), longest=timedelta(seconds=60), keys=2)


def test_each_failure_beyond_the_free_ones_locks_for_twice_as_long() -> None:
    """Up to the longest lock."""
    throttle, now, locks = Throttle(LIMITS), NOON, []
    for _ in range(7):
        throttle.count("lin", now)
        until = throttle.locked_until("lin", now)
        locks.append((until - now).total_seconds() if until else 0)
        now = until or now
        assert throttle.locked_until("lin", now) is None
    assert locks == [0, 0, 10, 20, 40, 60, 60]


def test_failures_are_forgotten_after_a_while() -> None:
    """At the limit."""
    throttle = Throttle(LIMITS)
    for _ in range(LIMITS.free - 1):
        throttle.count("lin", NOON)
    later = NOON + LIMITS.forget_after
    throttle.count("lin", later)
    assert throttle.locked_until("lin", later) is None


def test_one_key_is_not_the_others_concern() -> None:
    """Nobody locks a colleague out by name, but by guessing that colleague's password."""
    throttle = Throttle(LIMITS)
    for _ in range(LIMITS.free):
        throttle.count("lin", NOON)
    assert throttle.locked_until("wang", NOON) is None


@given(st.lists(st.text(max_size=3), max_size=50))
def test_memory_is_bounded(keys: list[str]) -> None:
    """Whatever names are tried."""
    throttle = Throttle(LIMITS)
    for key in keys:
        throttle.count(key, NOON)
    assert len(throttle._records) <= LIMITS.keys
