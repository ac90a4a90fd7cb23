"""Thirdring beside app_queue and a plain Dial: one Asterisk, one SIP load, one run.

(a) an agent hangs up → the next waiting caller's INVITE at that phone
(b) a caller's INVITE → the agent's INVITE, on an idle floor
(c) the highest call rate held for 20 s with 200 agents, ring p95 <= 50 ms and no failed call
(d) CPU per call of Asterisk and of the controller

(c) is asked twice. With talks of a second the agents are the limit, which is 200 calls a second for whoever decides; with talks of
0.3 s the processor is, which Asterisk, the controller and the phones share.
"""

import argparse
import asyncio
import sys
import tempfile
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path

from tests.bench.load import Floor, Run, floor
from tests.bench.systems import Controller, Node, bare_controller, controller, node

RING_LIMIT = 0.050
RATE_STEPS = {1.0: (40, 80, 120, 160, 190), 0.3: (200, 240, 280, 320, 360, 400, 440)}
"""Calls per second to try, rising, for each length of a talk in seconds."""
HOLD_SECONDS = 20.0
LATENCY_ROUNDS = 5
"""The systems take turns so often, and what they gave is put together: how soon a core wakes up changes from minute to minute."""


@dataclass(frozen=True, slots=True)
class System:
    """Who decides, and which number reaches it. `entry(n)` is what the n-th caller dials."""

    name: str
    entry: Callable[[int], str]
    has_queue: bool = True
    is_ours: bool = False
    is_bare: bool = False


_BARE = System("the least over ARI", lambda _: "4001", has_queue=False, is_bare=True)


def _systems(agents: int) -> tuple[System, ...]:
    return (
        System("plain Dial", lambda n: str(5001 + n % agents), has_queue=False),
        System("app_queue", lambda _: "6001"),
        System("Thirdring", lambda _: "4001", is_ours=True),
    )


def percentile(values: list[float], share: float) -> float:
    """The value below which that share lies; NaN of nothing."""
    ranked = sorted(values)
    return ranked[min(len(ranked) - 1, int(share * len(ranked)))] if ranked else float("nan")


def in_ms(values: list[float]) -> str:
    """Median and 95th percentile of these seconds."""
    return f"{percentile(values, 0.5) * 1000:.1f} / {percentile(values, 0.95) * 1000:.1f}"


@asynccontextmanager
async def _running(directory: Path, system: System, bench_node: Node) -> AsyncIterator[Controller | None]:
    """The controller runs only while it is measured: it would watch the others' calls too."""
    if system.is_ours:
        async with controller(directory, bench_node) as ours:
            yield ours
    elif system.is_bare:
        async with bare_controller(bench_node):
            yield None
    else:
        yield None


# --- (a) and (b): latency ------------------------------------------------------------------------------------------------


async def freed(people: Floor, entry: str, calls: int) -> Run:
    """Many callers, few agents: whoever hangs up gets the next at once."""
    run = people.begin(talk=0.32, agent_ends=True)
    for _ in range(calls):
        await people.call(entry)
        await asyncio.sleep(0.02)
    deadline = asyncio.get_running_loop().time() + 60
    while run.invites < calls and asyncio.get_running_loop().time() < deadline:
        await asyncio.sleep(0.05)
    await people.settle()
    return run


async def _idle(people: Floor, system: System, calls: int) -> Run:
    """One caller after the other."""
    run = people.begin(talk=0.05, agent_ends=False)
    for number in range(calls):
        note = await people.call(system.entry(number))
        await note.dialog.until_ended()
        await asyncio.sleep(0.05)
    await people.settle()
    return run


async def latency(directory: Path, *, calls: int) -> None:
    """Print (a) and (b)."""
    systems = (*_systems(5), _BARE)
    freed_to_ring: dict[str, list[float]] = {system.name: [] for system in systems}
    rings: dict[str, list[float]] = {system.name: [] for system in systems}
    async with node(directory, agents=5) as bench_node, floor(bench_node) as people:
        for system in systems * LATENCY_ROUNDS:
            async with _running(directory, system, bench_node):
                if system.has_queue:
                    freed_to_ring[system.name] += (await freed(people, system.entry(0), calls)).freed_to_ring
                idle = (await _idle(people, system, calls)).rings
            rings[system.name] += idle
            sys.stderr.write(f"(b) {system.name}: {in_ms(idle)} ms\n")
    dial = percentile(rings[systems[0].name], 0.5)
    table(
        f"latency, p50 / p95 in ms, {LATENCY_ROUNDS} x {calls} calls, 5 agents",
        (
            "",
            "(a) agent freed → next caller rings",
            "(b) caller INVITE → agent INVITE, idle",
            "(b), p50 of Dial's",
        ),
        [
            (
                name,
                in_ms(freed_to_ring[name]) if freed_to_ring[name] else "-",
                in_ms(rings[name]),
                f"{percentile(rings[name], 0.5) / dial:.2f}x",
            )
            for name in rings
        ],
    )


# --- (c) and (d): rate and CPU ---------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Held:
    """One rate, held."""

    rate: int
    talk: float
    run: Run
    asterisk_ms: float
    controller_ms: float | None
    memory_mib: float | None

    @property
    def is_held(self) -> bool:
        """Fast enough, and no call failed."""
        return self.run.failed == 0 and percentile(self.run.rings, 0.95) <= RING_LIMIT

    def row(self, name: str) -> tuple[str, ...]:
        """For the table."""
        ours = f"{self.controller_ms:.2f}" if self.controller_ms is not None else "-"
        memory = f"{self.memory_mib:.0f}" if self.memory_mib is not None else "-"
        calls = len(self.run.notes)
        verdict = "held" if self.is_held else "not held"
        return (
            name,
            f"{self.talk:g} s",
            f"{self.rate}/s {verdict}",
            in_ms(self.run.rings),
            f"{self.run.failed} of {calls}",
            str(self.run.invites),
            f"{self.asterisk_ms:.1f}",
            ours,
            memory,
        )


async def _hold(
    people: Floor, system: System, bench_node: Node, ours: Controller | None, *, rate: int, talk: float
) -> Held:
    run = people.begin(talk=talk, agent_ends=False)
    before, ours_before = bench_node.cpu(), ours.process.cpu() if ours else timedelta(0)
    loop = asyncio.get_running_loop()
    started, calls = loop.time(), int(rate * HOLD_SECONDS)
    for number in range(calls):
        await asyncio.sleep(max(0.0, started + number / rate - loop.time()))
        await people.call(system.entry(number))
    await people.settle()
    used = (bench_node.cpu() - before) / timedelta(milliseconds=1) / calls
    ours_used = (ours.process.cpu() - ours_before) / timedelta(milliseconds=1) / calls if ours else None
    return Held(rate, talk, run, used, ours_used, ours.process.memory_mib() if ours else None)


async def rates(directory: Path, *, steps: dict[float, tuple[int, ...]]) -> None:
    """Print (c) and (d)."""
    rows = []
    best: dict[tuple[str, float], int] = {}
    async with node(directory, agents=200) as bench_node, floor(bench_node) as people:
        for system in _systems(200):
            async with _running(directory, system, bench_node) as ours:
                for talk, rates_to_try in steps.items():
                    for rate in rates_to_try:
                        held = await _hold(people, system, bench_node, ours, rate=rate, talk=talk)
                        rows.append(held.row(system.name))
                        sys.stderr.write("  ".join(rows[-1]) + "\n")
                        if not held.is_held:
                            break
                        best[system.name, talk] = rate
    table(
        "call rate with 200 agents, each rate for 20 s",
        (
            "",
            "talk",
            "rate",
            "ring p50 / p95 ms",
            "failed",
            "INVITEs to agents",
            "Asterisk CPU ms/call",
            "controller CPU ms/call",
            "controller MiB",
        ),
        rows,
    )
    for (name, talk), rate in best.items():
        print(f"(c) {name}, talk {talk:g} s: {rate} calls/s held")


def table(title: str, head: tuple[str, ...], rows: list[tuple[str, ...]]) -> None:
    """Print it as Markdown."""
    lines = [f"| {' | '.join(head)} |", f"|{'---|' * len(head)}", *(f"| {' | '.join(row)} |" for row in rows)]
    print(f"\n{title}\n\n" + "\n".join(lines) + "\n")


def main() -> None:
    """Run the parts that were asked for; all without arguments."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--part", choices=["latency", "rates"], help="only this part")
    parser.add_argument("--calls", type=int, default=60, help="calls per latency figure and round")
    parser.add_argument("--steps", type=int, nargs="+", help="calls per second to try, rising")
    parser.add_argument("--talk", type=float, default=1.0, help="seconds that a call of --steps lasts")
    wanted = parser.parse_args()
    with tempfile.TemporaryDirectory() as name:
        if wanted.part in {None, "latency"}:
            (Path(name) / "latency").mkdir()
            asyncio.run(latency(Path(name) / "latency", calls=wanted.calls))
        if wanted.part in {None, "rates"}:
            (Path(name) / "rates").mkdir()
            steps = {wanted.talk: tuple(wanted.steps)} if wanted.steps else RATE_STEPS
            asyncio.run(rates(Path(name) / "rates", steps=steps))


if __name__ == "__main__":
    main()
