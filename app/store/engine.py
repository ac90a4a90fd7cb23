"""The connection to the database: SQLite in the data directory, or PostgreSQL by one URL."""

import os
from pathlib import Path
from typing import Any

from sqlalchemy import URL, Connection, event, make_url
from sqlalchemy.exc import ArgumentError, DisconnectionError
from sqlalchemy.ext.asyncio import AsyncEngine, create_async_engine

from app.store.errors import DatabaseUrlInvalid

_DRIVERS = {
    "sqlite": "sqlite+aiosqlite",
    "postgresql": "postgresql+asyncpg",
    "postgres": "postgresql+asyncpg",
}
_BUSY_TIMEOUT_MS = 5_000
_PRAGMAS = (f"busy_timeout={_BUSY_TIMEOUT_MS}", "journal_mode=WAL", "synchronous=NORMAL", "foreign_keys=ON")
_CONNECT_SECONDS = 5
_COMMAND_SECONDS = 30

WRITES = {"writes": True}
"""Execution options of a transaction that writes. SQLite then takes the write lock at once, where it can wait for it."""


def masked(url: str) -> str:
    """The URL as it may be shown: without its password. Something that is no URL is not shown at all."""
    try:
        return _parse(url).render_as_string(hide_password=True)
    except DatabaseUrlInvalid:
        return "(not a database URL)"


def open_engine(url: str) -> AsyncEngine:
    """An engine for `sqlite:///path` or `postgresql://user:password@host/name`. Connects later, when first used.

    Raises `DatabaseUrlInvalid`. Parameters of statements never stand in errors: they hold callers' numbers.
    """
    parsed = _parse(url)
    if parsed.get_backend_name() == "sqlite":
        return _open_sqlite(parsed)
    return _open_postgresql(parsed)


def _parse(url: str) -> URL:
    try:
        parsed = make_url(url)
        backend = parsed.get_backend_name()
    except (ArgumentError, ValueError):
        raise DatabaseUrlInvalid(
            "Expected a database URL such as sqlite:///path/file.db or postgresql://user:password@host/name; "
            "what came is none. It is not shown here, as it may hold a password."
        ) from None
    if backend not in _DRIVERS:
        raise DatabaseUrlInvalid(f"Expected a database URL of sqlite or postgresql, got {backend!r}.")
    if "password" in parsed.query:
        raise DatabaseUrlInvalid(
            "Expected the password in the form user:password@host, got it as a parameter of the URL."
        )
    return parsed.set(drivername=_DRIVERS[backend])


def _open_sqlite(url: URL) -> AsyncEngine:
    if not url.database or url.database == ":memory:":
        raise DatabaseUrlInvalid(
            "Expected a file, as in sqlite:///path/file.db: a database in memory would forget."
        )
    engine = create_async_engine(url, hide_parameters=True, connect_args={"timeout": _BUSY_TIMEOUT_MS / 1000})
    event.listen(engine.sync_engine, "connect", _prepare_sqlite)
    event.listen(engine.sync_engine, "begin", _begin_sqlite)
    _see_removal(engine, Path(url.database))
    return engine


def _see_removal(engine: AsyncEngine, file: Path) -> None:
    """A file that somebody removes or replaces is opened anew: what is written into the old one is lost with the last connection."""

    def note(_connection: object, record: Any) -> None:
        record.info["file"] = _identity(file)

    def compare(_connection: object, record: Any, _proxy: object) -> None:
        if record.info.get("file") != _identity(file):
            raise DisconnectionError("the database's file was removed or replaced")

    event.listen(engine.sync_engine, "connect", note)
    event.listen(engine.sync_engine, "checkout", compare)


def _identity(file: Path) -> tuple[int, int] | None:
    try:
        found = os.stat(file)  # noqa: PTH116 - asked at each use: twice as quick as through the path
    except OSError:
        return None
    return found.st_dev, found.st_ino


def _prepare_sqlite(connection: Any, _record: object) -> None:
    """Let us say BEGIN ourselves: the driver's own begins come too late to cover changes of the schema."""
    try:
        connection.isolation_level = None
        for pragma in _PRAGMAS:
            _say(connection, f"PRAGMA {pragma}")
    except BaseException:
        connection.close()  # The pool does not know it yet, and would leave its thread behind.
        raise


def _say(connection: Any, statement: str) -> None:
    cursor = connection.cursor()
    try:
        cursor.execute(statement)
    finally:
        cursor.close()


def _begin_sqlite(connection: Connection) -> None:
    writes = connection.get_execution_options().get("writes", False)
    connection.exec_driver_sql("BEGIN IMMEDIATE" if writes else "BEGIN")


def _open_postgresql(url: URL) -> AsyncEngine:
    try:
        return create_async_engine(
            url,
            hide_parameters=True,
            pool_pre_ping=True,
            connect_args={
                "timeout": _CONNECT_SECONDS,
                "command_timeout": _COMMAND_SECONDS,
                "server_settings": {"application_name": "thirdring"},
            },
        )
    except ModuleNotFoundError as error:
        raise DatabaseUrlInvalid(
            f"PostgreSQL needs the package {error.name}: install thirdring with its extra `postgres`."
        ) from None
