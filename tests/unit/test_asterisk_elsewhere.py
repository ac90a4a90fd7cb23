"""The configuration of an Asterisk that somebody else runs."""

import stat
from datetime import date
from pathlib import Path

import pytest

from app.__main__ import main
from app.asterisk.elsewhere import Access, files_for, put_down
from app.asterisk.errors import InvalidNodeConfig, NotWritable
from app.site.loader import load_site
from app.site.model import Site
from app.site.secret_store import Secrets

SITE = """
name: Elsewhere
time_zone: Asia/Shanghai
asterisk: {{{asterisk}}}
devices: {{phone1: {{extension: 101}}}}
agents: {{agent1: {{name: 王芳, device: phone1}}}}
queues: {{service: {{members: [agent1]}}}}
entry_points: {{4001: service}}
"""
THEIRS = "url: http://pbx.example:18088/ari, password: secret-of-ari, sip_port: 5062, rtp_ports: 20000-20100"


def site(directory: Path, asterisk: str = THEIRS) -> Site:
    """A small site whose Asterisk is described by these fields."""
    path = directory / "site.yaml"
    path.write_text(SITE.format(asterisk=asterisk), encoding="utf-8")
    return load_site(path, today=date(2026, 11, 21))


def files(directory: Path, access: Access | None = None, *, asterisk: str = THEIRS) -> dict[str, str]:
    """What that Asterisk gets."""
    return files_for(site(directory, asterisk), Secrets(directory), access or Access())


def test_the_ports_and_the_password_are_those_of_the_site_file(tmp_path: Path) -> None:
    """Both sides read them from the same place."""
    rendered = files(tmp_path)
    assert "bindport = 18088" in rendered["http.conf"]
    assert "password = secret-of-ari" in rendered["ari.conf"]
    assert ":5062" in rendered["pjsip.conf"]
    assert "rtpstart = 20000\nrtpend = 20100" in rendered["rtp.conf"]


@pytest.mark.parametrize(
    ("url", "port"),
    [
        ("http://pbx.example/ari", 80),
        ("https://pbx.example/ari", 8088),
        ("https://pbx.example:444/ari", 8088),
    ],
)
def test_ari_is_served_at_its_usual_port_where_tls_ends_in_front(tmp_path: Path, url: str, port: int) -> None:
    """The port of an https address belongs to what ends TLS."""
    rendered = files(tmp_path, asterisk=f"url: {url}, password: secret")
    assert f"bindport = {port}\n" in rendered["http.conf"]


def test_nobody_but_this_machine_reaches_it_unless_told(tmp_path: Path) -> None:
    """Loopback for ARI, its user, SIP, and callers without a trunk."""
    rendered = files(tmp_path)
    assert "bindaddr = 127.0.0.1" in rendered["http.conf"]
    assert "bind = 127.0.0.1:" in rendered["pjsip.conf"]
    for name in ("ari.conf", "pjsip.conf"):
        assert [line for line in rendered[name].splitlines() if line.startswith("permit")] == [
            "permit = 127.0.0.0/8"
        ]


def test_a_controller_elsewhere_is_let_in_by_its_network(tmp_path: Path) -> None:
    """And this machine no longer."""
    rendered = files(tmp_path, Access(http_address="192.0.2.7", controllers_from=("192.0.2.0/28",)))
    assert "bindaddr = 192.0.2.7" in rendered["http.conf"]
    assert "permit = 192.0.2.0/28" in rendered["ari.conf"]
    assert "127.0.0.0" not in rendered["ari.conf"]


def test_it_keeps_its_own_directories_and_sounds(tmp_path: Path) -> None:
    """Where they are is known to those who built it."""
    rendered = files(tmp_path)
    assert "[directories]" not in rendered["asterisk.conf"]
    assert "directory = moh\n" in rendered["musiconhold.conf"]
    assert "Playback(queue-periodic-announce)" in rendered["extensions.conf"]


def test_a_site_without_the_address_of_another_asterisk_is_refused(tmp_path: Path) -> None:
    """Thirdring configures its own by itself."""
    with pytest.raises(InvalidNodeConfig, match=r"asterisk\.url: expected in the site file the address"):
        files(tmp_path, asterisk="sip_port: 5060")


@pytest.mark.parametrize(
    "access",
    [Access(http_address="pbx"), Access(controllers_from=("everybody",)), Access(callers_from=("\n",))],
    ids=["address", "controllers", "callers"],
)
def test_what_is_no_address_or_network_is_refused(tmp_path: Path, access: Access) -> None:
    """A newline would start another option of Asterisk's."""
    with pytest.raises(InvalidNodeConfig, match="expected an"):
        files(tmp_path, access)


def test_the_files_are_readable_for_their_owner_alone(tmp_path: Path) -> None:
    """They hold passwords. An older, open file is closed."""
    into = tmp_path / "asterisk"
    into.mkdir()
    (into / "ari.conf").touch(mode=0o644)
    put_down(files(tmp_path), into)
    assert {stat.S_IMODE(path.stat().st_mode) for path in into.iterdir()} == {0o600}


def test_a_directory_that_cannot_be_made_is_named_with_what_to_do(tmp_path: Path) -> None:
    """A file stands in the way."""
    (tmp_path / "taken").touch()
    with pytest.raises(NotWritable, match=r"expected to write in .*taken.* Run this as the user"):
        put_down({"ari.conf": ""}, tmp_path / "taken")


def test_the_command_tells_how_many_files_it_wrote(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """And where."""
    site(tmp_path)
    into = tmp_path / "asterisk"
    arguments = ["--site", f"{tmp_path}/site.yaml", "--data", f"{tmp_path}/var", "--into", f"{into}"]
    assert main(["render-asterisk", *arguments, "--callers-from", "192.0.2.0/24"]) == 0
    assert f"{into}: {len(list(into.iterdir()))} files" in capsys.readouterr().out
    assert "permit = 192.0.2.0/24" in (into / "pjsip.conf").read_text()
