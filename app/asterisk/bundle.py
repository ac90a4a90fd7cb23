"""Programs of Debian, unpacked into a private directory: nothing is installed, no root is needed.

`ensure(bundle)` may be called by any number of processes at once and after any crash: a lock lets one of them work, the
packages are unpacked beside the final place and renamed into it when the proof file is there, and what was downloaded
before an interruption is used again.
"""

import errno
import fcntl
import hashlib
import os
import shutil
import subprocess
import time
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from app.asterisk.apt import PrivateApt, Report, find_program
from app.asterisk.errors import BundleError, SpaceMissing, UnpackFailed, UnsupportedArchitecture
from app.asterisk.mirror import find_mirror
from app.asterisk.program import TRIPLETS

_UNPACKERS = 2


@dataclass(frozen=True, slots=True)
class Bundle:
    """Which packages of which suite, and which file proves that they are all there."""

    name: str
    suite: str
    packages: tuple[str, ...]
    proof: str
    """Path below the root that must exist afterwards."""
    megabytes: int
    """Room that download and unpacking need together."""
    left_out: tuple[str, ...] = ()
    """Packages that are downloaded as dependencies but not unpacked."""

    @property
    def directory(self) -> str:
        """The folder in the cache: another choice of packages gets another folder."""
        digest = hashlib.sha256(repr((self.packages, self.left_out)).encode()).hexdigest()[:8]
        return f"{self.name}-{self.suite}-{digest}"


ASTERISK = Bundle(
    name="asterisk",
    suite="forky",
    packages=("asterisk", "asterisk-core-sounds-en-wav", "asterisk-moh-opsound-wav"),
    proof="usr/sbin/asterisk",
    megabytes=500,
)


def cache_directory() -> Path:
    """Where bundles lie: $THIRDRING_CACHE, else $XDG_CACHE_HOME/thirdring, else ~/.cache/thirdring.

    Root uses /var/cache/thirdring: PostgreSQL refuses to run as root, and nobody else can look into root's home.
    """
    if own := os.environ.get("THIRDRING_CACHE"):
        return Path(own).expanduser().absolute()
    if base := os.environ.get("XDG_CACHE_HOME"):
        return Path(base) / "thirdring"
    return Path("/var/cache/thirdring") if os.geteuid() == 0 else Path.home() / ".cache" / "thirdring"


def ensure(bundle: Bundle, *, cache: Path | None = None, report: Report = print) -> Path:
    """The root directory of the unpacked bundle, made now if it is not there. May be called at any time, by anybody.

    Blocks for about ten seconds the first time. Raises `BundleError`; calling again goes on where it stopped.
    """
    cache = cache or cache_directory()
    root = cache / bundle.directory
    if (root / bundle.proof).exists():
        return root
    try:
        cache.mkdir(parents=True, exist_ok=True)
        with _alone(cache / f"{bundle.name}.lock", name=bundle.name, report=report):
            if not (root / bundle.proof).exists():
                _make(bundle, cache=cache, root=root, report=report)
    except OSError as error:
        raise _explain(error, bundle, cache) from error
    return root


@contextmanager
def _alone(lock: Path, *, name: str, report: Report) -> Iterator[None]:
    """Hold the lock; a dead holder's lock is free, the kernel sees to that."""
    with lock.open("w") as file:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            report(f"{name}: another process is unpacking it, waiting")
            fcntl.flock(file, fcntl.LOCK_EX)
        yield


def _make(bundle: Bundle, *, cache: Path, root: Path, report: Report) -> None:
    started = time.monotonic()
    _check_architecture()
    _check_space(cache, bundle)
    apt = PrivateApt(cache / f"{bundle.directory}.apt", find_mirror(), bundle.suite)
    files = apt.download(bundle.packages, name=bundle.name, report=report)
    report(f"{bundle.name}: unpacking {len(files)} packages")
    _unpack(bundle, files, root)
    apt.clear()
    report(f"{bundle.name}: ready after {time.monotonic() - started:.0f} s")


def _check_architecture() -> None:
    command = [find_program("dpkg"), "--print-architecture"]
    architecture = subprocess.run(command, check=True, capture_output=True, text=True).stdout.strip()  # noqa: S603 - fixed
    if architecture not in TRIPLETS:
        raise UnsupportedArchitecture(architecture, tuple(TRIPLETS))


def _check_space(cache: Path, bundle: Bundle) -> None:
    free, needed = shutil.disk_usage(cache).free, bundle.megabytes * 1_000_000
    if free < needed:
        raise SpaceMissing(cache, needed=needed, free=free)


def _unpack(bundle: Bundle, files: Sequence[Path], root: Path) -> None:
    """Unpack beside the root and rename: a root that exists is whole."""
    beside = root.with_name(f"{root.name}.part")
    shutil.rmtree(beside, ignore_errors=True)
    shutil.rmtree(root, ignore_errors=True)
    beside.mkdir()
    wanted = [file for file in files if file.name.split("_")[0] not in bundle.left_out]
    with ThreadPoolExecutor(_UNPACKERS) as pool:
        list(pool.map(lambda file: _unpack_one(bundle, file, beside), wanted))
    if not (beside / bundle.proof).exists():
        raise UnpackFailed(bundle.name, f"the packages do not hold {bundle.proof}")
    beside.rename(root)


def _unpack_one(bundle: Bundle, file: Path, into: Path) -> None:
    command = [find_program("dpkg-deb"), "--extract", str(file), str(into)]
    done = subprocess.run(command, check=False, capture_output=True, text=True)  # noqa: S603 - fixed program, our files
    if done.returncode != 0:
        file.unlink(missing_ok=True)  # A damaged download would fail again for ever.
        raise UnpackFailed(bundle.name, f"{file.name}: {done.stderr.strip()}")


def _explain(error: OSError, bundle: Bundle, cache: Path) -> BundleError:
    if error.errno == errno.ENOSPC:
        needed = bundle.megabytes * 1_000_000
        return SpaceMissing(cache, needed=needed, free=shutil.disk_usage(cache).free)
    return BundleError(
        f"expected to write in {cache}, got: {error.strerror}: point THIRDRING_CACHE to a directory of your own"
    )
