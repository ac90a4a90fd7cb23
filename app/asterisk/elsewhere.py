"""The configuration of an Asterisk that somebody else runs: the files of dialplan/, filled in for its `/etc/asterisk`."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Final, Self
from urllib.parse import urlsplit

from app.asterisk.errors import InvalidNodeConfig, NotWritable
from app.asterisk.for_site import node_config
from app.asterisk.node_config import NodeConfig
from app.asterisk.ports import Ports
from app.asterisk.render import render_elsewhere, write
from app.site.model import Site
from app.site.secret_store import Secrets

_LOOPBACK: Final = ("127.0.0.0/8",)
_SIP_PORT: Final = 5060
_HTTP_PORT: Final = 80
_BEHIND_TLS_PORT: Final = 8088
_RTP_PORTS: Final = (10_000, 20_000)


@dataclass(frozen=True, slots=True, kw_only=True)
class Access:
    """Who reaches that Asterisk. This machine alone, until its owner says otherwise."""

    http_address: str = "127.0.0.1"
    """Where it serves ARI."""
    controllers_from: Sequence[str] = _LOOPBACK
    """Networks that may use ARI."""
    callers_from: Sequence[str] = _LOOPBACK
    """Networks whose callers need no trunk."""

    @classmethod
    def of(cls, address: str, *, controllers: Sequence[str] | None, callers: Sequence[str] | None) -> Self:
        """As the command line says it: what is None keeps to this machine."""
        return cls(
            http_address=address, controllers_from=controllers or _LOOPBACK, callers_from=callers or _LOOPBACK
        )


def files_for(site: Site, secrets: Secrets, access: Access) -> dict[str, str]:
    """File name -> text. Raises `SecretError`, and `InvalidNodeConfig` also when the site has no `asterisk.url`."""
    url = site.asterisk.url
    if url is None:
        raise InvalidNodeConfig(
            "asterisk.url",
            found="",
            expected="in the site file the address of an Asterisk that somebody else runs (Thirdring configures its own by itself)",
        )
    config = _with_access(node_config(site, secrets), access)
    return render_elsewhere(config, ports=_ports(config, url))


def put_down(files: Mapping[str, str], into: Path) -> None:
    """Write them, readable for their owner alone. Raises `NotWritable`."""
    try:
        write(files, into)
    except OSError as error:
        raise NotWritable(into, error.strerror or "") from error


def _with_access(config: NodeConfig, access: Access) -> NodeConfig:
    return replace(
        config,
        ari=replace(config.ari, permitted=tuple(access.controllers_from)),
        http_address=access.http_address,
        callers_from=tuple(access.callers_from),
    )


def _ports(config: NodeConfig, url: str) -> Ports:
    first, last = config.rtp_ports or _RTP_PORTS
    return Ports(config.sip_port or _SIP_PORT, _http_port(url), first, last)


def _http_port(url: str) -> int:
    """The port of the URL; where TLS ends in front of Asterisk, its usual one."""
    parts = urlsplit(url)
    return (parts.port or _HTTP_PORT) if parts.scheme == "http" else _BEHIND_TLS_PORT
