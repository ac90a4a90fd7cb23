"""Topics of teams, alerts and the site, over real websockets."""

import asyncio
from collections.abc import AsyncIterator
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from app.acd.events import DeviceChanged, FloorChanged, LogInRequested
from app.acd.model import DeviceState, RingStep, Strategy
from app.ids import AgentId, DeviceId
from app.live import hub
from app.live.alerts import AlertCode
from app.runtime.health import Health, Level, Part
from tests.support.live_client import LiveServer, serving
from tests.support.stage import LIN, SERVICE, WANG, Stage

RING_LIMIT = timedelta(seconds=15)
"""Three rings of the stage's cadence."""
TOO_LONG = "alert:waits_too_long:service"


@pytest.fixture
async def server(stage: Stage, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[LiveServer]:
    """The stage, served; time is looked at often."""
    monkeypatch.setattr(hub, "_LOOK_EVERY_SECONDS", 0.02)
    async with serving(stage.api) as server:
        yield server


def log_in(stage: Stage, *agents: AgentId) -> None:
    """Agents take their seats."""
    for agent in agents:
        stage.dispatcher.submit(LogInRequested(agent))


def open_queue(stage: Stage, **rules: Any) -> None:
    """The queue `service` goes by other rules from now on."""
    queues = stage.board.engine.floor.queues
    changed = {**queues, SERVICE: replace(queues[SERVICE], **rules)}
    stage.dispatcher.submit(FloorChanged(replace(stage.board.engine.floor, queues=changed)))


# --- the site and its teams ----------------------------------------------------------------------------------------


async def test_the_site_says_how_long_its_rings_are(server: LiveServer) -> None:
    """So that pages count rings in the country's own cadence."""
    async with server.following("site") as board:
        assert board.values == {
            "site": {
                "name": "Stage",
                "language": "en",
                "time_zone": "Asia/Shanghai",
                "ring_ms": 5000,
                "rings": 3,
                "service_level_formula": "answered_and_abandoned",
                "service_level_percent": 80.0,
                "service_level_ms": 20000,
            }
        }


async def test_a_team_is_its_agents(stage: Stage, server: LiveServer) -> None:
    """Nobody else's changes are heard."""
    stage.service.site = replace(stage.service.site, teams={"early": (LIN,)})
    async with server.following("team:early") as board:
        assert set(board.values) == {"agent:lin"}
        log_in(stage, WANG, LIN)
        message = await board.hear()
    assert [each["topic"] for each in message["values"]] == ["agent:lin"]


async def test_an_agent_of_a_team_comes_once_though_followed_twice(stage: Stage, server: LiveServer) -> None:
    """By its team and by its kind."""
    stage.service.site = replace(stage.service.site, teams={"early": (LIN,)})
    async with server.wallboard() as board:
        await board.authenticate()
        await board.subscribe("team:early", "agents", "agent:lin")
        message = await board.hear()
    topics = [each["topic"] for each in message["values"]]
    assert sorted(topics) == ["agent:lin", "agent:王伟"]


async def test_a_changed_team_is_a_new_snapshot(stage: Stage, server: LiveServer) -> None:
    """Even when nothing of the floor changed."""
    stage.service.site = replace(stage.service.site, teams={"early": (LIN,)})
    async with server.following("team:early") as board:
        stage.service.site = replace(stage.service.site, teams={"early": (WANG,)})
        message = await board.hear()
        while message["type"] != "snapshot":
            message = await board.hear()
    assert set(board.values) == {"agent:王伟"}


async def test_who_resumes_a_team_gets_only_its_agents(stage: Stage, server: LiveServer) -> None:
    """The other agent's log-in was not missed."""
    stage.service.site = replace(stage.service.site, teams={"early": (LIN,)})
    async with server.following("team:early") as board:
        seq, epoch = board.seq, board.epoch
    log_in(stage, WANG, LIN)
    async with server.wallboard() as again:
        await again.authenticate()
        await again.resume("team:early", seq=seq, epoch=epoch)
        await again.hear_of("agent:lin", status="available")
    assert set(again.values) == {"agent:lin"}


# --- alerts --------------------------------------------------------------------------------------------------------


async def test_a_call_that_waits_beyond_three_rings_is_an_alert_until_it_is_gone(
    stage: Stage, server: LiveServer
) -> None:
    """Time alone brings it."""
    log_in(stage, LIN)
    async with server.following("alerts") as board:
        stage.call("c1")
        stage.clock.move(RING_LIMIT - timedelta(milliseconds=1))
        stage.call("c2")
        with pytest.raises(TimeoutError):
            async with asyncio.timeout(0.2):
                await board.hear_of(TOO_LONG)
        stage.clock.move(timedelta(milliseconds=1))
        alert = await board.hear_of(TOO_LONG)
        stage.puts_down("c1")
        stage.puts_down("c2")
        await board.hear_of_end(TOO_LONG)
    assert (alert["severity"], alert["queue_id"]) == ("alarm", "service")
    assert alert["since"] == "2026-11-21T08:30:15.000Z"


async def test_a_ring_of_the_policy_calls_the_supervisor_until_somebody_answers(
    stage: Stage, server: LiveServer
) -> None:
    """With call, queue, ring and instant; within the limit a warning, beyond it an alarm."""
    rules = (RingStep(2, alert=True), RingStep(4, alert=True))
    open_queue(stage, caller_rings=rules, ring_timeout=timedelta(seconds=60))
    topic = "alert:ring_reached:c1"
    async with server.following("alerts") as board:
        stage.call("c1")
        log_in(stage, LIN)
        stage.passes(5)
        alert = await board.hear_of(topic)
        assert (alert["call_id"], alert["queue_id"], alert["agent_id"]) == ("c1", "service", None)
        assert (alert["ring"], alert["severity"], alert["since"]) == (
            2,
            "warning",
            "2026-11-21T08:30:05.000Z",
        )
        stage.passes(10)
        await board.hear_of(topic, ring=4, severity="alarm", since="2026-11-21T08:30:15.000Z")
        stage.picks_up("c1-1")
        await board.hear_of_end(topic)


async def test_an_alert_of_the_policy_is_over_when_the_caller_gives_up(
    stage: Stage, server: LiveServer
) -> None:
    """Who comes later never hears of it; who comes in between finds it in the snapshot."""
    open_queue(stage, agent_rings=(RingStep(2, alert=True),))
    topic = "alert:ring_reached:c1"
    log_in(stage, LIN)
    stage.call("c1")
    stage.rings("c1-1")
    stage.passes(5)
    async with server.following("alerts") as board:
        assert (board.values[topic]["agent_id"], board.values[topic]["ring"]) == ("lin", 2)
        stage.puts_down("c1")
        await board.hear_of_end(topic)
    async with server.following("alerts") as board:
        assert board.values == {}


async def test_a_phone_that_rings_beyond_the_limit_is_an_alarm_of_its_agent(
    stage: Stage, server: LiveServer
) -> None:
    """From the first ring behind the limit until the pick-up; of each phone that rings for the call."""
    open_queue(stage, ring_timeout=timedelta(seconds=60), strategy=Strategy.RING_ALL)
    topic = "alert:rings_breached:lin"
    async with server.following("alerts") as board:
        log_in(stage, LIN, WANG)
        stage.call("c1")
        stage.rings("c1-1")
        stage.clock.move(timedelta(seconds=2))
        stage.rings("c1-2")
        stage.clock.move(RING_LIMIT)
        alert = await board.hear_of(topic)
        await board.hear_of("alert:rings_breached:王伟", call_id="c1", since="2026-11-21T08:30:17.000Z")
        assert (alert["call_id"], alert["queue_id"], alert["agent_id"]) == ("c1", "service", "lin")
        assert (alert["ring"], alert["severity"], alert["since"]) == (4, "alarm", "2026-11-21T08:30:15.000Z")
        stage.picks_up("c1-1")
        await board.hear_of_end(topic)
        await board.hear_of_end("alert:rings_breached:王伟")


async def test_calls_that_wait_for_nobody_are_an_alert(stage: Stage, server: LiveServer) -> None:
    """It ends when a member takes a seat."""
    topic = "alert:unstaffed:service"
    async with server.following("alerts") as board:
        stage.call("c1")
        assert (await board.hear_of(topic))["code"] == AlertCode.UNSTAFFED
        log_in(stage, LIN)
        await board.hear_of_end(topic)


async def test_a_phone_that_cannot_be_reached_is_an_alert(stage: Stage, server: LiveServer) -> None:
    """It is about the agent."""
    log_in(stage, LIN)
    async with server.following("alerts") as board:
        stage.dispatcher.submit(DeviceChanged(DeviceId("phone1"), DeviceState.UNREACHABLE))
        alert = await board.hear_of("alert:device_unreachable:lin")
        assert (alert["agent_id"], alert["severity"]) == ("lin", "warning")
        stage.dispatcher.submit(DeviceChanged(DeviceId("phone1"), DeviceState.REACHABLE))
        await board.hear_of_end("alert:device_unreachable:lin")


async def test_a_part_of_the_service_that_is_down_is_an_alert(stage: Stage, server: LiveServer) -> None:
    """It says what to do."""
    async with server.following("alerts") as board:
        stage.health = Health((Part("asterisk", Level.DOWN, "Start it."),))
        alert = await board.hear_of("alert:part_down:asterisk")
        assert (alert["detail"], alert["severity"]) == ("Start it.", "alarm")
        stage.health = Health((Part("asterisk", Level.OK),))
        await board.hear_of_end("alert:part_down:asterisk")


async def test_an_alert_that_time_brought_is_not_missed_by_who_resumes(
    stage: Stage, server: LiveServer
) -> None:
    """It has no number of its own: the one before it must do."""
    async with server.following("alerts") as board:
        stage.call("c1")
        await board.hear_of("alert:unstaffed:service")
        seq, epoch = board.seq, board.epoch
    async with server.following("alerts") as other:
        stage.clock.move(RING_LIMIT)
        await other.hear_of(TOO_LONG)
        assert other.seq == seq
    async with server.wallboard() as again:
        await again.authenticate()
        await again.resume("alerts", seq=seq, epoch=epoch)
        assert (await again.hear())["type"] == "delta"
        assert again.values[TOO_LONG]["queue_id"] == "service"


# --- gaps ----------------------------------------------------------------------------------------------------------


async def test_each_delta_names_the_one_before(stage: Stage, server: LiveServer) -> None:
    """So a client that lost one sees it, though numbers jump."""
    async with server.following("calls") as board:
        seq = board.seq
        for number in range(3):
            stage.call(f"c{number}")
            message = await board.hear()
            assert message["after"] <= seq
            assert number == 0 or message["after"] == seq
            seq = message["seq"]
            log_in(stage, WANG)


async def test_a_heartbeat_names_the_last_delta(
    stage: Stage, server: LiveServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A lost delta is noticed in silence too; entries that the client does not follow only raise the number."""
    monkeypatch.setattr(hub, "HEARTBEAT_EVERY", timedelta(milliseconds=50))
    monkeypatch.setattr(hub, "_LOOK_EVERY_SECONDS", 0.02)
    async with server.following("calls") as board:
        stage.call("c1")
        await board.hear_of("call:c1")
        seq = board.seq
        log_in(stage, LIN, WANG)
        message = await board.hear()
        while message["seq"] == seq or message["type"] != "heartbeat":
            message = await board.hear()
    assert message["after"] <= message["seq"]
    assert message["after"] >= seq
