"""Waiting for a condition, with a deadline: tests never sleep for a guessed time."""

import asyncio
import time
from collections.abc import Callable

_STEP = 0.01


async def until(condition: Callable[[], object], message: str, *, timeout: float = 10.0) -> None:  # noqa: ASYNC109 - the test's own deadline
    """Let others work until the condition holds; fail with the message if it does not in time."""
    deadline = time.monotonic() + timeout
    while not condition():
        if time.monotonic() > deadline:
            raise AssertionError(f"After {timeout} s: {message}")
        await asyncio.sleep(_STEP)
