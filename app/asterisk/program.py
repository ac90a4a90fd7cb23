"""How to run a program: from the machine, or out of a bundle with the libraries it was unpacked with."""

import os
import platform
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

TRIPLETS: Mapping[str, tuple[str, str]] = {
    "amd64": ("x86_64-linux-gnu", "ld-linux-x86-64.so.2"),
    "arm64": ("aarch64-linux-gnu", "ld-linux-aarch64.so.1"),
}
"""Debian architecture -> (folder of its libraries, name of its loader)."""

_DEBIAN_BY_MACHINE = {"x86_64": "amd64", "aarch64": "arm64"}


@dataclass(frozen=True, slots=True)
class Program:
    """A command line without its arguments, and what must be added to the environment."""

    argv: tuple[str, ...]
    added: Mapping[str, str] = field(default_factory=dict)

    def command(self, *arguments: str | os.PathLike[str]) -> list[str]:
        """The whole command line."""
        return [*self.argv, *(os.fspath(argument) for argument in arguments)]

    def environment(self) -> dict[str, str]:
        """Our own environment with what the program needs added."""
        return os.environ | dict(self.added)


def installed(path: Path) -> Program:
    """A program that the machine can run as it is."""
    return Program((str(path),))


def with_own_loader(root: Path, path: str) -> Program:
    """A program whose C library is newer than the machine's: the loader that was unpacked beside it runs it.

    The program sees the loader as its executable, so it cannot start itself again by that path.
    """
    triplet, loader = _triplet()
    libraries = _libraries(root, triplet)
    return Program(
        (_find(root, triplet, loader), "--library-path", libraries, "--argv0", path, str(root / path))
    )


def with_own_libraries(root: Path, path: str) -> Program:
    """A program built for this machine's C library that brings all its other libraries along."""
    triplet, _ = _triplet()
    return Program((str(root / path),), {"LD_LIBRARY_PATH": _libraries(root, triplet)})


def _triplet() -> tuple[str, str]:
    return TRIPLETS[_DEBIAN_BY_MACHINE[platform.machine()]]


def _libraries(root: Path, triplet: str) -> str:
    # Suites before trixie keep some libraries below /lib.
    return ":".join(str(root / folder / triplet) for folder in ("usr/lib", "lib"))


def _find(root: Path, triplet: str, loader: str) -> str:
    candidates = (root / folder / triplet / loader for folder in ("usr/lib", "lib"))
    return str(next(candidate for candidate in candidates if candidate.exists()))
