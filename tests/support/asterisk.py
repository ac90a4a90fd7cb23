"""A private Asterisk for tests: `asterisk` is shared by the whole run, `own_asterisk` may be killed.

    @pytest.mark.integration
    async def test_a_phone_registers(asterisk: Asterisk) -> None:
        phone = Phone("phone1", password_of("phone1"), ("127.0.0.1", asterisk.ports.sip))

Phones are `phone1` to `phone40`. Callers need no registration: they dial any number from 127.0.0.1. While no controller
is connected they hear a greeting of 2200 Hz and then music of 1800 Hz.
"""

import asyncio
import os
from collections.abc import AsyncIterator, Awaitable, Callable, Coroutine, Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any, Final, TypeVar

import pytest

from app.asterisk.installation import Installation, private_installation
from app.asterisk.node_config import AriUser, Device, Fallback, NodeConfig, PhonePolicy, Sounds
from app.asterisk.process import Asterisk
from app.ids import DeviceId, NodeId
from tests.support.asterisk_sounds import write_greeting, write_music

PHONES: Final = 40
ARI_PASSWORD: Final = "password-of-the-controller"

T = TypeVar("T")
StartAsterisk = Callable[[NodeConfig], Awaitable[Asterisk]]


def password_of(device: str) -> str:
    """The password of a test phone."""
    return f"password-of-{device}"


def devices(count: int = PHONES) -> tuple[Device, ...]:
    """Phones `phone1`, `phone2` and so on."""
    names = [DeviceId(f"phone{number}") for number in range(1, count + 1)]
    return tuple(Device(id=name, password=password_of(name)) for name in names)


def sounds(directory: Path) -> Sounds:
    """A greeting and music that a test can tell apart by their tone."""
    return Sounds(music=write_music(directory), greeting=write_greeting(directory))


def node_config(directory: Path, *, fallback: Fallback | None = None) -> NodeConfig:
    """What test nodes are configured with; `dataclasses.replace` it for anything else."""
    return NodeConfig(
        ari=AriUser(password=ARI_PASSWORD),
        node=NodeId(f"test-{os.environ.get('PYTEST_XDIST_WORKER', 'main')}"),
        devices=devices(),
        phones=PhonePolicy(qualify_every=timedelta(0), shortest_registration=timedelta(seconds=1)),
        fallback=fallback or Fallback(),
        sounds=sounds(directory),
    )


def run(work: Coroutine[Any, Any, T]) -> T:
    """Run a coroutine in a loop of its own, on this thread: Asterisk lives as long as the thread that started it."""
    loop = asyncio.new_event_loop()
    try:
        return loop.run_until_complete(work)
    finally:
        loop.close()


@pytest.fixture(scope="session")
def installation() -> Installation:
    """The Asterisk that Thirdring unpacks itself, whatever the machine has: results are the same everywhere."""
    return private_installation()


@pytest.fixture(scope="session")
def asterisk(installation: Installation, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Asterisk]:
    """One running node for all tests. Leave it as you found it: no calls, no connections."""
    directory = tmp_path_factory.mktemp("asterisk")
    node = Asterisk(node_config(directory), directory=directory / "node", installation=installation)
    run(node.start())
    yield node
    run(node.stop())


@pytest.fixture
async def start_asterisk(installation: Installation, tmp_path: Path) -> AsyncIterator[StartAsterisk]:
    """Starts a node of the test's own from a configuration; it is stopped after the test."""
    started: list[Asterisk] = []

    async def start(config: NodeConfig) -> Asterisk:
        node = Asterisk(config, directory=tmp_path / f"node{len(started)}", installation=installation)
        started.append(node)
        await node.start()
        return node

    yield start
    for node in started:
        await node.stop()


@pytest.fixture
async def own_asterisk(start_asterisk: StartAsterisk, tmp_path: Path) -> Asterisk:
    """A running node that belongs to the test alone: it may be killed, filled up, reloaded."""
    return await start_asterisk(node_config(tmp_path))
