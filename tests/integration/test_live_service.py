"""The live stream and the REST interface of the real service, with real phones, through a kill of the service."""

from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

import pytest

from app.simulator.answering import Answer
from tests.support.live_client import LiveServer
from tests.support.service_process import ServiceProcess

pytestmark = [pytest.mark.integration, pytest.mark.timeout(60)]


def stream_of(service: ServiceProcess) -> LiveServer:
    """Where its live stream is."""
    return LiveServer(service.url.removeprefix("http://"), token=service.token)


async def test_a_wallboard_sees_a_call_from_its_arrival_to_its_end(service_process: ServiceProcess) -> None:
    """Offered, talking, over: each within the time that a human takes for now."""
    phone = await service_process.phone("phone1")
    phone.answering = Answer(after=timedelta(milliseconds=200))
    await service_process.log_in("agent1")
    async with stream_of(service_process).following("calls", "agents", "queues") as board:
        call = await (await service_process.caller()).call("4001")
        await board.hear_of("agent:agent1", state="offered")
        call_id = board.values["agent:agent1"]["call_id"]
        await board.hear_of(f"call:{call_id}", phase="talking", agent_id="agent1")
        await board.hear_of("queue:service", connected=1, waiting=0)
        call.hang_up()
        await board.hear_of("agent:agent1", state="idle")
        await board.hear_of("queue:service", connected=0)
        assert board.values[f"call:{call_id}"] is None


async def test_each_change_of_an_agent_is_heard(service_process: ServiceProcess) -> None:
    """Pauses and resumes, one after the other. How fast: `python -m tests.bench.live`."""
    async with stream_of(service_process).following("agent:agent1") as board:
        await service_process.log_in("agent1")
        for code in ("lunch", None) * 2:
            path = "pause" if code else "resume"
            await service_process.ask("POST", f"agents/agent1/{path}", {"code": code} if code else None)
            await board.hear_of("agent:agent1", pause_code=code, status="paused" if code else "available")


async def test_after_a_kill_a_wallboard_and_the_history_know_everything(
    service_process: ServiceProcess,
) -> None:
    """The wallboard gets a snapshot with the waiting call; the ended call has its legs, its offer and the reason for it."""
    phone = await service_process.phone("phone1")
    phone.answering = Answer()
    await service_process.log_in("agent1")
    first = await (await service_process.caller("13800000001")).call("4001")
    await service_process.until_agent("agent1", "connected")
    async with stream_of(service_process).following("calls") as board:
        (topic,) = board.values
        seq, epoch = board.seq, board.epoch
    first.hang_up()
    await service_process.until_ended(topic.removeprefix("call:"))
    await service_process.ask("POST", "agents/agent1/log-out")
    second = await (await service_process.caller("13800000002")).call("4001")
    await second.until_answered()
    await service_process.killed()
    await service_process.start()
    async with stream_of(service_process).wallboard() as again:
        await again.authenticate()
        await again.resume("calls", seq=seq, epoch=epoch)
        assert (await again.hear())["type"] == "snapshot"
        assert [value["from_number"] for value in again.values.values()] == ["138****0002"]
    past = await service_process.ask("GET", f"calls/{topic.removeprefix('call:')}")
    assert [leg["role"] for leg in past["legs"]] == ["caller", "agent"]
    assert (past["ended_by"], past["offers"][0]["outcome"]) == ("caller", "answered")
    assert past["offers"][0]["why"]["summary"].startswith(
        "Agent agent1: first in the fixed order of the queue"
    )
    ended = await service_process.ask("GET", "calls?state=ended")
    assert [f"call:{call['id']}" for call in ended["calls"]] == [topic]
    second.hang_up()


async def test_after_a_kill_the_service_level_of_the_day_is_what_it_was(
    service_process: ServiceProcess,
) -> None:
    """One answered, one who gave up after more than five seconds at the moment of the kill; REST reports say the same."""
    phone = await service_process.phone("phone1")
    phone.answering = Answer()
    await service_process.log_in("agent1")
    async with stream_of(service_process).following("queues") as board:
        answered = await (await service_process.caller("13800000001")).call("4001")
        await board.hear_of("queue:service", service_level=1.0)
        waiting = await (await service_process.caller("13800000002")).call("4001")
        await board.hear_of("queue:service", waiting=1)
        with pytest.raises(TimeoutError):
            await board.hear_of("queue:service", patience=5.2, waiting=0)
        waiting.hang_up()
        await board.hear_of("queue:service", service_level=0.5)
    await service_process.killed()
    await service_process.start()
    async with stream_of(service_process).following("queues") as board:
        queue = await board.hear_of("queue:service", service_level=0.5)
        assert queue["waiting"] == 0
    day = datetime.now(ZoneInfo("Asia/Shanghai")).date().isoformat()
    report = await service_process.ask("GET", f"reports?day={day}&queue_id=service")
    assert report["total"]["figures"]["service_level"] == 0.5
    answered.hang_up()
