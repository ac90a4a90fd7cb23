"""Long work on the loop, a little at a time: others get their turn between, for nothing may delay a ring."""

import asyncio
from collections.abc import AsyncIterator, Iterable
from typing import TypeVar

T = TypeVar("T")

AT_A_TIME = 100


async def in_turns(things: Iterable[T]) -> AsyncIterator[T]:
    """Things that cost something to make, as they are made."""
    for number, thing in enumerate(things, start=1):
        yield thing
        if number % AT_A_TIME == 0:
            await asyncio.sleep(0)
