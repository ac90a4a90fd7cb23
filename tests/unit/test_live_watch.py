"""`thirdring watch`: what a supervisor reads in a terminal."""

import asyncio
import io
import json
import re
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from rich.console import Console, Group, RenderableType

from app.acd.events import FloorChanged, LogInRequested, WrapUpEndRequested
from app.acd.model import RingStep
from app.live import watch
from app.live.client import LiveClient, LiveRefused
from app.live.screen import TOPICS, draw_calls, draw_floor
from app.live.watch import NothingToWatch, run_watch
from tests.support.clocks import START
from tests.support.live_client import serving
from tests.support.ports import free_port
from tests.support.stage import LIN, SERVICE, TOKEN, Stage
from tests.support.until import until


def printed(picture: RenderableType) -> str:
    """The picture as text."""
    console = Console(file=io.StringIO(), width=140)
    console.print(picture)
    return text_of(console)


def floor_and_calls(values: dict[str, Any], *, after: float) -> str:
    """All that is drawn, so many seconds after the start."""
    now = START + timedelta(seconds=after)
    return printed(
        Group(draw_floor(values, now=now, is_stale=False), draw_calls(values, now=now, is_stale=False))
    )


def text_of(console: Console) -> str:
    """What was printed so far."""
    text: str = console.file.getvalue()  # type: ignore[attr-defined]  # the file above is a StringIO
    return text


async def values_of(stage: Stage) -> dict[str, Any]:
    """What the live stream tells of the stage."""
    async with serving(stage.api) as server:
        client = LiveClient(server.url, TOKEN, TOPICS)
        async for _ in client.changes():
            return client.values
    raise AssertionError


async def test_the_floor_shows_queues_agents_calls_and_alerts(stage: Stage) -> None:
    """By their names, the caller by the number; durations are counted to the moment of drawing."""
    stage.dispatcher.submit(LogInRequested(LIN))
    stage.call("c1", "13800138000")
    stage.call("c2", "13900139000")
    text = floor_and_calls(await values_of(stage), after=65)
    for expected in ("客户服务", "林晓", "offered", "138****8000", "1:05", "Stage - the floor, live"):
        assert expected in text
    assert "138****8000" in next(line for line in text.splitlines() if "林晓" in line and "available" in line)


async def test_an_agent_takes_one_line_on_a_small_terminal(stage: Stage) -> None:
    """Logged out is said once; a reason for which an idle agent gets no call stands in the place of the state."""
    values = await values_of(stage)
    name = next(topic for topic in values if topic.startswith("agent:"))
    resting = values | {name: values[name] | {"status": "available", "unavailable_reason": "resting"}}
    for floor, words in ((values, ("logged_out", "idle")), (resting, ("available", "resting"))):
        console = Console(file=io.StringIO(), width=80)
        console.print(draw_floor(floor, now=START, is_stale=False))
        line = next(line for line in text_of(console).splitlines() if values[name]["name"] in line)
        assert line.split()[2:4] == list(words)


async def test_the_service_level_of_today_stands_beside_the_queue(stage: Stage) -> None:
    """Nothing where no call counts yet; below the target it is no good colour."""
    stage.dispatcher.submit(LogInRequested(LIN))
    for number, wait in enumerate((5, 25), start=1):
        call_id = stage.call(f"c{number}")
        stage.passes(1)
        stage.dispatcher.submit(WrapUpEndRequested(LIN))
        stage.rings(f"{call_id}-1")
        stage.clock.move(timedelta(seconds=wait - 1))
        stage.picks_up(f"{call_id}-1")
        stage.puts_down(call_id)
    values = await values_of(stage)
    lines = printed(draw_floor(values, now=START, is_stale=False)).splitlines()
    assert "50 %" in next(line for line in lines if "客户服务" in line)
    assert "%" not in next(line for line in lines if "Sales" in line)


async def test_alerts_stand_under_the_name_of_what_they_are_about(stage: Stage) -> None:
    """A queue without anybody at work."""
    stage.call("c1")
    text = printed(draw_floor(await values_of(stage), now=START, is_stale=False))
    line = next(line for line in text.splitlines() if "unstaffed" in line)
    assert "客户服务" in line


async def test_rings_stand_beside_calls_and_agents_and_alerts_name_theirs(stage: Stage) -> None:
    """13 s after the arrival it is the caller's third ring, and 12 s after the 180 the agent's third too."""
    queues = stage.board.engine.floor.queues
    rules = replace(queues[SERVICE], agent_rings=(RingStep(2, alert=True),))
    floor = replace(stage.board.engine.floor, queues={**queues, SERVICE: rules})
    stage.dispatcher.submit(FloorChanged(floor))
    stage.dispatcher.submit(LogInRequested(LIN))
    stage.call("c1")
    stage.passes(1)
    stage.rings("c1-1")
    stage.passes(5)
    lines = floor_and_calls(await values_of(stage), after=13).splitlines()
    assert " 3 " in next(line for line in lines if "138****8000" in line and "waiting" in line)
    assert " 3 " in next(line for line in lines if "林晓" in line and "available" in line)
    alert = next(line for line in lines if "ring reached" in line)
    assert all(part in alert for part in ("客户服务, 林晓", "ring 2, call c1", "0:07"))


async def test_a_small_terminal_cuts_off_what_matters_least(stage: Stage) -> None:
    """Alerts come first, and only so many that the queues and agents below can be seen."""
    for number in range(1, 9):
        stage.call(f"c{number}")
    values = await values_of(stage)
    alert = next(value for topic, value in values.items() if topic.startswith("alert:"))
    many = values | {f"alert:{number}": alert for number in range(9)}
    lines = floor_and_calls(many, after=30).splitlines()
    titles = [
        word
        for line in lines
        for word in ("alerts", "the floor", "agents ─", "calls")
        if f" {word}" in line and "╭" in line
    ]
    assert titles == ["alerts", "the floor", "agents ─", "calls"]
    assert lines.index(next(line for line in lines if "the floor" in line)) == 7


def test_a_stale_floor_says_so() -> None:
    """Even an empty one."""
    assert "no news from the service" in printed(draw_floor({}, now=START, is_stale=True))


async def test_watching_draws_what_the_service_tells(stage: Stage) -> None:
    """Where there is no terminal, line by line."""
    console = Console(file=io.StringIO(), width=140)
    async with serving(stage.api) as server:
        watching = asyncio.create_task(watch._watch(LiveClient(server.url, TOKEN, TOPICS), console, None))
        await until(lambda: "客户服务" in text_of(console), "expected the queue to be drawn")
        watching.cancel()
        with pytest.raises(asyncio.CancelledError):
            await watching


async def test_watching_ends_when_its_time_is_over(stage: Stage) -> None:
    """Whether there was something to draw or not."""
    async with serving(stage.api) as server:
        client = LiveClient(server.url, TOKEN, TOPICS)
        with pytest.raises(TimeoutError):
            await watch._watch(client, Console(file=io.StringIO()), 0.05)


async def test_watching_with_a_wrong_token_ends_with_the_reason(stage: Stage) -> None:
    """It does not try for ever."""
    async with serving(stage.api) as server:
        client = LiveClient(server.url, "wrong", TOPICS)
        with pytest.raises(LiveRefused, match="token"):
            await asyncio.wait_for(watch._watch(client, Console(file=io.StringIO()), None), timeout=5)


async def test_watching_says_why_there_is_nothing_to_see() -> None:
    """Once, where there is no terminal: somebody waits for a floor that nobody tells of."""
    console = Console(file=io.StringIO(), width=140)
    client = LiveClient(f"http://127.0.0.1:{free_port()}", "token", TOPICS)
    with pytest.raises(TimeoutError):
        await watch._watch(client, console, 1.0)
    assert text_of(console).count("No connection to the service: ") == 1
    assert "Trying again." in text_of(console)


@pytest.mark.parametrize("address", ["127.0.0.1:8600", "bla", "http://"])
def test_an_address_that_cannot_be_is_refused(tmp_path: Path, address: str) -> None:
    """Else one would wait for ever."""
    with pytest.raises(NothingToWatch, match=re.escape(f"got {address!r}")):
        run_watch(tmp_path, url=address, token="token", seconds=1)


def test_without_a_service_the_command_says_how_to_name_one(tmp_path: Path) -> None:
    """The address first."""
    with pytest.raises(NothingToWatch, match="--url"):
        run_watch(tmp_path, url=None, token=None, seconds=None)


def test_without_a_token_the_command_says_where_to_put_it(tmp_path: Path) -> None:
    """The command line is no place for it: others can read that."""
    (tmp_path / "service.json").write_text(json.dumps({"url": "http://127.0.0.1:1"}))
    with pytest.raises(NothingToWatch, match="THIRDRING_TOKEN"):
        run_watch(tmp_path, url=None, token=None, seconds=None)
