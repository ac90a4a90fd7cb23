"""The floor: plays a scenario against a SIP server, with real phones on real sockets."""

import asyncio
from collections.abc import Mapping
from contextlib import AsyncExitStack

from app.ids import DeviceId
from app.simulator import plan
from app.simulator.caller import Caller
from app.simulator.path import SocketAddress
from app.simulator.phone import Phone
from app.simulator.plan import PlannedCall
from app.simulator.scenario import AgentScript, Scenario
from app.simulator.seat import AgentActions, Seat
from app.simulator.tally import Tally
from app.simulator.wire import Wire

_STRANGER = "caller"  # the user of the callers' common phone: no endpoint of the server may have this name


class Floor:
    """Agents and callers of one scenario. `run` it once; look at `tally` at any time."""

    def __init__(
        self,
        scenario: Scenario,
        *,
        server: SocketAddress,
        passwords: Mapping[DeviceId, str],
        actions: AgentActions,
        media: bool = True,
    ) -> None:
        self.tally = Tally()
        self._scenario = scenario
        self._server = server
        self._passwords = passwords
        self._actions = actions
        self._has_media = media
        self._callers: dict[str, list[Caller]] = {}

    async def run(self) -> Tally:
        """Seat the agents, let the callers come, and wait for the last call to end. Cancel it to stop at once.

        Raises `RegistrationRefused` when a phone is not let in, and whatever the agents' actions raise, in an `ExceptionGroup`.
        """
        async with AsyncExitStack() as stack:
            agents = await stack.enter_async_context(Wire())
            callers = await stack.enter_async_context(Wire())
            outside = Phone(_STRANGER, server=self._server, wire=callers, media=self._has_media)
            await stack.enter_async_context(outside)
            seats = [await self._take_seat(script, agents, stack) for script in self._scenario.agents]
            await self._play(seats, outside)
            for seat in seats:
                await seat.leave()
        return self.tally

    async def _take_seat(self, script: AgentScript, wire: Wire, stack: AsyncExitStack) -> Seat:
        password = self._passwords[script.device]
        phone = Phone(script.device, password, self._server, wire=wire, media=self._has_media)
        await stack.enter_async_context(phone)
        return Seat(
            self._scenario,
            script,
            phone,
            actions=self._actions,
            tally=self.tally,
            find_caller=self._find_caller,
        )

    async def _play(self, seats: list[Seat], outside: Phone) -> None:
        """Agents work until the last caller has gone."""
        async with asyncio.TaskGroup() as tasks:
            working = [tasks.create_task(seat.work()) for seat in seats]
            await self._let_callers_come(outside)
            for task in working:
                task.cancel()

    async def _let_callers_come(self, outside: Phone) -> None:
        loop = asyncio.get_running_loop()
        started = loop.time()
        async with asyncio.TaskGroup() as tasks:
            for planned in plan.calls(self._scenario):
                await asyncio.sleep(max(0.0, started + planned.at.total_seconds() - loop.time()))
                tasks.create_task(self._play_call(planned, outside))

    async def _play_call(self, planned: PlannedCall, outside: Phone) -> None:
        caller = Caller(planned, outside, self.tally)
        calling = self._callers.setdefault(planned.caller_number, [])
        calling.append(caller)
        try:
            await caller.play()
        finally:
            calling.remove(caller)
            if not calling:
                del self._callers[planned.caller_number]

    def _find_caller(self, caller_number: str) -> Caller | None:
        """Who of those with this number has waited longest; None for a call that is not of this floor."""
        waiting = (caller for caller in self._callers.get(caller_number, ()) if caller.is_waiting)
        return next(waiting, None)
