"""Databases for tests: SQLite files, and a private PostgreSQL server that the tests start, stop and start again.

Each comes with the ways in which databases fail: stopped, locked, read-only, full.
"""

import asyncio
import os
import shutil
import sqlite3
import subprocess
import tempfile
import uuid
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import AbstractAsyncContextManager, asynccontextmanager, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import asyncpg
import pytest
from sqlalchemy import event
from sqlalchemy.ext.asyncio import AsyncEngine

from app.asterisk.bundle import Bundle, ensure
from app.asterisk.program import Program, installed, with_own_libraries
from tests.support.ports import free_port
from tests.support.until import until

# PostgreSQL starts its own programs by path, which the unpacked loader cannot serve: it runs on the machine's C library.
POSTGRESQL = Bundle(
    name="postgresql",
    suite="bookworm",
    packages=("postgresql-15",),
    proof="usr/lib/postgresql/15/bin/postgres",
    megabytes=350,
    left_out=("libc6",),
)
_USER = "thirdring"
PASSWORD = "s3cret-p4ss"
Outage = Callable[["TestDatabase", AsyncEngine], AbstractAsyncContextManager[None]]


class PostgresServer:
    """A PostgreSQL server on the loopback address with a data directory of its own. Runs as `nobody` when we are root."""

    def __init__(self) -> None:
        self._home = Path(tempfile.mkdtemp(prefix="thirdring-postgres-"))
        self._data = self._home / "data"
        self._user = "nobody" if os.geteuid() == 0 else None
        self.port = free_port()
        self._process: subprocess.Popen[bytes] | None = None
        if self._user:
            shutil.chown(self._home, self._user)
        self._initialise()

    def start(self) -> None:
        """Start and wait until it answers."""
        program = _find("postgres")
        arguments = ("-D", self._data, "-p", str(self.port), "-k", self._home, "-h", "127.0.0.1", "-F")
        with (self._home / "log").open("ab") as log:
            self._process = subprocess.Popen(
                program.command(*arguments),
                env=program.environment(),
                user=self._user,
                stdout=log,
                stderr=log,
                cwd="/",
            )
        asyncio.run(_until_answers(self.url("postgres"), self._process))

    def kill(self) -> None:
        """Stop at once, as a power cut would; connections break."""
        if self._process is not None:
            self._process.kill()
            self._process.wait()
            self._process = None

    def stop(self) -> None:
        """Stop in order (a fast shutdown: open transactions are rolled back)."""
        if self._process is not None:
            self._process.send_signal(2)
            self._process.wait(timeout=20)
            self._process = None

    def close(self) -> None:
        """Stop and remove everything."""
        self.stop()
        shutil.rmtree(self._home, ignore_errors=True)

    def url(self, database: str) -> str:
        """The URL of a database on this server, password included."""
        return f"postgresql://{_USER}:{PASSWORD}@127.0.0.1:{self.port}/{database}"

    def _initialise(self) -> None:
        secret = self._home / "password"
        secret.write_text(PASSWORD)
        if self._user:
            shutil.chown(secret, self._user)
        program = _find("initdb")
        options = (
            "-U",
            _USER,
            "-A",
            "scram-sha-256",
            f"--pwfile={secret}",
            "-E",
            "UTF8",
            "--locale=C",
            "--no-sync",
        )
        command = program.command("-D", self._data, *options)
        done = subprocess.run(
            command,
            env=program.environment(),
            user=self._user,
            capture_output=True,
            text=True,
            cwd="/",
            check=False,
        )
        assert done.returncode == 0, done.stderr


@dataclass(frozen=True, slots=True)
class TestDatabase:
    """An empty database of one test."""

    __test__ = False

    url: str
    server: PostgresServer | None = None

    @property
    def path(self) -> Path:
        """The file of a SQLite database."""
        return Path(self.url.removeprefix("sqlite:///"))

    async def rows(self, query: str) -> list[tuple[Any, ...]]:
        """What a query gives, asked beside the program's own connections."""
        if self.server:
            connection = await asyncpg.connect(self.url)
            try:
                return [tuple(row) for row in await connection.fetch(query)]
            finally:
                await connection.close()
        return await asyncio.to_thread(self._sqlite_rows, query)

    def _sqlite_rows(self, query: str) -> list[tuple[Any, ...]]:
        connection = sqlite3.connect(self.path)
        try:
            return connection.execute(query).fetchall()
        finally:
            connection.close()


@pytest.fixture(scope="session")
def postgres_server() -> Iterator[PostgresServer]:
    """A running PostgreSQL server, one per test process."""
    server = PostgresServer()
    server.start()
    yield server
    server.close()


@pytest.fixture
def sqlite_database(tmp_path: Path) -> TestDatabase:
    """A SQLite database, not made yet."""
    return TestDatabase(f"sqlite:///{tmp_path / 'test.db'}")


@pytest.fixture
def postgres_database(postgres_server: PostgresServer) -> TestDatabase:
    """An empty database on the PostgreSQL server."""
    name = f"test_{uuid.uuid4().hex}"
    asyncio.run(_execute(postgres_server.url("postgres"), f"CREATE DATABASE {name}"))
    return TestDatabase(postgres_server.url(name), postgres_server)


@pytest.fixture(params=["sqlite", pytest.param("postgres", marks=pytest.mark.postgres)])
def database(request: pytest.FixtureRequest) -> TestDatabase:
    """An empty database of each kind in turn; or of the kind that the test names."""
    found: TestDatabase = request.getfixturevalue(f"{request.param}_database")
    return found


@asynccontextmanager
async def stopped(database: TestDatabase, engine: AsyncEngine) -> AsyncIterator[None]:
    """The server is killed; afterwards it runs again."""
    assert database.server
    await asyncio.to_thread(database.server.kill)
    try:
        yield
    finally:
        await asyncio.to_thread(database.server.start)


@asynccontextmanager
async def locked(database: TestDatabase, engine: AsyncEngine) -> AsyncIterator[None]:
    """Another program keeps the write lock of the SQLite file, and nobody waits long for it."""
    other = sqlite3.connect(database.path, isolation_level=None)
    with _sqlite_said(engine, "busy_timeout=50", "busy_timeout=5000"):
        other.execute("BEGIN IMMEDIATE")
        try:
            yield
        finally:
            other.close()


@asynccontextmanager
async def read_only(database: TestDatabase, engine: AsyncEngine) -> AsyncIterator[None]:
    """The database takes no changes."""
    if not database.server:
        with _sqlite_said(engine, "query_only=ON", "query_only=OFF"):
            yield
        return
    name = database.url.rpartition("/")[2]
    admin = database.server.url("postgres")
    await _execute(admin, f"ALTER DATABASE {name} SET default_transaction_read_only = on", _disconnect(name))
    try:
        yield
    finally:
        await _execute(admin, f"ALTER DATABASE {name} RESET default_transaction_read_only", _disconnect(name))


@asynccontextmanager
async def full(database: TestDatabase, engine: AsyncEngine) -> AsyncIterator[None]:
    """The database has no room. PostgreSQL is made to answer what it answers on a full disk."""
    if not database.server:
        with _sqlite_said(engine, "max_page_count=1", "max_page_count=1000000"):
            yield
        return
    await _execute(database.url, _REFUSE_AS_FULL, _ON_INSERT)
    try:
        yield
    finally:
        await _execute(database.url, "DROP TRIGGER full_disk ON journal")


_REFUSE_AS_FULL = """
    CREATE OR REPLACE FUNCTION full_disk() RETURNS trigger LANGUAGE plpgsql AS
    $$ BEGIN RAISE EXCEPTION 'could not extend file: No space left on device' USING ERRCODE = '53100'; END $$
"""
_ON_INSERT = "CREATE TRIGGER full_disk BEFORE INSERT ON journal EXECUTE FUNCTION full_disk()"


def _disconnect(name: str) -> str:
    return f"SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = '{name}'"


class _sqlite_said:  # noqa: N801 - reads as a word in `with`
    """Each connection is told a PRAGMA before its transaction; and another one from the end of the block on."""

    def __init__(self, engine: AsyncEngine, during: str, afterwards: str) -> None:
        self._pragma, self._afterwards = during, afterwards
        event.listen(engine.sync_engine, "checkout", self._say)

    def _say(self, connection: Any, *_: object) -> None:
        cursor = connection.cursor()
        cursor.execute(f"PRAGMA {self._pragma}")
        cursor.close()

    def __enter__(self) -> None:
        return None

    def __exit__(self, *_: object) -> None:
        self._pragma = self._afterwards


def _find(name: str) -> Program:
    """A program of the machine's PostgreSQL, or of the unpacked one."""
    here = sorted(Path("/usr/lib/postgresql").glob(f"*/bin/{name}"))
    return (
        installed(here[-1])
        if here
        else with_own_libraries(ensure(POSTGRESQL), f"usr/lib/postgresql/15/bin/{name}")
    )


async def _until_answers(url: str, process: subprocess.Popen[bytes]) -> None:
    async def answers() -> bool:
        assert process.poll() is None, "PostgreSQL ended at its start: see its log"
        try:
            await _execute(url, "SELECT 1")
        except (OSError, asyncpg.PostgresError):
            return False
        return True

    await until(answers, "PostgreSQL does not answer", timeout=20)


async def _execute(url: str, *statements: str) -> None:
    connection = await asyncpg.connect(url)
    try:
        for statement in statements:
            await connection.execute(statement)
    finally:
        await connection.close()


@contextmanager
def steps_counted(engine: AsyncEngine) -> Iterator[Callable[[], int]]:
    """How many hundred instructions SQLite ran since: the work of queries, the same on every machine."""
    steps = 0

    def count() -> int:
        nonlocal steps
        steps += 1
        return 0

    def watch(connection: Any, *_: object) -> None:
        connection.run_async(lambda driver: driver.set_progress_handler(count, 100))

    event.listen(engine.sync_engine, "checkout", watch)
    try:
        yield lambda: steps
    finally:
        event.remove(engine.sync_engine, "checkout", watch)
