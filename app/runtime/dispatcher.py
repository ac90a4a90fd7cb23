"""The loop that joins brains and shells: one inbox, one writer.

Whatever happens (an event from Asterisk, a human's request, a deadline) is submitted here and handled to its end before the next:

    1. the switchboard decides                      pure, no await
    2. the journal takes the event and the facts    one write to a local file
    3. the actions go out to Asterisk               in one burst, not awaited
    4. listeners hear the facts                     live state, metrics; after the phones ring

There is no queue to wait in and no task switch between an event and the actions it leads to: this is the dispatch latency.
"""

import asyncio
from collections import deque
from collections.abc import Callable, Sequence
from datetime import datetime
from time import perf_counter
from typing import Protocol

from app.acd.events import TimePassed
from app.calls.actions import Action
from app.calls.events import Event
from app.calls.switchboard import Switchboard
from app.calls.turn import Outcome
from app.clock import Clock
from app.runtime.codec import encode_event, encode_facts


class Journal(Protocol):
    """Where everything is written down before anything is done about it."""

    def append(self, kind: str, payload: bytes, at: datetime, outcome: bytes = b"") -> int:
        """Write one entry; returns its sequence number."""
        ...


Listener = Callable[[int, Event, Outcome], None]
"""Hears each entry's number, event and outcome, in order. It must not submit events."""


class Dispatcher:
    """Takes in events, one after the other."""

    def __init__(
        self,
        board: Switchboard,
        *,
        journal: Journal,
        clock: Clock,
        perform: Callable[[Sequence[Action]], None],
        on_fault: Callable[[BaseException], None],
        on_listener_fault: Callable[[Exception], None],
        on_dispatched: Callable[[float], None] | None = None,
    ) -> None:
        """`on_dispatched` hears how many seconds each event took until its actions were sent.

        `on_listener_fault` hears of a listener that failed: calls go on, what it shows may be wrong from then on.
        """
        self.board = board
        self._journal = journal
        self._clock = clock
        self._perform = perform
        self._on_fault = on_fault
        self._on_listener_fault = on_listener_fault
        self._on_dispatched = on_dispatched
        self._inbox: deque[Event] = deque()
        self._is_handling = False
        self._timer: asyncio.TimerHandle | None = None
        self._armed_for: datetime | None = None
        self.listeners: list[Listener] = []
        self.is_stopped = False
        self.fault: BaseException | None = None
        """What failed in a brain, or in performing: the state cannot be trusted any more."""

    def submit(self, event: Event) -> Outcome:
        """Handle an event now and return its outcome. Submitted from within a turn it waits for that turn's end (Outcome() then).

        A fault in a brain stops the dispatcher for good: its state can no longer be trusted, and a restart rebuilds it from
        the journal, which does not hold the event that failed. So does one in performing: what was asked of Asterisk is not known
        then, and the restart asks again.
        """
        if self.is_stopped:
            return Outcome()
        if self._is_handling:
            self._inbox.append(event)
            return Outcome()
        self._is_handling = True
        try:
            outcome = self._turn(event)
            while self._inbox and not self.is_stopped:
                self._turn(self._inbox.popleft())
        finally:
            self._is_handling = False
        self._arm()
        return outcome

    def stop(self) -> None:
        """Take in no more events and set no more timers."""
        self.is_stopped = True
        if self._timer is not None:
            self._timer.cancel()

    def _turn(self, event: Event) -> Outcome:
        began, now = perf_counter(), self._clock.now()
        try:
            outcome = self.board.handle(event, now=now)
            kind, payload = encode_event(event)
            seq = self._journal.append(kind, payload, now, encode_facts(outcome.facts))
            if outcome.actions:
                self._perform(outcome.actions)
        except Exception as fault:  # noqa: BLE001 - whatever it is, the state cannot be trusted any more
            self.fault = fault
            self.stop()
            self._on_fault(fault)
            return Outcome()
        if self._on_dispatched is not None:
            self._on_dispatched(perf_counter() - began)
        self._tell(seq, event, outcome)
        return outcome

    def _tell(self, seq: int, event: Event, outcome: Outcome) -> None:
        for listener in self.listeners:
            try:
                listener(seq, event, outcome)
            except Exception as fault:  # noqa: BLE001 - a wallboard or a figure must not end a call
                self._on_listener_fault(fault)

    def _arm(self) -> None:
        deadline = self.board.next_deadline()
        if deadline == self._armed_for or self.is_stopped:
            return
        if self._timer is not None:
            self._timer.cancel()
        self._armed_for, self._timer = deadline, None
        if deadline is not None:
            wait = (deadline - self._clock.now()).total_seconds()
            self._timer = asyncio.get_running_loop().call_later(max(0.0, wait), self._on_due)

    def _on_due(self) -> None:
        self._armed_for = self._timer = None
        if self._is_due():
            self.submit(TimePassed())
        else:
            self._arm()

    def _is_due(self) -> bool:
        """The loop's clock and ours differ by a hair; a deadline is never handled early."""
        deadline = self.board.next_deadline()
        return deadline is not None and deadline <= self._clock.now()
