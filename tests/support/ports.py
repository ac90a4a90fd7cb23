"""Ports that nobody holds now."""

from socket import SOCK_STREAM, SocketKind, socket


def free_port(kind: SocketKind = SOCK_STREAM) -> int:
    """A free port of the loopback address."""
    with socket(type=kind) as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])
