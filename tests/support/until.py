"""Waiting for a condition, with a deadline: tests never sleep for a guessed time."""

import asyncio
import time
from collections.abc import Callable
from inspect import isawaitable
from typing import Any

_STEP = 0.01


async def until(
    condition: Callable[[], Any],
    message: str | Callable[[], str],
    *,
    timeout: float = 10.0,  # noqa: ASYNC109 - the test's own deadline
) -> Any:
    """Let others work until the condition holds, and return what it gave; fail with the message if it does not in time.

    A condition that must be asked for is a coroutine function. A message that is a function is made when the time is over.
    """
    deadline = time.monotonic() + timeout
    while True:
        found = condition()
        if isawaitable(found):
            found = await found
        if found:
            return found
        if time.monotonic() > deadline:
            raise AssertionError(f"After {timeout} s: {message if isinstance(message, str) else message()}")
        await asyncio.sleep(_STEP)
