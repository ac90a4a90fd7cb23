"""Ports of a node: the site's own, or free ones chosen at start."""

import socket
from dataclasses import dataclass

from app.asterisk.errors import PortInUse
from app.asterisk.node_config import NodeConfig

_RTP_SPAN = 4_000
_RTP_FIRST, _RTP_END = 12_000, 32_000
"""Below the range from which the kernel hands out ports to clients."""


@dataclass(frozen=True, slots=True)
class Ports:
    """The ports that one running node listens on. The RTP range includes both ends."""

    sip: int
    http: int
    rtp_first: int
    rtp_last: int


def choose_ports(config: NodeConfig) -> Ports:
    """Ports for `config`; those it names must be free, else `PortInUse`."""
    sip = _bind("SIP (UDP)", config.sip_address, config.sip_port or 0, socket.SOCK_DGRAM)
    http = _bind("HTTP (TCP)", config.http_address, config.http_port or 0, socket.SOCK_STREAM)
    first, last = config.rtp_ports or _rtp_range(sip)
    return Ports(sip, http, first, last)


def check_ports(config: NodeConfig, ports: Ports) -> None:
    """Raise `PortInUse` when one of `ports` was taken in the meantime."""
    _bind("SIP (UDP)", config.sip_address, ports.sip, socket.SOCK_DGRAM)
    _bind("HTTP (TCP)", config.http_address, ports.http, socket.SOCK_STREAM)


def _bind(purpose: str, address: str, port: int, kind: socket.SocketKind) -> int:
    family = socket.AF_INET6 if ":" in address else socket.AF_INET
    with socket.socket(family, kind) as probe:
        if kind is socket.SOCK_STREAM:
            # Connections of a node that just ended linger; they don't hold the port.
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((address, port))
        except OSError:
            raise PortInUse(purpose, address, port) from None
        return int(probe.getsockname()[1])


def _rtp_range(sip: int) -> tuple[int, int]:
    """A range of its own for most nodes of a machine; where two overlap, Asterisk skips a port that is taken."""
    slots = (_RTP_END - _RTP_FIRST) // _RTP_SPAN
    first = _RTP_FIRST + sip % slots * _RTP_SPAN
    return first, first + _RTP_SPAN - 1
