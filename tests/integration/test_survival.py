"""The controller is killed (SIGKILL) in each state of a call, and started again. Nobody on the phone may notice."""

import asyncio
import time
from datetime import datetime, timedelta
from pathlib import Path

import pytest

from app.simulator.answering import Answer, RingForEver
from app.simulator.dialog import Dialog, EndedBy
from app.simulator.incoming_dialog import IncomingDialog
from app.simulator.outgoing_dialog import OutgoingDialog
from app.simulator.phone import Phone
from tests.support.asterisk_sounds import GREETING_HZ, MUSIC_HZ
from tests.support.service_process import ServiceProcess
from tests.support.until import until

pytestmark = [pytest.mark.integration, pytest.mark.timeout(60)]

CALLER_HZ, AGENT_HZ = 600, 1000
AT_ONCE = Answer()


async def waiting_call(service: ServiceProcess, number: str = "13800000001") -> OutgoingDialog:
    """A caller who waits and hears music."""
    call = await (await service.caller(number)).call("4001")
    await call.until_answered()
    await call.hears(MUSIC_HZ)
    return call


async def ringing_call(service: ServiceProcess) -> tuple[OutgoingDialog, Phone, IncomingDialog]:
    """A caller, and the phone that rings for that caller."""
    phone = await service.phone("phone1")
    phone.answering = RingForEver()
    await service.log_in("agent1")
    call = await waiting_call(service)
    return call, phone, await phone.next_call()


async def talking_call(service: ServiceProcess) -> tuple[OutgoingDialog, IncomingDialog]:
    """Two who talk, proven by sound."""
    call, _, agent = await ringing_call(service)
    agent.answer()
    await talk(call, agent)
    return call, agent


async def talk(call: Dialog, agent: Dialog) -> None:
    """Both hear each other from now on."""
    since = time.time()
    call.play(CALLER_HZ)
    agent.play(AGENT_HZ)
    await asyncio.gather(call.hears(AGENT_HZ), agent.hears(CALLER_HZ))
    assert time.time() - since < 5


async def the_call(service: ServiceProcess) -> dict[str, object]:
    """The one live call, as the REST interface shows it."""
    listed = await service.ask("GET", "calls?state=live")
    assert len(listed["calls"]) == 1, listed
    call: dict[str, object] = listed["calls"][0]
    return call


async def test_a_waiting_caller_keeps_music_and_is_answered_after_the_restart(
    service_process: ServiceProcess,
) -> None:
    service = service_process
    call = await waiting_call(service)
    before = await the_call(service)
    await service.killed()
    await call.hears(MUSIC_HZ)
    await service.start()
    after = await the_call(service)
    assert after["arrived_at"] == before["arrived_at"]
    await call.hears(MUSIC_HZ)
    phone = await service.phone("phone1")
    phone.answering = AT_ONCE
    await service.log_in("agent1")
    await talk(call, await phone.next_call())


async def test_waiting_callers_keep_their_places(service_process: ServiceProcess) -> None:
    service = service_process
    first = await waiting_call(service, "13800000001")
    second = await waiting_call(service, "13800000002")
    await service.killed()
    await service.start()
    phone = await service.phone("phone1")
    phone.answering = AT_ONCE
    await service.log_in("agent1")
    await talk(first, await phone.next_call())
    first.hang_up()
    await talk(second, await phone.next_call())


async def test_a_phone_answered_while_nobody_watched_is_joined_after_the_restart(
    service_process: ServiceProcess,
) -> None:
    service = service_process
    call, _, agent = await ringing_call(service)
    await service.killed()
    agent.answer()
    await agent.until_answered()
    await service.start()
    await talk(call, agent)
    await service.until_agent("agent1", "connected")


async def test_a_phone_answered_in_a_gap_longer_than_its_ring_time_is_joined_after_the_restart(
    tmp_path: Path,
) -> None:
    """Nobody was there to end the ringing, so the answer counts."""
    service = ServiceProcess(tmp_path)
    text = service.site.read_text(encoding="utf-8")
    service.site.write_text(text.replace("ring_timeout: 20s", "ring_timeout: 1s"), encoding="utf-8")
    async with service:
        call, _, agent = await ringing_call(service)
        await service.killed()
        ring_time_is_over = time.time() + 1
        agent.answer()
        await agent.until_answered()
        answered_at = time.time()
        await until(lambda: time.time() > ring_time_is_over, "time stands still")
        await service.start()
        await talk(call, agent)
        await service.until_agent("agent1", "connected")
        told = datetime.fromisoformat(str((await the_call(service))["answered_at"])).timestamp()
        assert abs(told - answered_at) < 0.5, "the answer is dated when it was heard of"


async def test_a_phone_that_still_rings_after_the_restart_can_be_answered(
    service_process: ServiceProcess,
) -> None:
    service = service_process
    call, _, agent = await ringing_call(service)
    await service.killed()
    await service.start()
    await service.until_agent("agent1", "offered")
    agent.answer()
    await talk(call, agent)


async def test_a_decline_while_nobody_watched_brings_the_next_agent(service_process: ServiceProcess) -> None:
    service = service_process
    call, _, agent = await ringing_call(service)
    other = await service.phone("phone2")
    other.answering = AT_ONCE
    await service.log_in("agent2")
    await service.killed()
    agent.hang_up()
    await service.start()
    await talk(call, await other.next_call())


async def test_a_caller_who_left_while_nobody_watched_stops_the_ringing(
    service_process: ServiceProcess,
) -> None:
    service = service_process
    call, phone, agent = await ringing_call(service)
    await service.killed()
    call.hang_up()
    phone.answering = RingForEver()
    await service.start()
    await agent.until_ended()
    assert agent.ended_by is EndedBy.THEM
    await service.until_agent("agent1", "idle")
    listed = await service.ask("GET", "calls?state=live")
    assert listed["calls"] == []


async def test_a_talk_goes_on_through_the_restart_and_its_end_is_accounted(
    service_process: ServiceProcess,
) -> None:
    service = service_process
    call, agent = await talking_call(service)
    await service.until_agent("agent1", "connected")
    before = await the_call(service)
    await service.killed()
    await asyncio.gather(call.hears(AGENT_HZ), agent.hears(CALLER_HZ))
    await service.start()
    await talk(call, agent)
    await service.until_agent("agent1", "connected")
    after = await the_call(service)
    assert after["bridged_at"] == before["bridged_at"]
    call.hang_up()
    await agent.until_ended()
    await service.until_agent("agent1", "idle")


@pytest.mark.parametrize("leaver", ["caller", "agent"])
async def test_a_hang_up_while_nobody_watched_releases_the_other_party(
    service_process: ServiceProcess, leaver: str
) -> None:
    service = service_process
    call, agent = await talking_call(service)
    await service.until_agent("agent1", "connected")
    call_id = (await the_call(service))["id"]
    await service.killed()
    leaves, stays = (call, agent) if leaver == "caller" else (agent, call)
    leaves.hang_up()
    await service.start()
    await stays.until_ended()
    await service.until_agent("agent1", "idle")
    assert (await service.until_ended(str(call_id)))["ended_by"] == leaver


async def test_agents_keep_their_pause_and_their_wrap_up(service_process: ServiceProcess) -> None:
    service = service_process
    await service.phone("phone1")
    await service.phone("phone2")
    await service.log_in("agent1", "agent2")
    await service.ask("POST", "agents/agent1/pause", {"code": "lunch"})
    paused = await service.agent("agent1")
    await service.killed()
    await service.start()
    again = await service.agent("agent1")
    assert (again["status"], again["pause_code"]) == ("paused", "lunch")
    assert again["status_since"] == paused["status_since"]
    assert (await service.agent("agent2"))["status"] == "available"


async def test_a_caller_who_comes_while_nobody_is_there_hears_greeting_and_music_and_then_an_agent(
    service_process: ServiceProcess,
) -> None:
    service = service_process
    phone = await service.phone("phone1")
    phone.answering = AT_ONCE
    await service.log_in("agent1")
    await service.killed()
    called_at = datetime.now().astimezone()
    call = await (await service.caller()).call("4001")
    await call.hears(GREETING_HZ, within=6)
    await call.hears(MUSIC_HZ, within=6)
    await service.start()
    await talk(call, await phone.next_call())
    shown = await the_call(service)
    arrived_at = datetime.fromisoformat(str(shown["arrived_at"]))
    assert abs(arrived_at - called_at) < timedelta(seconds=1)


async def test_a_controller_that_is_replaced_stops_acting_and_leaves_the_calls_alone(
    service_process: ServiceProcess,
) -> None:
    """The one that took over may die too: a new start takes the calls back."""
    service = service_process
    call, agent = await talking_call(service)
    async with service.another_controller():
        assert await service.ended() == 75
        await asyncio.gather(call.hears(AGENT_HZ), agent.hears(CALLER_HZ))
    assert "Another controller" in service.log()
    await service.start()
    await talk(call, agent)
    call.hang_up()
    await agent.until_ended()
    await service.until_agent("agent1", "idle")


async def test_when_asterisk_is_killed_the_books_are_closed_and_new_calls_flow(
    service_process: ServiceProcess,
) -> None:
    service = service_process
    call, agent = await talking_call(service)
    second = await waiting_call(service, "13800000002")
    await service.until_agent("agent1", "connected")
    call_id = (await service.ask("GET", "calls?state=live"))["calls"][0]["id"]
    await service.kill_asterisk()
    for dialog in (call, agent, second):
        dialog.hang_up()
    await service.until_agent("agent1", "idle")
    assert (await service.until_ended(str(call_id)))["ended_by"] == "network"
    await service.until_ready()
    phone = await service.phone("phone2")
    phone.answering = AT_ONCE
    await service.log_in("agent2")
    await talk(await (await service.caller("13800000003")).call("4001"), await phone.next_call())
