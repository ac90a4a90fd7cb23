"""The templates of dialplan/, filled in."""

import re
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest

from app.asterisk.errors import InvalidNodeConfig
from app.asterisk.installation import Installation, Version
from app.asterisk.layout import Layout
from app.asterisk.node_config import AriUser, Device, Extras, Fallback, FallbackMode, NodeConfig, Trunk
from app.asterisk.ports import Ports
from app.asterisk.program import Program
from app.asterisk.render import entity_id, listed_modules, needed_modules, render, write
from app.ids import DeviceId
from tests.support.full_disk import files_of_at_most

CONFIG = NodeConfig(
    ari=AriUser(password="ari-secret"),
    devices=(
        Device(id=DeviceId("desk1"), password="one", display_name="Li Wei"),
        Device(id=DeviceId("desk2"), password="two"),
    ),
)
PORTS = Ports(sip=5060, http=8088, rtp_first=12_000, rtp_last=13_000)


def files(config: NodeConfig, directory: Path) -> dict[str, str]:
    """The files of a node whose Asterisk has no sounds of its own."""
    installation = Installation(
        Version(22, 10), Program(("asterisk",)), directory / "modules", directory / "data"
    )
    return render(config, ports=PORTS, layout=Layout(directory), installation=installation)


def sections(text: str, name: str) -> list[str]:
    """The bodies of all sections of that name."""
    return re.findall(rf"^\[{name}\][^\n]*\n(.*?)(?=^\[|\Z)", text, re.MULTILINE | re.DOTALL)


def test_each_device_gets_an_endpoint_a_password_and_one_contact(tmp_path: Path) -> None:
    """Three sections of the phone's name."""
    endpoint, auth, aor = sections(files(CONFIG, tmp_path)["pjsip.conf"], "desk1")
    assert "set_var = TR_DEVICE=desk1" in endpoint
    assert 'callerid = "Li Wei" <desk1>' in endpoint
    assert "password = one" in auth
    assert aor.strip() == ""


def test_nothing_listens_beyond_this_machine_by_default(tmp_path: Path) -> None:
    """Loopback for SIP, for HTTP, for callers without a trunk, and for the ARI user."""
    rendered = files(CONFIG, tmp_path)
    assert "bind = 127.0.0.1:5060" in rendered["pjsip.conf"]
    assert "bindaddr = 127.0.0.1" in rendered["http.conf"]
    assert "permit = 127.0.0.0/8" in rendered["pjsip.conf"]
    assert "permit = 127.0.0.0/8" in rendered["ari.conf"]


def test_without_networks_there_are_no_callers_without_a_trunk(tmp_path: Path) -> None:
    """A site with trunks closes the open door of the demonstration."""
    rendered = files(replace(CONFIG, callers_from=()), tmp_path)
    assert not sections(rendered["pjsip.conf"], "anonymous")


def test_a_trunk_is_known_by_address_only(tmp_path: Path) -> None:
    """Writing its name into a call does not help a stranger."""
    trunk = Trunk(
        name="carrier", host="192.0.2.1", match=("192.0.2.0/28",), user="400", password="pw", registers=True
    )
    text = files(replace(CONFIG, trunks=(trunk,)), tmp_path)["pjsip.conf"]
    assert "identify_by = ip" in sections(text, "trunk")[0]
    assert any("match = 192.0.2.0/28" in body for body in sections(text, "carrier"))
    assert any("client_uri = sip:400@192.0.2.1" in body for body in sections(text, "carrier"))


def test_a_trunk_without_a_host_only_brings_calls(tmp_path: Path) -> None:
    """There is nowhere to call it."""
    trunk = Trunk(name="carrier", match=("192.0.2.1",))
    bodies = sections(files(replace(CONFIG, trunks=(trunk,)), tmp_path)["pjsip.conf"], "carrier")
    assert len(bodies) == 2
    assert not any("contact" in body or "aors" in body for body in bodies)


def test_sound_is_bound_to_the_nodes_address(tmp_path: Path) -> None:
    """Else Asterisk looks up its own host's name at each call."""
    assert "media_address = 127.0.0.1" in files(CONFIG, tmp_path)["pjsip.conf"]
    everywhere = files(replace(CONFIG, sip_address="0.0.0.0"), tmp_path)
    assert "media_address" not in everywhere["pjsip.conf"]


@pytest.mark.parametrize(
    ("mode", "expected"), [(FallbackMode.DIAL, "Dial(PJSIP/desk1&PJSIP/desk2,"), (FallbackMode.WAIT, None)]
)
def test_the_fallback_is_in_the_dialplan_only_when_chosen(
    mode: FallbackMode, expected: str | None, tmp_path: Path
) -> None:
    """Waiting has none: it goes on for ever."""
    fallback = Fallback(mode=mode, devices=(DeviceId("desk1"), DeviceId("desk2")), after=timedelta(minutes=2))
    text = files(replace(CONFIG, fallback=fallback), tmp_path)["extensions.conf"]
    assert ("exten => fallback" in text) == (expected is not None)
    assert expected is None or (expected in text and ">= 120000" in text)


def test_a_message_fallback_without_any_sound_is_refused(tmp_path: Path) -> None:
    """A silent message would be a hang-up."""
    config = replace(CONFIG, fallback=Fallback(mode=FallbackMode.MESSAGE))
    with pytest.raises(InvalidNodeConfig, match=r"fallback\.message"):
        files(config, tmp_path)


def test_no_pattern_matches_the_hang_up_extension(tmp_path: Path) -> None:
    """Asterisk runs `h` when a caller hangs up; a pattern that matches it would be called as a number."""
    patterns = re.findall(r"exten => _(\[[^]]+\]\.?),1", files(CONFIG, tmp_path)["extensions.conf"])
    assert [re.fullmatch(pattern.replace("].", "].+"), "h") for pattern in patterns] == [None] * 4


@pytest.mark.parametrize(("country", "expected"), [("cn", "cn"), ("gb", "gb"), ("de", "us")])
def test_the_tones_are_those_of_a_country_that_has_some(country: str, expected: str, tmp_path: Path) -> None:
    """Asterisk plays no ring-back at all for a country it does not know."""
    text = files(replace(CONFIG, tone_zone=country), tmp_path)["indications.conf"]
    assert f"country = {expected}\n" in text
    assert sections(text, expected)


def test_additions_for_a_bench_are_put_in(tmp_path: Path) -> None:
    """A module, a context, a file of its own."""
    extras = Extras(modules=("app_queue.so",), extensions="[bench]\n", files={"queues.conf": "[general]\n"})
    rendered = files(replace(CONFIG, extras=extras), tmp_path)
    assert listed_modules(rendered["modules.conf"])[-1] == "app_queue.so"
    assert rendered["extensions.conf"].rstrip().endswith("[bench]")
    assert rendered["queues.conf"] == "[general]\n"


def test_the_digest_module_is_needed() -> None:
    """Without it any password registers."""
    assert "res_pjsip_authenticator_digest.so" in needed_modules()


@pytest.mark.parametrize(
    "line",
    ["require = a.so", "require=>a.so", "require = a.so ; why", "preload-require=a.so", "  require = a.so"],
)
def test_listed_modules_are_found_however_they_are_written(line: str) -> None:
    """A site's own modules.conf is read too."""
    assert listed_modules(f"[modules]\nautoload = no\n;require = b.so\n{line}\nload = c.so\n") == ("a.so",)


def test_files_are_written_for_their_owner_alone(tmp_path: Path) -> None:
    """Also where a file of that name was there before."""
    (tmp_path / "ari.conf").touch(mode=0o644)
    write({"ari.conf": "secret"}, tmp_path)
    assert (tmp_path / "ari.conf").stat().st_mode & 0o777 == 0o600


def test_a_full_disk_leaves_the_files_that_were_there(tmp_path: Path) -> None:
    """Not even one of them is new: they belong together."""
    write({"ari.conf": "old", "pjsip.conf": "old"}, tmp_path)
    with files_of_at_most(10), pytest.raises(OSError, match="File too large"):
        write({"ari.conf": "new", "pjsip.conf": "new" * 10}, tmp_path)
    assert [(tmp_path / name).read_text() for name in ("ari.conf", "pjsip.conf")] == ["old", "old"]


def test_two_nodes_have_two_entity_ids_in_the_form_of_a_local_hardware_address() -> None:
    """Asterisk reads nothing else; the second bit says that it is no vendor's."""
    assert re.fullmatch(r"02(:[0-9a-f]{2}){5}", entity_id("node-1"))
    assert entity_id("node-1") != entity_id("node-2")
    assert entity_id("node-1") == entity_id("node-1")
