"""The milestone: a moment that comes once, or never, and can be waited for."""

import asyncio


class Milestone:
    """`at` is the loop's time at which it was reached; None before."""

    __slots__ = ("_missed", "_waiting", "at")

    def __init__(self) -> None:
        self.at: float | None = None
        self._missed = False
        self._waiting: asyncio.Future[None] | None = None

    def reach(self, now: float) -> None:
        """It has come. Only the first time counts."""
        if self.at is None:
            self.at = now
            self._wake()

    def miss(self) -> None:
        """It cannot come any more."""
        self._missed = True
        self._wake()

    async def wait(self) -> bool:
        """Wait until it is known. True when it came, false when it cannot come any more."""
        if self.at is None and not self._missed:
            if self._waiting is None:
                self._waiting = asyncio.get_running_loop().create_future()
            await asyncio.shield(self._waiting)
        return self.at is not None

    def _wake(self) -> None:
        if self._waiting is not None and not self._waiting.done():
            self._waiting.set_result(None)
