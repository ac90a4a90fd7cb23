"""The lock of a directory: one at a time."""

import fcntl
import os
from pathlib import Path
from types import TracebackType
from typing import Self

from app.directory import make_directory
from app.errors import DirectoryInUse


class DirectoryLock:
    """Holds a directory for this process: `with DirectoryLock(directory): …`.

    The kernel releases it when the process ends, however it ends: nothing stale is left after a kill. Two locks on one
    directory exclude each other within a process too.
    """

    def __init__(self, directory: Path) -> None:
        self._directory = directory
        self._descriptor: int | None = None

    def acquire(self) -> None:
        """Take the directory, making it if it is missing. Raises `DirectoryInUse` if another holds it, `DirectoryUnusable`."""
        make_directory(self._directory)
        descriptor = os.open(self._directory / "lock", os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            holder = os.pread(descriptor, 20, 0).decode(errors="replace").strip()
            os.close(descriptor)
            raise DirectoryInUse(self._directory, holder) from None
        os.ftruncate(descriptor, 0)
        os.pwrite(descriptor, f"{os.getpid()}\n".encode(), 0)
        self._descriptor = descriptor

    def release(self) -> None:
        """Give the directory back. May be called twice. The file stays: removing it would let two in."""
        if self._descriptor is not None:
            os.close(self._descriptor)
            self._descriptor = None

    def __enter__(self) -> Self:
        self.acquire()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.release()
