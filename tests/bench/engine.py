"""What one event costs the routing engine, at 100, 1,000 and 10,000 agents. Run it as a script: it prints a table.

    python -m tests.bench.engine            # all sizes, about a minute
    python -m tests.bench.engine 100 1000   # some sizes

200 queues, each agent in 3 to 5 of them, all strategies, skills that relax, levels that widen, priorities that age. A simulated
floor gives the events their natural mix and instants: phones ring, most are picked up, some ring out, people talk, wrap up,
callers arrive, lose patience and are replaced. Two situations: 5,000 callers wait and each freed agent takes one at once;
or half of the agents sit idle and each caller finds one at once (there without the strategies that ring everybody, which cost one
offer per idle member by their nature).

Each event is timed alone, from `handle` to its decision, in CPU time of the thread, so that other work on the machine does not
count. Behind the table stands for how long all calls wait: while the state is copied for a snapshot, and while a part of a reloaded
site file, in which every queue is different, is taken over. The garbage collector runs and its pauses are in the figures; what was built before the measurement is frozen (`gc.freeze`), as
the service may do after start.
"""

import gc
import sys
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from functools import partial
from heapq import heappop, heappush
from multiprocessing import get_context
from pathlib import Path
from random import Random
from statistics import median

from app.acd.amendments import growth
from app.acd.commands import ConnectCall, OfferCall
from app.acd.decision import Decision
from app.acd.engine import Engine
from app.acd.events import (
    CallBridged,
    CallEnqueued,
    CallExited,
    CallFinished,
    Event,
    LogInRequested,
    OfferAnswered,
    OfferRinging,
    TimePassed,
    WrapUpEndRequested,
)
from app.acd.facts import AgentStateChanged, CallCompleted, CallConnected, CallLeft
from app.acd.model import (
    Agent,
    AgentState,
    Floor,
    Membership,
    Queue,
    SkillRequirement,
    Step,
    Strategy,
)
from app.ids import AgentId, CallId, DeviceId, QueueId, SkillName

QUEUES = 200
WAITING = 5_000
SIZES = (100, 1_000, 10_000)
WARM_UP, MEASURED = timedelta(seconds=600), 60_000
CALLERS_WAIT, AGENTS_WAIT = "callers wait", "agents wait"
_CYCLE_SECONDS = 150
"""About how long one call occupies an agent."""
_IMPATIENT = 0.1
_LIFE = ("CallEnqueued", "OfferRinging", "OfferAnswered", "CallBridged", "CallFinished", "WrapUpEndRequested")
_RINGS_MANY = frozenset({Strategy.RING_ALL, Strategy.RING_PROGRESSIVELY})
_START = datetime(2026, 3, 1, tzinfo=UTC)
_ENGLISH, _BILLING = SkillName("english"), SkillName("billing")
_PROFILES = (
    (),
    (),
    (),
    (SkillRequirement(_ENGLISH, 3),),
    (SkillRequirement(_ENGLISH, 2), SkillRequirement(_BILLING, 1)),
)


@dataclass(frozen=True, slots=True)
class Pauses:
    """For how long nothing else is handled, in milliseconds."""

    copy: float
    part: float
    """The longest part of a reload."""
    parts: int
    reload: float
    """All parts together."""


@dataclass(frozen=True, slots=True)
class Figures:
    """What was measured in one situation. Times in microseconds, memory in megabytes."""

    agents: int
    situation: str
    costs_by_event: dict[str, list[int]]
    memory: float
    pauses: "Pauses"

    @property
    def costs(self) -> list[int]:
        """All costs, whatever the event."""
        return [cost for costs in self.costs_by_event.values() for cost in costs]

    def one_call(self) -> float:
        """The median costs of all events in the life of a call, summed: a figure that no mix of events changes."""
        return sum(percentile(self.costs_by_event[name], 0.5) for name in _LIFE)


def percentile(costs: list[int], share: float) -> float:
    """The cost, in microseconds, that this share of the events does not exceed."""
    return sorted(costs)[min(int(len(costs) * share), len(costs) - 1)] / 1_000


def make_floor(agents: int, random: Random, strategies: list[Strategy]) -> Floor:
    """A floor of this size."""
    members: dict[QueueId, list[Membership]] = {QueueId(f"queue-{number:03}"): [] for number in range(QUEUES)}
    people = {}
    for number in range(agents):
        agent_id = AgentId(f"agent-{number:05}")
        skills = {_ENGLISH: random.randint(0, 4), _BILLING: random.randint(0, 4)}
        people[agent_id] = Agent(agent_id, agent_id, DeviceId(f"phone-{number:05}"), skills)
        for queue_id in _queues_of(number, random):
            members[queue_id].append(Membership(agent_id, random.randint(0, 2), number, random.randint(1, 3)))
    queues = {
        queue_id: _make_queue(queue_id, number, tuple(of_queue), strategies[number % len(strategies)])
        for number, (queue_id, of_queue) in enumerate(members.items())
    }
    return Floor(people, queues)


def _queues_of(number: int, random: Random) -> list[QueueId]:
    """3 to 5 queues, chosen so that every queue has a member even with 100 agents."""
    chosen = {number % QUEUES, (number + QUEUES // 2) % QUEUES}
    size = random.randint(3, 5)
    while len(chosen) < size:
        chosen.add(random.randrange(QUEUES))
    return [QueueId(f"queue-{each:03}") for each in sorted(chosen)]


def _make_queue(queue_id: QueueId, number: int, members: tuple[Membership, ...], strategy: Strategy) -> Queue:
    return Queue(
        queue_id,
        queue_id,
        members,
        strategy,
        weight=number % 2,
        ageing_per_minute=float(number % 3),
        wrap_up=timedelta(seconds=20),
        widening=(Step(timedelta(seconds=20), 1), Step(timedelta(seconds=40), 2)) if number % 4 == 0 else (),
        relaxation=(Step(timedelta(seconds=60), 1), Step(timedelta(seconds=120), 4)),
    )


class SimulatedFloor:
    """People with habits around one engine. `events` gives what happens next, for ever."""

    def __init__(self, engine: Engine, floor: Floor, random: Random) -> None:
        self.engine, self.floor, self.random = engine, floor, random
        self.now = _START
        self.plans: list[tuple[datetime, int, Event]] = []
        self.numbers = iter(range(10**9))
        self.standing = 0
        self.line = 0
        """How many callers to keep waiting; when nobody is to wait, `callers` are kept in all."""
        self.callers = 0
        self.usual_wait = WAITING * _CYCLE_SECONDS / len(floor.agents)

    def plan(self, seconds: float, event: Event) -> None:
        """Let this happen in so many seconds."""
        heappush(self.plans, (self.now + timedelta(seconds=seconds), next(self.numbers), event))

    def new_call(self, seconds: float) -> None:
        """A caller arrives in so many seconds, and hangs up when patience ends."""
        random = self.random
        call_id = CallId(f"call-{next(self.numbers)}")
        queue_id = QueueId(f"queue-{random.randrange(QUEUES):03}")
        self.plan(seconds, CallEnqueued(call_id, queue_id, random.randrange(3), random.choice(_PROFILES)))
        self.standing += 1
        if random.random() < _IMPATIENT:
            self.plan(seconds + random.uniform(0, self.usual_wait), CallExited(call_id))

    def next_event(self) -> Event:
        """What happens next. The clock moves there."""
        while True:
            deadline = self.engine.next_deadline()
            if deadline is not None and deadline <= self.plans[0][0]:
                self.now = max(self.now, deadline)
                return TimePassed()
            self.now, _, event = heappop(self.plans)
            if not isinstance(event, CallExited) or self.engine.position(event.call_id) is not None:
                return event

    def react(self, decision: Decision) -> None:
        """People and phones do their part."""
        for command in decision.commands:
            if isinstance(command, OfferCall):
                self._ring(command)
            elif isinstance(command, ConnectCall):
                self.plan(0.02, CallBridged(command.call_id))
        for fact in decision.facts:
            if isinstance(fact, CallConnected):
                self.plan(self.random.expovariate(1 / 120), CallFinished(fact.call_id))
            if isinstance(fact, CallConnected | CallLeft if self.line else CallCompleted | CallLeft):
                self.standing -= 1
                self._refill()
            if isinstance(fact, AgentStateChanged) and fact.state is AgentState.WRAP_UP:
                self.plan(self.random.uniform(5, 40), WrapUpEndRequested(fact.agent_id))

    def _refill(self) -> None:
        while self.standing < (self.line or self.callers):
            self.new_call(self.random.random())

    def _ring(self, offer: OfferCall) -> None:
        self.plan(0.05, OfferRinging(offer.offer_id))
        if self.random.random() < 0.95:
            self.plan(self.random.uniform(1, 12), OfferAnswered(offer.offer_id))


def populate(simulated: SimulatedFloor, situation: str) -> None:
    """Everybody takes a seat, and the callers line up, or begin to trickle in."""
    for agent_id in simulated.floor.agents:
        simulated.react(simulated.engine.handle(LogInRequested(agent_id), now=simulated.now))
    agents = len(simulated.floor.agents)
    if situation == CALLERS_WAIT:
        simulated.line = WAITING
    else:
        simulated.callers = agents // 2
    for _ in range(agents + simulated.line if simulated.line else simulated.callers):
        simulated.new_call(simulated.random.uniform(0, _CYCLE_SECONDS))


def measure(agents: int, situation: str) -> Figures:
    """Build, warm up, and time every event."""
    random = Random(agents)
    strategies = [each for each in Strategy if situation == CALLERS_WAIT or each not in _RINGS_MANY]
    before = _resident()
    floor = make_floor(agents, random, strategies)
    engine = Engine(floor)
    simulated = SimulatedFloor(engine, floor, random)
    populate(simulated, situation)
    while simulated.now < _START + WARM_UP:
        for _ in _run(simulated, 1_000):
            pass
    gc.collect()
    gc.freeze()
    memory = _resident() - before
    costs: dict[str, list[int]] = {}
    for name, cost in _run(simulated, MEASURED):
        costs.setdefault(name, []).append(cost)
    return Figures(agents, situation, costs, memory, _pauses(simulated))


def _pauses(simulated: SimulatedFloor) -> Pauses:
    engine, old = simulated.engine, simulated.engine.floor
    queues = {
        id_: replace(queue, wrap_up=queue.wrap_up + timedelta(seconds=1)) for id_, queue in old.queues.items()
    }
    copies = [_milliseconds(engine.copy) for _ in range(5)]
    parts = [
        _milliseconds(partial(engine.handle, part, now=simulated.now))
        for part in growth(old, replace(old, queues=queues))
    ]
    return Pauses(median(copies), max(parts), len(parts), sum(parts))


def _milliseconds(work: Callable[[], object]) -> float:
    begun = time.thread_time_ns()
    work()
    return (time.thread_time_ns() - begun) / 1_000_000


def _run(simulated: SimulatedFloor, events: int) -> Iterator[tuple[str, int]]:
    for _ in range(events):
        event = simulated.next_event()
        begun = time.thread_time_ns()
        decision = simulated.engine.handle(event, now=simulated.now)
        cost = time.thread_time_ns() - begun
        simulated.react(decision)
        yield type(event).__name__, cost


def _resident() -> float:
    pages = int(Path("/proc/self/statm").read_text().split()[1])
    return pages * 4_096 / 1_000_000


def main(sizes: tuple[int, ...]) -> None:
    """Measure each size in a process of its own, and print the table."""
    print(
        "agents    situation    "
        + "".join(f"{name:>10}" for name in ("p50 µs", "p99 µs", "p99.9 µs", "one call", "memory"))
    )
    for situation in (CALLERS_WAIT, AGENTS_WAIT):
        for size in sizes:
            with get_context("spawn").Pool(1) as pool:
                _print(pool.apply(measure, (size, situation)))


def _print(figures: Figures) -> None:
    columns = [percentile(figures.costs, share) for share in (0.5, 0.99, 0.999)] + [figures.one_call()]
    row = "".join(f"{each:10.1f}" for each in columns)
    print(f"{figures.agents:6,}    {figures.situation:<13}{row}{figures.memory:7.0f} MB")
    for name, costs in sorted(figures.costs_by_event.items()):
        columns = [percentile(costs, share) for share in (0.5, 0.99, 0.999)]
        print(f"{len(costs):10}  {name:<19}" + "".join(f"{each:10.1f}" for each in columns))
    pauses = figures.pauses
    print(
        f"{'':12}pauses: {pauses.copy:.1f} ms for a snapshot; a reload of all queues: {pauses.parts} parts, ",
        end="",
    )
    print(f"the longest {pauses.part:.1f} ms, {pauses.reload:.0f} ms in all")


if __name__ == "__main__":
    main(tuple(int(each) for each in sys.argv[1:]) or SIZES)
