"""All that one Asterisk node is configured with: phones, trunks, the ARI user, sounds, the plain fallback.

Every value ends in a configuration file of Asterisk, where a newline, a `;` or a bracket would start something new.
So each is checked at construction; what is wrong is named with its field, what was found and what is expected.
"""

import ipaddress
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import timedelta
from enum import StrEnum
from pathlib import Path
from typing import Final

from app.asterisk.errors import InvalidNodeConfig
from app.ids import DeviceId, NodeId

CHANNEL_VARIABLES: Final = ("TR_CALL", "TR_LEG", "TR_DEVICE")
"""Stand in every channel snapshot that ARI sends."""

_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9_-]{0,39}")
_SECRET = re.compile(r"[!-:<-Z\\^-~]{1,120}")
_TEXT = re.compile(r"[^\x00-\x1f;\[\]\"<>]{0,80}")
_HOST = re.compile(r"[A-Za-z0-9.:-]{1,120}")
_PATH = re.compile(r"/[\w./ +-]+")
_FIRST_NODE = NodeId("node-1")
RESERVED_SECTIONS: Final = frozenset({"global", "system", "anonymous", "transport-udp", "general"})
"""Sections that our templates have already: no phone and no trunk can have such a name."""


@dataclass(frozen=True, slots=True, kw_only=True)
class AriUser:
    """The one account of the controller. The password comes from outside; it is never a constant."""

    name: str = "thirdring"
    password: str = field(repr=False)
    permitted: tuple[str, ...] = ("127.0.0.0/8",)
    """Networks that the controller comes from."""

    def __post_init__(self) -> None:
        _check_name("ari.name", self.name)
        _check_secret("ari.password", self.password)
        for network in self.permitted:
            _check_network("ari.permitted", network)


@dataclass(frozen=True, slots=True, kw_only=True)
class Device:
    """A phone that registers with a password. Its id is the user part of its SIP address."""

    id: DeviceId
    password: str = field(repr=False)
    display_name: str = ""

    def __post_init__(self) -> None:
        _check_name("device.id", self.id)
        _check_secret(f"device {self.id} password", self.password)
        _check_text(f"device {self.id} display_name", self.display_name)


@dataclass(frozen=True, slots=True, kw_only=True)
class Trunk:
    """A carrier. Its calls are known by the address they come from; ours may need a user and a password.

    Without a host it carries calls to us only.
    """

    name: str
    match: tuple[str, ...]
    host: str = ""
    user: str = ""
    password: str = field(default="", repr=False)
    registers: bool = False

    def __post_init__(self) -> None:
        _check_name("trunk.name", self.name)
        if self.host:
            _check(f"trunk {self.name} host", self.host, _HOST, "a host name or address")
        if not self.match:
            raise InvalidNodeConfig(f"trunk {self.name} match", found=(), expected="the carrier's addresses")
        for network in self.match:
            _check_network(f"trunk {self.name} match", network)
        self._check_account()

    def _check_account(self) -> None:
        if self.user:
            _check(f"trunk {self.name} user", self.user, re.compile(r"[\w.+@-]{1,80}"), "a SIP user")
            _check_secret(f"trunk {self.name} password", self.password)
        if self.registers and not (self.user and self.host):
            found = f"user {self.user!r} and host {self.host!r}"
            raise InvalidNodeConfig(
                f"trunk {self.name}", found=found, expected="a user and a host to register with"
            )


@dataclass(frozen=True, slots=True, kw_only=True)
class PhonePolicy:
    """What holds for every phone."""

    busy_at: int = 1
    """Calls at which the device state reads busy."""
    rtp_timeout: timedelta = timedelta(seconds=30)
    """A phone that sends no sound for so long is unplugged. Larger for phones that stop RTP in silence; 0 = never."""
    qualify_every: timedelta = timedelta(seconds=30)
    """How often a registered phone is asked whether it is there; 0 = never."""
    shortest_registration: timedelta = timedelta(seconds=30)
    longest_registration: timedelta = timedelta(hours=1)


class FallbackMode(StrEnum):
    """What the dialplan does with a caller when no controller has come for a while."""

    WAIT = "wait"
    """Music, for ever; the first controller that comes gets the call."""
    DIAL = "dial"
    """Ring a list of devices, all at once, again and again."""
    MESSAGE = "message"
    """Play a message and hang up."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Fallback:
    """How callers are treated while no controller answers."""

    mode: FallbackMode = FallbackMode.WAIT
    after: timedelta = timedelta(seconds=60)
    """Time without a controller before `mode` applies. Until then: ring-back, greeting, music."""
    devices: tuple[DeviceId, ...] = ()
    message: Path | None = None
    """Sound file for MESSAGE; none: one of Asterisk's own."""
    ring_back: timedelta = timedelta(seconds=2)
    """Ring-back before the greeting: a controller that restarts is back within it, and the caller notices nothing."""
    retry_every: timedelta = timedelta(milliseconds=500)
    phone_patience: timedelta = timedelta(seconds=10)
    """How long what an agent dials waits for a controller before the phone is told that there is none."""
    leg_patience: timedelta = timedelta(seconds=60)
    """How long a leg of ours waits for a controller before it is hung up."""

    def __post_init__(self) -> None:
        if self.mode is FallbackMode.DIAL and not self.devices:
            raise InvalidNodeConfig("fallback.devices", found=(), expected="at least one device to ring")
        for device in self.devices:
            _check_name("fallback.devices", device)
        if self.message:
            check_sound("fallback.message", self.message)
        if self.retry_every < timedelta(milliseconds=100):
            raise InvalidNodeConfig("fallback.retry_every", found=self.retry_every, expected="100 ms or more")


@dataclass(frozen=True, slots=True, kw_only=True)
class Sounds:
    """Where the node finds what callers hear. None: the sounds that came with Asterisk, if any did."""

    music: Path | None = None
    """A directory of wav files."""
    greeting: Path | None = None
    prompts: Path | None = None
    """A directory that ARI reaches as `sound:thirdring/...`."""

    def __post_init__(self) -> None:
        for name, path in (("music", self.music), ("prompts", self.prompts)):
            if path:
                _check_directory(f"sounds.{name}", path)
        if self.greeting:
            check_sound("sounds.greeting", self.greeting)


@dataclass(frozen=True, slots=True, kw_only=True)
class Extras:
    """Additions for benches and for sites with needs of their own, put in as they are."""

    modules: tuple[str, ...] = ()
    extensions: str = ""
    pjsip: str = ""
    files: Mapping[str, str] = field(default_factory=dict)
    """File name -> text, for example queues.conf."""

    def __post_init__(self) -> None:
        for module in self.modules:
            _check("extras.modules", module, re.compile(r"\w+\.so"), "a module such as app_queue.so")
        for name in self.files:
            _check("extras.files", name, re.compile(r"\w+\.conf"), "a file name such as queues.conf")


@dataclass(frozen=True, slots=True, kw_only=True)
class NodeConfig:
    """One Asterisk node. Ports that are None are chosen among the free ones when the node starts."""

    ari: AriUser
    node: NodeId = _FIRST_NODE
    app: str = "thirdring"
    devices: tuple[Device, ...] = ()
    trunks: tuple[Trunk, ...] = ()
    callers_from: tuple[str, ...] = ("127.0.0.0/8",)
    """Networks whose callers need no trunk: this machine only, for demonstrations and tests."""
    sip_address: str = "127.0.0.1"
    sip_port: int | None = None
    http_address: str = "127.0.0.1"
    """Where ARI is served. Beyond this machine it needs a network of its own, or TLS in front: it carries passwords."""
    http_port: int | None = None
    rtp_ports: tuple[int, int] | None = None
    tone_zone: str = "cn"
    phones: PhonePolicy = PhonePolicy()
    fallback: Fallback = Fallback()
    sounds: Sounds = Sounds()
    extras: Extras = Extras()

    def __post_init__(self) -> None:
        _check_name("node", self.node)
        _check_name("app", self.app)
        _check("tone_zone", self.tone_zone, re.compile("[a-z]{2}"), "a country such as cn")
        _check_address("sip_address", self.sip_address)
        _check_address("http_address", self.http_address)
        for network in self.callers_from:
            _check_network("callers_from", network)
        self._check_sections()

    @property
    def has_one_address(self) -> bool:
        """False when SIP listens on every address of the machine."""
        return not ipaddress.ip_address(self.sip_address).is_unspecified

    def _check_sections(self) -> None:
        names = [*(device.id for device in self.devices), *(trunk.name for trunk in self.trunks)]
        for name in names:
            if name in RESERVED_SECTIONS or names.count(name) > 1:
                raise InvalidNodeConfig(
                    "devices and trunks", found=name, expected="a name used once, not a reserved word"
                )


def check_sound(name: str, path: Path) -> None:
    """An absolute path of a wav file whose name can stand in an application's argument."""
    _check(name, str(path), _PATH, "an absolute path without commas or other signs")
    if path.suffix != ".wav" or not path.is_file():
        raise InvalidNodeConfig(name, found=str(path), expected="an existing .wav file (8 kHz, 16 bit, mono)")


def _check_directory(name: str, path: Path) -> None:
    _check(name, str(path), _PATH, "an absolute path without commas or other signs")
    if not path.is_dir():
        raise InvalidNodeConfig(name, found=str(path), expected="an existing directory")


def _check_name(name: str, value: str) -> None:
    _check(name, value, _NAME, "1 to 40 letters, digits, '-' or '_', beginning with a letter or digit")


def _check_text(name: str, value: str) -> None:
    _check(name, value, _TEXT, 'up to 80 characters on one line, without ; [ ] " < >')


def _check_secret(name: str, value: str) -> None:
    """As `_check`, but the error does not tell the secret."""
    if not _SECRET.fullmatch(value):
        bad = sorted(set(re.sub(_SECRET, "", value)))
        raise InvalidNodeConfig(
            name,
            found=f"{len(value)} characters, among them {bad}" if bad else f"{len(value)} characters",
            expected="1 to 120 printable ASCII characters without blanks, ; [ ]",
        )


def _check_network(name: str, value: str) -> None:
    try:
        ipaddress.ip_network(value, strict=False)
    except ValueError:
        raise InvalidNodeConfig(
            name, found=value, expected="an address or network such as 192.0.2.0/24"
        ) from None


def _check_address(name: str, value: str) -> None:
    try:
        ipaddress.ip_address(value)
    except ValueError:
        raise InvalidNodeConfig(name, found=value, expected="an IP address of this machine") from None


def _check(name: str, value: str, pattern: re.Pattern[str], expected: str) -> None:
    if not pattern.fullmatch(value):
        raise InvalidNodeConfig(name, found=value, expected=expected)
