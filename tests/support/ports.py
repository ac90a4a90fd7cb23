"""Ports that nobody holds now, and that nobody is given by chance while their server is stopped."""

from contextlib import suppress
from random import sample
from socket import SOCK_STREAM, SocketKind, socket

_PORTS = range(10_000, 12_000)
"""Below those of sound, and those that the kernel hands out to clients and to whoever asks for any port."""


def free_port(kind: SocketKind = SOCK_STREAM) -> int:
    """A free port of the loopback address."""
    for port in sample(_PORTS, len(_PORTS)):
        with socket(type=kind) as probe, suppress(OSError):
            probe.bind(("127.0.0.1", port))
            return port
    raise AssertionError(f"expected a free port in {_PORTS}, found none")
