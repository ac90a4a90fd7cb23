"""What callers, agents and legs meet in the dialplan, with and without a controller. Judged by sound and by the wire."""

import asyncio
import time
from collections.abc import AsyncIterator
from dataclasses import replace
from datetime import datetime, timedelta
from itertools import pairwise
from pathlib import Path

import pytest

from app.asterisk.node_config import Fallback, FallbackMode, Trunk
from app.asterisk.process import Asterisk
from app.ids import DeviceId
from app.simulator.answering import Answer
from app.simulator.errors import RegistrationRefused
from app.simulator.phone import Phone
from tests.support.asterisk import StartAsterisk, node_config, password_of
from tests.support.asterisk_controller import Controller
from tests.support.asterisk_sounds import GREETING_HZ, MUSIC_HZ, write_tone
from tests.support.until import until

pytestmark = pytest.mark.integration

MESSAGE_HZ = 2600
AGENT_HZ = 1000
SAMPLES_PER_PACKET = 160


def stranger(asterisk: Asterisk, number: str = "13800001111") -> Phone:
    """A caller from outside: no password."""
    return Phone(number, server=("127.0.0.1", asterisk.ports.sip))


def phone(asterisk: Asterisk, name: str, *, password: str | None = None) -> Phone:
    """An agent's phone."""
    return Phone(name, password or password_of(name), ("127.0.0.1", asterisk.ports.sip))


@pytest.fixture
async def caller(asterisk: Asterisk) -> AsyncIterator[Phone]:
    """A caller from outside on the shared node."""
    async with stranger(asterisk) as someone:
        yield someone


async def test_the_right_password_registers(asterisk: Asterisk) -> None:
    """A phone of the configuration is let in."""
    async with phone(asterisk, "phone1") as agent:
        await agent.register()
        await agent.unregister()


async def test_a_wrong_password_does_not_register(asterisk: Asterisk) -> None:
    """Digest authentication is really there: without its module any password would do."""
    async with phone(asterisk, "phone1", password="a-guess") as agent:
        with pytest.raises(RegistrationRefused):
            await agent.register()


async def test_a_call_arrives_with_its_number_and_time(asterisk: Asterisk, caller: Phone) -> None:
    """The controller is told what it needs in the first event, and again in every snapshot."""
    async with Controller(asterisk) as controller:
        call = await caller.call("4001")
        start = await controller.until("StasisStart")
        call.hang_up()
    assert start["args"] == ["entry", "4001"]
    assert start["channel"]["dialplan"]["app_name"] == "Stasis"
    assert start["channel"]["dialplan"]["app_data"].endswith(",entry,4001")
    assert datetime.fromisoformat(start["channel"]["creationtime"]) <= datetime.fromisoformat(
        start["timestamp"]
    )


async def test_what_an_agent_dials_arrives_with_the_phones_name(asterisk: Asterisk) -> None:
    """The device is known by its registration, not by what it writes into the call."""
    async with Controller(asterisk) as controller, phone(asterisk, "phone2") as agent:
        await agent.register()
        await agent.call("*21#")
        start = await controller.until("StasisStart")
    assert start["args"] == ["phone", "*21#"]
    assert start["channel"]["channelvars"]["TR_DEVICE"] == "phone2"


async def test_continue_ends_the_call_cleanly(asterisk: Asterisk, caller: Phone) -> None:
    """A channel that the controller sends back is done: no second visit, a plain hang-up."""
    async with Controller(asterisk) as controller:
        call = await caller.call("4001")
        channel = (await controller.until("StasisStart"))["channel"]["id"]
        await controller.request("POST", f"channels/{channel}/answer")
        await call.until_answered()
        await controller.request("POST", f"channels/{channel}/continue")
        await call.until_ended()


async def test_a_caller_who_hangs_up_does_not_enter_again(asterisk: Asterisk, caller: Phone) -> None:
    """Asterisk sends a hung-up channel to extension `h`: no pattern of ours may take that for a dialled number."""
    async with Controller(asterisk) as controller:
        call = await caller.call("4001")
        await controller.until("StasisStart")
        call.hang_up()
        await controller.until("StasisEnd")
        while (await controller.request("GET", "channels"))["message_body"] != "[]":
            pass
    assert [event["type"] for event in controller.seen].count("StasisStart") == 1


async def test_without_a_controller_a_caller_hears_ringing_then_the_greeting_then_music(
    asterisk: Asterisk, caller: Phone
) -> None:
    """Nobody is lost while the controller is away."""
    call = await caller.call("4001")
    await call.until_ringing()
    await call.until_answered()
    greeting = await call.hears(GREETING_HZ, since=call.answered_at)
    music = await call.hears(MUSIC_HZ, since=call.answered_at)
    assert greeting < music


async def test_music_has_no_gap_while_the_dialplan_looks_for_a_controller(
    asterisk: Asterisk, caller: Phone
) -> None:
    """Every half second the music stops for a try; the caller must not hear it."""
    call = await caller.call("4001")
    await call.until_answered()
    music = await call.hears(MUSIC_HZ, within=5)
    await call.hears(MUSIC_HZ, since=music + 2, within=5)
    heard = [packet for packet in call.media.packets if packet.arrived_at >= music]
    steps = {(later.timestamp - packet.timestamp) % 2**32 for packet, later in pairwise(heard)}
    assert len(heard) >= 100
    assert steps == {SAMPLES_PER_PACKET}


async def test_a_waiting_caller_reaches_the_controller_as_soon_as_it_is_back(
    asterisk: Asterisk, caller: Phone
) -> None:
    """It comes with the time of its true arrival, answered, and silent: no music of the dialplan is left on."""
    call = await caller.call("4001")
    await call.until_answered()
    await call.hears(MUSIC_HZ, within=5)
    async with Controller(asterisk) as controller:
        start = await controller.until("StasisStart", within=1)
        await call.stops_hearing(MUSIC_HZ)
    arrived_ms = datetime.fromisoformat(start["channel"]["creationtime"]).timestamp() * 1000
    entered_ms = int(float(start["channel"]["id"].rsplit("-", 1)[1]) * 1000)
    assert start["channel"]["state"] == "Up"
    assert arrived_ms - entered_ms < 1000


async def test_a_controller_that_is_back_within_the_ring_back_gets_the_call_unanswered(
    asterisk: Asterisk, caller: Phone
) -> None:
    """A restart of the controller costs the caller nothing but a ring."""
    call = await caller.call("4001")
    await call.until_ringing()
    async with Controller(asterisk) as controller:
        start = await controller.until("StasisStart", within=1)
    assert start["channel"]["state"] == "Ring"
    assert call.answered_at is None


async def test_an_agent_who_answers_while_the_controller_is_away_waits_for_it(asterisk: Asterisk) -> None:
    """A leg that Thirdring originated survives the controller's death, with its name."""
    async with phone(asterisk, "phone3") as agent:
        await agent.register()
        agent.answering = Answer(after=timedelta(seconds=0.5))
        async with Controller(asterisk) as controller:
            await controller.request(
                "POST",
                "channels",
                endpoint="PJSIP/phone3",
                context="thirdring-leg",
                extension="leg",
                priority="1",
                body={"variables": {"TR_LEG": "leg-7"}},
            )
            call = await agent.next_call()
        await call.until_answered()
        answered_at = time.time()

        async def waits() -> bool:
            return "!Wait!" in await asterisk.console("core show channels concise")

        await until(waits, "the leg does not wait in the dialplan")
        await until(lambda: time.time() > answered_at + 1, "time stands still")
        async with Controller(asterisk) as controller:
            start = await controller.until("StasisStart", within=2)
    kind, leg, waited_since = start["args"]
    assert (kind, leg) == ("leg", "leg-7")
    assert abs(float(waited_since) / 1000 - answered_at) < 0.5
    assert start["channel"]["channelvars"]["TR_DEVICE"] == "phone3"


async def test_the_dial_fallback_rings_the_listed_phones(
    start_asterisk: StartAsterisk, tmp_path: Path
) -> None:
    """Without a controller for long enough, a site's phones ring by themselves, and the parties talk."""
    fallback = Fallback(
        mode=FallbackMode.DIAL,
        after=timedelta(0),
        ring_back=timedelta(0),
        devices=(DeviceId("phone1"), DeviceId("phone2")),
    )
    asterisk = await start_asterisk(node_config(tmp_path, fallback=fallback))
    async with stranger(asterisk) as someone, phone(asterisk, "phone1") as agent:
        agent.answering = Answer()
        await agent.register()
        call = await someone.call("4001")
        there = await agent.next_call()
        there.play(AGENT_HZ)
        await call.hears(AGENT_HZ)


async def test_the_message_fallback_plays_it_and_ends(start_asterisk: StartAsterisk, tmp_path: Path) -> None:
    """The caller is told, then the call ends by the far side."""
    message = write_tone(tmp_path / "message.wav", hertz=MESSAGE_HZ, seconds=1)
    fallback = Fallback(
        mode=FallbackMode.MESSAGE, after=timedelta(0), ring_back=timedelta(0), message=message
    )
    asterisk = await start_asterisk(node_config(tmp_path, fallback=fallback))
    async with stranger(asterisk) as someone:
        call = await someone.call("4001")
        await call.hears(MESSAGE_HZ, within=5)
        await call.until_ended()


async def test_a_caller_from_another_network_is_refused(
    start_asterisk: StartAsterisk, tmp_path: Path
) -> None:
    """Only the named networks may call without a trunk."""
    asterisk = await start_asterisk(replace(node_config(tmp_path), callers_from=("192.0.2.0/24",)))
    async with stranger(asterisk) as someone:
        call = await someone.call("4001")
        await call.until_ended()
    assert call.answered_at is None


async def test_a_trunk_is_known_by_its_address(start_asterisk: StartAsterisk, tmp_path: Path) -> None:
    """Calls of a carrier bear the trunk's name, whatever stands in them."""
    trunk = Trunk(name="carrier", host="127.0.0.1:5999", match=("127.0.0.1",))
    asterisk = await start_asterisk(replace(node_config(tmp_path), callers_from=(), trunks=(trunk,)))
    async with Controller(asterisk) as controller, stranger(asterisk, "phone1") as someone:
        await someone.call("4001")
        start = await controller.until("StasisStart")
    assert start["channel"]["name"].startswith("PJSIP/carrier-")
    assert start["channel"]["caller"]["number"] == "phone1"


async def test_reloading_adds_a_phone_and_keeps_the_calls(own_asterisk: Asterisk) -> None:
    """A change of the site file needs no restart."""
    everything = own_asterisk.config
    await own_asterisk.reload(replace(everything, devices=everything.devices[:1]))
    async with stranger(own_asterisk) as someone, phone(own_asterisk, "phone2") as agent:
        with pytest.raises(RegistrationRefused):
            await agent.register()
        call = await someone.call("4001")
        await call.until_answered()
        await own_asterisk.reload(everything)
        await agent.register()
        await call.hears(MUSIC_HZ, since=asyncio.get_running_loop().time(), within=5)
