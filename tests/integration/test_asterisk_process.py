"""An Asterisk of our own: started, watched, adopted, stopped."""

import asyncio
import contextlib
import os
import shutil
import signal
import socket
import sqlite3
import subprocess
import sys
import sysconfig
import tempfile
import textwrap
from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest

from app.asterisk.bundle import cache_directory
from app.asterisk.errors import ModulesMissing, PortInUse, StartFailed
from app.asterisk.incidents import Died, Incident, Restarted, RestartFailed
from app.asterisk.installation import Installation
from app.asterisk.log_size import keep_small
from app.asterisk.node_config import Extras
from app.asterisk.process import Asterisk
from app.asterisk.render import needed_modules
from app.errors import DirectoryInUse
from app.simulator.phone import Phone
from tests.support.asterisk import StartAsterisk, node_config, password_of
from tests.support.asterisk_sounds import MUSIC_HZ
from tests.support.until import until

pytestmark = pytest.mark.integration

NOBODY = 65534


def is_alive(pid: int) -> bool:
    """Whether a process runs; one that ended and was not collected does not."""
    try:
        state = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0]
    except FileNotFoundError:
        return False
    return state != "Z"


async def test_every_needed_module_is_running(asterisk: Asterisk) -> None:
    """The explicit module list is whole: nothing is silently gone."""
    answer = await asterisk.console("module show")
    running = {line.split()[0] for line in answer.splitlines() if " Running " in line}
    assert set(needed_modules()) <= running


async def test_it_is_ready_in_under_two_seconds(installation: Installation, tmp_path: Path) -> None:
    """From the order to start until every module runs."""
    asterisk = Asterisk(node_config(tmp_path), directory=tmp_path / "node", installation=installation)
    ready_after = await asterisk.start()
    await asterisk.stop()
    assert ready_after < timedelta(seconds=2)


async def test_it_starts_without_a_single_error_in_its_log(own_asterisk: Asterisk) -> None:
    """Every file that Asterisk looks for is there: an error in the log means something."""
    assert " ERROR[" not in own_asterisk.log_file.read_text()
    assert " WARNING[" not in own_asterisk.log_file.read_text()


async def test_stopping_leaves_no_process(own_asterisk: Asterisk) -> None:
    """Stopped is stopped, and stopping twice is no mistake."""
    pid = own_asterisk.pid
    assert pid is not None
    await own_asterisk.stop()
    assert not is_alive(pid)
    await own_asterisk.stop()


async def test_a_killed_asterisk_is_started_again_on_the_same_ports(own_asterisk: Asterisk) -> None:
    """The phones find it where it was; who watches is told of both moments."""
    incidents: list[Incident] = []
    own_asterisk.on_incident = incidents.append
    ports, pid = own_asterisk.ports, own_asterisk.pid
    async with asyncio.TaskGroup() as tasks:
        watching = tasks.create_task(own_asterisk.watch())
        own_asterisk.kill()
        await until(lambda: len(incidents) == 2, "a death and a restart")
        watching.cancel()
    assert incidents[0] == Died(-signal.SIGKILL, restart_in=timedelta(milliseconds=100))
    assert isinstance(incidents[1], Restarted)
    assert own_asterisk.ports == ports
    assert own_asterisk.pid not in (None, pid)


async def test_a_restart_that_fails_is_told_and_tried_again(own_asterisk: Asterisk) -> None:
    """Here another program took the port in the meantime, and gives it back."""
    incidents: list[Incident] = []
    own_asterisk.on_incident = incidents.append
    own_asterisk.kill()
    await until(lambda: own_asterisk.pid is None, "Asterisk did not end")
    async with asyncio.TaskGroup() as tasks:
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as thief:
            thief.bind(("127.0.0.1", own_asterisk.ports.sip))
            watching = tasks.create_task(own_asterisk.watch())
            await until(lambda: len(incidents) == 2, "no failed restart was told")
        await until(lambda: isinstance(incidents[-1], Restarted), "it was not restarted")
        watching.cancel()
    failed = incidents[1]
    assert isinstance(failed, RestartFailed)
    assert isinstance(failed.error, PortInUse)
    assert failed.restart_in == timedelta(milliseconds=200)


async def test_a_disk_that_fails_at_a_restart_is_told_and_tried_again(own_asterisk: Asterisk) -> None:
    """Here its configuration cannot be written for a while."""
    incidents: list[Incident] = []
    own_asterisk.on_incident = incidents.append
    own_asterisk.kill()
    await until(lambda: own_asterisk.pid is None, "Asterisk did not end")
    in_the_way = own_asterisk.layout.etc
    shutil.rmtree(in_the_way)
    in_the_way.touch()
    async with asyncio.TaskGroup() as tasks:
        watching = tasks.create_task(own_asterisk.watch())
        await until(lambda: len(incidents) == 2, "no failed restart was told")
        in_the_way.unlink()
        await until(lambda: isinstance(incidents[-1], Restarted), "it was not restarted")
        watching.cancel()
    assert isinstance(incidents[1], RestartFailed)


async def test_a_graceful_stop_waits_for_the_calls(own_asterisk: Asterisk) -> None:
    """The caller hangs up when he is done, and then Asterisk ends."""
    async with Phone("13800001111", server=("127.0.0.1", own_asterisk.ports.sip)) as caller:
        call = await caller.call("4001")
        await call.until_answered()
        async with asyncio.TaskGroup() as tasks:
            stopping = tasks.create_task(own_asterisk.stop(calls_end_within=timedelta(seconds=20)))
            await call.hears(MUSIC_HZ, within=5)
            assert not stopping.done()
            call.hang_up()
    assert own_asterisk.pid is None


async def test_a_large_log_is_begun_anew_and_the_one_before_is_kept(own_asterisk: Asterisk) -> None:
    """Else a stranger who sends nonsense for weeks fills the disk."""
    log, before = own_asterisk.log_file, own_asterisk.log_file.with_suffix(".log.1")

    async def nonsense(into: Path) -> None:
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as stranger:
            stranger.sendto(
                b"OPTIONS sip:4001@127.0.0.1 SIP/2.0\r\nVia: SIP/2.0/UDP 127.0.0.1;branch=z9hG4bK1\r\n"
                b"From: <<nonsense\r\nTo: <sip:4001@127.0.0.1>\r\nCSeq: 1 OPTIONS\r\nCall-ID: 1\r\n\r\n",
                ("127.0.0.1", own_asterisk.ports.sip),
            )
        await until(lambda: "syntax error" in into.read_text(errors="replace"), f"no warning in {into.name}")

    await nonsense(log)
    await keep_small(log, own_asterisk.console)
    assert not before.exists(), "it is small"
    await keep_small(log, own_asterisk.console, largest=1)
    assert "syntax error" in before.read_text(errors="replace")
    assert "syntax error" not in log.read_text(errors="replace")
    await nonsense(log)
    log.unlink()
    await keep_small(log, own_asterisk.console)
    await nonsense(log)


async def test_watching_ends_when_it_is_stopped(own_asterisk: Asterisk) -> None:
    """An end that was asked for is no incident."""
    incidents: list[Incident] = []
    own_asterisk.on_incident = incidents.append
    async with asyncio.TaskGroup() as tasks:
        tasks.create_task(own_asterisk.watch())
        await asyncio.sleep(0)
        await own_asterisk.stop()
    assert incidents == []


async def test_what_a_crash_left_behind_does_not_hinder_the_next_start(
    own_asterisk: Asterisk, installation: Installation
) -> None:
    """A stale socket and a stale process id are recognised."""
    own_asterisk.kill()
    await until(lambda: own_asterisk.pid is None, "the end of Asterisk")
    own_asterisk.leave()
    successor = Asterisk(own_asterisk.config, directory=own_asterisk.layout.root, installation=installation)
    await successor.start()
    assert "System uptime" in await successor.console("core show uptime")
    await successor.stop()


async def test_a_second_start_in_the_same_directory_is_refused(
    own_asterisk: Asterisk, installation: Installation
) -> None:
    """Two would overwrite each other's configuration."""
    second = Asterisk(own_asterisk.config, directory=own_asterisk.layout.root, installation=installation)
    with pytest.raises(DirectoryInUse, match=f"in use by process {os.getpid()}"):
        await second.start()


async def test_a_given_port_that_is_taken_is_named(start_asterisk: StartAsterisk, tmp_path: Path) -> None:
    """The error tells which port of which kind; nothing is started."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as holder:
        holder.bind(("127.0.0.1", 0))
        port = holder.getsockname()[1]
        with pytest.raises(PortInUse, match=rf"expected SIP \(UDP\) port {port} on 127.0.0.1 to be free"):
            await start_asterisk(replace(node_config(tmp_path), sip_port=port))


async def test_an_asterisk_that_outlived_its_thirdring_is_adopted_with_its_calls(
    installation: Installation, tmp_path: Path
) -> None:
    """A restart of the service is not a restart of Asterisk."""
    config = node_config(tmp_path)
    first = Asterisk(config, directory=tmp_path / "node", installation=installation, outlives_us=True)
    await first.start()
    async with Phone("13800001111", server=("127.0.0.1", first.ports.sip)) as caller:
        call = await caller.call("4001")
        await call.until_answered()
        pid, ports = first.pid, first.ports
        first.leave()
        second = Asterisk(config, directory=tmp_path / "node", installation=installation, outlives_us=True)
        await second.start()
        assert (second.pid, second.ports) == (pid, ports)
        await call.hears(MUSIC_HZ, since=asyncio.get_running_loop().time(), within=5)
        await second.stop()
        await call.until_ended()


async def test_a_registered_phone_can_be_rung_again_soon_after_a_crash_and_when_it_is_given_back(
    start_asterisk: StartAsterisk, tmp_path: Path
) -> None:
    """Asterisk keeps the registration, and asks the phone at once instead of at its next turn."""
    config = node_config(tmp_path)
    config = replace(config, phones=replace(config.phones, qualify_every=timedelta(hours=1)))
    asterisk = await start_asterisk(config)

    async def can_be_rung() -> bool:
        return "phone1 Not in use" in " ".join((await asterisk.console("pjsip list endpoints")).split())

    async with Phone("phone1", password_of("phone1"), ("127.0.0.1", asterisk.ports.sip)) as phone:
        await phone.register()
        await until(can_be_rung, "expected phone1 to be registered")
        await asterisk.reload(replace(config, devices=config.devices[1:]))
        assert not await can_be_rung()
        await asterisk.reload(config)
        await until(can_be_rung, "expected phone1 to be asked after the reload")
        await until(lambda: is_on_disk("phone1", asterisk.layout.state), "expected Asterisk to write it down")
        restarted = asyncio.Event()
        asterisk.on_incident = lambda incident: restarted.set() if isinstance(incident, Restarted) else None
        async with asyncio.TaskGroup() as tasks:
            watching = tasks.create_task(asterisk.watch())
            asterisk.kill()
            await restarted.wait()
            await until(can_be_rung, "expected phone1 to be asked after the restart")
            watching.cancel()


def is_on_disk(phone: str, state: Path) -> bool:
    """Whether a registration would outlive a crash: Asterisk writes its database once a second."""
    with contextlib.closing(sqlite3.connect(state / "astdb.sqlite3")) as database:
        (found,) = database.execute(
            "SELECT count(*) FROM astdb WHERE key GLOB ?", (f"/registrar/contact/{phone};*",)
        ).fetchone()
    return bool(found)


async def test_a_module_whose_file_is_missing_is_named(installation: Installation, tmp_path: Path) -> None:
    """Without the digest module any password would register: such an Asterisk is not even started."""
    (tmp_path / "modules").mkdir()
    for file in installation.modules.iterdir():
        if file.name != "res_pjsip_authenticator_digest.so":
            (tmp_path / "modules" / file.name).symlink_to(file)
    poorer = replace(installation, modules=tmp_path / "modules")
    asterisk = Asterisk(node_config(tmp_path), directory=tmp_path / "node", installation=poorer)
    with pytest.raises(ModulesMissing) as caught:
        await asterisk.start()
    assert caught.value.modules == ("res_pjsip_authenticator_digest.so",)
    assert asterisk.pid is None


async def test_a_module_that_does_not_run_is_named(installation: Installation, tmp_path: Path) -> None:
    """A site's own module list that leaves the digest module out is refused once Asterisk says what runs."""
    # res_ari of Asterisk 22 does not load without the websocket client, which older ones do not have.
    loaded = {*needed_modules(), "res_websocket_client.so"} - {"res_pjsip_authenticator_digest.so"}
    given = "\n".join(f"load = {module}" for module in sorted(loaded))
    extras = Extras(files={"modules.conf": f"[modules]\nautoload = no\n{given}\n"})
    config = replace(node_config(tmp_path), extras=extras)
    asterisk = Asterisk(config, directory=tmp_path / "node", installation=installation)
    with pytest.raises(ModulesMissing, match="res_pjsip_authenticator_digest") as caught:
        await asterisk.start()
    assert caught.value.modules == ("res_pjsip_authenticator_digest.so",)
    assert asterisk.pid is None


async def test_an_asterisk_that_ends_at_start_tells_the_end_of_its_log(
    installation: Installation, tmp_path: Path
) -> None:
    """The reason stands in the error, not only in a file."""
    extras = Extras(files={"modules.conf": "[modules]\nautoload = no\nrequire = app_queue_of_nobody.so\n"})
    config = replace(node_config(tmp_path), extras=extras)
    everything = _Anything(
        installation.version, installation.program, installation.modules, installation.data
    )
    asterisk = Asterisk(config, directory=tmp_path / "node", installation=everything)
    with pytest.raises(StartFailed, match="app_queue_of_nobody"):
        await asterisk.start()


class _Anything(Installation):
    """Believes that every module is there, as one does whose package is broken."""

    def has_module(self, name: str) -> bool:
        return bool(name)


async def test_the_node_has_a_name_of_its_own(asterisk: Asterisk) -> None:
    """Channel ids of two nodes never meet."""
    settings = await asterisk.console("core show settings")
    assert f"System name:                 {asterisk.config.node}" in settings


async def test_secrets_are_readable_for_their_owner_alone(asterisk: Asterisk) -> None:
    """Passwords lie in Asterisk's files; nobody else may look."""
    assert asterisk.layout.etc.stat().st_mode & 0o077 == 0
    assert all(file.stat().st_mode & 0o077 == 0 for file in asterisk.layout.etc.iterdir())


_START_AND_TELL = textwrap.dedent(
    """
    import asyncio, sys, time
    from pathlib import Path
    from app.asterisk.installation import private_installation
    from app.asterisk.process import Asterisk
    from tests.support.asterisk import node_config

    directory, outlives_us = Path(sys.argv[1]), sys.argv[2] == "outlives"
    directory.mkdir(exist_ok=True)
    node = Asterisk(
        node_config(directory), directory=directory / "node", installation=private_installation(), outlives_us=outlives_us
    )
    asyncio.run(node.start())
    print(node.pid, flush=True)
    time.sleep(60)
    """
)


def start_elsewhere(
    directory: Path, word: str, *, user: int | None = None
) -> tuple[subprocess.Popen[str], int]:
    """Another Thirdring that starts an Asterisk; returns it and the process id of its Asterisk."""
    process = begin_elsewhere(directory, word, user=user)
    assert process.stdout
    return process, int(process.stdout.readline())


def begin_elsewhere(directory: Path, word: str, *, user: int | None = None) -> subprocess.Popen[str]:
    """Another Thirdring that begins to start an Asterisk."""
    python, packages = (sys.executable, "") if user is None else reachable_python()
    return subprocess.Popen(
        [python, "-c", _START_AND_TELL, str(directory), word],
        stdout=subprocess.PIPE,
        text=True,
        user=user,
        group=user,
        env=os.environ
        | {
            "THIRDRING_CACHE": str(cache_directory()),
            "PYTHONDONTWRITEBYTECODE": "1",
            "PYTHONPATH": f".:{packages}",
        },
    )


def reachable_python() -> tuple[str, str]:
    """An interpreter that everybody may run, and where it finds our packages: ours may lie in a home that is root's alone."""
    ours = Path(sys.executable).resolve()
    if all(folder.stat().st_mode & 0o001 for folder in ours.parents):
        return sys.executable, ""
    minor = f"{sys.version_info.major}.{sys.version_info.minor}"
    found = shutil.which(f"python{minor}", path="/usr/bin:/usr/local/bin")
    if found is None:
        pytest.skip(f"expected a python{minor} that everybody may run; the one in use lies in a closed home")
    return found, sysconfig.get_path("purelib")


def end(process: subprocess.Popen[str]) -> None:
    """Kill the other Thirdring, as a crash does."""
    process.kill()
    process.communicate()


async def test_asterisk_ends_with_the_thirdring_that_is_killed(
    installation: Installation, tmp_path: Path
) -> None:
    """A demonstration or a test that dies leaves nothing behind."""
    process, pid = start_elsewhere(tmp_path, "ends")
    assert is_alive(pid)
    end(process)
    await until(lambda: not is_alive(pid), "the end of Asterisk")


async def test_asterisk_outlives_the_thirdring_that_is_killed(
    installation: Installation, tmp_path: Path
) -> None:
    """The service may crash: calls go on, and the next one takes over."""
    process, pid = start_elsewhere(tmp_path, "outlives")
    end(process)
    successor = Asterisk(node_config(tmp_path), directory=tmp_path / "node", installation=installation)
    await successor.start()
    assert successor.pid == pid
    await successor.stop()
    assert not is_alive(pid)


async def test_an_asterisk_that_boots_while_its_thirdring_is_killed_is_not_left_behind(
    installation: Installation, tmp_path: Path
) -> None:
    """It would hold the SIP port, and no later start would get it."""
    successor = Asterisk(node_config(tmp_path), directory=tmp_path / "node", installation=installation)
    process = begin_elsewhere(tmp_path, "outlives")
    await until(successor.layout.socket.exists, "expected Asterisk to boot")
    end(process)
    await successor.start()
    assert nodes_of(successor.layout.etc) == [successor.pid]
    await successor.stop()
    assert nodes_of(successor.layout.etc) == []


def nodes_of(etc: Path) -> list[int]:
    """The processes that run with the configuration in this directory."""
    mark = str(etc / "asterisk.conf")
    return [
        int(line.split()[0])
        for line in subprocess.run(
            ["ps", "-ewwo", "pid,stat,args"], capture_output=True, text=True, check=True
        ).stdout.splitlines()
        if mark in line and line.split()[1][0] != "Z"
    ]


@pytest.fixture
def directory_of_nobody() -> Iterator[Path]:
    """A directory that an ordinary user owns; pytest's own lie where only root may go."""
    with tempfile.TemporaryDirectory(prefix="thirdring-", dir="/var/tmp") as name:
        os.chown(name, NOBODY, NOBODY)
        yield Path(name)


@pytest.mark.skipif(os.geteuid() != 0, reason="the other tests run as an ordinary user already")
async def test_an_ordinary_user_can_run_it(directory_of_nobody: Path) -> None:
    """No right of root is used."""
    process, pid = start_elsewhere(directory_of_nobody, "ends", user=NOBODY)
    owner = Path(f"/proc/{pid}").stat().st_uid  # noqa: ASYNC240 - the file of a process is no disk
    end(process)
    await until(lambda: not is_alive(pid), "the end of Asterisk")
    assert owner == NOBODY
