"""`thirdring demo`: the service, an Asterisk, eight agents and their callers, shown live until Ctrl-C.

The service runs as a process of its own, as it would on a site; the simulated people use its SIP, REST and live interfaces and know
nothing else of it.
"""

import asyncio
import contextlib
import json
import os
import signal
import sys
import time
from collections import deque
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import aiohttp
import msgspec
from rich.console import Console
from rich.live import Live
from rich.text import Text

from app.asterisk.child import tied_to_us
from app.asterisk.installation import find
from app.asterisk.render import needed_modules
from app.directory import make_directory
from app.errors import DirectoryInUse, ThirdringError
from app.live.client import LiveClient
from app.live.screen import TOPICS
from app.lock import DirectoryLock
from app.settings import Settings
from app.simulator.floor import Floor
from app.simulator.people import demo_users
from app.simulator.rest import RestActions
from app.simulator.scenario import Scenario, demo
from app.simulator.screen import draw
from app.site.loader import load_site
from app.site.model import Generated
from app.site.secret_store import Secrets

SITE = Path(__file__).parents[1] / "site" / "examples" / "demo.yaml"
PASSWORD = "demo_password"  # noqa: S105 - the name under which it is kept, not a password
_STARTS_WITHIN_SECONDS = 30.0
_FRAME_SECONDS = 0.25
_LOOK_EVERY_SECONDS = 0.02
_PLAIN_LINE_SECONDS = 5.0


class DemoFailed(ThirdringError):
    """Another demo has the directory, or the service did not start: the text has the end of its log."""


def run_demo(settings: Settings, *, seconds: float | None, seed: int | None) -> int:
    """Run until Ctrl-C, or for so many seconds; returns the exit status. Raises `DemoFailed` and the errors of the parts."""
    console = Console()
    scenario = demo()
    if seed is not None:
        scenario = msgspec.structs.replace(scenario, seed=seed)
    data = settings.data_dir / "demo"
    make_directory(data)
    with console.status("asterisk: looking for one") as status:
        find(needed_modules(), report=lambda line: _tell(console, status, line))
    try:
        with DirectoryLock(data), contextlib.suppress(KeyboardInterrupt):
            asyncio.run(_run(console, data, scenario, seconds=seconds))
    except DirectoryInUse as error:
        raise DemoFailed(
            f"Expected no other demo on {data}; process {error.holder} is one. End it with Ctrl-C, or give this "
            "one a directory of its own: THIRDRING_DATA_DIR=/tmp/another make demo"
        ) from None
    console.print("The floor is closed. What happened is written down in", str(data))
    return 0


def _tell(console: Console, status: Any, line: str) -> None:
    """Progress: a moving line on a terminal, lines elsewhere."""
    if console.is_terminal:
        status.update(line)
    else:
        console.print(line)


async def _run(console: Console, data: Path, scenario: Scenario, *, seconds: float | None) -> None:
    stop = asyncio.Event()
    loop = asyncio.get_running_loop()
    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        loop.add_signal_handler(number, stop.set)
    async with _service(data) as told, aiohttp.ClientSession() as http:
        secrets = Secrets(data)
        site = load_site(SITE, today=datetime.now(UTC).date())
        passwords = secrets.device_passwords(site)
        token = secrets.admin_token()
        actions = RestActions(http, told["url"], token)
        floor = Floor(
            scenario, server=("127.0.0.1", told["sip_port"]), passwords=passwords, actions=actions, media=True
        )
        live = LiveClient(told["url"], token, TOPICS)
        password = secrets.resolve(Generated(), PASSWORD)
        await asyncio.gather(*map(actions.add_user, demo_users(site, password)))
        way_in = _way_in(told, display_token=await actions.display_token(), password=password)
        show = _Show(console, live, floor, actions, way_in=way_in)
        await _until_stopped(stop, seconds, floor, show)


def _way_in(told: Mapping[str, Any], *, display_token: str, password: str) -> Text:
    """What a visitor may do. The address is a link that holds the token; written out, both together are too long for a line."""
    page, log_in = f"{told['url']}/wallboard", f"{told['url']}/login"
    return Text.assemble(
        f"Call in yourself: sip:4001@127.0.0.1:{told['sip_port']} (no password).  Ctrl-C ends.\nWallboard: ",
        (page, f"link {page}#token={display_token}"),
        f"\nIts token: {display_token}\nLog in: ",
        (log_in, f"link {log_in}"),
        f", password {password}\nas admin, manager, shift_supervisor, team_leader, agent … one for each role",
    )


async def _until_stopped(stop: asyncio.Event, seconds: float | None, floor: Floor, show: "_Show") -> None:
    playing = asyncio.create_task(floor.run())
    showing = asyncio.create_task(show.run())
    stopping = asyncio.create_task(stop.wait())
    try:
        await asyncio.wait({playing, showing, stopping}, timeout=seconds, return_when=asyncio.FIRST_COMPLETED)
    finally:
        for task in (showing, playing, stopping):
            task.cancel()
        results = await asyncio.gather(playing, showing, return_exceptions=True)
    for result in results:
        if isinstance(result, BaseException) and not isinstance(result, asyncio.CancelledError):
            raise result


@asynccontextmanager
async def _service(data: Path) -> AsyncIterator[dict[str, Any]]:
    """The service in its own process; gives what it told about itself."""
    where = data / "service.json"
    where.unlink(missing_ok=True)
    log_path = data / "service.log"
    with log_path.open("w") as log:
        process = await asyncio.create_subprocess_exec(
            *tied_to_us(signal="TERM"),  # Else the next demo would find the directory in use.
            *(sys.executable, "-m", "app", "up", "--site", str(SITE), "--data", str(data)),
            stdout=log,
            stderr=log,
            env=_environment(),
            start_new_session=True,
        )
    try:
        yield await _started(process, where, log_path)
    finally:
        if process.returncode is None:
            process.send_signal(signal.SIGTERM)
        with contextlib.suppress(TimeoutError):
            await asyncio.wait_for(process.wait(), 15)


def _environment() -> dict[str, str]:
    return dict(os.environ) | {"THIRDRING_PORT": os.environ.get("THIRDRING_PORT", "0")}


async def _started(process: asyncio.subprocess.Process, where: Path, log: Path) -> dict[str, Any]:
    deadline = time.monotonic() + _STARTS_WITHIN_SECONDS
    while process.returncode is None and time.monotonic() < deadline:
        if text := await asyncio.to_thread(_read, where):
            told: dict[str, Any] = json.loads(text)
            return told
        await asyncio.sleep(_LOOK_EVERY_SECONDS)
    end = (await asyncio.to_thread(_read, log))[-2000:]
    raise DemoFailed(f"Expected the service to start; it did not. The end of {log}:\n{end}")


def _read(path: Path) -> str:
    return path.read_text(encoding="utf-8") if path.exists() else ""


class _Show:
    """Follows the floor and draws it: a screen on a terminal, a line now and then elsewhere."""

    def __init__(
        self, console: Console, live: LiveClient, floor: Floor, actions: RestActions, *, way_in: Text
    ) -> None:
        self._console = console
        self._live = live
        self._way_in = way_in
        self._floor = floor
        self._actions = actions
        self._log: deque[str] = deque(maxlen=50)
        self._explained: set[str] = set()

    async def run(self) -> None:
        """Until cancelled."""
        async with asyncio.TaskGroup() as tasks:
            tasks.create_task(self._follow())
            tasks.create_task(self._draw() if self._console.is_terminal else self._print())

    async def _follow(self) -> None:
        async for changed in self._live.changes():
            for topic in changed:
                await self._explain(topic)

    async def _explain(self, topic: str) -> None:
        """One line for each call that got an agent: why this one."""
        call = self._live.values.get(topic) if topic.startswith("call:") else None
        if call is None or call["phase"] != "talking" or call["id"] in self._explained:
            return
        self._explained.add(call["id"])
        detail = await self._actions.call(call["id"])
        offers = [offer for offer in detail.get("offers", []) if offer["outcome"] == "answered"]
        if offers and offers[-1]["why"]:
            why = self._by_name(offers[-1]["why"]["summary"], offers[-1]["agent_id"])
            self._log.append(f"{datetime.now().astimezone():%H:%M:%S}  {why}")

    def _by_name(self, text: str, agent_id: str) -> str:
        """The agent as in the table beside it."""
        agent = self._live.values.get(f"agent:{agent_id}")
        return text.replace(f"Agent {agent_id}", agent["name"], 1) if agent else text

    async def _draw(self) -> None:
        with Live(console=self._console, screen=True, auto_refresh=False) as screen:
            while True:
                screen.update(self._picture(), refresh=True)
                await asyncio.sleep(_FRAME_SECONDS)

    async def _print(self) -> None:
        while True:
            if self._live.values:
                self._console.print(self._picture())
            await asyncio.sleep(_PLAIN_LINE_SECONDS if self._live.values else _FRAME_SECONDS)

    def _picture(self) -> Any:
        return draw(
            self._live.values,
            tally=self._floor.tally,
            log=self._log,
            now=datetime.now(UTC),
            is_stale=self._live.is_stale,
            way_in=self._way_in,
        )
