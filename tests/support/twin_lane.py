"""How a connection of Asterisk serves requests: strictly one after the other, each waiting for what it must wait for."""

from collections import deque
from collections.abc import Callable

from app.ari.request import Request
from tests.support.twin import Twin
from tests.support.twin_rest import Reply, TwinRest


class TwinLane:
    """One connection. While its first request waits for a playback, those behind it wait too."""

    def __init__(self, twin: Twin, rest: TwinRest) -> None:
        self._twin = twin
        self._rest = rest
        self._waiting: deque[tuple[Request, Callable[[Reply], None]]] = deque()
        twin.on_playback_end.append(self._go_on_soon)

    @property
    def is_blocked(self) -> bool:
        """Whether a request waits for a playback. Asterisk then does not even answer the connection's pings."""
        return bool(self._waiting)

    def submit(self, request: Request, answer: Callable[[Reply], None]) -> None:
        """Carry out `request` now, or when its turn comes; `answer` gets the reply."""
        self._waiting.append((request, answer))
        self._go_on()

    def close(self) -> None:
        """The connection is gone, and what waits in it."""
        self._waiting.clear()
        self._twin.on_playback_end.remove(self._go_on_soon)

    def _go_on_soon(self) -> None:
        self._twin.schedule(0, self._go_on)

    def _go_on(self) -> None:
        while self._waiting and not self._rest.would_wait(self._waiting[0][0]):
            request, answer = self._waiting.popleft()
            answer(self._rest.carry_out(request))
