"""The images of the Dockerfile, and containers that run them."""

import json
import os
import signal
import subprocess
import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import pytest

from app.asterisk.errors import BundleError
from tests.support.buildah import Buildah, CannotBuild

REPOSITORY: Final = Path(__file__).parents[2]
TARGETS: Final = {
    "thirdring": ("docker.io/library/debian:bookworm-slim", "bookworm"),
    "asterisk": ("docker.io/library/debian:forky-slim", "forky"),
}
"""Target of the Dockerfile -> what it begins with."""
_PYTHON: Final = "3.11"
"""The Python of Debian bookworm."""
_LENT: Final = Path("/run/lent")
"""Where a build finds what it is lent."""

_ENDS_WITHIN: Final = 15.0

Mounts = Mapping[Path, str]
"""Place on this machine -> place in the container."""


@dataclass(frozen=True, slots=True)
class Ended:
    """A command that ran to its end."""

    status: int
    shown: str


class Running:
    """A command that runs beside the test, below processes of buildah's that lead its process group."""

    def __init__(self, process: "subprocess.Popen[bytes]") -> None:
        self._process = process

    @property
    def has_ended(self) -> bool:
        """Whether it is over."""
        return self._process.poll() is not None

    def stop(self) -> int:
        """End it as an engine does: SIGTERM to the command alone. Returns its exit status; what does not end is killed."""
        if not self.has_ended:
            os.kill(_youngest(self._process.pid), signal.SIGTERM)
        try:
            return self._process.wait(_ENDS_WITHIN)
        except subprocess.TimeoutExpired:
            os.killpg(self._process.pid, signal.SIGKILL)
            raise


class Image:
    """One image, and containers of it in which commands run as the image's user.

    What runs beside the test has a container to itself: a second command in the same one would confuse buildah at its end.
    """

    def __init__(self, buildah: Buildah, target: str) -> None:
        self._buildah = buildah
        self.target = target
        self._for_short = f"{target}-for-short"
        self._for_long = f"{target}-for-long"

    def build(self) -> None:
        """Build it, and make the containers."""
        build_target(self._buildah, self.target)
        for container in (self._for_short, self._for_long):
            self._buildah.start_from(self.target, name=container)

    @property
    def config(self) -> dict[str, Any]:
        """Its settings, as Docker knows them."""
        described = json.loads(self._buildah.run("inspect", "--type=image", self.target))
        config: dict[str, Any] = described["Docker"]["config"]
        return config

    @property
    def own_megabytes(self) -> int:
        """Its size without the base: how large that is, is Debian's business."""
        return self._megabytes(self.target) - self._megabytes(TARGETS[self.target][0])

    def _megabytes(self, name: str) -> int:
        (found,) = json.loads(self._buildah.run("images", "--json", name))
        number, unit = found["size"].split()
        assert unit == "MB", found
        return round(float(number))

    def runs(self, *command: str, mounts: Mounts | None = None, **environment: str) -> Ended:
        """Run a command to its end."""
        line = self._command(self._for_short, command, mounts or {}, environment)
        done = subprocess.run(
            line, check=False, capture_output=True, text=True, timeout=60, env=self._buildah.environment
        )
        return Ended(done.returncode, done.stdout + done.stderr)

    def starts(self, *command: str, log: Path, mounts: Mounts, **environment: str) -> "Running":
        """Run a command beside the test."""
        line = self._command(self._for_long, command, mounts, environment)
        with log.open("wb") as output:
            process = subprocess.Popen(
                line, env=self._buildah.environment, stdout=output, stderr=output, start_new_session=True
            )
        return Running(process)

    def _command(
        self, container: str, command: tuple[str, ...], mounts: Mounts, environment: Mapping[str, str]
    ) -> list[str]:
        options = [f"--volume={source}:{place}" for source, place in mounts.items()]
        options += [f"--env={name}={value}" for name, value in environment.items()]
        return self._buildah.command("run", *options, container, "--", *command)


def build_target(buildah: Buildah, target: str) -> None:
    """Build a target of the Dockerfile; quickly, when nothing of it changed."""
    base, suite = TARGETS[target]
    buildah.ensure_base(base, suite=suite)
    mounts = _lent(buildah.store / "lent") if target == "thirdring" else {}
    buildah.build(context=REPOSITORY, target=target, mounts=mounts)


def _youngest(group: int) -> int:
    """The last process of a process group: the one that the others were made for."""
    pids = [int(process.name) for process in Path("/proc").glob("[0-9]*")]
    return max(pid for pid in pids if _group_of(pid) == group)


def _group_of(pid: int) -> int:
    try:
        return os.getpgid(pid)
    except ProcessLookupError:
        return -1


@contextmanager
def built_images() -> Iterator[dict[str, Image]]:
    """Target -> image, all of them. Skips the tests where images cannot be built, and says why."""
    try:
        with Buildah.open() as buildah:
            images = {target: Image(buildah, target) for target in TARGETS}
            for image in images.values():
                image.build()
            yield images
    except (CannotBuild, BundleError) as error:
        pytest.skip(f"the images cannot be built here: {error}")


def _lent(folder: Path) -> dict[Path, Path]:
    """What a build gets for its time only: the packages, so that it need not know how this machine reaches their archive."""
    wheels = folder / "wheels"
    _download(wheels)
    (folder / "pip.conf").write_text(f"[global]\nno-index = true\nfind-links = {_LENT / wheels.name}\n")
    return {folder: _LENT, folder / "pip.conf": Path("/etc/pip.conf")}


def _download(wheels: Path) -> None:
    """The locked packages for the image's Python. What is there already is kept."""
    image = ("--only-binary=:all:", "--no-deps", f"--python-version={_PYTHON}", f"--dest={wheels}")
    lock = f"--requirement={REPOSITORY / 'requirements.lock'}"
    command = [sys.executable, "-m", "pip", "download", "--quiet", "--require-hashes", *image, lock]
    subprocess.run(command, check=True)
