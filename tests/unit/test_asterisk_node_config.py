"""Values of a node's configuration are checked where they are made."""

from datetime import timedelta
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.asterisk.errors import InvalidNodeConfig
from app.asterisk.node_config import (
    AriUser,
    Device,
    Extras,
    Fallback,
    FallbackMode,
    NodeConfig,
    Sounds,
    Trunk,
)
from app.ids import DeviceId, NodeId

USER = AriUser(password="a-secret")


@pytest.mark.parametrize(
    "password", ["two\nlines", "semi;colon", "[section]", "a blank", "", "x" * 121, "umlaut-ü"]
)
def test_a_password_that_would_change_the_file_is_refused(password: str) -> None:
    """A newline, a comment sign or a bracket would start something new in Asterisk's configuration."""
    with pytest.raises(InvalidNodeConfig, match="device phone1 password: expected 1 to 120 printable"):
        Device(id=DeviceId("phone1"), password=password)


def test_a_refused_password_is_not_told() -> None:
    """Errors end in logs."""
    with pytest.raises(InvalidNodeConfig) as caught:
        AriUser(password="very secret")
    assert "secret" not in str(caught.value)
    assert "among them [' ']" in str(caught.value)


def test_a_password_is_not_shown_by_repr() -> None:
    """Nor do values of the configuration tell it."""
    device = Device(id=DeviceId("phone1"), password="hunter2")
    config = NodeConfig(ari=USER, devices=(device,))
    assert "hunter2" not in repr(config)
    assert "a-secret" not in repr(config)


@given(
    st.text(
        alphabet=st.characters(min_codepoint=33, max_codepoint=126, exclude_characters=";[]"),
        min_size=1,
        max_size=120,
    )
)
def test_every_other_printable_password_is_taken(password: str) -> None:
    """Long random passwords of any kind work."""
    assert Device(id=DeviceId("phone1"), password=password).password == password


@pytest.mark.parametrize("name", ["phone 1", "phone1]", "phone;1", "phone\n1", "", "-phone", "p" * 41])
def test_a_device_name_that_is_no_name_is_refused(name: str) -> None:
    """It becomes a section of pjsip.conf and part of a dial string."""
    with pytest.raises(InvalidNodeConfig, match=r"device\.id: expected 1 to 40 letters"):
        Device(id=DeviceId(name), password="x")


@pytest.mark.parametrize("name", ["global", "anonymous", "transport-udp"])
def test_a_device_cannot_take_a_reserved_name(name: str) -> None:
    """Sections of that name are ours."""
    with pytest.raises(InvalidNodeConfig, match="not a reserved word"):
        NodeConfig(ari=USER, devices=(Device(id=DeviceId(name), password="x"),))


def test_a_trunk_and_a_device_cannot_share_a_name() -> None:
    """One name is one section."""
    device = Device(id=DeviceId("carrier"), password="x")
    trunk = Trunk(name="carrier", host="192.0.2.1", match=("192.0.2.1",))
    with pytest.raises(InvalidNodeConfig, match="a name used once"):
        NodeConfig(ari=USER, devices=(device,), trunks=(trunk,))


def test_a_display_name_cannot_leave_its_quotes() -> None:
    """It stands between quotes in the caller id."""
    with pytest.raises(InvalidNodeConfig, match="display_name"):
        Device(id=DeviceId("phone1"), password="x", display_name='Li" <110>')


def test_a_trunk_needs_addresses_to_be_known_by() -> None:
    """Without one nobody could tell its calls."""
    with pytest.raises(InvalidNodeConfig, match="expected the carrier's addresses"):
        Trunk(name="carrier", host="192.0.2.1", match=())


def test_a_trunk_that_registers_needs_user_and_host() -> None:
    """Both are told."""
    with pytest.raises(InvalidNodeConfig, match="expected a user and a host to register with"):
        Trunk(name="carrier", match=("192.0.2.1",), registers=True)


def test_the_dial_fallback_needs_a_device() -> None:
    """Ringing nobody is no fallback."""
    with pytest.raises(InvalidNodeConfig, match="at least one device"):
        Fallback(mode=FallbackMode.DIAL)


@pytest.mark.parametrize(("milliseconds", "is_taken"), [(99, False), (100, True), (101, True)])
def test_the_controller_is_not_looked_for_more_often_than_ten_times_a_second(
    milliseconds: int, *, is_taken: bool
) -> None:
    """A busy loop in the dialplan would eat the machine."""
    try:
        Fallback(retry_every=timedelta(milliseconds=milliseconds))
    except InvalidNodeConfig:
        assert not is_taken
    else:
        assert is_taken


def test_a_greeting_must_exist(tmp_path: Path) -> None:
    """A missing file would be silence on the line."""
    with pytest.raises(InvalidNodeConfig, match=r"expected an existing \.wav file"):
        Sounds(greeting=tmp_path / "greeting.wav")


def test_a_sound_path_cannot_hold_an_argument_separator(tmp_path: Path) -> None:
    """A comma would end the argument of Playback."""
    path = tmp_path / "a,b.wav"
    path.touch()
    with pytest.raises(InvalidNodeConfig, match="without commas"):
        Sounds(greeting=path)


def test_networks_and_addresses_are_checked() -> None:
    """What is no network is named."""
    with pytest.raises(InvalidNodeConfig, match="callers_from: expected an address or network"):
        NodeConfig(ari=USER, callers_from=("everywhere",))
    with pytest.raises(InvalidNodeConfig, match="sip_address: expected an IP address"):
        NodeConfig(ari=USER, sip_address="localhost")


def test_a_node_name_is_checked() -> None:
    """It prefixes every channel's id."""
    with pytest.raises(InvalidNodeConfig, match="node: expected"):
        NodeConfig(ari=USER, node=NodeId("node/1"))


def test_additions_keep_to_their_form() -> None:
    """Modules are modules, files are configuration files: no path leads elsewhere."""
    with pytest.raises(InvalidNodeConfig, match=r"extras\.files"):
        Extras(files={"../secrets.conf": ""})
    with pytest.raises(InvalidNodeConfig, match=r"extras\.modules"):
        Extras(modules=("app_queue.so\nload = app_system.so",))
