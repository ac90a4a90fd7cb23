"""Who is logged in stays so while the database is away, and changes made elsewhere arrive."""

import asyncio
from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime, timedelta

import pytest

from app.auth.credentials import hash_of
from app.auth.errors import AccountsAway
from app.auth.identities import Identities
from app.auth.model import Permission, Role, SecretHash, TokenId
from app.auth.permissions import allows_operation
from app.auth.store import Roll
from tests.support.accounts import NOON, entry, session, token, user
from tests.support.clocks import StillClock
from tests.support.memory_store import MemoryStore
from tests.support.until import until


class FlakyStore(MemoryStore):
    """A store that can be away or slow, and counts how often everything is read."""

    def __init__(self) -> None:
        super().__init__()
        self.is_away = False
        self.reads = 0
        self.may_answer = asyncio.Event()
        self.may_answer.set()

    async def revision(self) -> int:
        """As `AccountStore.revision`."""
        if self.is_away:
            raise AccountsAway("as a test")
        return await super().revision()

    async def roll(self) -> Roll:
        """As `AccountStore.roll`."""
        self.reads += 1
        found = await super().roll()
        await self.may_answer.wait()
        return found

    async def touch(self, used_at: Mapping[SecretHash, datetime]) -> None:
        """As `AccountStore.touch`."""
        if self.is_away:
            raise AccountsAway("as a test")
        await super().touch(used_at)


@pytest.fixture
async def store() -> FlakyStore:
    """One user with a session, and a token."""
    store = FlakyStore()
    await store.add_user(user(), entry())
    await store.add_token(token("trt", permissions=(Permission.AGENTS_SEE,)), entry())
    await store.open_session(session(), entry(), instead_of=None, over_before=NOON)
    return store


@pytest.fixture
def clock() -> StillClock:
    """Noon."""
    return StillClock(NOON)


@pytest.fixture
def identities(store: FlakyStore, clock: StillClock) -> Identities:
    """Those of a service that just started."""
    return Identities(store, clock=clock, admin_token="admin")


async def test_the_admin_token_needs_no_database(store: FlakyStore, identities: Identities) -> None:
    """Everybody else is told that nobody can say who they are, and not that they are nobody."""
    store.is_away = True
    assert await identities.by_token("admin")
    for asking in (identities.by_token("trt"), identities.by_session("s1")):
        with pytest.raises(AccountsAway):
            await asking
    with pytest.raises(AccountsAway):
        identities.known_by_token("trt")


async def test_who_was_known_stays_known_while_the_database_is_away(
    store: FlakyStore, identities: Identities
) -> None:
    """Calls go on, and so do the desks."""
    await identities.ready()
    store.is_away = True
    assert await identities.by_session("s1")
    assert await identities.by_token("trt")
    assert await identities.by_token("wrong") is None


async def test_everything_is_read_only_when_something_changed(
    store: FlakyStore, identities: Identities
) -> None:
    """A look that finds nothing new is cheap."""
    for _ in range(5):
        await identities.refresh()
    assert store.reads == 1
    await store.change_user(user().name, lambda lin: replace(lin, role=Role.MANAGER), lambda *_: entry())
    await identities.refresh()
    principal = await identities.by_session("s1")
    assert principal is not None
    assert (store.reads, principal.role) == (2, Role.MANAGER)


async def test_a_slow_look_does_not_bring_back_what_was_taken_away_meanwhile(
    store: FlakyStore, identities: Identities
) -> None:
    """An admin revokes a token while the look of every two seconds waits for its answer."""
    at_once, store.may_answer = store.may_answer, asyncio.Event()
    slow = asyncio.create_task(identities.refresh())
    await until(lambda: store.reads, "nobody looks")
    late, store.may_answer = store.may_answer, at_once
    await store.revoke_token(TokenId("trt"), NOON, entry())
    behind = asyncio.create_task(identities.refresh())
    await asyncio.sleep(0)
    late.set()
    await asyncio.gather(slow, behind)
    assert await identities.by_token("trt") is None


async def test_a_session_that_another_service_opened_is_found(
    store: FlakyStore, identities: Identities
) -> None:
    """Behind one address there may be several."""
    await identities.ready()
    await store.open_session(session("s2"), entry(), instead_of=None, over_before=NOON)
    assert await identities.by_session("s2")
    assert await identities.by_session("s3") is None


async def test_use_is_written_down_and_outlives_a_restart(
    store: FlakyStore, identities: Identities, clock: StillClock
) -> None:
    """What could not be written waits."""
    clock.move(timedelta(minutes=50))
    assert await identities.by_session("s1")
    store.is_away = True
    with pytest.raises(AccountsAway):
        await identities.touch()
    store.is_away = False
    await identities.touch()
    kept = await store.session(hash_of("s1"))
    assert kept is not None
    assert kept.used_at == clock.now()
    clock.move(timedelta(minutes=50))
    assert await Identities(store, clock=clock, admin_token="").by_session("s1")


async def test_the_metrics_token_reads_the_metrics_and_nothing_else_while_the_database_is_away(
    store: FlakyStore, clock: StillClock
) -> None:
    """Alerts must come just then. Without such a setting an empty token is nobody's."""
    store.is_away = True
    identities = Identities(store, clock=clock, admin_token="a" * 32, metrics_token="m" * 32)
    holder = await identities.by_token("m" * 32)
    assert holder is not None
    assert set(holder.grants) == {Permission.METRICS_SEE}
    assert allows_operation(holder, "showMetrics", (), {})
    assert not allows_operation(holder, "listQueues", (), {})
    assert identities.current(holder) == holder
    with pytest.raises(AccountsAway):
        await Identities(store, clock=clock, admin_token="a" * 32).by_token("")
