"""Guessing passwords comes to an end, honest people are not locked out by others, and nobody for ever."""

import asyncio
from datetime import timedelta

import httpx2
import pytest

from app.auth.audit import AuditEntry, AuditFilter
from app.auth.model import Role
from app.auth.throttle import PER_ADDRESS, PER_NAME, PER_USER, FailureKey, Failures, Limits, keys_of
from tests.support.accounts import BOSS, NOON, PASSWORD
from tests.support.people import ORIGIN, People
from tests.support.stage import Stage

MOMENT = timedelta(milliseconds=1)
SESSION = "/api/v1/session"
BROWSER = "thirdring-browser"


@pytest.fixture
async def people(stage: Stage) -> People:
    """Two users with the same password: the admin `boss`, and `chen`."""
    people = People(stage)
    for name, role in (("boss", Role.ADMIN), ("chen", Role.SHIFT_SUPERVISOR)):
        await people.access.administration.add_user(BOSS, name=name, password=PASSWORD, role=role)
    return people


async def log_in(
    people: People,
    name: str = "chen",
    password: str = PASSWORD,
    *,
    source: str = "192.0.2.1",
    browser: str | None = None,
) -> httpx2.Response:
    """What the log-in page sends, from an address."""
    transport = httpx2.ASGITransport(app=people.stage.api, client=(source, 40000))
    headers = {"Origin": ORIGIN} | ({} if browser is None else {"Cookie": f"{BROWSER}={browser}"})
    async with httpx2.AsyncClient(transport=transport, base_url=ORIGIN, headers=headers) as client:
        return await client.post(SESSION, json={"name": name, "password": password})


async def fail(people: People, count: int, name: str = "chen", **where: str) -> None:
    """Wrong passwords, each looked at."""
    for _ in range(count):
        answer = await log_in(people, name, "wrong", **where)
        assert answer.json()["code"] == "login-refused", answer.text


async def is_locked(people: People, name: str = "chen", **how: str) -> bool:
    """Whether not even the right password is looked at."""
    return (await log_in(people, name, **how)).status_code == 429


async def lock_entries(people: People) -> list[AuditEntry]:
    """The lock-outs in the audit log, oldest first."""
    page = await people.access.store.audit_page(AuditFilter(action="lockOut"), behind=None, limit=99)
    return [link.entry for link in reversed(page)]


# --- a user ----------------------------------------------------------------------------------------------------------


async def test_a_user_is_locked_after_some_failures(people: People) -> None:
    """Even the right password waits then; and it opens once the lock is over."""
    await fail(people, PER_USER.free)
    locked = await log_in(people)
    assert (locked.status_code, locked.json()["code"]) == (429, "too-many-attempts")
    assert locked.headers["retry-after"] == "30"
    people.stage.clock.move(PER_USER.first - MOMENT)
    assert await is_locked(people)
    people.stage.clock.move(MOMENT)
    assert not await is_locked(people)


async def test_a_success_forgives_the_failures_before(people: People) -> None:
    """Who mistypes now and then is never locked."""
    for _ in range(3):
        await fail(people, PER_USER.free - 1)
        assert (await log_in(people)).status_code == 201


async def test_many_attempts_at_once_gain_nothing(people: People) -> None:
    """No more are looked at than one after the other."""
    answers = await asyncio.gather(*(log_in(people, password=f"wrong {number}") for number in range(20)))
    codes = [answer.json()["code"] for answer in answers]
    assert codes.count("login-refused") == PER_USER.free
    assert codes.count("too-many-attempts") == 20 - PER_USER.free


async def test_a_name_that_nobody_has_is_locked_just_the_same(people: People) -> None:
    """So a lock tells nobody which users there are. The name is not kept: it may be a password."""
    await fail(people, PER_USER.free, "nobody")
    assert await is_locked(people, "nobody")
    assert not await is_locked(people, "somebody")
    assert all("nobody" not in entry.object for entry in await lock_entries(people))


async def test_a_lock_is_audited(people: People) -> None:
    """With whom it locks out, where, and until when."""
    await fail(people, PER_USER.free)
    (entry,) = await lock_entries(people)
    assert (entry.actor, entry.object, entry.source) == (
        "user:chen",
        "user:chen address:192.0.2.1",
        "192.0.2.1",
    )
    assert entry.details == {"until": "2026-11-21T08:30:30Z"}


# --- others ----------------------------------------------------------------------------------------------------------


async def test_somebody_elsewhere_does_not_lock_a_user_out(people: People) -> None:
    """Not at another address."""
    await fail(people, PER_USER.free, source="198.51.100.7")
    assert await is_locked(people, source="198.51.100.7")
    assert not await is_locked(people)


async def test_an_address_is_locked_that_tries_many_names(people: People) -> None:
    """No name is tried often, and yet it ends; for this address alone."""
    for number in range(PER_ADDRESS.free):
        await fail(people, 1, f"user{number}")
    assert await is_locked(people)
    assert not await is_locked(people, source="192.0.2.2")


async def test_a_name_is_locked_that_many_addresses_try(people: People) -> None:
    """None of them tries often."""
    for number in range(PER_NAME.free):
        await fail(people, 1, source=f"198.51.100.{number}")
    assert await is_locked(people)


async def test_one_network_of_ipv6_is_one_address(people: People) -> None:
    """Whoever has one address of it has all."""
    for number in range(PER_USER.free):
        await fail(people, 1, source=f"2001:db8::{number:x}")
    assert await is_locked(people, source="2001:db8::ffff")
    assert not await is_locked(people, source="2001:db8:0:1::1")


async def test_nobody_locks_out_the_browser_of_somebody_who_logged_in_there(people: People) -> None:
    """Not from many addresses, not from the same one: the last admin cannot be locked out for ever."""
    known = str((await log_in(people, "boss")).cookies[BROWSER])
    for number in range(PER_NAME.free - PER_USER.free):
        await fail(people, 1, "boss", source=f"198.51.100.{number}")
    await fail(people, PER_USER.free, "boss")
    assert await is_locked(people, "boss")
    assert (await log_in(people, "boss", browser=known)).status_code == 201


async def test_a_known_browser_is_locked_by_its_own_failures(people: People) -> None:
    """And only there."""
    known = str((await log_in(people)).cookies[BROWSER])
    await fail(people, PER_USER.free, browser=known)
    assert await is_locked(people, browser=known)
    assert not await is_locked(people)


@pytest.mark.parametrize("forged", ["", ".", "x.y", f"x.{'0' * 64}", "x" * 500])
async def test_a_browser_cannot_say_by_itself_that_it_is_known(people: People, forged: str) -> None:
    """Nor with what another user's log-in left there."""
    of_another = str((await log_in(people, "boss")).cookies[BROWSER])
    await fail(people, PER_USER.free)
    assert await is_locked(people, browser=forged)
    assert await is_locked(people, browser=of_another)


async def test_another_password_makes_browsers_strangers_again(people: People) -> None:
    """Whoever had the old one may have had a browser, too."""
    known = str((await log_in(people)).cookies[BROWSER])
    await people.access.administration.set_password(BOSS, "chen", "another fine phrase")
    await fail(people, PER_USER.free)
    assert await is_locked(people, password="another fine phrase", browser=known)


# --- afterwards ------------------------------------------------------------------------------------------------------


async def test_a_lock_outlives_a_restart(people: People) -> None:
    """Another service over the same database holds it, too."""
    await fail(people, PER_USER.free)
    assert await is_locked(People(Stage(accounts=people.access.store)))


async def test_an_honest_log_in_writes_nothing_for_it(
    people: People, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Only who failed before is forgiven in writing."""
    forgotten: list[object] = []
    forget = people.access.store.forget_failures

    async def noting(keys: object) -> None:
        forgotten.append(keys)
        await forget(keys)  # type: ignore[arg-type]  # passed on as they are

    monkeypatch.setattr(people.access.store, "forget_failures", noting)
    assert (await log_in(people)).status_code == 201
    assert forgotten == []
    await fail(people, 1)
    assert (await log_in(people)).status_code == 201
    assert len(forgotten) == 1


async def test_an_admin_unlocks_a_user_at_once(people: People) -> None:
    """Wherever it was locked out; and that is audited."""
    await fail(people, PER_USER.free)
    for number in range(PER_ADDRESS.free - PER_USER.free):
        await fail(people, 1, f"user{number}")
    async with people.stage.client() as admin:
        assert (await admin.post("/api/v1/users/CHEN/unlock")).status_code == 200
        assert (await admin.post("/api/v1/users/nobody/unlock")).json()["code"] == "unknown-user"
    assert not await is_locked(people)
    entries = await people.access.store.audit_page(AuditFilter(action="unlockUser"), behind=None, limit=9)
    assert [(link.entry.object, link.entry.result) for link in entries] == [("user:chen", "done")]


# --- the limits themselves -------------------------------------------------------------------------------------------

LIMITS = Limits(free=4, first=timedelta(seconds=30), longest=timedelta(minutes=2))


@pytest.mark.parametrize(
    ("count", "seconds"), [(0, None), (3, None), (4, 30), (5, 60), (6, 120), (7, 120), (10_000, 120)]
)
def test_each_failure_beyond_the_free_ones_locks_for_twice_as_long(count: int, seconds: int | None) -> None:
    """Up to the longest."""
    until = LIMITS.locked_until(Failures(count, NOON), NOON)
    assert until == (None if seconds is None else NOON + timedelta(seconds=seconds))


def test_failures_drain_away() -> None:
    """As many an hour as are free: a whole office that mistypes now and then is never locked."""
    quarter = timedelta(minutes=15)
    first = LIMITS.added(None, NOON)
    assert first == Failures(1, NOON)
    assert LIMITS.added(first, NOON + quarter - MOMENT).count == 2
    assert LIMITS.added(first, NOON + quarter).count == 1
    assert LIMITS.added(Failures(9, NOON), NOON + 4 * quarter).count == 6
    assert LIMITS.added(Failures(9, NOON), NOON - quarter).count == 10, (
        "a clock that went back drains nothing"
    )


def test_an_attempt_is_counted_by_browser_or_by_all_the_rest() -> None:
    """A browser's name is kept from those that have none."""
    assert keys_of("lin", "192.0.2.1", "b1") == [FailureKey("lin", browser="b1")]
    assert keys_of("lin", "192.0.2.1", None) == [
        FailureKey("lin", "192.0.2.1"),
        FailureKey("lin"),
        FailureKey(address="192.0.2.1"),
    ]
