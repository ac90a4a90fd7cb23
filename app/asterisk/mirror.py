"""The Debian mirror that this machine already uses, read from its own apt configuration.

Nothing about mirrors is ever written down in the project: a site behind a proxy or with a mirror of its own is served
by what its administrator configured.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from app.asterisk.errors import MirrorMissing

DEBIAN_KEYRING = Path("/usr/share/keyrings/debian-archive-keyring.gpg")
_DEBIAN_SUITES = frozenset(
    {"oldstable", "stable", "testing", "unstable", "sid", "bullseye", "bookworm", "trixie", "forky", "duke"}
)
_ONE_LINE = re.compile(
    r"^deb\s+(?:\[(?P<options>[^]]*)\]\s+)?(?P<uri>\S+)\s+(?P<suite>\S+)\s+(?P<components>.+)$"
)


@dataclass(frozen=True, slots=True)
class Mirror:
    """Where packages come from, with the options of apt's one-line sources, such as `signed-by=...`."""

    uri: str
    options: str = ""

    def source_line(self, suite: str) -> str:
        """The one-line source of another suite on the same mirror."""
        options = f"[{self.options}] " if self.options else ""
        # apt uses the packages of a `file:` mirror where they lie; we want them all in one place.
        uri = re.sub(r"^file:", "copy:", self.uri)
        return f"deb {options}{uri} {suite} main\n"


@dataclass(frozen=True, slots=True)
class _Source:
    uri: str
    suites: frozenset[str]
    components: frozenset[str]
    signed_by: str
    is_trusted: bool
    """The administrator vouches for the mirror: no signature is checked."""

    @property
    def is_debian(self) -> bool:
        return bool(self.suites & _DEBIAN_SUITES) and "main" in self.components


def find_mirror(directory: Path = Path("/etc/apt"), *, keyring: Path = DEBIAN_KEYRING) -> Mirror:
    """The first Debian archive in the machine's sources, deb822 or one-line; `MirrorMissing` if there is none.

    Debian's own keyring is preferred to the one of the source: it knows newer suites too.
    """
    for source in _sources(directory):
        if source.is_debian:
            return Mirror(source.uri, _trust(source, keyring))
    raise MirrorMissing(directory)


def _trust(source: _Source, keyring: Path) -> str:
    if source.is_trusted:
        return "trusted=yes"
    signed_by = str(keyring) if keyring.exists() else source.signed_by
    return f"signed-by={signed_by}" if signed_by else ""


def _sources(directory: Path) -> Iterator[_Source]:
    parts = sorted((directory / "sources.list.d").glob("*"))
    for file in (directory / "sources.list", *parts):
        if file.suffix == ".list" and file.is_file():
            yield from _one_line_sources(file.read_text(encoding="utf-8", errors="replace"))
        elif file.suffix == ".sources":
            yield from _deb822_sources(file.read_text(encoding="utf-8", errors="replace"))


def _one_line_sources(text: str) -> Iterator[_Source]:
    for line in text.splitlines():
        found = _ONE_LINE.match(line.split("#")[0].strip())
        if found:
            options = dict(
                option.split("=", 1) for option in (found["options"] or "").split() if "=" in option
            )
            yield _Source(
                found["uri"],
                frozenset([found["suite"]]),
                frozenset(found["components"].split()),
                options.get("signed-by", ""),
                options.get("trusted") == "yes",
            )


def _deb822_sources(text: str) -> Iterator[_Source]:
    for stanza in re.split(r"\n\s*\n", text):
        fields = _deb822_fields(stanza)
        if "deb" in fields.get("types", "").split() and fields.get("enabled", "yes").lower() != "no":
            for uri in fields.get("uris", "").split():
                yield _deb822_source(uri, fields)


def _deb822_source(uri: str, fields: dict[str, str]) -> _Source:
    signed_by = fields.get("signed-by", "")
    return _Source(
        uri,
        frozenset(fields.get("suites", "").split()),
        frozenset(fields.get("components", "").split()),
        # A key may stand in the stanza itself; apt's default trust serves then.
        signed_by if signed_by.startswith("/") else "",
        fields.get("trusted", "no").lower() == "yes",
    )


def _deb822_fields(stanza: str) -> dict[str, str]:
    """Field names in lower case. A line that begins with a blank goes on with the field before it."""
    fields: dict[str, str] = {}
    name = ""
    for line in stanza.splitlines():
        if line[:1].isspace():
            fields[name] = f"{fields.get(name, '')} {line.strip()}"
        elif ":" in line and not line.startswith("#"):
            name = line.partition(":")[0].strip().lower()
            fields[name] = line.partition(":")[2].strip()
    return fields
