"""The load: agents that answer at once, callers that talk for a while, and every moment noted as the phones saw it.

All moments are the event loop's time at the phones, in seconds: what Asterisk or a controller believes is not asked. Garbage is
collected between runs: the phones of a run would stand still for up to 0.2 s, and that would be taken for the system's delay.
"""

import asyncio
import gc
import itertools
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, field

from app.simulator import sip
from app.simulator.answering import Answer, Answering, RingForEver
from app.simulator.dialog import Dialog
from app.simulator.incoming_dialog import IncomingDialog
from app.simulator.phone import Phone
from app.simulator.wire import Wire
from tests.bench.systems import Node, password_of

_ANSWER = Answer()


@dataclass(slots=True)
class CallNote:
    """One call as its phones saw it."""

    sent_at: float
    dialog: Dialog
    rings: list[float] = field(default_factory=list)
    """When an agent's phone got an INVITE for this caller."""
    freed: Callable[[], None] = lambda: None

    @property
    def is_failed(self) -> bool:
        """No agent's phone rang, or the call was refused."""
        status = self.dialog.status
        return not self.rings or (status is not None and status >= 300)


@dataclass(slots=True)
class Run:
    """What one run of calls gave."""

    notes: list[CallNote] = field(default_factory=list)
    freed_to_ring: list[float] = field(default_factory=list)
    """Seconds from an agent's BYE to the next INVITE at the same phone."""

    @property
    def rings(self) -> list[float]:
        """Seconds from the caller's INVITE to the first INVITE at an agent's phone."""
        return [note.rings[0] - note.sent_at for note in self.notes if note.rings]

    @property
    def failed(self) -> int:
        """How many calls failed."""
        return sum(note.is_failed for note in self.notes)

    @property
    def invites(self) -> int:
        """How often phones rang in all."""
        return sum(len(note.rings) for note in self.notes)


class Floor:
    """Phones of all agents on one socket, callers on another."""

    def __init__(self, phones: list[Phone], outside: Phone) -> None:
        self._phones = phones
        self._outside = outside
        self._numbers = itertools.count(1)
        self._by_number: dict[str, CallNote] = {}
        self._freed_at: dict[str, float] = {}
        self._run = Run()
        self._talk = 0.0
        self._agent_ends = False
        for phone in phones:
            phone.answering = self._on_invite_of(phone)

    def begin(self, *, talk: float, agent_ends: bool) -> Run:
        """A new run: from now on calls last so long and are ended by that side."""
        gc.disable()
        gc.collect()
        self._run, self._talk, self._agent_ends = Run(), talk, agent_ends
        self._freed_at.clear()
        self._by_number.clear()
        return self._run

    async def call(self, entry: str) -> CallNote:
        """One more caller."""
        number = f"8{next(self._numbers):010d}"
        dialog = await self._outside.call(entry, caller_number=number)
        note = CallNote(dialog.started_at, dialog)
        self._by_number[number] = note
        self._run.notes.append(note)
        return note

    async def settle(self, within: float = 5.0) -> None:
        """Wait until nobody talks any more, then hang up who is left."""
        deadline = asyncio.get_running_loop().time() + within
        while asyncio.get_running_loop().time() < deadline and any(
            phone.dialogs for phone in (*self._phones, self._outside)
        ):
            await asyncio.sleep(0.05)
        for phone in (*self._phones, self._outside):
            for dialog in phone.dialogs:
                dialog.hang_up()
        await asyncio.sleep(0.3)

    def responses(self, *statuses: int) -> Iterator[tuple[int, str, float]]:
        """What the agents' phones answered to INVITEs, by the log of their wire: status, the caller's number, the moment."""
        for entry in self._phones[0].wire.log:
            message = entry.message
            if (
                isinstance(message, sip.Response)
                and message.status in statuses
                and message.cseq[1] == "INVITE"
            ):
                yield message.status, sip.user_of(message.headers["From"]), entry.at

    def _on_invite_of(self, phone: Phone) -> Callable[[IncomingDialog], Answering]:
        def on_invite(dialog: IncomingDialog) -> Answering:
            note = self._by_number.get(dialog.caller_number)
            if note is None:
                return RingForEver()
            note.rings.append(dialog.started_at)
            freed_at = self._freed_at.pop(phone.user, None)
            if freed_at is not None:
                self._run.freed_to_ring.append(dialog.started_at - freed_at)
            asyncio.get_running_loop().call_later(self._talk, self._end, phone, dialog, note)
            return _ANSWER

        return on_invite

    def _end(self, phone: Phone, dialog: IncomingDialog, note: CallNote) -> None:
        if self._agent_ends:
            self._freed_at[phone.user] = phone.wire.now()
            dialog.hang_up()
        else:
            note.dialog.hang_up()


@asynccontextmanager
async def floor(node: Node) -> AsyncIterator[Floor]:
    """All phones registered."""
    async with AsyncExitStack() as stack:
        agents, callers = await stack.enter_async_context(Wire()), await stack.enter_async_context(Wire())
        phones = []
        for number in range(1, node.agents + 1):
            phone = Phone(f"phone{number}", password_of(number), node.sip, wire=agents, media=False)
            await stack.enter_async_context(phone)
            await phone.register(expires_seconds=3600)
            phones.append(phone)
        outside = Phone("outside", server=node.sip, wire=callers, media=False)
        yield Floor(phones, await stack.enter_async_context(outside))
