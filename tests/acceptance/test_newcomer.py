"""The README's commands in an empty clone, as an ordinary user: nothing is prepared, nothing is installed on the machine.

The tests run in the order of the file and share one clone: the first demonstration sets everything up.
"""

import re
import socket
import tempfile
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest

from tests.support.figures import Figures
from tests.support.newcomer import Newcomer
from tests.support.until import until

pytestmark = [pytest.mark.acceptance, pytest.mark.timeout(240)]

_FIRST_DEMO_WITHIN = 150.0
"""Seconds for a machine that is busy with other tests. Alone it takes about 40."""
_SECOND_START_WITHIN = 15.0
_QUEUE, _AGENT = "Service", "Chen Jing"
_CALLER = "138****"
"""How the number of a simulated caller is shown."""


@pytest.fixture(scope="module")
def newcomer() -> Iterator[Newcomer]:
    """Where the tests may go on from what the ones before left."""
    # Not pytest's own folder: nobody but its owner may look into that one.
    newcomer = Newcomer(Path(tempfile.mkdtemp(prefix="thirdring-newcomer-", dir="/tmp")))
    yield newcomer
    newcomer.close()


@pytest.fixture
def taken_port() -> Iterator[int]:
    """A port of this machine that another program holds."""
    with closing(socket.socket()) as other:
        other.bind(("127.0.0.1", 0))
        other.listen()
        yield other.getsockname()[1]


async def test_make_alone_lists_the_commands(newcomer: Newcomer) -> None:
    """A newcomer who knows nothing finds the one to begin with."""
    command = await newcomer.runs("make")
    assert command.status == 0
    assert re.search(r"make demo +run a hotline", command.shown)
    assert re.search(r"make test +run all tests", command.shown)


async def test_without_network_setup_says_what_to_check(newcomer: Newcomer) -> None:
    """And it goes on from there once the network is back."""
    nothing = {"PIP_NO_INDEX": "1", "PIP_FIND_LINKS": "", "PIP_CONFIG_FILE": "/dev/null"}
    command = await newcomer.runs("make", "setup", within=60, added=nothing)
    assert command.status == 2
    assert "expected pip to install what requirements.lock lists" in command.shown
    assert "check the network" in command.shown


async def test_the_first_demo_sets_everything_up_and_serves_calls(
    newcomer: Newcomer, figures: Figures
) -> None:
    """One command, from nothing to a floor with callers who are served. It tells what it is doing."""
    with newcomer.starts("make", "demo", "SECONDS=25") as demo:
        took = await demo.until_shown(_CALLER, within=_FIRST_DEMO_WITHIN)
        assert await demo.until_ended(within=60) == 0
    figures("make demo in an empty clone, to the first call on screen", f"{took:.1f} s")
    for progress in ("setup: installing", "asterisk: downloading", "asterisk: unpacking", "asterisk: ready"):
        assert progress in demo.shown
    assert "phase" in demo.shown
    assert re.search(r"\b[1-9]\d* served", demo.shown), demo.shown[-3000:]
    assert "The floor is closed" in demo.shown


async def test_the_second_demo_starts_at_once_and_leaves_nothing_behind(
    newcomer: Newcomer, figures: Figures
) -> None:
    """Under fifteen seconds to calls on screen. Ctrl-C ends the service and its Asterisk, too."""
    with newcomer.starts("make", "demo") as demo:
        took = await demo.until_shown(_CALLER, within=_SECOND_START_WITHIN)
        demo.interrupt()
        await demo.until_ended()
    figures("make demo again, to the first call on screen", f"{took:.1f} s")
    assert "The floor is closed" in demo.shown
    await until(lambda: not newcomer.processes(), f"still running: {newcomer.processes()}")


async def test_on_a_terminal_the_floor_is_drawn_live(newcomer: Newcomer) -> None:
    """Queues and agents by name, on a screen of its own that disappears at the end."""
    with newcomer.starts("make", "demo", on_terminal=True) as demo:
        await demo.until_shown("\x1b[?1049h", within=_SECOND_START_WITHIN)
        await demo.until_shown(_QUEUE, within=_SECOND_START_WITHIN)
        await demo.until_shown(_AGENT, within=_SECOND_START_WITHIN)
        demo.interrupt()
        await demo.until_ended()
    assert "\x1b[?1049l" in demo.shown
    await until(lambda: not newcomer.processes(), f"still running: {newcomer.processes()}")


async def test_a_port_in_use_is_named_with_what_to_do(newcomer: Newcomer, taken_port: int) -> None:
    """The demonstration takes a free port unless it is told one."""
    command = await newcomer.runs("make", "demo", added={"THIRDRING_PORT": str(taken_port)})
    assert command.status == 2
    assert f"Expected to listen on 127.0.0.1:{taken_port}" in command.shown
    assert "Set THIRDRING_PORT to a free port" in command.shown
    assert not newcomer.processes()


async def test_a_mirror_that_does_not_answer_is_named_with_what_to_do(newcomer: Newcomer) -> None:
    """With an empty cache there is no Asterisk yet. No trace, but apt's own words and an advice."""
    dead = "".join(f'Acquire::{kind}::Proxy "http://127.0.0.1:9";\n' for kind in ("http", "https"))
    (newcomer.clone / "var" / "apt.conf").write_text(dead)
    added = {
        "THIRDRING_CACHE": str(newcomer.cache / "empty"),
        "APT_CONFIG": str(newcomer.clone / "var" / "apt.conf"),
    }
    command = await newcomer.runs("make", "demo", within=40, added=added)
    assert command.status == 2
    assert "Check the network and the mirror in the machine's apt sources" in " ".join(command.shown.split())
    assert "Traceback" not in command.shown


async def test_nothing_was_written_outside_of_the_clone_and_the_cache(newcomer: Newcomer) -> None:
    """After all of the above. The clone itself shows no change to git."""
    assert newcomer.written_elsewhere() == []
    command = await newcomer.runs("git", "status", "--porcelain")
    assert command.shown == ""
