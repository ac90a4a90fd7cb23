"""The caller: a person who dials, waits as long as patience lasts, talks, and hangs up."""

import asyncio

from app.simulator.milestone import Milestone
from app.simulator.outgoing_dialog import OutgoingDialog
from app.simulator.phone import Phone
from app.simulator.plan import EndsBy, PlannedCall
from app.simulator.tally import CallResult, Tally

CALLER_TONE = 600
_GRACE = 10.0  # seconds: an agent who should have hung up and did not is hung up on


class Caller:
    """One planned call. `play` it; the floor says `connect` when an agent has answered.

    A caller cannot see the agent's 200, for the service may have answered long before. A real one hears a voice; this one is
    told, so that floors without sound work, too.
    """

    def __init__(self, plan: PlannedCall, phone: Phone, tally: Tally) -> None:
        self.plan = plan
        self._phone = phone
        self._tally = tally
        self._connected = Milestone()

    @property
    def is_waiting(self) -> bool:
        """Nobody has answered yet."""
        return self._connected.at is None

    def connect(self, now: float) -> None:
        """An agent has answered. `now` is the loop's time. Only the first time counts."""
        self._connected.reach(now)

    async def play(self) -> CallResult:
        """Live the call to its end, and count it."""
        self._tally.call_arrives()
        dialog = await self._phone.call(self.plan.entry, caller_number=self.plan.caller_number)
        try:
            result = await self._live(dialog)
        finally:
            dialog.hang_up()
        self._tally.call_ends(result, status=dialog.status)
        return result

    async def _live(self, dialog: OutgoingDialog) -> CallResult:
        ended = asyncio.ensure_future(dialog.until_ended(within=None))
        connected = asyncio.ensure_future(self._connected.wait())
        try:
            await asyncio.wait(
                (ended, connected),
                timeout=self.plan.patience.total_seconds(),
                return_when=asyncio.FIRST_COMPLETED,
            )
            if self._connected.at is not None:
                self._tally.call_connects(self._connected.at - dialog.started_at)
                await self._talk(dialog, ended)
                return CallResult.COMPLETED
            if not ended.done():
                return CallResult.ABANDONED
            return CallResult.REFUSED if dialog.answered_at is None else CallResult.DROPPED
        finally:
            ended.cancel()
            connected.cancel()

    async def _talk(self, dialog: OutgoingDialog, ended: "asyncio.Future[None]") -> None:
        if dialog.has_sound:
            dialog.play(CALLER_TONE)
        talk = self.plan.talk.total_seconds()
        await asyncio.wait((ended,), timeout=talk if self.plan.ends_by is EndsBy.CALLER else talk + _GRACE)
