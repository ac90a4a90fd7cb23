"""Why the database failed, in plain words for an operator. Never a password, a statement or a caller's number."""

from collections.abc import Iterator
from contextlib import contextmanager

from sqlalchemy.exc import DBAPIError, SQLAlchemyError

from app.store.errors import DatabaseFailed

_SQLITE = {
    "SQLITE_FULL": "the database is full: free some space on its disk",
    "SQLITE_READONLY": "the database is read-only: check the permissions of its file and directory",
    "SQLITE_BUSY": "the database is locked by another program: end that program",
    "SQLITE_LOCKED": "the database is locked by another program: end that program",
    "SQLITE_CANTOPEN": "the database file cannot be opened: check its path and permissions",
    "SQLITE_IOERR": "the disk of the database fails: check the disk",
    "SQLITE_CORRUPT": "the database file is damaged: restore a backup",
    "SQLITE_NOTADB": "the file is not a database: check its path",
    "SQLITE_CONSTRAINT": "the database has a row already that was to be written",
}
_POSTGRESQL = {
    "53100": "the database is full: free some space on its disk",
    "25006": "the database is read-only: is it a standby?",
    "3D000": "the database does not exist: create it, or correct the URL",
    "42501": "the database refuses the right to do this: grant it to the user of the URL",
    "53300": "the database has too many connections: raise its limit",
    "28": "the database refuses the user or the password: correct the URL",
    "57P": "the database is starting up or shutting down",
    "57": "the database gave up on a statement",
    "08": "the connection to the database broke",
    "23": "the database has a row already that was to be written",
    "53": "the database is short of memory or disk",
}
_SQLITE_REFUSALS = ("SQLITE_CONSTRAINT", "SQLITE_MISMATCH", "SQLITE_TOOBIG")
_POSTGRESQL_REFUSALS = ("22", "23")
_AWAY = "the database does not answer: look whether it runs, and whether the URL is right"


@contextmanager
def plain_failures() -> Iterator[None]:
    """Turn what a driver raises into `DatabaseFailed`; other errors of the store, and bugs, pass."""
    try:
        yield
    except Exception as error:
        if not _is_of_the_database(error):
            raise
        raise DatabaseFailed(plain_words(error)) from None


def plain_words(error: BaseException) -> str:
    """What went wrong and what to do. An unknown error is named by its type and code only: its text may hold secrets."""
    cause = (error.orig if isinstance(error, DBAPIError) else None) or error
    if isinstance(cause, TimeoutError):
        return "the database does not answer in time"
    if isinstance(cause, OSError):
        return _AWAY
    return _sqlite_words(cause) or _postgresql_words(cause) or _unknown(cause)


def is_refused(error: DBAPIError) -> bool:
    """Whether the database refuses what stands in the rows, so that trying again is of no use."""
    cause = error.orig
    if cause is None:
        return False
    name = getattr(cause, "sqlite_errorname", "")
    return name.startswith(_SQLITE_REFUSALS) or (_sqlstate(cause) or "").startswith(_POSTGRESQL_REFUSALS)


def _is_of_the_database(error: Exception) -> bool:
    return isinstance(error, SQLAlchemyError | OSError) or _sqlstate(error) is not None or _is_driver(error)


def _is_driver(error: BaseException) -> bool:
    return type(error).__module__.partition(".")[0] in {"asyncpg", "sqlite3", "aiosqlite"}


def _sqlite_words(error: BaseException) -> str | None:
    name = getattr(error, "sqlite_errorname", "")
    return next((words for prefix, words in _SQLITE.items() if name.startswith(prefix)), None)


def _postgresql_words(error: BaseException) -> str | None:
    state = _sqlstate(error)
    if state is None:
        return _AWAY if "connection" in str(error).lower() and _is_interface(error) else None
    return next((words for prefix, words in _POSTGRESQL.items() if state.startswith(prefix)), None)


def _sqlstate(error: BaseException) -> str | None:
    state = getattr(error, "sqlstate", None)
    return state if isinstance(state, str) else None


def _is_interface(error: BaseException) -> bool:
    return "Interface" in type(error).__name__


def _unknown(error: BaseException) -> str:
    code = _sqlstate(error) or getattr(error, "sqlite_errorname", "")
    return f"the database reports {type(error).__name__} {code}".rstrip()
