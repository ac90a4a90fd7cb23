"""The floor that the wire's judge looks at: callers and agents who act by seeded dice, and who keep out of each other's way.

Two things that happen in the same hundredth of a second could go either way, and no message on the wire would tell which: a
pick-up while the caller hangs up, an answer while the ringing runs out. So each caller knows the *moments* at which something
will happen to the call, and nobody acts within `APART` of one, nor where a ring of the caller's begins. And nobody leaves just when an agent becomes free, who might be
rung for the one who leaves. What is left is judged exactly.
"""

import asyncio
from collections import deque
from collections.abc import Awaitable, Callable, Coroutine, Iterator
from contextlib import AsyncExitStack, suppress
from dataclasses import dataclass, field
from datetime import timedelta
from random import Random
from typing import Any, Self

from app.clock import SystemClock
from app.simulator.answering import Answer, Answering, Decline, RingForEver
from app.simulator.errors import ChangeRefused, MomentMissed
from app.simulator.incoming_dialog import IncomingDialog
from app.simulator.milestone import Milestone
from app.simulator.phone import Phone
from app.simulator.wire import Wire
from app.simulator.wire_log import WireEntry
from tests.support.asterisk import password_of
from tests.support.judged_site import Rules
from tests.support.until import until

APART = 0.12
A_BREATH = 0.03
"""Seconds between an agent's becoming free and somebody else's leaving."""
_ANSWERS_AFTER = (0.25, 0.25, 0.75, 0.75, 0.25, 1.25, 1.75)
"""Half a ring away from where rings begin."""
_SOONER_OR_LATER = (0.0, 0.1, -0.1)
_IGNORED, _REFUSED = 0.08, 0.12
"""Shares of offers that ring out, and that are declined, busy or unreachable."""
_PATIENCE_OF_A_TEST = 5.0
_GRACE = 60.0
"""Seconds after which a caller hangs up though the agent should."""
_BUSY, _DECLINES, _NOT_THERE = 486, 603, 404
_BORDERS = (5.0, 10.0, 20.0)
"""Where a longer wait belongs to the next band."""
_LOG_LENGTH = 200_000

Do = Callable[[str, str, dict[str, Any]], Awaitable[None]]
"""An agent does something at the desk: agent, operation, body."""


@dataclass(slots=True)
class Planned:
    """One call before it happens. Seconds."""

    number: str
    dials: str
    comes: float
    patience: float
    talks: float
    ended_by_agent: bool
    is_held: bool


@dataclass(slots=True)
class Deed:
    """Somebody did something at a desk: `at` is when the service had it done, in seconds since 1970."""

    at: float
    agent: str
    what: str


@dataclass(slots=True, eq=False)
class Caller:
    """One call on its way. `moments` are when something will happen to it, by the loop's clock."""

    planned: Planned
    ring: float
    hesitates: float
    """Seconds by which this one moves later than others who were still, too."""
    began: float = 0.0
    moments: list[float] = field(default_factory=list)
    connected: Milestone = field(default_factory=Milestone)

    def is_clear(self, at: float) -> bool:
        """Whether nothing else happens just then, not even another ring of the caller's begins."""
        since_ring = (at - self.began) % self.ring
        return A_BREATH * 2 < since_ring < self.ring - A_BREATH * 2 and all(
            abs(at - moment) > APART for moment in self.moments
        )


def plan(seed: int, *, calls: int, seconds: float) -> Iterator[Planned]:
    """Who calls when. Every tenth caller calls twice, a long while apart."""
    dice = Random(f"{seed}/callers")
    comes = sorted(dice.uniform(0, seconds) for _ in range(calls))
    for index, at in enumerate(comes):
        is_second = index % 10 == 9 and at - comes[index // 2] > 15
        yield Planned(
            number=f"1380000{index // 2 if is_second else index:04}",
            dials=dice.choices(["4001", "4002"], [6, 4])[0],
            comes=at,
            patience=dice.choice([0.4, 0.7, 1.6, 2.2, 3.1, 4.2, 6.5, 8, 9, 9]),
            talks=dice.uniform(0.8, 2.8),
            ended_by_agent=dice.random() < 0.4,
            is_held=dice.random() < 0.15,
        )


class JudgedFloor:
    """Agents with phones, logged in, and callers who come with `play`. Afterwards the logs and the deeds tell what happened.

    `breaks`: agents who will ask for a break in their next talk, and how many seconds it lasts.
    """

    def __init__(self, rules: Rules, server: tuple[str, int], do: Do, *, seed: int) -> None:
        self._rules = rules
        self._server = server
        self._do = do
        self._dice = Random(f"{seed}/agents")
        self._clock = SystemClock()
        self._callers: dict[str, Caller] = {}
        self._frees: deque[float] = deque(maxlen=200)
        """When agents become, or became, free."""
        self._left = 0.0
        """When somebody left last without having talked."""
        self._tasks: list[asyncio.Task[None]] = []
        self._goes_on = asyncio.Event()
        self._goes_on.set()
        self._went_on = float("-inf")
        self._door_is_open = asyncio.Event()
        self._door_is_open.set()
        self._exit = AsyncExitStack()
        self.deeds: list[Deed] = []
        self.breaks: dict[str, float] = {}

    async def __aenter__(self) -> Self:
        self._phones_wire = await self._exit.enter_async_context(Wire(log_length=_LOG_LENGTH))
        self._callers_wire = await self._exit.enter_async_context(Wire(log_length=_LOG_LENGTH))
        self._outside = Phone("outside", server=self._server, wire=self._callers_wire, media=False)
        await self._exit.enter_async_context(self._outside)
        for name, agent in self._rules.agents.items():
            phone = Phone(name, password_of(name), self._server, wire=self._phones_wire, media=False)
            phone.answering = self._choose
            await self._exit.enter_async_context(phone)
            await phone.register()
            await self.does(agent, "log-in")
            self._begin(self._work(agent, phone))
        return self

    async def __aexit__(self, *_: object) -> None:
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        await self._exit.aclose()

    @property
    def callers_log(self) -> list[WireEntry]:
        """What callers sent and received."""
        return list(self._callers_wire.log)

    @property
    def phones_log(self) -> list[WireEntry]:
        """What agents' phones sent and received."""
        return list(self._phones_wire.log)

    async def does(self, agent: str, what: str, **body: Any) -> None:
        """At the desk."""
        await self._do(agent, what, body)
        self.deeds.append(Deed(self._clock.now().timestamp(), agent, what))

    def stand_still(self) -> None:
        """From now on nobody answers, declines or hangs up. What is planned already still happens, for about two seconds."""
        self._goes_on.clear()

    def close_the_door(self) -> None:
        """From now on nobody comes."""
        self._door_is_open.clear()

    def go_on(self) -> None:
        """Life goes on."""
        self._goes_on.set()
        self._door_is_open.set()
        self._went_on = _now()

    async def play(self, planned: list[Planned]) -> None:
        """Let these callers come, and wait until the last has gone. Fails with whoever fails."""
        began = _now()
        async with asyncio.TaskGroup() as callers:
            for each in planned:
                await asyncio.sleep(max(0.0, began + each.comes - _now()))
                await self._door_is_open.wait()
                callers.create_task(self._call(each))

    async def close(self) -> None:
        """Let the last wrap-up end, and log everybody out. Fails with whatever went wrong for agents."""
        await asyncio.sleep(max(self._rules.wrap_ups.values()) + APART)
        for agent in self._rules.agents.values():
            await self.does(agent, "log-out")
        for task in self._tasks:
            if task.done():
                task.result()

    # --- callers ---------------------------------------------------------------------------------------------------

    async def _call(self, planned: Planned) -> None:
        assert planned.number not in self._callers
        caller = self._callers[planned.number] = Caller(
            planned, self._rules.ring, hesitates=self._dice.uniform(0, 3)
        )
        dialog = await self._outside.call(planned.dials, caller_number=planned.number)
        caller.began = dialog.started_at
        overflow = self._rules.overflows.get(self._rules.entries[planned.dials])
        known = [planned.patience, *_BORDERS, *([overflow[0]] if overflow else [])]
        caller.moments += [dialog.started_at + at for at in known]
        self._frees += [dialog.started_at + overflow[0]] if overflow else []
        ended = asyncio.ensure_future(dialog.until_ended(within=None))
        connected = asyncio.ensure_future(caller.connected.wait())
        await asyncio.wait((ended, connected), timeout=planned.patience, return_when=asyncio.FIRST_COMPLETED)
        caller.moments.remove(dialog.started_at + planned.patience)
        await until(
            lambda: ended.done() or connected.done() or self._may_leave(caller), "nobody may go", timeout=60
        )
        if connected.done():
            grace = _GRACE if planned.ended_by_agent else 0
            await asyncio.wait((ended,), timeout=planned.talks + grace)
            await until(lambda: ended.done() or self._may_hang_up(caller), "nobody may go", timeout=60)
        elif not ended.done():
            self._left = _now()
        connected.cancel()
        dialog.hang_up()
        await ended
        del self._callers[planned.number]

    def _may_leave(self, caller: Caller) -> bool:
        is_quiet = all(abs(_now() - free) > A_BREATH for free in self._frees)
        return is_quiet and self._may_move(caller) and caller.is_clear(_now())

    def _may_hang_up(self, caller: Caller) -> bool:
        """Whether a talk may end. Its agent is free then, or after the wrap-up."""
        if not self._may_move(caller) or _now() < self._left + A_BREATH:
            return False
        self._frees += [_now() + after for after in {0.0, *self._rules.wrap_ups.values()}]
        return True

    def _may_move(self, caller: Caller) -> bool:
        """When life goes on, not everybody moves at once."""
        return self._goes_on.is_set() and _now() > self._went_on + caller.hesitates

    # --- agents ----------------------------------------------------------------------------------------------------

    def _choose(self, offered: IncomingDialog) -> Answering:
        """What to do with a ringing phone: something that falls on no other moment of the call."""
        caller, now = self._callers.get(offered.caller_number), _now()
        if caller is None:
            return RingForEver()  # The caller has just gone.
        if not self._goes_on.is_set():
            self._begin(self._answer_later(offered, caller))
            return RingForEver()
        caller.moments.append(now + self._rules.ring * self._rules.rings)
        for after, answering in self._wishes():
            if caller.is_clear(now + after):
                self._will_happen(caller, now + after)
                return answering
        self._will_happen(caller, now + self._rules.ring_timeout)
        return RingForEver()

    def _will_happen(self, caller: Caller, moment: float) -> None:
        """The phone stops ringing then, and so may others that ring for the same call."""
        caller.moments.append(moment)
        self._frees.append(moment)

    def _wishes(self) -> Iterator[tuple[float, Answering]]:
        """What the agent would like to do, and what else would do."""
        luck = self._dice.random()
        if luck < _IGNORED and self._rules.ring_timeout < _PATIENCE_OF_A_TEST:
            yield self._rules.ring_timeout, RingForEver()
        elif luck < _IGNORED + _REFUSED:
            status = self._dice.choice([_BUSY, _BUSY, _DECLINES, _DECLINES, _NOT_THERE])
            after = 0.25 if status == _DECLINES else 0.05
            yield after, Decline(status=status, after=_seconds(after), rings=status == _DECLINES)
        first = self._dice.choice(_ANSWERS_AFTER)
        for delay in (first, *sorted(set(_ANSWERS_AFTER))):
            for shift in _SOONER_OR_LATER:
                yield delay + shift, Answer(after=_seconds(delay + shift))

    async def _answer_later(self, offered: IncomingDialog, caller: Caller) -> None:
        await self._goes_on.wait()
        after = 0.2
        while not caller.is_clear(_now() + after):
            after += 2 * APART
        self._will_happen(caller, _now() + after)
        await asyncio.sleep(after)
        offered.answer()

    async def _work(self, agent: str, phone: Phone) -> None:
        while True:
            self._begin(self._serve(agent, await phone.next_call(within=None)))

    async def _serve(self, agent: str, offered: IncomingDialog) -> None:
        try:
            await offered.until_answered(within=None)
        except MomentMissed:
            return
        caller = self._callers[offered.caller_number]
        caller.connected.reach(_now())
        pause = self.breaks.pop(agent, None)
        if pause is not None:
            await self.does(agent, "pause", code="lunch")
            self._begin(self._come_back(agent, offered, pause))
        await self._talk(offered, caller)

    async def _talk(self, offered: IncomingDialog, caller: Caller) -> None:
        planned, third = caller.planned, caller.planned.talks / 3
        await asyncio.sleep(third)
        if planned.is_held:
            with suppress(ChangeRefused):  # The caller may hang up just then.
                await offered.hold()
                await asyncio.sleep(third)
                await offered.unhold()
        if planned.ended_by_agent:
            await asyncio.sleep(third / 2)
            await until(lambda: self._may_hang_up(caller), "nobody may go", timeout=60)
            offered.hang_up()

    async def _come_back(self, agent: str, offered: IncomingDialog, pause: float) -> None:
        await offered.until_ended(within=None)
        await asyncio.sleep(pause)
        await self.does(agent, "resume")

    def _begin(self, work: Coroutine[Any, Any, None]) -> None:
        self._tasks.append(asyncio.create_task(work))


def _now() -> float:
    return asyncio.get_running_loop().time()


def _seconds(seconds: float) -> timedelta:
    return timedelta(seconds=seconds)
