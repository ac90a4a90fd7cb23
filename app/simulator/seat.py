"""The seat: an agent of the simulated floor, with phone, habits and breaks."""

import asyncio
from collections.abc import Callable
from typing import Protocol

from app.ids import AgentId, DeviceId, PauseCode
from app.simulator import plan
from app.simulator.answering import Answering, RingForEver
from app.simulator.caller import Caller
from app.simulator.errors import MomentMissed
from app.simulator.incoming_dialog import IncomingDialog
from app.simulator.phone import Phone
from app.simulator.plan import EndsBy, PlannedOffer
from app.simulator.scenario import AgentScript, Scenario
from app.simulator.tally import OfferResult, Tally

AGENT_TONE = 1000
_NOTICES_AFTER = (
    10.0  # seconds: who let a phone ring out looks at the desk again, and resumes if it was paused for that
)


class AgentActions(Protocol):
    """What agents do at their desk and not at their phone. Whoever runs the floor fills this in.

    Each may be called when it is already so, and then does nothing. An exception ends the run of the floor.
    """

    async def log_in(self, agent: AgentId, device: DeviceId) -> None:
        """Take the seat: from now on offers may come."""
        ...

    async def log_out(self, agent: AgentId) -> None:
        """Leave the seat."""
        ...

    async def pause(self, agent: AgentId, code: PauseCode) -> None:
        """Take a break."""
        ...

    async def resume(self, agent: AgentId) -> None:
        """Be ready again."""
        ...

    async def end_wrap_up(self, agent: AgentId) -> None:
        """The notes are done."""
        ...


class Seat:
    """One agent at work. `work` runs until it is cancelled; then `leave`."""

    def __init__(
        self,
        scenario: Scenario,
        script: AgentScript,
        phone: Phone,
        *,
        actions: AgentActions,
        tally: Tally,
        find_caller: Callable[[str], Caller | None],
    ) -> None:
        self._scenario = scenario
        self._script = script
        self._phone = phone
        self._actions = actions
        self._tally = tally
        self._find_caller = find_caller
        self._offers = 0
        self._planned: dict[str, PlannedOffer] = {}
        phone.answering = self._choose

    async def work(self) -> None:
        """Log in, take every call, go on breaks."""
        await self._phone.register()
        await asyncio.sleep(self._script.logs_in_at_seconds)
        await self._actions.log_in(self._script.agent, self._script.device)
        async with asyncio.TaskGroup() as tasks:
            tasks.create_task(self._take_breaks())
            while True:
                offered = await self._phone.next_call(within=None)
                tasks.create_task(self._serve(offered, self._planned.pop(offered.call_id)))

    async def leave(self) -> None:
        """Log out."""
        await self._actions.log_out(self._script.agent)

    def _choose(self, offered: IncomingDialog) -> Answering:
        self._offers += 1
        planned = plan.offer(self._scenario, self._script, self._offers)
        self._planned[offered.call_id] = planned
        return planned.answering

    async def _serve(self, offered: IncomingDialog, planned: PlannedOffer) -> None:
        try:
            await offered.until_answered(within=None)
        except MomentMissed:
            await self._miss(offered, planned)
            return
        self._tally.offer_ends(OfferResult.ANSWERED)
        await self._talk(offered)
        await asyncio.sleep(planned.wrap_up.total_seconds())
        await self._actions.end_wrap_up(self._script.agent)

    async def _miss(self, offered: IncomingDialog, planned: PlannedOffer) -> None:
        declined = offered.status is not None and offered.status != _CANCELLED
        self._tally.offer_ends(OfferResult.DECLINED if declined else OfferResult.WITHDRAWN)
        if isinstance(planned.answering, RingForEver):
            await asyncio.sleep(_NOTICES_AFTER)
            await self._actions.resume(self._script.agent)

    async def _talk(self, offered: IncomingDialog) -> None:
        if offered.has_sound:
            offered.play(AGENT_TONE)
        caller = self._find_caller(offered.caller_number)
        if caller is None:
            await offered.until_ended(within=None)
            return
        caller.connect(asyncio.get_running_loop().time())
        if caller.plan.ends_by is EndsBy.AGENT:
            await asyncio.sleep(caller.plan.talk.total_seconds())
            offered.hang_up()
        await offered.until_ended(within=None)

    async def _take_breaks(self) -> None:
        started = asyncio.get_running_loop().time()
        for each in self._script.breaks:
            await asyncio.sleep(max(0.0, started + each.at_seconds - asyncio.get_running_loop().time()))
            await self._actions.pause(self._script.agent, each.code)
            await asyncio.sleep(each.lasts_seconds)
            await self._actions.resume(self._script.agent)


_CANCELLED = 487
