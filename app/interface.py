"""The interface: REST, the live stream, the pages and the metrics, on one socket, over a service that runs already.

It is the larger half of the program. `app/main.py` reads it in when calls are served, and no call waits for it.
"""

import asyncio
import resource
import socket
from collections.abc import Iterator
from contextlib import contextmanager
from functools import partial

import uvicorn

from app.api.app import create_api
from app.api.connections import Http
from app.api.shield import hosts_for
from app.auth.sign_on_settings import sign_on_settings
from app.live.today import Today
from app.live.wire import Wire
from app.runtime.service import Service
from app.settings import Settings
from app.store.access import open_access
from app.store.errors import NotDurable
from app.store.journal import Durability, Journal
from app.store.past_calls import PastCalls
from app.store.past_figures import PastFigures
from app.store.past_missed_calls import PastMissedCalls
from metrics.metering import Metering

_LONGEST_FRAME = 64 * 1024
"""Bytes that a client may send in one websocket frame; the live protocol takes less."""
_ACCEPTED_A_TURN = 4
"""How many who come are let in before calls are served again. Each costs 0.4 ms, and all come at once when a service comes back."""
_AT_THE_DOOR = 2048
"""How many may wait to be let in."""
_UNWOUND_WITHIN = 10.0
"""Seconds: what reads from the database ends with the row that it waits for."""
_OPEN_FILES = 16_384
"""Each client is one. Many systems allow 1,024, unless somebody asks for more."""


class Interface:
    """It listens to the dispatcher from now on. Make it once per service, run it once, and close it then."""

    def __init__(self, service: Service, *, settings: Settings, journal: Journal, metering: Metering) -> None:
        engine = journal.database.engine
        self._access = open_access(
            engine,
            settings.data_dir,
            clock=service.clock,
            admin_token=service.admin_token,
            metrics_token=settings.metrics_token.get_secret_value() if settings.metrics_token else "",
            sign_on=sign_on_settings(settings),
        )
        records = PastFigures(engine)
        self._today = Today(service, records, partial(_is_in_database, journal))
        api = create_api(
            service,
            history=PastCalls(engine),
            records=records,
            today=self._today,
            missed=PastMissedCalls(engine),
            metering=metering,
            access=self._access,
            hosts=hosts_for(settings.host),
        )
        config = uvicorn.Config(
            api,
            http=Http,
            ws=Wire,
            backlog=_ACCEPTED_A_TURN,
            ws_max_size=_LONGEST_FRAME,
            ws_per_message_deflate=False,  # Each message is encoded once for all clients, not compressed for each.
            log_config=None,
            log_level="critical",  # Else every stranger's nonsense is a line. Faults are logged by the shield.
            lifespan="off",
            timeout_graceful_shutdown=2,
            ssl_certfile=settings.tls_certificate,
            ssl_keyfile=settings.tls_key,
        )
        self._server = Server(config)

    async def run(self, listening: socket.socket) -> None:
        """Answer who comes to the socket until `stop`; then what is being answered ends within two seconds."""
        allow_open_files()
        async with asyncio.TaskGroup() as tasks:
            background = [tasks.create_task(job) for job in (self._access.run(), self._today.run())]
            await self._server.serve(sockets=[listening])
            for task in background:
                task.cancel()

    def stop(self) -> None:
        """Let `run` return soon."""
        self._server.should_exit = True

    async def close(self) -> None:
        """Write what is left of the audit log. Call it when `run` has returned."""
        await self._access.close()


async def _is_in_database(journal: Journal) -> bool:
    """Whether all that was written down before can be read from the database."""
    try:
        return await journal.flush() is Durability.DATABASE
    except NotDurable:
        return False


def allow_open_files() -> None:
    """Let the process open as many files as its clients need, as far as the system allows."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    most = _OPEN_FILES if hard == resource.RLIM_INFINITY else min(_OPEN_FILES, hard)
    if soft != resource.RLIM_INFINITY and soft < most:
        resource.setrlimit(resource.RLIMIT_NOFILE, (most, hard))


class Server(uvicorn.Server):
    """uvicorn's. Leaves signals to the command line, which closes the parts in order."""

    @contextmanager
    def capture_signals(self) -> Iterator[None]:
        """Capture none."""
        yield

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        """Begin to answer. asyncio has one number for how many it lets in in a turn, and for how many may wait: here they differ."""
        await super().startup(sockets)
        for listening in sockets or ():
            listening.listen(_AT_THE_DOOR)

    async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
        """End what is being answered, and wait until it is over: what it reads from is closed next, and would leave it waiting for ever."""
        await super().shutdown(sockets)
        if tasks := tuple(self.server_state.tasks):
            await asyncio.wait(tasks, timeout=_UNWOUND_WITHIN)
