"""The door of the service: many may come at once, and calls are served meanwhile."""

import asyncio
import resource
import socket
from contextlib import ExitStack
from itertools import pairwise

import pytest
import uvicorn

from app.interface import Server, allow_open_files
from app.live.wire import Wire
from tests.support.stage import Stage
from tests.support.until import until


async def test_many_who_come_at_once_are_let_in_a_few_at_a_time(stage: Stage) -> None:
    """Nobody is turned away, though they come while the service does something else, and calls go between."""
    listening = socket.create_server(("127.0.0.1", 0))
    server = Server(
        uvicorn.Config(stage.api, ws=Wire, log_config=None, backlog=4, timeout_graceful_shutdown=1)
    )
    async with asyncio.TaskGroup() as tasks:
        serving = tasks.create_task(server.serve(sockets=[listening]))
        await until(lambda: server.started, "expected the server to start")
        with ExitStack() as clients:
            for _ in range(100):
                clients.enter_context(socket.create_connection(listening.getsockname(), timeout=0.5))
            let_in = [0]
            while let_in[-1] < 100:
                await asyncio.sleep(0)
                let_in.append(len(server.server_state.connections))
        server.should_exit = True
        await serving
    assert max(later - earlier for earlier, later in pairwise(let_in)) <= 4


async def test_what_is_cut_off_is_over_before_the_door_is_closed() -> None:
    """It gives back what it reads from: the database is closed next, and would never answer it."""
    steps: list[str] = []

    async def app(_scope: object, _receive: object, _send: object) -> None:
        try:
            steps.append("reads")
            await asyncio.Event().wait()
        finally:
            for _ in range(100):
                await asyncio.sleep(0)
            steps.append("gave back")

    listening = socket.create_server(("127.0.0.1", 0))
    config = uvicorn.Config(app, log_config=None, lifespan="off", timeout_graceful_shutdown=0)
    server = Server(config)
    async with asyncio.TaskGroup() as tasks:
        serving = tasks.create_task(server.serve(sockets=[listening]))
        await until(lambda: server.started, "expected the server to start")
        with socket.create_connection(listening.getsockname()) as client:
            client.sendall(b"GET / HTTP/1.1\r\nHost: x\r\n\r\n")
            await until(lambda: steps, "expected the request to be taken")
            server.should_exit = True
            await serving
    assert steps == ["reads", "gave back"]


@pytest.mark.parametrize(("soft", "allowed"), [(256, 16_384), (20_000, 20_000)])
def test_the_service_asks_for_as_many_open_files_as_its_clients_need(
    soft: int, allowed: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It never asks for fewer than it has."""
    asked = [(soft, resource.RLIM_INFINITY)]
    monkeypatch.setattr(resource, "getrlimit", lambda _: asked[-1])
    monkeypatch.setattr(resource, "setrlimit", lambda _, limits: asked.append(limits))
    allow_open_files()
    assert asked[-1] == (allowed, resource.RLIM_INFINITY)


def test_more_than_the_system_allows_is_not_asked_for(monkeypatch: pytest.MonkeyPatch) -> None:
    """Then fewer clients must do."""
    asked = [(256, 512)]
    monkeypatch.setattr(resource, "getrlimit", lambda _: asked[-1])
    monkeypatch.setattr(resource, "setrlimit", lambda _, limits: asked.append(limits))
    allow_open_files()
    assert asked[-1] == (512, 512)
