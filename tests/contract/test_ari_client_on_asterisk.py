"""What the client relies on, seen on the real Asterisk."""

import asyncio
import random
from collections.abc import AsyncIterator
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest

from app.ari.answer import Answer
from app.ari.client import Client, Lane, State, Transport
from app.ari.errors import AriUnauthorized
from app.ari.http import ask_once
from app.ari.limits import Limits
from app.ari.listener import Listener
from app.ari.requests import applications, bridges, channels, playbacks
from app.ari.requests import asterisk as node
from app.ari.snapshots import AsteriskInfo, Bridge, Channel
from app.ari.survey import Survey, survey
from app.asterisk.node_config import Extras
from app.asterisk.process import Asterisk
from app.simulator.answering import RingForEver
from tests.support.asterisk import StartAsterisk, node_config
from tests.support.twin_floors import BRIDGE, DEVICE, LEG, Floor, real_floor
from tests.support.until import until

pytestmark = pytest.mark.integration

_CALLS = 600
"""Each of two channels, of 600 bytes in a list."""
_ANY_SIGNS = "50% a&b=c+d %41"
QUICK = Limits(
    deadline=timedelta(milliseconds=300),
    ping_interval=timedelta(milliseconds=100),
    ping_deadline=timedelta(milliseconds=300),
)


@pytest.fixture(params=Transport)
async def floor(asterisk: Asterisk, request: pytest.FixtureRequest) -> AsyncIterator[Floor]:
    """A floor, by each transport, with short limits."""
    sources = [applications.of_endpoint("PJSIP", DEVICE)]
    async with real_floor(asterisk, sources, limits=QUICK, transport=request.param) as floor:
        yield floor
        await floor.until_over()


async def arrive(floor: Floor) -> str:
    """A caller comes and is answered."""
    await floor.people.call()
    await floor.until("caller", "StasisStart entry")
    await floor.client.ask(channels.answer(floor.recorder.caller_id))
    return floor.recorder.caller_id


async def test_ids_and_values_of_any_signs_reach_asterisk_unharmed(floor: Floor) -> None:
    """By websocket and by HTTP alike."""
    bridge_id = "b/%41 ü"
    try:
        await floor.client.ask(bridges.create(bridge_id, name=_ANY_SIGNS))
        bridge = (await floor.client.ask(bridges.show(bridge_id))).decode(Bridge)
        assert (bridge.id, bridge.name) == (bridge_id, _ANY_SIGNS)
    finally:
        await floor.client.ask(bridges.destroy(bridge_id))


async def test_the_variables_of_a_leg_stand_in_its_first_snapshot(floor: Floor) -> None:
    """So every event of it tells whose it is."""
    await arrive(floor)
    floor.people.agent_behaves(RingForEver())
    answer = await floor.client.ask(
        channels.originate(
            LEG,
            endpoint=f"PJSIP/{DEVICE}",
            context="thirdring-leg",
            extension="leg",
            ring_timeout=timedelta(seconds=5),
            variables={"TR_LEG": LEG, "TR_CALL": _ANY_SIGNS},
            caller_id='"Queue 1" <13800001111>',
        )
    )
    leg = answer.decode(Channel)
    assert (leg.channelvars["TR_LEG"], leg.channelvars["TR_CALL"]) == (LEG, _ANY_SIGNS)


async def test_a_lane_that_a_playback_blocks_is_freed_by_the_escape_lane(floor: Floor) -> None:
    """Nothing else is answered on it meanwhile, and the connection is kept."""
    caller = await arrive(floor)
    await floor.client.ask(channels.play(caller, "pb", media=["tone:ring"]))
    await until(lambda: floor.client.event_counts["PlaybackStarted"], "the playback starts")
    await floor.client.ask(bridges.create(BRIDGE))
    requests = [bridges.add_channels(BRIDGE, [caller]), *[node.ping()] * 3]
    blocked = [floor.client.send(request) for request in requests]
    await until(lambda: floor.client.is_circuit_open, "the circuit opens")
    assert not any(isinstance(future.result(), Answer) for future in blocked)
    assert isinstance(await floor.client.send(playbacks.stop("pb"), lane=Lane.ESCAPE), Answer)
    await until(lambda: not floor.client.is_circuit_open, "the circuit closes")
    assert floor.client.state is State.CONNECTED
    assert floor.recorder.troubles == []


async def test_the_node_tells_since_when_it_runs(floor: Floor) -> None:
    """Another start than before means that every channel is gone."""
    info = (await floor.client.ask(node.info())).decode(AsteriskInfo)
    assert info.started_at.tzinfo is not None
    assert info.system.version.split(".")[0].isdigit()


async def test_a_wrong_password_is_told_with_advice(asterisk: Asterisk) -> None:
    """By the real one too."""
    address = replace(asterisk.address, password="wrong")
    with pytest.raises(AriUnauthorized, match="Check the ARI user and password"):
        await Client(address, Listener(), jitter=random.Random(1).random).run()


class Surveyor(Listener):
    """Looks around on every connect."""

    def __init__(self) -> None:
        self.client: Client
        self.found: Survey | None = None

    async def on_connected(self) -> None:
        """Part of Listener."""
        self.found = await survey(self.client, "thirdring")


async def test_a_floor_of_a_thousand_channels_is_looked_at_without_harm(
    start_asterisk: StartAsterisk, tmp_path: Path
) -> None:
    """Sent to the websocket, their list would end Asterisk, and every call with it."""
    extras = Extras(extensions="[many]\nexten => wait,1,Wait(60)\n")
    node = await start_asterisk(replace(node_config(tmp_path), extras=extras))
    for number in range(_CALLS):
        request = channels.originate(
            f"many-{number}",
            endpoint="Local/wait@many",
            context="many",
            extension="wait",
            ring_timeout=timedelta(seconds=30),
            variables={"TR_LEG": f"many-{number}", "TR_CALL": "x" * 100},
            caller_id="",
        )
        await ask_once(node.address, request)
    surveyor = Surveyor()
    surveyor.client = Client(node.address, surveyor, jitter=random.Random(1).random)
    task = asyncio.create_task(surveyor.client.run())
    await until(lambda: surveyor.client.state is State.CONNECTED, "not connected")
    assert surveyor.found is not None
    assert len(surveyor.found.seen.legs) == 2 * _CALLS
    assert node.pid is not None
    surveyor.client.close()
    await task
