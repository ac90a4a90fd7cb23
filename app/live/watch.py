"""`thirdring watch`: the floor of a running service in a terminal, until Ctrl-C."""

import asyncio
import json
from contextlib import suppress
from datetime import UTC, datetime
from pathlib import Path
from urllib.parse import urlsplit

from rich.console import Console, Group, RenderableType
from rich.live import Live
from rich.text import Text

from app.errors import ThirdringError
from app.live.client import LiveClient
from app.live.screen import TOPICS, draw_calls, draw_floor
from app.site.model import Generated
from app.site.secret_store import ADMIN_TOKEN, Secrets

_FRAME_SECONDS = 0.25
_PRINT_EVERY_SECONDS = 5.0
"""Where the output is no terminal."""


class NothingToWatch(ThirdringError):
    """No service is known: the text says how to name one."""


def run_watch(data_dir: Path, *, url: str | None, token: str | None, seconds: float | None) -> int:
    """Draw until Ctrl-C, or for so many seconds; returns the exit status. Raises `NothingToWatch`, `LiveRefused`.

    Address and token are those of the service that runs on the data directory, unless they are given.
    """
    address = url or _url(data_dir)
    if urlsplit(address).scheme not in {"http", "https"} or not urlsplit(address).netloc:
        raise NothingToWatch(
            f"Expected an address such as http://127.0.0.1:8600, got {address!r}. Correct --url."
        )
    client = LiveClient(address, token or _token(data_dir), TOPICS)
    with suppress(KeyboardInterrupt, TimeoutError):
        asyncio.run(_watch(client, Console(), seconds))
    return 0


async def _watch(client: LiveClient, console: Console, seconds: float | None) -> None:
    try:
        async with asyncio.timeout(seconds), asyncio.TaskGroup() as tasks:
            tasks.create_task(_follow(client))
            tasks.create_task(_draw(client, console) if console.is_terminal else _print(client, console))
    except ExceptionGroup as group:
        raise group.exceptions[0] from None


async def _follow(client: LiveClient) -> None:
    async for _ in client.changes():
        pass


async def _draw(client: LiveClient, console: Console) -> None:
    with Live(console=console, screen=True, auto_refresh=False) as screen:
        while True:
            screen.update(_picture(client), refresh=True)
            await asyncio.sleep(_FRAME_SECONDS)


async def _print(client: LiveClient, console: Console) -> None:
    told = None
    while True:
        if not client.is_stale:
            console.print(_picture(client))
        elif client.trouble != told:
            console.print(_trouble(client))
        told = client.trouble
        await asyncio.sleep(_FRAME_SECONDS if client.is_stale else _PRINT_EVERY_SECONDS)


def _picture(client: LiveClient) -> RenderableType:
    values, now, is_stale = client.values, datetime.now(UTC), client.is_stale
    return Group(
        *([_trouble(client)] if client.trouble else []),
        draw_floor(values, now=now, is_stale=is_stale),
        draw_calls(values, now=now, is_stale=is_stale),
    )


def _trouble(client: LiveClient) -> Text:
    return Text(f"No connection to the service: {client.trouble}. Trying again.", style="red")


def _url(data_dir: Path) -> str:
    where = data_dir / "service.json"
    try:
        url: str = json.loads(where.read_text(encoding="utf-8"))["url"]
    except (OSError, ValueError, KeyError):
        raise NothingToWatch(
            f"Expected a running service to have left its address in {where}; it has not. "
            "Start one with `thirdring up`, name its data directory with --data, or its address with --url."
        ) from None
    return url


def _token(data_dir: Path) -> str:
    token = Secrets(data_dir).known(Generated(), ADMIN_TOKEN)
    if token is None:
        raise NothingToWatch(
            f"Expected the admin token in the secrets of {data_dir}; it is not there. Set THIRDRING_TOKEN to it."
        )
    return token
