"""Checks of the ports: free, or in use by Thirdring itself."""

import errno
import socket
from collections.abc import Iterator
from pathlib import Path

from app.api import tls
from app.doctor.context import Context
from app.doctor.finding import Finding, error, ok, warning
from app.loopback import is_loopback
from app.site.model import Site

_PORTS_PER_CALL = 4


async def check_http_port(context: Context) -> Finding:
    """The REST interface can listen."""
    settings = context.settings
    if settings.port == 0:
        return ok("REST port", "a free one is chosen at start")
    if settings.port == context.own_rest_port:
        return ok("REST port", f"{settings.host}:{settings.port}, used by the running service")
    problem = _problem(settings.host, settings.port, socket.SOCK_STREAM)
    return _judge(
        "REST port", settings.host, settings.port, problem, "Set THIRDRING_HOST and THIRDRING_PORT."
    )


async def check_transport(context: Context) -> Finding:
    """Nobody on the network can read passwords and sessions."""
    settings = context.settings
    try:
        tls.check_tls(settings.tls_certificate, settings.tls_key)
    except tls.TlsUnusable as problem:
        return error("TLS", str(problem), advice="Correct THIRDRING_TLS_CERTIFICATE and THIRDRING_TLS_KEY.")
    if settings.tls_certificate is not None:
        return ok("TLS", f"{settings.tls_certificate}")
    if is_loopback(settings.host):
        return ok("TLS", "not needed: only this machine can connect")
    return warning(
        "TLS",
        f"{settings.host} is served without: passwords and sessions can be read on the network",
        advice="Set THIRDRING_TLS_CERTIFICATE and THIRDRING_TLS_KEY, or let only a proxy that speaks TLS connect.",
    )


async def check_sip_port(context: Context, site: Site) -> Finding:
    """Our own Asterisk can listen for SIP."""
    asterisk, ports = site.asterisk, context.own_ports
    if not asterisk.is_own:
        return ok("SIP port", "somebody else runs the Asterisk")
    if ports is not None:
        return ok("SIP port", f"{asterisk.address}:{ports.sip}, used by our own Asterisk")
    problem = _problem(asterisk.address, asterisk.sip_port or 0, socket.SOCK_DGRAM)
    if problem or asterisk.sip_port:
        advice = "Set `asterisk.address` and `asterisk.sip_port` in the site file."
        return _judge("SIP port", asterisk.address, asterisk.sip_port or 0, problem, advice)
    return ok("SIP port", "a free one is chosen at start")


async def check_rtp_ports(_context: Context, site: Site) -> Finding:
    """There are enough ports for sound: two for each leg."""
    ports = site.asterisk.rtp_ports
    if ports is None or not site.asterisk.is_own:
        return ok(
            "RTP ports", "a free range is chosen at start" if site.asterisk.is_own else "somebody else's"
        )
    calls = (ports.last - ports.first + 1) // _PORTS_PER_CALL
    if calls < len(site.calls.devices):
        return warning(
            "RTP ports",
            f"{ports.first}-{ports.last} is enough for {calls} calls; there are {len(site.calls.devices)} phones",
            advice="Widen `asterisk.rtp_ports`: four ports for each call, and those of waiting callers.",
        )
    return ok("RTP ports", f"{ports.first}-{ports.last}, enough for {calls} calls")


def _judge(title: str, host: str, port: int, problem: str, advice: str) -> Finding:
    if problem:
        return error(title, f"{host}:{port}: {problem}", advice=advice)
    return ok(title, f"{host}:{port} is free")


def _problem(host: str, port: int, kind: socket.SocketKind) -> str:
    """Why it is not possible to listen; empty when it is."""
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    with socket.socket(family, kind) as probe:
        if kind is socket.SOCK_STREAM:
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((host, port))
        except OSError as failure:
            if failure.errno == errno.EADDRINUSE:
                return f"in use by {_user(port, kind) or 'a program of another user'}"
            return (failure.strerror or str(failure)).lower()
    return ""


def _user(port: int, kind: socket.SocketKind) -> str:
    """The program that holds the port, as far as /proc tells us: `asterisk (process 17)`."""
    sockets = {f"socket:[{inode}]" for inode in _inodes(port, "tcp" if kind is socket.SOCK_STREAM else "udp")}
    for descriptor in Path("/proc").glob("[0-9]*/fd/*"):
        try:
            if str(descriptor.readlink()) in sockets:
                process = descriptor.parents[1]
                return f"{(process / 'comm').read_text().strip()} (process {process.name})"
        except OSError:
            continue  # It ended meanwhile, or is another user's.
    return ""


def _inodes(port: int, protocol: str) -> Iterator[str]:
    """The inodes of the sockets bound to a port: columns 2 and 10 of /proc/net/{tcp,udp}[6]."""
    for table in (Path("/proc/net") / protocol, Path("/proc/net") / f"{protocol}6"):
        lines = table.read_text().splitlines()[1:] if table.exists() else []
        for columns in map(str.split, lines):
            is_listening = protocol == "udp" or columns[3] == "0A"
            if is_listening and int(columns[1].rpartition(":")[2], 16) == port:
                yield columns[9]
