"""The store's log: it never raises, for it may lie on the very disk that is full."""

from contextlib import suppress

import structlog


class Log:
    """Says what happened, by a static message and fields; what cannot be said is dropped, and the calls go on."""

    def __init__(self, name: str) -> None:
        self._logger = structlog.get_logger(name)

    def warning(self, message: str, **fields: object) -> None:
        """Something to look at."""
        with suppress(OSError):
            self._logger.warning(message, **fields)

    def error(self, message: str, **fields: object) -> None:
        """Something failed; it is tried again, or goes on without."""
        with suppress(OSError):
            self._logger.error(message, **fields)

    def critical(self, message: str, **fields: object) -> None:
        """Something may be lost: wake somebody."""
        with suppress(OSError):
            self._logger.critical(message, **fields)
