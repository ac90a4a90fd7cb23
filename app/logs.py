"""Logs are an interface: a static message, ids as fields. No phone number, name or keypad digit ever stands in one."""

import logging
import sys
from contextlib import suppress
from typing import TextIO, cast

import structlog


class _NeverRaises:
    """A stream whose disk may be full or whose reader may be gone: what cannot be said is dropped, and the calls go on."""

    def __init__(self, stream: TextIO) -> None:
        self._stream = stream

    def write(self, text: str) -> int:
        """Write, if it can be written."""
        with suppress(OSError, ValueError):
            return self._stream.write(text)
        return 0

    def flush(self) -> None:
        """Flush, if it can be flushed."""
        with suppress(OSError, ValueError):
            self._stream.flush()


def configure_logs(*, level: str, as_json: bool) -> None:
    """Once, at the start of a process."""
    number = logging.getLevelNamesMapping().get(level.upper(), logging.INFO)
    renderer = (
        structlog.processors.JSONRenderer()
        if as_json
        else structlog.dev.ConsoleRenderer(colors=sys.stderr.isatty())
    )
    structlog.configure(
        processors=[
            structlog.contextvars.merge_contextvars,
            structlog.processors.add_log_level,
            structlog.processors.TimeStamper(fmt="iso", utc=True),
            structlog.processors.format_exc_info,
            renderer,
        ],
        wrapper_class=structlog.make_filtering_bound_logger(number),
        logger_factory=structlog.PrintLoggerFactory(cast("TextIO", _NeverRaises(sys.stderr))),
    )
