"""The wire log: every SIP message with its time, so that a test judges by what was sent and not by what was meant."""

from collections import deque
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import Enum

from app.simulator import sip


class Flow(Enum):
    """Which way a message went, as the simulator sees it."""

    SENT = "->"
    RECEIVED = "<-"


@dataclass(frozen=True, slots=True)
class WireEntry:
    """One message. `at` is the event loop's time in seconds: subtract two of them; `wall` is the same instant for people."""

    at: float
    wall: datetime
    flow: Flow
    peer: tuple[str, int]
    message: sip.Message

    def __str__(self) -> str:
        wall = self.wall.strftime("%H:%M:%S.%f")[:-3]
        number, method = self.message.cseq
        return f"{wall} {self.flow.value} {self.message.start_line} (CSeq {number} {method}, Call-ID {self.message.call_id})"


class WireLog:
    """The last `length` messages of a wire, oldest first.

    `started` is the wall time at the loop's time `origin`: later walls are counted from there, so they never run backwards.
    """

    def __init__(self, *, started: datetime, origin: float, length: int = 20_000) -> None:
        self._started = started
        self._origin = origin
        # Entries are made when they are read: writing happens on the hot path of load tests.
        self._lines: deque[tuple[float, Flow, tuple[str, int], sip.Message]] = deque(maxlen=length)
        self.malformed = 0

    def add(self, at: float, flow: Flow, peer: tuple[str, int], message: sip.Message) -> None:
        """Write one message down."""
        self._lines.append((at, flow, peer, message))

    def __iter__(self) -> Iterator[WireEntry]:
        for at, flow, peer, message in self._lines:
            yield WireEntry(at, self._started + timedelta(seconds=at - self._origin), flow, peer, message)

    def __len__(self) -> int:
        return len(self._lines)

    def every(
        self,
        *,
        method: str | None = None,
        status: int | None = None,
        flow: Flow | None = None,
        call_id: str | None = None,
    ) -> list[WireEntry]:
        """The entries that fit all that is given. `method` alone finds requests; with `status`, responses to that method."""
        return [
            entry
            for entry in self
            if (flow is None or entry.flow is flow)
            and (call_id is None or entry.message.call_id == call_id)
            and _fits(entry.message, method, status)
        ]

    def story(self, call_id: str) -> str:
        """All messages of one dialog as text, one a line: what an error message shows."""
        return (
            "\n".join(f"  {entry}" for entry in self.every(call_id=call_id)) or "  (no message on the wire)"
        )


def _fits(message: sip.Message, method: str | None, status: int | None) -> bool:
    if isinstance(message, sip.Request):
        return status is None and method in (None, message.method)
    if status is None:
        return method is None
    return message.status == status and method in (None, message.cseq[1])
