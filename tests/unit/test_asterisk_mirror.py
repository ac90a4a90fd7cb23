"""The machine's own Debian mirror is found in whatever form its apt sources have."""

from pathlib import Path

import pytest

from app.asterisk.errors import MirrorMissing
from app.asterisk.mirror import Mirror, find_mirror

DEB822 = """\
# A vendor's, first by name and of no use.
Types: deb
URIs: http://vendor.example/debian
Suites: nodistro
Components: main

Types: deb-src
URIs: http://sources.example/debian
Suites: bookworm
Components: main

Types: deb
Enabled: no
URIs: http://disabled.example/debian
Suites: bookworm
Components: main

Types: deb deb-src
URIs: http://mirror.example/debian
Suites: bookworm
 bookworm-updates
Components: main contrib
Signed-By: /keys/site.gpg
"""


def sources(directory: Path, **files: str) -> Path:
    """An apt configuration directory."""
    (directory / "sources.list.d").mkdir()
    for name, text in files.items():
        path = (
            directory / "sources.list"
            if name == "main"
            else directory / "sources.list.d" / name.replace("_", ".")
        )
        path.write_text(text)
    return directory


def test_deb822_sources_are_read(tmp_path: Path) -> None:
    """Vendors, source packages and disabled stanzas are passed over."""
    found = find_mirror(sources(tmp_path, debian_sources=DEB822), keyring=tmp_path / "none")
    assert found == Mirror("http://mirror.example/debian", "signed-by=/keys/site.gpg")


def test_one_line_sources_are_read(tmp_path: Path) -> None:
    """With options, comments and other archives around."""
    text = (
        "# deb http://old.example/debian bullseye main\n"
        "deb [arch=amd64] http://vendor.example/apt stable-vendor main\n"
        "deb http://security.example/debian-security bookworm-security main\n"
        "deb [arch=amd64 signed-by=/keys/site.gpg] http://mirror.example/debian bookworm main contrib # ours\n"
    )
    found = find_mirror(sources(tmp_path, main=text), keyring=tmp_path / "none")
    assert found == Mirror("http://mirror.example/debian", "signed-by=/keys/site.gpg")


def test_debians_own_keyring_is_preferred(tmp_path: Path) -> None:
    """It knows the keys of newer suites, which the source's may not."""
    keyring = tmp_path / "debian.gpg"
    keyring.touch()
    found = find_mirror(sources(tmp_path, debian_sources=DEB822), keyring=keyring)
    assert found.options == f"signed-by={keyring}"


def test_a_trusted_mirror_stays_trusted(tmp_path: Path) -> None:
    """What the administrator decided holds for us too."""
    line = "deb [trusted=yes] file:/srv/debian bookworm main\n"
    assert (
        find_mirror(sources(tmp_path, main=line)).source_line("forky")
        == "deb [trusted=yes] copy:/srv/debian forky main\n"
    )


def test_a_machine_without_a_debian_mirror_is_told_so(tmp_path: Path) -> None:
    """The directory that was searched stands in the error."""
    with pytest.raises(MirrorMissing, match="expected a Debian archive"):
        find_mirror(sources(tmp_path, main="deb http://vendor.example/ubuntu noble main\n"))
