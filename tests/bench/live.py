"""The live stream beside calls: how soon clients are told, and what telling them costs the calls.

(a) an agent hangs up → the next waiting caller's INVITE at that phone, as in `telephony`, with and without clients
(f) an agent's phone sends its 180 or its 200 → a client received the delta that shows it: over all clients and all of these messages

The floor of (a) is at work all the time: five agents who take the next caller as soon as they are free. Each client follows everything
that a wallboard can, and gets what no client before it of that view got: every change, or the latest of several. Clients run in
processes of their own, on the same cores as everything else; on a machine of their own they would cost the calls less.
"""

import argparse
import asyncio
import json
import os
import sys
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from typing import Any

import msgspec

from app.live.mask import masked
from tests.bench.followers import Heard, Order
from tests.bench.load import Floor, Run, floor
from tests.bench.systems import Controller, Node, Process, controller, node
from tests.bench.telephony import freed, in_ms, percentile, table

CLIENTS = (0, 1, 100, 1_000)
ROUNDS = 3
"""All steps follow each other so often, and what they gave is put together: a machine is not the same all the time."""
AGENTS = 5
CLIENTS_OF_A_PROCESS = 1_000
TOPICS = ["site", "queues", "agents", "calls", "alerts"]

Moment = tuple[int, str]
"""What a phone said, 180 or 200, and the number of the caller, masked."""
_RINGING, _ANSWERED = 180, 200


@dataclass(frozen=True, slots=True)
class Measured:
    """One run of calls with so many clients."""

    clients: int
    seconds: float
    run: Run
    delays: list[float]
    """Seconds, of every moment at every client."""
    missed: int
    """Moments that a client was never shown."""
    messages: float
    """Of a client, each second."""
    closed: list[str]
    service_cpu: timedelta
    clients_cpu: timedelta
    asterisk_cpu: timedelta
    memory_mib: float

    def __add__(self, other: "Measured") -> "Measured":
        """Both as one."""
        seconds = self.seconds + other.seconds
        return Measured(
            self.clients,
            seconds,
            Run(self.run.notes + other.run.notes, self.run.freed_to_ring + other.run.freed_to_ring),
            self.delays + other.delays,
            self.missed + other.missed,
            (self.messages * self.seconds + other.messages * other.seconds) / seconds,
            self.closed + other.closed,
            self.service_cpu + other.service_cpu,
            self.clients_cpu + other.clients_cpu,
            self.asterisk_cpu + other.asterisk_cpu,
            other.memory_mib,
        )

    def row(self) -> tuple[str, ...]:
        """For the table."""
        delays = " / ".join(f"{percentile(self.delays, share) * 1000:.1f}" for share in (0.5, 0.95, 0.99))
        cpu = (self.service_cpu, self.clients_cpu, self.asterisk_cpu)
        return (
            f"{self.clients:,}",
            delays if self.delays else "-",
            in_ms(self.run.freed_to_ring),
            f"{self.messages:.1f}" if self.clients else "-",
            *(f"{each.total_seconds() / self.seconds:.0%}" for each in cpu),
            f"{self.memory_mib:.0f}",
            f"{self.run.failed} calls, {self.missed} moments, {len(self.closed)} clients",
        )


class Crowd:
    """Clients that follow the service, in processes of their own."""

    def __init__(self) -> None:
        self._processes: list[asyncio.subprocess.Process] = []

    async def join(self, ours: Controller, clients: int, *, has_own_views: bool) -> None:
        """Let so many connect; they have their snapshots when this returns."""
        shares = [CLIENTS_OF_A_PROCESS] * (clients // CLIENTS_OF_A_PROCESS)
        if rest := clients % CLIENTS_OF_A_PROCESS:
            shares.append(rest)
        for share in shares:
            process = await asyncio.create_subprocess_exec(
                *(sys.executable, "-m", "tests.bench.followers"),
                stdin=asyncio.subprocess.PIPE,
                stdout=asyncio.subprocess.PIPE,
                limit=2**30,
            )
            self._processes.append(process)
            assert process.stdin
            order = Order(ours.url, ours.token, share, TOPICS, has_own_views)
            process.stdin.write(msgspec.json.encode(order) + b"\n")
        for process in self._processes:
            assert process.stdout
            if await process.stdout.readline() != b"ready\n":
                raise RuntimeError("expected the clients to connect: what they say above tells why not")

    def cpu(self) -> timedelta:
        """CPU time of all clients so far."""
        return sum((Process(each.pid).cpu() for each in self._processes), timedelta(0))

    async def leave(self) -> list[Heard]:
        """Let all clients go; what they heard."""
        told = [(await process.communicate(b""))[0] for process in self._processes]
        return [msgspec.json.decode(each, type=Heard) for each in told]


async def measure(
    people: Floor, bench_node: Node, ours: Controller, *, clients: int, calls: int, has_own_views: bool
) -> Measured:
    """One run."""
    crowd = Crowd()
    await crowd.join(ours, clients, has_own_views=has_own_views)
    loop = asyncio.get_running_loop()
    began, before = loop.time(), (ours.process.cpu(), crowd.cpu(), bench_node.cpu())
    run = await freed(people, "4001", calls)
    seconds, after = loop.time() - began, (ours.process.cpu(), crowd.cpu(), bench_node.cpu())
    memory = ours.process.memory_mib()
    heard = await crowd.leave()
    moments = _moments(people, since=began)
    delays = [delay for each in heard for delay in _delays(each, moments)]
    received = sum(len(client) for each in heard for client in each.received)
    return Measured(
        clients,
        seconds,
        run,
        delays,
        missed=len(moments) * clients - len(delays),
        messages=received / clients / seconds if clients else 0.0,
        closed=[reason for each in heard for reason in each.closed],
        service_cpu=after[0] - before[0],
        clients_cpu=after[1] - before[1],
        asterisk_cpu=after[2] - before[2],
        memory_mib=memory,
    )


def _moments(people: Floor, *, since: float) -> dict[Moment, float]:
    """When the agents' phones said what."""
    return {
        (status, masked(number)): at
        for status, number, at in people.responses(_RINGING, _ANSWERED)
        if at >= since
    }


def _delays(heard: Heard, moments: dict[Moment, float]) -> Iterator[float]:
    """How long it took each client to be shown each moment."""
    messages = [json.loads(message) for message in heard.messages]
    numbers = {
        member["topic"].removeprefix("call:"): member["value"]["from_number"]
        for message in messages
        for member in message.get("values", ())
        if member["topic"].startswith("call:") and member["value"]
    }
    shown = [{moment for moment in _shown(message, numbers) if moment in moments} for message in messages]
    for client in heard.received:
        known: set[Moment] = set()
        for place, at in client:
            yield from (at - moments[moment] for moment in shown[place] - known)
            known |= shown[place]


def _shown(message: dict[str, Any], numbers: dict[str, str]) -> Iterator[Moment]:
    """What a message shows: an agent whose phone rings, or who talks."""
    for member in message.get("values", ()):
        agent = member["value"]
        if member["topic"].startswith("agent:") and agent and agent["call_id"] in numbers:
            number = numbers[agent["call_id"]]
            if agent["ringing_at"] or agent["state"] == "connected":
                yield _RINGING, number
            if agent["state"] == "connected":
                yield _ANSWERED, number


async def live(
    directory: Path, *, steps: tuple[int, ...], rounds: int, calls: int, has_own_views: bool
) -> None:
    """Print the table."""
    async with (
        node(directory, agents=AGENTS) as bench_node,
        floor(bench_node) as people,
        controller(directory, bench_node) as ours,
    ):
        await freed(people, "4001", calls // 4)  # Warm: the first calls of a service cost more.
        results: dict[int, Measured] = {}
        for clients in steps * rounds:
            measured = await measure(
                people, bench_node, ours, clients=clients, calls=calls, has_own_views=has_own_views
            )
            sys.stderr.write("  ".join(measured.row()) + "\n")
            results[clients] = results[clients] + measured if clients in results else measured
    table(
        f"live stream, {rounds} x {calls} calls for {AGENTS} agents; load average {os.getloadavg()[0]:.1f} at the end",
        (
            "clients",
            "(f) phone's 180, 200 → delta, p50 / p95 / p99 ms",
            "(a) agent freed → next caller rings, p50 / p95 ms",
            "messages/s of a client",
            "CPU of the service",
            "of the clients",
            "of Asterisk",
            "MiB of the service",
            "failed",
        ),
        [measured.row() for measured in results.values()],
    )


def main() -> None:
    """Run what was asked for."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--calls", type=int, default=200, help="calls per run")
    parser.add_argument("--clients", type=int, nargs="+", default=CLIENTS, help="how many, run after run")
    parser.add_argument("--rounds", type=int, default=ROUNDS, help="how often each of them")
    parser.add_argument("--own-views", action="store_true", help="no two clients follow the same")
    wanted = parser.parse_args()
    with tempfile.TemporaryDirectory() as name:
        asyncio.run(
            live(
                Path(name),
                steps=tuple(wanted.clients),
                rounds=wanted.rounds,
                calls=wanted.calls,
                has_own_views=wanted.own_views,
            )
        )


if __name__ == "__main__":
    main()
