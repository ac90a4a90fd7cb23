"""A Docker engine of the tests' own, out of Debian's archive: nothing is installed, and the machine's networks are not touched.

Root is needed. The engine is the first process of a process namespace, with a network, mounts and control groups of its own: when
it is killed the kernel ends whatever runs below it, and its bridges, ports, packet filters and mounts are gone.
"""

import asyncio
import ctypes
import fcntl
import json
import os
import shutil
import signal
import subprocess
import tempfile
import time
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Final, Self

from app.asterisk.bundle import Bundle, cache_directory, ensure
from app.asterisk.program import with_own_libraries, with_own_loader
from tests.support.compose import COMPOSE
from tests.support.libraries import write_library_table
from tests.support.until import until

ENGINE: Final = Bundle(
    name="engine",
    suite="bookworm",
    packages=("docker.io", "busybox-static"),
    proof="usr/sbin/dockerd",
    megabytes=500,
    left_out=("libc6",),
)
_PACKET_FILTER: Final = "usr/sbin/xtables-nft-multi"
_NAMESPACES: Final = ("--net", "--mount", "--pid", "--fork", "--kill-child", "--mount-proc")
_BEGIN: Final = """
set -e
mount -t tmpfs tmpfs /run
for place in etc opt; do
    mkdir -p /run/private/$place/upper /run/private/$place/work
    mount -t overlay -o lowerdir=/$place,upperdir=/run/private/$place/upper,workdir=/run/private/$place/work overlay /$place
done
cp "$1" /etc/ld.so.cache
"$2" ip link set lo up
shift 2
exec dockerd --exec-root /run/docker --pidfile /run/docker.pid --exec-opt native.cgroupdriver=cgroupfs "$@"
"""
"""What the engine writes in /etc, /opt and /run stays in memory of its own."""
_CONTROL_GROUPS: Final = Path("/sys/fs/cgroup")
_CLONE_NEWNET: Final = 0x4000_0000
_ANSWERS_WITHIN: Final = 60.0
_IS_UP_WITHIN: Final = 240.0
_GROUPS_END_WITHIN: Final = 10.0


class CannotRun(Exception):
    """This machine does not let us run containers; the text says why."""


class Engine:
    """A running engine, and Compose for it."""

    def __init__(self, root: Path, process: "subprocess.Popen[bytes]", folder: Path) -> None:
        self._root, self._process, self._folder = root, process, folder
        self._environment = os.environ | {
            "DOCKER_HOST": f"unix://{folder / 'socket'}",
            "DOCKER_CONFIG": str(folder),
        }

    @classmethod
    @contextmanager
    def running(cls) -> Iterator[Self]:
        """An engine without images. Raises `CannotRun` without the rights, `BundleError` without the program."""
        if os.geteuid() != 0:
            raise CannotRun("only root may run a container engine")
        root = ensure(ENGINE)
        _check_kernel(root)
        with (
            _layers() as layers,
            # The path of a socket has to be short.
            tempfile.TemporaryDirectory(prefix="thirdring-engine-", dir="/tmp") as name,
            _control_groups(Path(name).name),
        ):
            folder = Path(name)
            process = _start(root, folder, layers)
            engine = cls(root, process, folder)
            try:
                engine._wait_for_answers()
                yield engine
            finally:
                if process.poll() is None:
                    os.kill(_child(process.pid), signal.SIGKILL)
                process.wait()

    def docker(self, *arguments: str) -> str:
        """What a docker command prints. Fails the test with its last words."""
        return self._run([str(self._root / "usr/bin/docker"), *arguments])

    def compose(self, project: Path, *arguments: str) -> str:
        """What a docker compose command prints, for the file in that folder. Fails as above, with what the containers said."""
        program = with_own_loader(ensure(COMPOSE), COMPOSE.proof)
        try:
            return self._run(program.command(*arguments), cwd=project)
        except AssertionError as error:
            error.add_note(self._run(program.command("ps", "--all"), cwd=project))
            error.add_note(self._run(program.command("logs", "--tail=30"), cwd=project))
            raise

    def load(self, archive: Path) -> None:
        """Take an image in."""
        self.docker("load", "--quiet", "--input", str(archive))

    def inspect(self, container: str) -> dict[str, Any]:
        """All that the engine knows of a container."""
        (found,) = json.loads(self.docker("inspect", container))
        described: dict[str, Any] = found
        return described

    @contextmanager
    def network(self) -> Iterator[None]:
        """Be where the published ports are: sockets that are opened meanwhile by this thread, and by what it starts, are there."""
        theirs = Path(f"/proc/{_child(self._process.pid)}/ns/net")
        with Path("/proc/thread-self/ns/net").open() as ours, theirs.open() as there:
            _enter(there.fileno())
            try:
                yield
            finally:
                _enter(ours.fileno())

    # ---- how -------------------------------------------------------------------------------------------------------

    def _run(self, command: Sequence[str], *, cwd: Path | None = None) -> str:
        done = subprocess.run(
            command,
            check=False,
            capture_output=True,
            text=True,
            cwd=cwd,
            env=self._environment,
            timeout=_IS_UP_WITHIN,
        )
        assert done.returncode == 0, f"{command}: {(done.stdout + done.stderr)[-4000:]}"
        return done.stdout

    def _wait_for_answers(self) -> None:
        try:
            asyncio.run(until(self._answers, self._log, timeout=_ANSWERS_WITHIN))
        except AssertionError as error:
            raise CannotRun(str(error)) from error

    def _answers(self) -> bool:
        assert self._process.poll() is None, self._log()
        if not (self._folder / "socket").exists():
            return False
        command = [str(self._root / "usr/bin/docker"), "version"]
        return (
            subprocess.run(command, check=False, capture_output=True, env=self._environment).returncode == 0
        )

    def _log(self) -> str:
        return f"the engine does not start: {(self._folder / 'log').read_text()[-3000:]}"


@contextmanager
def _layers() -> Iterator[Path]:
    """An empty folder, where buildah's layers lie too, for one engine at a time. What a killed run left there goes first."""
    folder = cache_directory() / "engine-layers"
    with folder.with_suffix(".lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        shutil.rmtree(folder, ignore_errors=True)
        folder.mkdir()
        try:
            yield folder
        finally:
            shutil.rmtree(folder)


def _start(root: Path, folder: Path, layers: Path) -> "subprocess.Popen[bytes]":
    """Start it; it ends with us, however we end."""
    programs = folder / "bin"
    programs.mkdir()
    for name in ("iptables", "iptables-save", "iptables-restore"):
        for version in (name, name.replace("iptables", "ip6tables")):
            (programs / version).symlink_to(root / _PACKET_FILTER)
    path = [str(programs), *(str(root / place) for place in ("usr/sbin", "usr/bin"))]
    environment = os.environ | {
        "PATH": ":".join([*path, os.environ["PATH"], "/usr/sbin", "/sbin"]),
        "XTABLES_LIBDIR": str(next(root.glob("usr/lib/*/xtables"))),
    }
    options = {
        "data-root": layers,
        "host": f"unix://{folder / 'socket'}",
        "cgroup-parent": f"/{folder.name}",
        "init-path": root / "usr/bin/tini-static",
        "userland-proxy-path": root / "usr/sbin/docker-proxy",
    }
    command = ["setpriv", "--pdeathsig=KILL", "unshare", *_NAMESPACES, "sh", "-c", _BEGIN, "sh"]
    command += [str(write_library_table(root, folder)), str(root / "bin/busybox")]
    command += [f"--{name}={value}" for name, value in options.items()]
    with (folder / "log").open("wb") as log:
        return subprocess.Popen(command, env=environment, stdout=log, stderr=log)


def _child(pid: int) -> int:
    """The only process that a process started."""
    return int(Path(f"/proc/{pid}/task/{pid}/children").read_text())


def _enter(namespace: int) -> None:
    libc = ctypes.CDLL(None, use_errno=True)
    if libc.setns(namespace, _CLONE_NEWNET) != 0:
        number = ctypes.get_errno()
        raise OSError(number, os.strerror(number))


def _check_kernel(root: Path) -> None:
    """Whether namespaces may be made, and packets be sent on inside. Raises `CannotRun`."""
    filters = with_own_libraries(root, _PACKET_FILTER)
    command = ["unshare", *_NAMESPACES, *filters.command("iptables", "--table=nat", "--list-rules")]
    done = subprocess.run(command, check=False, capture_output=True, text=True, env=filters.environment())
    if done.returncode != 0:
        raise CannotRun(f"this machine allows no networks of containers: {done.stderr.strip()}")


@contextmanager
def _control_groups(name: str) -> Iterator[None]:
    """Groups in which the engine makes those of its containers. Raises `CannotRun`."""
    is_unified = (_CONTROL_GROUPS / "cgroup.controllers").exists()
    parents = [_CONTROL_GROUPS] if is_unified else [it for it in _CONTROL_GROUPS.iterdir() if it.is_dir()]
    if not parents:
        raise CannotRun(f"this machine has no control groups in {_CONTROL_GROUPS}")
    try:
        _make_groups([parent / name for parent in parents])
        yield
    finally:
        for parent in parents:
            _remove_group(parent / name)


def _make_groups(groups: Iterable[Path]) -> None:
    try:
        for group in groups:
            group.mkdir()
    except OSError as error:
        raise CannotRun(f"this machine allows no control groups: {error}") from error


def _remove_group(group: Path) -> None:
    """Remove it with those below. One whose last process ended just now is not empty at once."""
    deadline = time.monotonic() + _GROUPS_END_WITHIN
    while group.exists():
        try:
            for folder, _, _ in os.walk(group, topdown=False):
                Path(folder).rmdir()
        except OSError:
            if time.monotonic() > deadline:
                raise
            time.sleep(0.05)
