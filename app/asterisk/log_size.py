"""Asterisk's log does not fill the disk: whoever may send it SIP may make it write warnings.

Asterisk can turn a log over, but keeps all the old ones. Here there is one, `messages.log.1`.
"""

import contextlib
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Final

from app.asterisk.errors import ConsoleFailed

LARGEST: Final = 16 * 1024 * 1024
"""Bytes. With the one before, a log takes twice that."""


async def keep_small(log: Path, console: Callable[[str], Awaitable[str]], *, largest: int = LARGEST) -> None:
    """Begin a new log when this one is large, or gone. Asterisk goes on with the old one until it is asked to look."""
    with contextlib.suppress(OSError, ConsoleFailed):  # The next look tries again.
        if _must_begin(log, largest):
            await console("logger reload")


def _must_begin(log: Path, largest: int) -> bool:
    if log.exists() and log.stat().st_size > largest:
        log.replace(log.with_suffix(".log.1"))
    return not log.exists()
