"""The templates of dialplan/ filled in for one node.

`render` is pure but for reading the templates: it gives file names and texts, `write` puts them down.
"""

import hashlib
import re
from collections.abc import Iterable, Mapping
from datetime import timedelta
from pathlib import Path
from typing import Final

import jinja2

from app.asterisk.installation import Installation
from app.asterisk.layout import Layout
from app.asterisk.node_config import CHANNEL_VARIABLES, FallbackMode, NodeConfig, check_sound
from app.asterisk.ports import Ports

TEMPLATES: Final = Path(__file__).parents[2] / "dialplan"
_MODULE = re.compile(r"^\s*(?:preload-)?require\s*=>?\s*(\S+\.so)", re.MULTILINE)
PASSWORD_CHECK: Final = "res_pjsip_authenticator_digest.so"  # noqa: S105 - a module, not a password
"""Without this module Asterisk registers a phone with any password."""
_GREETING = "queue-periodic-announce"
"""Of Asterisk's own sounds: all agents are busy, please wait for the next one."""
_MESSAGE = "please-try-call-later"
_MUSIC = "moh"
"""Below Asterisk's data directory."""

_QUIET: Final = dict.fromkeys(
    ("acl.conf", "ccss.conf", "manager.conf", "pjproject.conf", "udptl.conf", "websocket_client.conf"),
    "; Not used. Asterisk logs an error when it is missing.\n",
)


def render(config: NodeConfig, *, ports: Ports, layout: Layout, installation: Installation) -> dict[str, str]:
    """File name -> text for the directory `layout.etc`. Raises `InvalidNodeConfig` for sounds that are not there."""
    places = {
        "layout": layout,
        "installation": installation,
        "music": _music(config, installation),
        "greeting": _greeting(config, installation),
        "message": _message(config, installation),
    }
    return _fill_in(config, ports, places)


def render_elsewhere(config: NodeConfig, *, ports: Ports) -> dict[str, str]:
    """As `render`, for an Asterisk that somebody else runs: with its own directories and the sounds that come with it."""
    sounds = config.sounds
    places = {
        "layout": None,
        "installation": None,
        "music": sounds.music or _MUSIC,
        "greeting": _sound(sounds.greeting) or _GREETING,
        "message": _sound(config.fallback.message) or _MESSAGE,
    }
    return _fill_in(config, ports, places)


def write(files: Mapping[str, str], directory: Path) -> None:
    """Put the files down, readable for us alone: they hold passwords. All or none: a full disk leaves those that were there."""
    directory.mkdir(parents=True, exist_ok=True, mode=0o700)
    written = []
    for name, text in files.items():
        beside = directory / f"{name}.new"
        beside.touch(mode=0o600)
        beside.write_text(text, encoding="utf-8")
        written.append((beside, directory / name))
    for beside, path in written:
        beside.replace(path)


def listed_modules(modules_conf: str) -> tuple[str, ...]:
    """The modules without which Asterisk does not start, by its modules.conf, in its order. What it only loads may be missing."""
    return tuple(_MODULE.findall(modules_conf))


def needed_modules() -> tuple[str, ...]:
    """The modules that every node needs: those of the template itself, without what a bench adds."""
    return listed_modules((TEMPLATES / "modules.conf.j2").read_text(encoding="utf-8"))


def lacking(running: Iterable[str]) -> list[str]:
    """What of `needed_modules` is not among those that run."""
    return sorted(set(needed_modules()) - set(running))


def entity_id(node: str) -> str:
    """A name for the node in the form of a hardware address, as Asterisk wants it.

    Nodes on one machine share the machine's real address, so events of theirs could not be told apart.
    """
    digest = hashlib.sha256(node.encode()).digest()
    return ":".join(f"{byte:02x}" for byte in (0x02, *digest[:5]))


def _fill_in(config: NodeConfig, ports: Ports, places: Mapping[str, object]) -> dict[str, str]:
    environment = _environment()
    values = {
        "config": config,
        "ports": ports,
        "channel_variables": ",".join(CHANNEL_VARIABLES),
        "entity_id": entity_id(config.node),
        **places,
    }
    rendered = {
        name.removesuffix(".j2"): environment.get_template(name).render(values)
        for name in environment.list_templates(extensions=["j2"])
    }
    return _QUIET | rendered | dict(config.extras.files)


def _environment() -> jinja2.Environment:
    environment = jinja2.Environment(
        loader=jinja2.FileSystemLoader(TEMPLATES),
        undefined=jinja2.StrictUndefined,
        autoescape=False,  # noqa: S701 - Asterisk's files are no HTML; NodeConfig checks every value
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
    )
    environment.filters["ms"] = _milliseconds
    return environment


def _milliseconds(duration: timedelta) -> int:
    return duration // timedelta(milliseconds=1)


def _music(config: NodeConfig, installation: Installation) -> Path | None:
    return config.sounds.music or _existing(installation.data / _MUSIC)


def _greeting(config: NodeConfig, installation: Installation) -> str:
    """What Playback is told: a path without its suffix, one of Asterisk's own sounds, or nothing."""
    return _sound(config.sounds.greeting) or _own_sound(_GREETING, installation)


def _message(config: NodeConfig, installation: Installation) -> str:
    found = _sound(config.fallback.message) or _own_sound(_MESSAGE, installation)
    if config.fallback.mode is FallbackMode.MESSAGE and not found:
        check_sound("fallback.message", Path("/no-message-given"))
    return found


def _sound(path: Path | None) -> str:
    """A file as Playback wants it: without its suffix."""
    return str(path.with_suffix("")) if path else ""


def _own_sound(name: str, installation: Installation) -> str:
    return name if any(installation.data.glob(f"sounds/en*/{name}.wav")) else ""


def _existing(path: Path) -> Path | None:
    return path if path.is_dir() else None
