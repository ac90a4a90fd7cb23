"""The configuration of our own Asterisk, from the site file and the secrets."""

from app.asterisk.node_config import (
    AriUser,
    Device,
    Fallback,
    FallbackMode,
    NodeConfig,
    PhonePolicy,
    Sounds,
    Trunk,
)
from app.site.model import Site
from app.site.model import Trunk as SiteTrunk
from app.site.secret_store import Secrets

_DEMONSTRATION = ("127.0.0.0/8",)
"""Whose callers need no trunk while a site has none: people on this machine."""


def node_config(site: Site, secrets: Secrets) -> NodeConfig:
    """What the site wants of its node. Raises `SecretError`, `InvalidNodeConfig`."""
    asterisk = site.asterisk
    ports = asterisk.rtp_ports
    passwords = secrets.device_passwords(site)
    return NodeConfig(
        ari=AriUser(name=asterisk.user, password=secrets.ari_password(site)),
        app=asterisk.app,
        devices=tuple(
            Device(id=device.id, password=passwords[device.id], display_name=device.name)
            for device in site.calls.devices.values()
        ),
        trunks=tuple(_trunk(trunk, secrets) for trunk in site.trunks.values()),
        callers_from=_callers_from(site),
        sip_address=asterisk.address,
        sip_port=asterisk.sip_port,
        rtp_ports=(ports.first, ports.last) if ports else None,
        tone_zone=site.cadence.name if len(site.cadence.name) == len("cn") else "cn",
        phones=PhonePolicy(rtp_timeout=asterisk.rtp_timeout),
        fallback=_fallback(site),
        sounds=Sounds(music=asterisk.music, greeting=asterisk.greeting, prompts=asterisk.prompts),
    )


def _callers_from(site: Site) -> tuple[str, ...]:
    if site.asterisk.callers_from is not None:
        return site.asterisk.callers_from
    return () if site.trunks else _DEMONSTRATION


def _trunk(trunk: SiteTrunk, secrets: Secrets) -> Trunk:
    password = secrets.resolve(trunk.password, f"trunk_{trunk.id}") if trunk.password else ""
    return Trunk(
        name=trunk.id,
        host=trunk.host or "",
        match=trunk.match,
        user=trunk.user or "",
        password=password,
        registers=trunk.registers,
    )


def _fallback(site: Site) -> Fallback:
    wanted = site.asterisk.fallback
    return Fallback(
        mode=FallbackMode(wanted.action), after=wanted.after, devices=wanted.devices, message=wanted.message
    )
