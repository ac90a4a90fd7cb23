"""The site as a value: what one hotline is made of. Pure; given by the loader, replaced as a whole on reload."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import timedelta
from enum import StrEnum
from pathlib import Path

from app.acd.model import Floor
from app.acd.rings import Cadence
from app.calls.model import CallSettings
from app.ids import AgentId, DeviceId
from metrics.terms import ServiceLevel, Terms


class Language(StrEnum):
    """What pages and prompts speak unless a user chooses otherwise."""

    ENGLISH = "en"
    CHINESE = "zh-CN"


@dataclass(frozen=True, slots=True)
class FromEnvironment:
    """The secret stands in an environment variable."""

    name: str


@dataclass(frozen=True, slots=True)
class FromFile:
    """The secret is the first line of a file, as container platforms mount it."""

    path: Path


@dataclass(frozen=True, slots=True)
class InPlainSight:
    """The secret stands in the site file. It works, and `thirdring doctor` warns of it."""

    value: str = field(repr=False)


@dataclass(frozen=True, slots=True)
class Generated:
    """Thirdring makes the secret up once and keeps it in the data directory."""


Credential = FromEnvironment | FromFile | InPlainSight | Generated
"""Where a password comes from. `Secrets.resolve` turns it into the password."""


@dataclass(frozen=True, slots=True)
class Trunk:
    """A carrier's SIP trunk. `match` lists the addresses and networks that its calls come from."""

    id: str
    host: str | None = None
    match: tuple[str, ...] = ()
    user: str | None = None
    password: Credential | None = None
    registers: bool = False


class FallbackAction(StrEnum):
    """What the dialplan does with a caller when no controller came back in time."""

    WAIT = "wait"
    DIAL = "dial"
    MESSAGE = "message"


@dataclass(frozen=True, slots=True)
class Fallback:
    """The plain way out while no controller runs: after `after`, wait on, ring `devices` at once, or play `message`."""

    action: FallbackAction = FallbackAction.WAIT
    after: timedelta = timedelta(seconds=60)
    devices: tuple[DeviceId, ...] = ()
    message: Path | None = None


@dataclass(frozen=True, slots=True)
class PortRange:
    """UDP ports from `first` to `last`, both included."""

    first: int
    last: int


@dataclass(frozen=True, slots=True)
class AsteriskSettings:
    """Which Asterisk carries the calls. `url` None: Thirdring runs one of its own; ports None: free ones are chosen."""

    url: str | None = None
    user: str = "thirdring"
    password: Credential = Generated()
    app: str = "thirdring"
    address: str = "127.0.0.1"
    callers_from: tuple[str, ...] | None = None
    sip_port: int | None = None
    rtp_ports: PortRange | None = None
    rtp_timeout: timedelta = timedelta(seconds=30)
    greeting: Path | None = None
    music: Path | None = None
    prompts: Path | None = None
    fallback: Fallback = Fallback()

    @property
    def is_own(self) -> bool:
        """Whether Thirdring starts and watches the Asterisk itself."""
        return self.url is None


@dataclass(frozen=True, slots=True)
class Policies:
    """The promises that the figures are measured against."""

    rings: int = 3
    short_abandon: timedelta = timedelta(seconds=5)
    service_level_percent: float = 80.0
    service_level_within: timedelta = timedelta(seconds=20)
    service_level_formula: ServiceLevel = ServiceLevel.ANSWERED_AND_ABANDONED

    @property
    def terms(self) -> Terms:
        """On which terms figures stand that nobody asked for otherwise."""
        return Terms(
            within=self.service_level_within,
            short_abandon=self.short_abandon,
            service_level=self.service_level_formula,
        )


@dataclass(frozen=True, slots=True)
class Site:
    """One hotline. Every name that one part uses exists in another: the loader has checked it."""

    name: str
    language: Language
    time_zone: str
    cadence: Cadence
    floor: Floor
    calls: CallSettings
    device_passwords: Mapping[DeviceId, Credential] = field(default_factory=dict)
    teams: Mapping[str, tuple[AgentId, ...]] = field(default_factory=dict)
    trunks: Mapping[str, Trunk] = field(default_factory=dict)
    asterisk: AsteriskSettings = AsteriskSettings()
    policies: Policies = Policies()
