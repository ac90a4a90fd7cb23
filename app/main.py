"""Wires everything; with `interface.py` the only file that knows everyone.

`running(settings)` opens the parts in order and closes them in the opposite order:

    socket, site file, secrets → journal → recover the state → Asterisk → ARI link: calls are served
        → the interface: REST, live stream, pages, metrics

Calls come first. A killed service has them back as soon as what they need is read in; the interface, which is more than half of
the program, is read in behind that, in a thread. Who asks meanwhile waits at the socket, which is open from the beginning.
"""

import asyncio
import random
import socket
from collections.abc import AsyncIterator, Coroutine, Sequence
from contextlib import AsyncExitStack, asynccontextmanager, suppress
from dataclasses import dataclass, field
from datetime import datetime
from typing import TYPE_CHECKING

import structlog

from app.api.tls import check_tls
from app.ari.address import Address
from app.ari.client import Ending, Transport
from app.ari.errors import AriError
from app.ari.link import AriLink, LinkMeter
from app.asterisk.errors import AsteriskError
from app.asterisk.for_site import node_config
from app.asterisk.foreign import missing_modules, transport_of
from app.asterisk.incidents import Died, Incident, RestartFailed
from app.asterisk.installation import find
from app.asterisk.process import Asterisk
from app.asterisk.render import needed_modules
from app.auth.sign_on_settings import sign_on_settings
from app.calls.actions import Action
from app.calls.events import AsteriskAway, AsteriskLost
from app.calls.switchboard import Switchboard
from app.clock import Clock, SystemClock
from app.directory import make_directory
from app.errors import PortTaken
from app.runtime.codec import decode_facts
from app.runtime.dispatcher import Dispatcher
from app.runtime.garbage import settle
from app.runtime.health import Health, Level, Part
from app.runtime.recovery import recover
from app.runtime.service import Service
from app.runtime.site_changes import SiteChanges
from app.runtime.snapshotting import SnapshotKeeper
from app.settings import Settings
from app.site.loader import SiteFile
from app.site.secret_store import SecretError, Secrets
from app.store.journal import Journal, JournalSettings
from app.store.projection import Projector
from app.version import VERSION
from metrics.collector import Sources
from metrics.instruments import Instruments
from metrics.metering import Metering, begin_metering

if TYPE_CHECKING:
    from app.interface import Interface

_log = structlog.get_logger(__name__)

_INTERFACE_WAITS_SECONDS = 2
"""How long the interface lets the calls go first while Asterisk does not answer."""


class Stopped(Exception):
    """The service must end: `reason` says why, `status` is the exit status."""

    def __init__(self, reason: str, *, status: int) -> None:
        super().__init__(reason)
        self.status = status


@dataclass(slots=True)
class Thirdring:
    """The running whole."""

    settings: Settings
    service: Service
    journal: Journal
    link: AriLink
    asterisk: Asterisk | None
    url: str
    stopping: asyncio.Event = field(default_factory=asyncio.Event)


@asynccontextmanager
async def running(settings: Settings) -> AsyncIterator[Thirdring]:
    """Open everything; what is inside the `with` runs beside the service. Raises the documented errors of the parts.

    When a part fails, our own Asterisk is left running with its calls: the next start takes them over.
    """
    parts = await _open(settings, SystemClock())
    try:
        async with asyncio.TaskGroup() as tasks:
            background = [tasks.create_task(job) for job in parts.jobs()]
            serving = tasks.create_task(parts.serve())
            is_orderly = False
            try:
                yield parts.thirdring
                is_orderly = True
            finally:
                for task in background:
                    task.cancel()
                if parts.interface is None:
                    serving.cancel()
                else:
                    parts.interface.stop()
                await asyncio.wait([serving, *background])
                await parts.wind_down(keep_calls=settings.keep_asterisk or not is_orderly)
    finally:
        await parts.close()


class _Parts:
    """The parts while they run."""

    def __init__(
        self,
        settings: Settings,
        clock: Clock,
        *,
        listening: socket.socket,
        site_file: SiteFile,
        secrets: Secrets,
        journal: Journal,
    ) -> None:
        self.settings, self.clock, self.site_file, self.secrets = settings, clock, site_file, secrets
        self.listening, self.journal = listening, journal
        self.asterisk: Asterisk | None = None
        self.reload_wanted = asyncio.Event()
        self.instruments = Instruments()
        self.listener_faults = 0
        self.lacking = ""
        self.failed = asyncio.Event()
        self.dispatcher: Dispatcher
        self.link: AriLink
        self.site_changes: SiteChanges
        self.snapshots: SnapshotKeeper
        self.metering: Metering
        self.interface: Interface | None = None
        self.thirdring: Thirdring

    # --- wiring --------------------------------------------------------------------------------------------------

    async def wire(self, board: Switchboard) -> None:
        """Join the parts. Nothing is asked of Asterisk yet."""
        self.dispatcher = Dispatcher(
            board,
            journal=self.journal,
            clock=self.clock,
            perform=self._perform,
            on_fault=self._on_fault,
            on_listener_fault=self._on_listener_fault,
            on_dispatched=self.instruments.dispatch.observe,
        )
        self.journal.measure(self.instruments.journal_lag.observe)
        self.snapshots = SnapshotKeeper(self.dispatcher, self.journal, clock=self.clock)
        address = self._address()
        self.link = AriLink(
            address,
            clock=self.clock,
            jitter=random.random,
            submit=self.dispatcher.submit,
            is_leg=board.legs.__contains__,
            transport=Transport.WEBSOCKET if self.asterisk else await transport_of(address),
            meter=LinkMeter(self.instruments.event_lag.observe, self.instruments.observe_request),
        )
        self.dispatcher.submit(AsteriskAway())
        self.site_changes = SiteChanges(
            self.site_file, dispatcher=self.dispatcher, link=self.link, clock=self.clock
        )
        self.site_changes.begin()
        service = Service(
            dispatcher=self.dispatcher,
            clock=self.clock,
            site=self.site_file.site,
            admin_token=self.secrets.admin_token(),
            data_dir=self.settings.data_dir,
            health=self.health,
            reload_site=self.reload_site,
        )
        self.metering = begin_metering(
            self.instruments,
            Sources(service=service, journal=self.journal.status, ari=self.link.client, version=VERSION),
        )
        self.thirdring = Thirdring(
            self.settings, service, self.journal, self.link, self.asterisk, self._url()
        )

    def _address(self) -> Address:
        """Of our own Asterisk, or of the one that the site names."""
        if self.asterisk is not None:
            return self.asterisk.address
        site = self.site_file.site
        return Address(
            url=site.asterisk.url or "",
            user=site.asterisk.user,
            password=self.secrets.ari_password(site),
            app=site.asterisk.app,
        )

    def _url(self) -> str:
        host, port = self.listening.getsockname()[:2]
        return f"{'https' if self.settings.tls_certificate else 'http'}://{host}:{port}"

    # --- what the parts tell each other ------------------------------------------------------------------------------

    def _perform(self, actions: Sequence[Action]) -> None:
        self.link.perform(actions)

    def _on_fault(self, fault: BaseException) -> None:
        _log.critical("dispatcher_fault", exc_info=fault)
        self.failed.set()

    def _on_listener_fault(self, fault: Exception) -> None:
        _log.error("listener_fault", exc_info=fault, advice="calls go on; restart when convenient")
        self.listener_faults += 1

    def on_incident(self, incident: Incident) -> None:
        """Our own Asterisk died or came back."""
        _log.warning("asterisk_incident", incident=type(incident).__name__)
        self.instruments.asterisk_incidents[type(incident)].inc()
        if isinstance(incident, Died):
            self.dispatcher.submit(AsteriskLost())
        if isinstance(incident, RestartFailed):
            reason, _, _tail_of_its_log = str(incident.error).partition("\n")
            _log.error("asterisk_not_restarted", reason=reason)

    def _health_of_asterisk(self) -> Part:
        if not self.link.reconciled.is_set():
            return Part("asterisk", Level.DOWN, self.link.trouble)
        return Part.with_trouble("asterisk", self.lacking)

    def health(self) -> Health:
        """How the parts are."""
        status, faults = self.journal.status(), self.listener_faults
        return Health(
            (
                self._health_of_asterisk(),
                Part("dispatcher", Level.DOWN if self.dispatcher.is_stopped else Level.OK),
                Part.with_trouble("journal", status.disk_reason),
                Part.with_trouble("database", status.reason),
                Part.with_trouble(
                    "views", f"{faults} faults; restart to show what is true" if faults else None
                ),
            )
        )

    async def reload_site(self) -> list[str]:
        """Load the site file again; see `Service.reload_site`."""
        told = await self.site_changes.reload()
        self.thirdring.service.site = self.site_file.site
        self.reload_wanted.set()
        return told

    # --- jobs ------------------------------------------------------------------------------------------------------

    def jobs(self) -> list[Coroutine[None, None, object]]:
        """What runs beside each other."""
        about_asterisk = self.asterisk.watch() if self.asterisk else self._examine_asterisk()
        return [
            self._run_link(),
            self.journal.run(),
            self.snapshots.run(),
            self._reload_asterisk(),
            self._wait_for_fault(),
            about_asterisk,
        ]

    async def serve(self) -> None:
        """The interface, once Asterisk has been looked at, until told to stop."""
        with suppress(TimeoutError):
            async with asyncio.timeout(_INTERFACE_WAITS_SECONDS):
                await self.link.first_try.wait()
        interface = await asyncio.to_thread(_read_in_interface)
        self.interface = interface(
            self.thirdring.service, settings=self.settings, journal=self.journal, metering=self.metering
        )
        settle()
        await self.interface.run(self.listening)

    async def _run_link(self) -> None:
        ending = await self.link.run()
        if ending is Ending.REPLACED:
            self.dispatcher.stop()
            raise Stopped("Another controller took over this Asterisk; this one stops.", status=75)

    async def _examine_asterisk(self) -> None:
        """Somebody else's Asterisk: say what it lacks. Raises `ModulesMissing`."""
        await self.link.reconciled.wait()
        if missing := await missing_modules(self.link.client):
            self.lacking = f"Asterisk lacks {', '.join(missing)}: load them as dialplan/modules.conf.j2 does."

    async def _wait_for_fault(self) -> None:
        await self.failed.wait()
        raise Stopped(
            "The dispatcher failed; a restart rebuilds its state from the journal.", status=70
        ) from self.dispatcher.fault

    async def _reload_asterisk(self) -> None:
        while True:
            await self.reload_wanted.wait()
            self.reload_wanted.clear()
            try:
                await self._tell_asterisk()
            except (AsteriskError, AriError, SecretError, OSError) as error:  # The disk may be full.
                _log.error("asterisk_not_reloaded", reason=str(error), advice="reload the site once more")

    async def _tell_asterisk(self) -> None:
        """Asterisk learns of new phones; then we ask it for them."""
        if self.asterisk:
            config = await asyncio.to_thread(node_config, self.site_file.site, self.secrets)
            await self.asterisk.reload(config)
        await self.link.meet_new_phones()

    # --- the end ---------------------------------------------------------------------------------------------------

    async def wind_down(self, *, keep_calls: bool) -> None:
        """Take in nothing more, then let go of Asterisk, or end it."""
        self.dispatcher.stop()
        if self.asterisk and keep_calls:
            self.asterisk.leave()
        elif self.asterisk:
            await self.asterisk.stop()

    async def close(self) -> None:
        """The last snapshot, the last rows."""
        self.listening.close()
        await self.snapshots.save()
        if self.interface is not None:
            await self.interface.close()
        await self.journal.close()


async def _open(settings: Settings, clock: SystemClock) -> _Parts:
    check_tls(settings.tls_certificate, settings.tls_key)
    sign_on_settings(settings)
    async with AsyncExitStack() as on_failure:
        listening = on_failure.enter_context(_bind(settings.host, settings.port))
        make_directory(settings.data_dir)
        secrets = Secrets(settings.data_dir)
        site_file = SiteFile(
            settings.site, today=clock.now().date()
        )  # Where the site is, is not known before.
        journal = await _open_journal(settings, clock)
        on_failure.push_async_callback(journal.close)
        parts = _Parts(
            settings, clock, listening=listening, site_file=site_file, secrets=secrets, journal=journal
        )
        board = await recover(journal)
        _begin_behind(board.engine.now, clock)
        parts.asterisk = await _start_asterisk(parts)
        if parts.asterisk is not None:
            on_failure.push_async_callback(parts.asterisk.stop)
        await parts.wire(board)
        on_failure.pop_all()
    return parts


async def _open_journal(settings: Settings, clock: Clock) -> Journal:
    return await Journal.open(JournalSettings.of(settings), clock=clock, projector=Projector(decode_facts))


async def _start_asterisk(parts: _Parts) -> Asterisk | None:
    site = parts.site_file.site
    if not site.asterisk.is_own:
        return None
    installation = await asyncio.to_thread(find, needed_modules(), report=_report)
    asterisk = Asterisk(
        node_config(site, parts.secrets),
        directory=parts.settings.data_dir / "asterisk",
        installation=installation,
        outlives_us=True,
        on_incident=parts.on_incident,
    )
    await asterisk.start()
    return asterisk


def _read_in_interface() -> type["Interface"]:
    from app.interface import Interface  # noqa: PLC0415 - takes longer than all that the calls need: see the module

    return Interface


def _report(line: str) -> None:
    _log.info("setup", progress=line)


def _begin_behind(last: datetime, clock: SystemClock) -> None:
    """Time does not run backwards for the brains: behind what they were told last, deadlines come when they should."""
    ahead = (last - clock.now()).total_seconds()
    if ahead > 0:
        _log.warning("clock_was_set_back", seconds=ahead, advice="times are too late until it has caught up")
    clock.begin_at(last)


def _bind(host: str, port: int) -> socket.socket:
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    # The protocol is named so that asyncio sets TCP_NODELAY: without it each answer waits 40 ms for the client's ACK.
    listening = socket.socket(family, socket.SOCK_STREAM, socket.IPPROTO_TCP)
    listening.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        listening.bind((host, port))
        listening.listen()  # From now on nobody is refused; the server answers when it is up.
    except OSError as error:
        listening.close()
        raise PortTaken(host, port, error.strerror or "") from error
    return listening
