"""An Asterisk that can be run on this machine: the system's own if it is good enough, else one that we unpack."""

import re
import shutil
import subprocess
from collections.abc import Iterable
from dataclasses import dataclass
from functools import total_ordering
from pathlib import Path
from typing import Final, Self

from app.asterisk.apt import Report
from app.asterisk.bundle import ASTERISK, ensure
from app.asterisk.errors import AsteriskError, AsteriskTooOld, ModulesMissing
from app.asterisk.program import Program, installed, with_own_loader

_OLDEST: Final = {20: 14, 21: 9, 22: 4}
OLDEST_TEXT: Final = "20.14, 21.9, 22.4 or newer"
_PATTERN = re.compile(r"(\d+)\.(\d+)")


@total_ordering
@dataclass(frozen=True, slots=True)
class Version:
    """Major and minor; what follows never decides anything here."""

    major: int
    minor: int

    @classmethod
    def parse(cls, text: str) -> Self:
        """From `asterisk -V` or from ARI's system information; `AsteriskTooOld` when there is no version in it."""
        found = _PATTERN.search(text)
        if not found:
            raise AsteriskTooOld(repr(text), OLDEST_TEXT)
        return cls(int(found[1]), int(found[2]))

    def __lt__(self, other: Self) -> bool:
        return (self.major, self.minor) < (other.major, other.minor)

    def __str__(self) -> str:
        return f"{self.major}.{self.minor}"

    @property
    def serves_rest_over_websocket(self) -> bool:
        """Came with 20.14, 21.9 and 22.4; older ones need HTTP for requests."""
        return self.major > max(_OLDEST) or self.minor >= _OLDEST.get(self.major, 1_000)


@dataclass(frozen=True, slots=True)
class Installation:
    """A program, its modules and its data (sounds, documentation, description of ARI)."""

    version: Version
    program: Program
    modules: Path
    data: Path

    def has_module(self, name: str) -> bool:
        """Whether the module's file is there; whether it runs is known only later."""
        return (self.modules / name).is_file()

    def require(self, modules: Iterable[str]) -> None:
        """Raise `AsteriskTooOld` or `ModulesMissing` unless this Asterisk can serve Thirdring."""
        if not self.version.serves_rest_over_websocket:
            raise AsteriskTooOld(str(self.version), OLDEST_TEXT)
        missing = [module for module in modules if not self.has_module(module)]
        if missing:
            raise ModulesMissing(missing, where=f"among the files in {self.modules}")


def find(modules: Iterable[str], *, cache: Path | None = None, report: Report = print) -> Installation:
    """The system's Asterisk if it has the version and `modules`, else a private one, unpacked now if need be.

    Raises `BundleError` when there is neither.
    """
    wanted = tuple(modules)
    system = system_installation()
    if system:
        try:
            system.require(wanted)
        except AsteriskError as error:
            report(f"asterisk: the system's own will not do: {error}")
        else:
            return system
    private = private_installation(cache=cache, report=report)
    private.require(wanted)
    return private


def private_installation(*, cache: Path | None = None, report: Report = print) -> Installation:
    """The Asterisk that we unpack ourselves."""
    root = ensure(ASTERISK, cache=cache, report=report)
    program = with_own_loader(root, ASTERISK.proof)
    modules = next((root / "usr/lib").glob("*/asterisk/modules"))
    return Installation(_version(program), program, modules, root / "usr/share/asterisk")


def system_installation(path: str | None = None) -> Installation | None:
    """The Asterisk of this machine (`path`, PATH, /usr/sbin), whatever its version; None if there is none."""
    found = path or shutil.which("asterisk") or shutil.which("asterisk", path="/usr/sbin:/usr/local/sbin")
    if not found:
        return None
    program = installed(Path(found))
    prefix = Path(found).resolve().parents[1]
    return Installation(_version(program), program, _system_modules(prefix), _system_data(prefix))


def _version(program: Program) -> Version:
    command, environment = program.command("-V"), program.environment()
    done = subprocess.run(command, check=False, capture_output=True, text=True, env=environment)  # noqa: S603 - found by us
    return Version.parse(done.stdout or done.stderr)


def _system_modules(prefix: Path) -> Path:
    candidates = (*(prefix / "lib").glob("*/asterisk/modules"), prefix / "lib64/asterisk/modules")
    return next(filter(Path.is_dir, candidates), Path("/usr/lib/asterisk/modules"))


def _system_data(prefix: Path) -> Path:
    # Debian separates data from state; Asterisk's own `make install` keeps both in /var/lib.
    candidates = (prefix / "share/asterisk", Path("/var/lib/asterisk"))
    return next((path for path in candidates if (path / "rest-api").is_dir()), candidates[0])
