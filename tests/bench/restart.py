"""`python -m tests.bench.restart`: from the start of a killed service's process until it serves its calls again.

One caller waits, one phone rings, two people talk. The service is killed (SIGKILL) and started, again and again, and each time the
calls must be the same ones. Measured is the service as it is run: with the byte code that its first start wrote.
"""

import argparse
import asyncio
from pathlib import Path
from statistics import median
from tempfile import TemporaryDirectory

from tests.support.service_process import ServiceProcess, Start

_TALKS, _RINGS = "agent1", "agent2"


async def main(*, rounds: int) -> None:
    """Measure, and print."""
    with TemporaryDirectory() as directory:
        async with ServiceProcess(Path(directory)) as service:
            await _begin_calls(service)
            calls = await _calls(service)
            starts = []
            for _ in range(rounds):
                await service.killed()
                starts.append(await service.start())
                found = await _calls(service)
                assert found == calls, f"expected {calls}, found {found}"
    _print(starts)


async def _begin_calls(service: ServiceProcess) -> None:
    """The first caller talks, the second one's agent lets it ring, the third waits."""
    phone, _ = [await service.phone(device) for device in ("phone1", "phone2")]
    await service.log_in(_TALKS)
    await (await service.caller("13800000001")).call("4001")
    (await phone.next_call()).answer()
    await service.until_agent(_TALKS, "connected")
    await service.log_in(_RINGS)
    await (await service.caller("13800000002")).call("4001")
    await service.until_agent(_RINGS, "offered")
    third = await (await service.caller("13800000003")).call("4001")
    await third.until_answered()


async def _calls(service: ServiceProcess) -> list[tuple[str, str]]:
    listed = await service.ask("GET", "calls?state=live")
    return sorted((call["id"], call["phase"]) for call in listed["calls"])


def _print(starts: list[Start]) -> None:
    print(f"{'from the start of the process':<40}{'p50':>10}{'longest':>10}")
    for name, seconds in (
        ("until its calls are served", [start.adopted for start in starts]),
        ("until the interface answers", [start.ready for start in starts]),
    ):
        print(f"{name:<40}{median(seconds):8.2f} s{max(seconds):8.2f} s")


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description="Measure how fast a killed service serves its calls again.")
    parser.add_argument("--rounds", type=int, default=10)
    asyncio.run(main(rounds=parser.parse_args().rounds))
