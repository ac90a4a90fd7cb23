"""An Asterisk of our own, from the first start to the clean stop.

    asterisk = Asterisk(config, directory=…, installation=find(needed_modules()))
    await asterisk.start()      # ready: every listed module is Running
    await asterisk.watch()      # in a task of its own: starts it again when it dies
    await asterisk.stop()

The Asterisk may outlive us (`outlives_us`): calls go on while the service restarts, and `start` then adopts it with the
ports that it has.
"""

import asyncio
import contextlib
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path
from signal import SIGKILL, SIGTERM
from typing import Final

from app.ari.address import Address
from app.ari.answer import Answer
from app.ari.http import ask_once
from app.ari.requests import asterisk
from app.ari.snapshots import Module
from app.asterisk import console, names
from app.asterisk.child import Child, tied_to_us
from app.asterisk.errors import (
    AsteriskError,
    ConsoleFailed,
    ModulesMissing,
    PortInUse,
    StartFailed,
)
from app.asterisk.incidents import Died, Incident, Restarted, RestartFailed
from app.asterisk.installation import Installation
from app.asterisk.layout import Layout
from app.asterisk.log_size import keep_small
from app.asterisk.node_config import NodeConfig
from app.asterisk.ports import Ports, check_ports, choose_ports
from app.asterisk.render import listed_modules, needed_modules, render, write
from app.asterisk.running import left_running, remove_note, write_note
from app.lock import DirectoryLock

_READY_WITHIN: Final = timedelta(seconds=20)
_ENDS_WITHIN: Final = timedelta(seconds=5)
_LOOK_EVERY: Final = 0.02
_LOG_LOOK_EVERY: Final = timedelta(seconds=30)
_TRIES: Final = 3
_FIRST_DELAY, _LONGEST_DELAY = timedelta(milliseconds=100), timedelta(seconds=10)
_STEADY_AFTER: Final = timedelta(minutes=1)
_RELOADED: Final = (
    "module reload res_pjsip.so",
    "module reload res_pjsip_endpoint_identifier_ip.so",
    "module reload res_pjsip_outbound_registration.so",
    "module reload res_musiconhold.so",
    "module reload res_ari.so",
    "dialplan reload",
)


class Asterisk:
    """One node in one directory. Its methods may be called from any event loop, one at a time."""

    def __init__(
        self,
        config: NodeConfig,
        *,
        directory: Path,
        installation: Installation,
        outlives_us: bool = False,
        on_incident: Callable[[Incident], None] = lambda _incident: None,
    ) -> None:
        self._config = config
        self._installation = installation
        self._outlives_us = outlives_us
        self.on_incident = on_incident
        self._child: Child | None = None
        self._ports: Ports | None = None
        self._is_stopping = False
        self._ready_at = 0.0
        self._own_name_is_slow = False
        self.layout = Layout(directory.absolute())
        self._lock = DirectoryLock(self.layout.root)

    # ---- what others ask -------------------------------------------------------------------------------------------

    @property
    def config(self) -> NodeConfig:
        """The configuration in force."""
        return self._config

    @property
    def ports(self) -> Ports:
        """The ports in use; known once started, and kept over restarts."""
        if self._ports is None:
            raise StartFailed("it was never started", "")
        return self._ports

    @property
    def address(self) -> Address:
        """Where its ARI is, and who we are there."""
        user = self._config.ari
        return Address(
            url=f"http://127.0.0.1:{self.ports.http}/ari",
            user=user.name,
            password=user.password,
            app=self._config.app,
        )

    @property
    def pid(self) -> int | None:
        """The process id while it lives."""
        return self._child.pid if self._child and self._child.is_alive else None

    @property
    def log_file(self) -> Path:
        """Asterisk's warnings and errors."""
        return self.layout.log / "messages.log"

    async def console(self, command: str) -> str:
        """What Asterisk's command line answers."""
        return await console.ask(self.layout.socket, command)

    # ---- start and stop --------------------------------------------------------------------------------------------

    async def start(self) -> timedelta:
        """Start it, or adopt the one that outlived us; returns the time until it was ready.

        Raises `DirectoryInUse`, `PortInUse`, `InvalidNodeConfig`, `ModulesMissing`, `StartFailed`; nothing is left running then.
        """
        self._is_stopping = False
        self.layout.root.mkdir(parents=True, exist_ok=True, mode=0o700)
        self._lock.acquire()
        try:
            return timedelta(0) if await self._adopts() else await self._start_on_free_ports()
        except BaseException:
            self._lock.release()
            raise

    async def stop(self, *, calls_end_within: timedelta = timedelta(0)) -> None:
        """Stop it: refuse new calls, give running ones `calls_end_within`, then hang up, then force. May be called twice."""
        self._is_stopping = True
        if self._child:
            await self._end(self._child, calls_end_within)
            self._forget_child()
            remove_note(self.layout)
            self.layout.remove_run()
        self._lock.release()

    def leave(self) -> None:
        """Let go of it and keep it running: the next `start` in this directory adopts it."""
        self._is_stopping = True
        if self._child:
            self._child.close()
            self._child = None
        self._lock.release()

    def kill(self) -> None:
        """End it at once, as a crash would. `watch` starts it again."""
        if self._child:
            self._child.send(SIGKILL)

    async def watch(self) -> None:
        """Start it again whenever it dies, with growing delays; returns after `stop`. Cancel it before `leave`."""
        delay = _FIRST_DELAY
        while await self._has_died():
            delay = await self._bring_back(_FIRST_DELAY if self._was_steady() else delay)

    async def reload(self, config: NodeConfig) -> None:
        """Take over phones, trunks, music, dialplan and ARI user of `config`. Calls go on; the ports stay as they are."""
        await asyncio.to_thread(self._write_configuration, config)  # Thousands of phones take a while.
        self._config = config
        for command in _RELOADED:
            await self.console(command)

    # ---- how -------------------------------------------------------------------------------------------------------

    async def _adopts(self) -> bool:
        """Take over the Asterisk that an earlier Thirdring left running here; False if there is none that will do.

        One that does not answer, or lacks a module that this Thirdring needs, is ended: a new one is better.
        """
        found = left_running(self.layout)
        if found is None:
            return False
        child, self._ports = found
        self._child = child
        try:
            await self.reload(self._config)
            await self._until_ready()
        except AsteriskError:
            await self._end(child, timedelta(0))
            self._forget_child()
            return False
        return True

    async def _start_on_free_ports(self) -> timedelta:
        """A free port may be taken between the choice and the start: choose anew then. A given port is not negotiable."""
        for _ in range(_TRIES - 1):
            try:
                self._ports = choose_ports(self._config)
                return await self._launch()
            except PortInUse:
                if self._config.sip_port or self._config.http_port:
                    raise
        self._ports = choose_ports(self._config)
        return await self._launch()

    async def _launch(self) -> timedelta:
        began = asyncio.get_running_loop().time()
        self._prepare()
        self._own_name_is_slow = not await names.own_name_is_quick()
        self._child = self._spawn()
        try:
            write_note(self.layout, self._child.pid, self.ports)  # We may be killed before it is ready.
            await self._until_ready()
        except BaseException:
            await self._end(self._child, timedelta(0))
            self._forget_child()
            remove_note(self.layout)
            raise
        self._ready_at = asyncio.get_running_loop().time()
        return timedelta(seconds=self._ready_at - began)

    def _prepare(self) -> None:
        check_ports(self._config, self.ports)
        self.layout.create()
        self.layout.forget_run()
        self.layout.link_data(self._installation.data, prompts=self._config.sounds.prompts)
        self._write_configuration(self._config)
        self._installation.require(self._listed_modules())

    def _write_configuration(self, config: NodeConfig) -> None:
        write(
            render(config, ports=self.ports, layout=self.layout, installation=self._installation),
            self.layout.etc,
        )

    def _listed_modules(self) -> tuple[str, ...]:
        return listed_modules((self.layout.etc / "modules.conf").read_text())

    def _spawn(self) -> Child:
        program = self._installation.program
        command = program.command("-f", "-C", self.layout.etc / "asterisk.conf")
        if not self._outlives_us:
            command = [*tied_to_us(), *command]
        environment = program.environment() | dict(names.SHORT_LOOKUPS if self._own_name_is_slow else {})
        return Child.start(command, environment=environment, output=self.layout.log / "console.log")

    async def _until_ready(self) -> None:
        """Return once it is booted and every module is Running that we need or that its modules.conf lists."""
        listed = dict.fromkeys((*needed_modules(), *self._listed_modules()))
        await self._until_booted()
        answer = await ask_once(self.address, asterisk.modules())
        modules = answer.decode(list[Module]) if isinstance(answer, Answer) else []
        running = {module.name for module in modules if module.is_running}
        missing = [module for module in listed if module not in running]
        if missing:
            raise ModulesMissing(missing, where="in the Asterisk that was started")

    async def _until_booted(self) -> None:
        """ARI answers once Asterisk is fully booted."""
        try:
            async with asyncio.timeout(_READY_WITHIN.total_seconds()):
                while not isinstance(await ask_once(self.address, asterisk.ping()), Answer):
                    self._fail_if_dead()
                    await asyncio.sleep(_LOOK_EVERY)
        except TimeoutError:
            advice = f" ({names.ADVICE})" if self._own_name_is_slow else ""
            reason = f"it was not ready within {_READY_WITHIN.seconds} s{advice}"
            raise StartFailed(reason, self._log_tail()) from None

    def _fail_if_dead(self) -> None:
        if self._child is None or not self._child.is_alive:
            raise StartFailed("it ended", self._log_tail())

    def _log_tail(self) -> str:
        lines = []
        for file in (self.layout.log / "console.log", self.log_file):
            if file.exists():
                lines += file.read_text(errors="replace").splitlines()[-12:]
        return "\n".join(lines)

    async def _end(self, child: Child, calls_end_within: timedelta) -> None:
        if calls_end_within and child.is_alive:
            with contextlib.suppress(ConsoleFailed):  # One that does not listen is ended by force.
                await self.console("core stop gracefully")
            await child.ends_within(calls_end_within)
        for number, limit in ((SIGTERM, _ENDS_WITHIN), (SIGKILL, _ENDS_WITHIN)):
            if child.is_alive:
                child.send(number)
                await child.ends_within(limit)

    def _forget_child(self) -> int | None:
        """Collect and drop the dead child; returns its exit status, if that can be known."""
        child, self._child = self._child, None
        if child is None:
            return None
        status = child.collect()
        child.close()
        return status

    async def _has_died(self) -> bool:
        """Wait for its end; False when the end was asked for."""
        while self._child and not self._is_stopping and not await self._child.ends_within(_LOG_LOOK_EVERY):
            await keep_small(self.log_file, self.console)
        return not self._is_stopping

    def _was_steady(self) -> bool:
        return asyncio.get_running_loop().time() - self._ready_at > _STEADY_AFTER.total_seconds()

    async def _bring_back(self, delay: timedelta) -> timedelta:
        """Start it again after `delay`, tell what happened, and return the next delay."""
        self.on_incident(Died(self._forget_child(), delay))
        while True:
            await asyncio.sleep(delay.total_seconds())
            delay = min(delay * 2, _LONGEST_DELAY)
            if self._is_stopping:
                return delay
            try:
                self.on_incident(Restarted(await self._launch()))
            except (AsteriskError, OSError) as error:
                self.on_incident(RestartFailed(error, delay))
            else:
                return delay
