"""What a machine may keep from processes, read from a made-up `/proc`; and how a server's pulse tells that it stood still."""

import asyncio
import socket
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.support.core_watch import CoreWatch
from tests.support.pulse import Pulse
from tests.support.until import until

SERVICE = 41


class Machine:
    """A `/proc` of one process with one thread, on two cores with a disk. Times are in seconds."""

    def __init__(self, directory: Path) -> None:
        self.proc = directory
        (directory / "pressure").mkdir()
        self.thread("41", 5.0)
        self.cores(0.0, 70.0)
        self.disk(3.0)
        self.counted_elsewhere = 11.0
        self.looks = 0

    def thread(self, name: str, waited: float) -> None:
        """A thread waited for a core as long as this in its life."""
        task = self.proc / str(SERVICE) / "task" / name
        task.mkdir(parents=True, exist_ok=True)
        (task / "schedstat").write_text(f"1000 {round(waited * 1e9)} 7\n")

    def cores(self, *stolen: float) -> None:
        """The cores ran something else as long as this."""
        lines = [f"cpu{core} 9 9 9 9 9 9 9 {round(seconds * 100)} 0 0" for core, seconds in enumerate(stolen)]
        (self.proc / "stat").write_text("\n".join(["cpu 9 9 9 9 9 9 9 9 0 0", *lines, "intr 1 2 3"]) + "\n")

    def others(self) -> int:
        """Nanoseconds that somebody else has counted. It is asked at each look."""
        self.looks += 1
        return round(self.counted_elsewhere * 1e9)

    def disk(self, waited: float) -> None:
        """Somebody waited for the disk as long as this."""
        line = f"avg10=0.00 avg60=0.00 avg300=0.00 total={round(waited * 1e6)}"
        (self.proc / "pressure" / "io").write_text(f"some {line}\nfull {line}\n")


@pytest.fixture
def machine(tmp_path: Path) -> Machine:
    return Machine(tmp_path)


@pytest.mark.parametrize(
    ("happens", "lost"),
    [
        (lambda machine: machine.thread("41", 5.03), 0.03),
        (lambda machine: machine.thread("42", 0.04), 0.04),
        (lambda machine: machine.cores(0.02, 70.14), 0.14),
        (lambda machine: machine.disk(3.05), 0.05),
        (lambda machine: setattr(machine, "counted_elsewhere", 11.06), 0.06),
    ],
    ids=[
        "a thread waited",
        "a new thread waited",
        "of two cores one was elsewhere for longer",
        "the disk was waited for",
        "somebody else counted",
    ],
)
async def test_what_the_machine_kept_is_told(
    machine: Machine, happens: Callable[[Machine], None], lost: float
) -> None:
    """As much as was lost, near to the moment of it and nowhere else."""
    async with CoreWatch(lambda: [SERVICE], waited=machine.others, proc=machine.proc) as cores:
        await asyncio.sleep(0)  # The first look.
        moment = time.time()
        happens(machine)
        await until(lambda: cores.longest > 0, "nothing was noticed")
    assert cores.lost_at(moment) == pytest.approx(lost)
    assert cores.longest == pytest.approx(lost)
    assert cores.lost_at(moment - 60) == cores.lost_at(moment + 60) == 0


async def test_what_had_been_lost_before_is_not_told(machine: Machine) -> None:
    """A machine that works well loses nothing."""
    async with CoreWatch(lambda: [SERVICE], waited=machine.others, proc=machine.proc) as cores:
        await until(lambda: machine.looks > 3, "nobody looks")
    assert cores.longest == 0


async def test_a_server_that_stands_still_is_told_by_its_pulse() -> None:
    """As long as it says nothing, it is asked nothing more; the wait counts when the answer comes."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as server:
        server.bind(("127.0.0.1", 0))
        server.settimeout(0)
        loop = asyncio.get_running_loop()
        async with Pulse(server.getsockname()) as pulse:
            question, phone = await loop.sock_recvfrom(server, 2000)
            asked = time.monotonic_ns()
            await asyncio.sleep(0.12)  # It stands still, for two questions' time.
            assert pulse.waited == 0
            stood_still = time.monotonic_ns() - asked
            await loop.sock_sendto(server, b"SIP/2.0 404 Not Found\r\n\r\n", phone)
            again, _ = await loop.sock_recvfrom(server, 2000)
            waited = pulse.waited
    assert question.startswith(b"OPTIONS sip:pulse@127.0.0.1 SIP/2.0\r\n")
    assert b"Call-ID: pulse-1@" in question
    assert b"Call-ID: pulse-2@" in again
    assert waited >= stood_still
