"""What can go wrong between us and an Asterisk of our own. Each error says what was expected, what came, what to do."""

from collections.abc import Sequence
from pathlib import Path


class AsteriskError(Exception):
    """Root of the tree: catch this to catch all of it."""


class BundleError(AsteriskError):
    """A private copy of Debian packages could not be made."""


class AptMissing(BundleError):
    """The machine has no apt to download with."""

    def __init__(self, program: str) -> None:
        self.program = program
        super().__init__(
            f"expected the program {program!r} of Debian, found none: "
            "run on Debian 12 or newer, or install Asterisk yourself so that it is found in PATH"
        )


class MirrorMissing(BundleError):
    """The machine's apt configuration names no Debian mirror."""

    def __init__(self, directory: Path) -> None:
        self.directory = directory
        super().__init__(
            f"expected a Debian archive (a 'deb' source with component main) in {directory}, found none: "
            "add one to the machine's apt sources, or install Asterisk yourself"
        )


class UnsupportedArchitecture(BundleError):
    """Asterisk is unpacked on amd64 and arm64 only."""

    def __init__(self, architecture: str, supported: Sequence[str]) -> None:
        self.architecture = architecture
        super().__init__(
            f"expected one of the architectures {', '.join(supported)}, found {architecture!r}: "
            "install Asterisk yourself so that it is found in PATH"
        )


class SpaceMissing(BundleError):
    """The disk that holds the cache is too full."""

    def __init__(self, directory: Path, *, needed: int, free: int) -> None:
        self.directory, self.needed, self.free = directory, needed, free
        super().__init__(
            f"expected {needed // 1_000_000} MB free in {directory}, found {free // 1_000_000} MB: "
            "make room, or point THIRDRING_CACHE to another disk"
        )


class DownloadFailed(BundleError):
    """apt could not fetch the packages. What it already fetched is kept for the next try."""

    def __init__(self, bundle: str, tail: str) -> None:
        self.bundle, self.tail = bundle, tail
        super().__init__(
            f"expected apt to download the packages of {bundle!r}, it said:\n{tail}\n"
            "Check the network and the mirror in the machine's apt sources, then run the same command again: "
            "it goes on where it stopped."
        )


class UnpackFailed(BundleError):
    """A downloaded package could not be unpacked."""

    def __init__(self, bundle: str, reason: str) -> None:
        self.bundle, self.reason = bundle, reason
        super().__init__(f"expected the packages of {bundle!r} to unpack, got: {reason}")


class AsteriskTooOld(AsteriskError):
    """The Asterisk that was found lacks what Thirdring needs."""

    def __init__(self, found: str, expected: str) -> None:
        self.found, self.expected = found, expected
        super().__init__(
            f"expected Asterisk {expected} (REST over the event websocket), found {found}: "
            "upgrade it, or let Thirdring unpack a private one"
        )


class ModulesMissing(AsteriskError):
    """Modules that Thirdring relies on are not there or not Running: the service refuses such an Asterisk."""

    def __init__(self, modules: Sequence[str], *, where: str) -> None:
        self.modules = tuple(modules)
        super().__init__(
            f"expected every module of dialplan/modules.conf.j2 to be Running, not so {where}: "
            f"{', '.join(modules)}. Install the package or build option that brings them. "
            "Without res_pjsip_authenticator_digest any password would register."
        )


class InvalidNodeConfig(AsteriskError):
    """A value cannot stand in Asterisk's configuration files."""

    def __init__(self, field: str, *, found: object, expected: str) -> None:
        self.field, self.found, self.expected = field, found, expected
        super().__init__(f"{field}: expected {expected}, found {found!r}")


class NotWritable(AsteriskError):
    """The configuration of an Asterisk that somebody else runs cannot be put where it was wanted."""

    def __init__(self, directory: Path, reason: str) -> None:
        self.directory = directory
        super().__init__(
            f"expected to write in {directory}, got: {reason}. Run this as the user that runs Asterisk, "
            "or name a directory of your own and copy the files."
        )


class PortInUse(AsteriskError):
    """Another program holds a port that the site file gives to Asterisk."""

    def __init__(self, purpose: str, address: str, port: int) -> None:
        self.purpose, self.address, self.port = purpose, address, port
        super().__init__(
            f"expected {purpose} port {port} on {address} to be free, another program holds it: "
            "end that program, or set another port (none at all: a free one is chosen)"
        )


class StartFailed(AsteriskError):
    """Asterisk did not become ready. `tail` holds the end of its log."""

    def __init__(self, reason: str, tail: str) -> None:
        self.reason, self.tail = reason, tail
        super().__init__(f"expected Asterisk to become ready, {reason}. The end of its log:\n{tail}")


class ConsoleFailed(AsteriskError):
    """Asterisk's control socket did not answer."""

    def __init__(self, socket: Path, reason: str) -> None:
        self.socket, self.reason = socket, reason
        super().__init__(
            f"expected Asterisk's console at {socket} to answer, got: {reason}. Is Asterisk running?"
        )
