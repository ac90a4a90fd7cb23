"""The stories that every store of accounts tells in the same way: the twin in memory, SQLite, PostgreSQL."""

import asyncio
from collections.abc import Callable, Sequence
from dataclasses import replace
from datetime import datetime, timedelta

import pytest

from app.auth.audit import AuditEntry, AuditFilter, Head
from app.auth.audit_log import verify
from app.auth.credentials import hash_of
from app.auth.errors import AuditTampered, LastAdmin, UnknownToken, UnknownUser, UserExists
from app.auth.model import Role, TokenId, User, UserName
from app.auth.store import AccountStore
from app.auth.throttle import FailureKey, Failures
from tests.support.accounts import NOON, entry, session, token, user


def noted(_before: User, _after: User) -> AuditEntry:
    """An entry, whatever changed."""
    return entry("changeUser")


async def test_a_user_comes_back_as_it_went_in(store: AccountStore) -> None:
    """Every field."""
    lin = user(display_name="林晓", role=Role.TEAM_LEADER, agent_id="lin", teams=("early", "夜班"), epoch=3)
    await store.add_user(lin, entry("addUser"))
    assert list((await store.roll()).users) == [lin]


async def test_a_name_is_given_once(store: AccountStore) -> None:
    """The first user stays as it was, and nothing is noted."""
    await store.add_user(user(), entry())
    with pytest.raises(UserExists, match="'lin'"):
        await store.add_user(user(role=Role.ADMIN), entry())
    assert [each.role for each in (await store.roll()).users] == [Role.AGENT]
    assert (await store.audit_head()).seq == 1


async def test_a_change_gets_the_user_as_it_is_now(store: AccountStore) -> None:
    """The entry knows both: before and after."""
    await store.add_user(user(), entry())
    seen: list[tuple[User, User]] = []

    def note(before: User, after: User) -> AuditEntry:
        seen.append((before, after))
        return entry()

    after = await store.change_user(UserName("lin"), lambda lin: replace(lin, is_disabled=True), note)
    assert seen == [(user(), user(is_disabled=True))]
    assert list((await store.roll()).users) == [after] == [user(is_disabled=True)]


async def test_changes_at_once_lose_nothing(store: AccountStore) -> None:
    """Each starts from what the one before left."""
    await store.add_user(user(), entry())
    rise: Callable[[User], User] = lambda lin: replace(lin, epoch=lin.epoch + 1)  # noqa: E731 - reads as a word
    await asyncio.gather(*(store.change_user(UserName("lin"), rise, noted) for _ in range(5)))
    assert [each.epoch for each in (await store.roll()).users] == [6]
    assert (await verify(store)).seq == 6


async def test_a_change_of_nobody_is_refused(store: AccountStore) -> None:
    """By name."""
    with pytest.raises(UnknownUser, match="'nobody'"):
        await store.change_user(UserName("nobody"), lambda each: each, noted)


async def test_a_change_that_fails_leaves_no_trace(store: AccountStore) -> None:
    """Neither of itself nor in the audit log."""
    await store.add_user(user(), entry())
    revision = await store.revision()

    def fail(_user: User) -> User:
        raise UnknownUser("as a test")

    with pytest.raises(UnknownUser, match="as a test"):
        await store.change_user(UserName("lin"), fail, noted)
    assert (await store.revision(), (await store.audit_head()).seq) == (revision, 1)


async def test_a_token_comes_back_as_it_went_in(store: AccountStore) -> None:
    """Every field."""
    display = token(topics=("queues", "team:早班"), permissions=(), owner="lin")
    await store.add_token(display, entry())
    assert list((await store.roll()).tokens) == [display]


async def test_a_token_is_revoked_once(store: AccountStore) -> None:
    """The first time holds."""
    await store.add_token(token(), entry())
    await store.revoke_token(TokenId("t1"), NOON, entry())
    later = await store.revoke_token(TokenId("t1"), NOON + timedelta(hours=1), entry())
    assert later.revoked_at == NOON
    with pytest.raises(UnknownToken, match="'t2'"):
        await store.revoke_token(TokenId("t2"), NOON, entry())


async def test_a_session_lives_until_it_is_closed(store: AccountStore) -> None:
    """Closing it twice does no harm; using it is written down."""
    await store.open_session(session(), entry(), instead_of=None, over_before=NOON)
    used_at = NOON + timedelta(minutes=5)
    await store.touch({hash_of("s1"): used_at, hash_of("unknown"): used_at})
    assert await store.session(hash_of("s1")) == session(used_at=used_at)
    for _ in range(2):
        await store.close_session(hash_of("s1"), entry())
    assert await store.session(hash_of("s1")) is None


async def test_a_session_takes_the_place_of_another(store: AccountStore) -> None:
    """And those of yesterday are cleared away."""
    yesterday = session("old", opened_at=NOON - timedelta(days=1))
    for each in (yesterday, session("s1")):
        await store.open_session(each, entry(), instead_of=None, over_before=NOON - timedelta(days=2))
    await store.open_session(session("s2"), entry(), instead_of=hash_of("s1"), over_before=NOON)
    assert [each.secret_hash for each in (await store.roll()).sessions] == [hash_of("s2")]


async def test_every_change_makes_a_new_revision(store: AccountStore) -> None:
    """So that other services notice it; a log-in is nobody else's concern."""
    revisions = [await store.revision()]

    async def note() -> None:
        revisions.append(await store.revision())

    await store.add_user(user(), entry())
    await note()
    await store.change_user(UserName("lin"), lambda lin: lin, noted)
    await note()
    await store.add_token(token(), entry())
    await note()
    await store.revoke_token(TokenId("t1"), NOON, entry())
    await note()
    await store.open_session(session(), entry(), instead_of=None, over_before=NOON)
    opened = await store.revision()
    await store.close_session(hash_of("s1"), entry())
    await note()
    assert revisions == sorted(set(revisions))
    assert opened == revisions[-2]
    assert (await store.roll()).revision == revisions[-1]


# --- admins ----------------------------------------------------------------------------------------------------------


def demote(user: User) -> User:
    """No admin any more."""
    return replace(user, role=Role.MANAGER)


def need_an_admin(_before: User, users: Sequence[User]) -> None:
    """One must stay."""
    if all(each.role is not Role.ADMIN for each in users):
        raise LastAdmin("lin")


async def test_a_check_sees_all_users_as_they_would_be(store: AccountStore) -> None:
    """When it refuses, nothing has changed, and nothing is noted."""
    await store.add_user(user("wang"), entry())
    await store.add_user(user(role=Role.ADMIN), entry())
    seen: list[tuple[Role, dict[str, Role]]] = []

    def refuse(before: User, users: Sequence[User]) -> None:
        seen.append((before.role, {each.name: each.role for each in users}))
        raise LastAdmin(before.name)

    revision = await store.revision()
    with pytest.raises(LastAdmin):
        await store.change_user(UserName("lin"), demote, noted, check=refuse)
    assert seen == [(Role.ADMIN, {"wang": Role.AGENT, "lin": Role.MANAGER})]
    assert [each.role for each in (await store.roll()).users if each.name == "lin"] == [Role.ADMIN]
    assert (await store.revision(), (await store.audit_head()).seq) == (revision, 2)


async def test_two_who_demote_each_other_at_once_leave_one(store: AccountStore) -> None:
    """The second sees what the first did."""
    for name in ("lin", "wang"):
        await store.add_user(user(name, role=Role.ADMIN), entry())
    changes = (
        store.change_user(UserName(name), demote, noted, check=need_an_admin) for name in ("lin", "wang")
    )
    results = await asyncio.gather(*changes, return_exceptions=True)
    assert [isinstance(result, LastAdmin) for result in results].count(True) == 1
    assert [each.role for each in (await store.roll()).users].count(Role.ADMIN) == 1


# --- failed log-ins --------------------------------------------------------------------------------------------------

HERE, EVERYWHERE = FailureKey("lin", "192.0.2.1"), FailureKey("lin")
ADDRESS, OTHER = FailureKey(address="192.0.2.1"), FailureKey(address="192.0.2.2")
KEYS = (HERE, EVERYWHERE, ADDRESS, OTHER)


async def fail(
    store: AccountStore, *keys: FailureKey, at: datetime = NOON, over_before: datetime = NOON
) -> None:
    """One failure more by each of them."""
    await store.count_failure(
        keys,
        lambda _key, known: Failures(known.count + 1 if known else 1, at),
        lambda _counted: [entry("openSession")],
        over_before=over_before,
    )


async def test_failures_come_back_as_they_were_counted(store: AccountStore) -> None:
    """Those that are asked for. The entry is written with them."""
    later = NOON + timedelta(seconds=5)
    await fail(store, HERE, ADDRESS)
    await fail(store, HERE, OTHER, at=later)
    assert await store.failures([HERE, EVERYWHERE, OTHER]) == {
        HERE: Failures(2, later),
        OTHER: Failures(1, later),
    }
    assert await store.failures([]) == {}
    assert (await store.audit_head()).seq == 2


async def test_failures_at_once_are_all_counted(store: AccountStore) -> None:
    """Each begins where the one before ended."""
    await asyncio.gather(*(fail(store, *keys) for keys in [KEYS, KEYS[::-1]] * 4))
    assert await store.failures(KEYS) == dict.fromkeys(KEYS, Failures(8, NOON))


async def test_old_failures_are_cleared_away(store: AccountStore) -> None:
    """The table does not grow with the years."""
    await fail(store, HERE)
    await fail(store, OTHER, at=NOON + timedelta(days=1), over_before=NOON + timedelta(seconds=1))
    assert set(await store.failures(KEYS)) == {OTHER}


async def test_a_success_forgets_what_is_named(store: AccountStore) -> None:
    """And nothing else; nothing is no failure."""
    await fail(store, *KEYS)
    await store.forget_failures([HERE, EVERYWHERE])
    await store.forget_failures([])
    assert set(await store.failures(KEYS)) == {ADDRESS, OTHER}


async def test_unlocking_a_user_forgets_its_addresses_too(store: AccountStore) -> None:
    """Others stay locked."""
    await fail(store, *KEYS, FailureKey("wang", "192.0.2.2"))
    await store.unlock(UserName("lin"), entry("unlockUser"))
    assert set(await store.failures([*KEYS, FailureKey("wang", "192.0.2.2")])) == {
        OTHER,
        FailureKey("wang", "192.0.2.2"),
    }
    assert (await store.audit_head()).seq == 2


# --- the audit log ---------------------------------------------------------------------------------------------------


async def test_an_entry_is_written_once_however_often_it_is_tried(store: AccountStore) -> None:
    """A connection that breaks during COMMIT leaves unknown whether it is in."""
    first, second = entry("pause"), entry("resume")
    await store.write_audit([first])
    await store.write_audit([first, second])
    links = await store.audit_links(after=0, limit=10)
    assert [(link.seq, link.entry) for link in links] == [(1, first), (2, second)]


async def test_who_appends_at_once_makes_one_chain(store: AccountStore) -> None:
    """Services and command lines side by side."""
    await asyncio.gather(*(store.write_audit([entry(), entry()]) for _ in range(8)))
    assert await verify(store) == await store.audit_head()
    assert (await store.audit_head()).seq == 16


async def test_the_newest_part_of_a_log_can_be_checked_alone(store: AccountStore) -> None:
    """A doctor has not much time. The end is the same; more than there are is all."""
    await store.write_audit([entry() for _ in range(5)])
    head = await store.audit_head()
    for newest in (1, 2, 4, 5, 6):
        assert await verify(store, newest=newest, known=head) == head
    with pytest.raises(AuditTampered, match="there were 6"):
        await verify(store, newest=2, known=Head(6, "f" * 64))


async def test_an_empty_log_is_a_true_one(store: AccountStore) -> None:
    """Its end is the beginning."""
    assert await verify(store) == await store.audit_head() == Head()


@pytest.mark.parametrize(
    ("wanted", "found"),
    [
        (AuditFilter(), [4, 3, 2, 1]),
        (AuditFilter(action="pause"), [3, 1]),
        (AuditFilter(actor="user:lin"), [2]),
        (AuditFilter(object="agent:wang"), [4]),
        (AuditFilter(since=NOON + timedelta(seconds=2)), [4, 3]),
        (AuditFilter(source="192.0.2.9"), [3]),
        (AuditFilter(result="forbidden"), [4]),
        (AuditFilter(until=NOON + timedelta(seconds=2)), [2, 1]),
        (AuditFilter(action="pause", since=NOON + timedelta(seconds=1)), [3]),
    ],
)
async def test_entries_are_found_by_what_they_say(
    store: AccountStore, wanted: AuditFilter, found: list[int]
) -> None:
    """Newest first; the first instant of a period belongs to it, the last does not."""
    seconds = [NOON + timedelta(seconds=number) for number in range(4)]
    await store.write_audit(
        [
            entry("pause", at=seconds[0]),
            entry("resume", at=seconds[1], actor="user:lin"),
            entry("pause", at=seconds[2], source="192.0.2.9"),
            entry("logIn", at=seconds[3], object="agent:wang", result="forbidden"),
        ]
    )
    page = await store.audit_page(wanted, behind=None, limit=10)
    assert [link.seq for link in page] == found


async def test_pages_of_the_log_follow_each_other(store: AccountStore) -> None:
    """New entries shift none."""
    await store.write_audit([entry() for _ in range(5)])
    first = await store.audit_page(AuditFilter(), behind=None, limit=2)
    await store.write_audit([entry()])
    second = await store.audit_page(AuditFilter(), behind=first[-1].seq, limit=2)
    assert [link.seq for link in (*first, *second)] == [5, 4, 3, 2]
