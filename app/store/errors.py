"""What can go wrong with what is written down. Each error says what was expected, what came, and what to do."""

from pathlib import Path


class StoreError(Exception):
    """The root: anything the store refuses or cannot do."""


class NothingWrittenDown(StoreError):
    """There is no database where one was expected: the path of the data directory is wrong, most likely."""

    def __init__(self, directory: Path) -> None:
        super().__init__(
            f"Expected the data directory of a service, found no thirdring.db in {directory}. "
            "Name it with --data, or set THIRDRING_DATA_DIR."
        )


class EntryTooLarge(StoreError):
    """An entry exceeds what the spool can hold. Nothing was written."""

    def __init__(self, size: int, limit: int) -> None:
        super().__init__(f"A journal entry may have {limit} bytes; this one has {size}. Write less into it.")


class EntryTooNew(StoreError):
    """The journal was written by a newer program. Trying again is of no use, and nothing was changed."""

    def __init__(self, found: int, known: int) -> None:
        super().__init__(
            f"The journal has an entry of version {found}; the newest that this program knows is {known}. "
            "Start the newer Thirdring, or restore the data directory from a backup made before the upgrade."
        )


class DatabaseUrlInvalid(StoreError):
    """The database URL cannot be used. The text never shows a password."""


class DatabaseFailed(StoreError):
    """The database did not do what was asked. `reason` is in plain words and holds no secret.

    The caller may try again later: nothing was changed.
    """

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason


class DatabaseTooNew(StoreError):
    """The database was upgraded by a newer program. Trying again is of no use."""

    def __init__(self, found: str, known: str) -> None:
        super().__init__(
            f"The database has revision {found}; the newest that this program knows is {known}. "
            "Start the newer Thirdring, or restore a backup made before the upgrade."
        )
        self.found = found
        self.known = known


class ForeignEntries(StoreError):
    """The database holds entries of this domain that this directory did not write."""

    def __init__(self, domain: str, seq: int) -> None:
        super().__init__(
            f"The journal of domain {domain!r} in the database has an entry {seq} that this data directory "
            "did not write. Another service writes to it: stop one, or give it another domain or database."
        )
        self.domain = domain
        self.seq = seq


class FirstStartNeedsDatabase(StoreError):
    """A new data directory met a database that is away: nobody knows where the journal goes on."""

    def __init__(self, reason: str) -> None:
        super().__init__(
            "The first start with a data directory needs the database, to go on where its journal ends; "
            f"but {reason}. Bring the database back, or correct its URL, and start again."
        )


class NotDurable(StoreError):
    """Neither the disk nor the database could take what must not be lost. It is still in memory, and is retried."""

    def __init__(self, disk: str, database: str) -> None:
        super().__init__(f"Nothing could be made safe: disk: {disk}; database: {database}.")
