"""Database URLs: what is accepted, and that no password is ever shown."""

import threading

import pytest

from app.store.engine import masked, open_engine
from app.store.errors import DatabaseFailed, DatabaseUrlInvalid
from app.store.upgrade import upgrade
from tests.support.databases import PASSWORD, PostgresServer, TestDatabase
from tests.support.until import until


def driver_threads() -> list[threading.Thread]:
    """The threads of SQLite connections. aiosqlite does not wait for the one of a connection that could not be opened."""
    return [thread for thread in threading.enumerate() if "_connection_worker_thread" in thread.name]


@pytest.mark.parametrize(
    ("url", "words"),
    [
        ("mysql://user:s3cret-p4ss@host/name", "sqlite or postgresql, got 'mysql'"),
        ("s3cret-p4ss", "Expected a database URL such as"),
        ("postgresql://user:s3cret-p4ss@host:port/name", "Expected a database URL such as"),
        ("postgresql://user@host/name?password=s3cret-p4ss", "user:password@host"),
        ("sqlite://", "a database in memory would forget"),
        ("sqlite:///:memory:", "a database in memory would forget"),
    ],
)
def test_a_url_that_cannot_be_used_is_refused_in_plain_words(url: str, words: str) -> None:
    """The text says what was expected, and shows no password."""
    with pytest.raises(DatabaseUrlInvalid, match=words) as caught:
        open_engine(url)
    assert PASSWORD not in str(caught.value)
    assert caught.value.__cause__ is None


def test_a_masked_url_shows_everything_but_the_password() -> None:
    """Enough to know which database is meant."""
    assert masked(f"postgresql://ann:{PASSWORD}@db/hotline") == "postgresql+asyncpg://ann:***@db/hotline"
    assert masked(PASSWORD) == "(not a database URL)"


@pytest.mark.postgres
@pytest.mark.parametrize(
    ("change", "words"),
    [
        ((PASSWORD, "wrong-p4ss"), "refuses the user or the password"),
        (("/postgres", "/nowhere"), "does not exist"),
        (("thirdring:", "nobody:"), "refuses the user or the password"),
    ],
)
async def test_a_server_that_refuses_is_explained_in_plain_words(
    postgres_server: PostgresServer, change: tuple[str, str], words: str
) -> None:
    """A wrong password, user, name or port: what to correct, and no password in the text."""
    url = postgres_server.url("postgres").replace(*change)
    engine = open_engine(url)
    with pytest.raises(DatabaseFailed, match=words) as caught:
        await upgrade(engine)
    await engine.dispose()
    assert "p4ss" not in str(caught.value)


async def test_a_server_that_is_not_there_is_explained() -> None:
    """What to check stands in the message."""
    engine = open_engine(f"postgresql://ann:{PASSWORD}@127.0.0.1:1/hotline")
    with pytest.raises(DatabaseFailed, match="does not answer: look whether it runs") as caught:
        await upgrade(engine)
    await engine.dispose()
    assert PASSWORD not in str(caught.value)


async def test_sqlite_writes_ahead_and_waits_for_others(sqlite_database: TestDatabase) -> None:
    """The settings that the design counts on."""
    engine = open_engine(sqlite_database.url)
    async with engine.connect() as connection:
        said = {
            pragma: (await connection.exec_driver_sql(f"PRAGMA {pragma}")).scalar()
            for pragma in ("journal_mode", "synchronous", "busy_timeout", "foreign_keys")
        }
    await engine.dispose()
    assert said == {"journal_mode": "wal", "synchronous": 1, "busy_timeout": 5000, "foreign_keys": 1}


async def test_a_path_that_cannot_be_opened_is_explained(tmp_path_factory: pytest.TempPathFactory) -> None:
    """What to check stands in the message."""
    others = set(driver_threads())
    engine = open_engine(f"sqlite:///{tmp_path_factory.mktemp('x') / 'missing' / 'file.db'}")
    with pytest.raises(DatabaseFailed, match="cannot be opened: check its path"):
        await upgrade(engine)
    await engine.dispose()
    await until(
        lambda: others.issuperset(driver_threads()),
        "the driver's thread, which needs our loop for its last word, has ended",
    )


async def test_a_file_that_is_no_database_is_left_alone(sqlite_database: TestDatabase) -> None:
    """It is named, and not overwritten."""
    sqlite_database.path.write_text(
        "a letter to my grandmother, long enough to be no header of a database file"
    )
    before = sqlite_database.path.read_bytes()
    engine = open_engine(sqlite_database.url)
    with pytest.raises(DatabaseFailed, match="is not a database"):
        await upgrade(engine)
    await engine.dispose()
    assert sqlite_database.path.read_bytes() == before
