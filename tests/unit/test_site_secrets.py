"""Passwords: where they come from, and that those made up are kept and kept safe."""

import json
import stat
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import date
from pathlib import Path
from unittest.mock import patch

import pytest

from app.asterisk.node_config import AriUser
from app.ids import DeviceId
from app.site import secret_store
from app.site.loader import load_site
from app.site.model import FromEnvironment, FromFile, Generated, InPlainSight
from app.site.secret_store import SecretError, Secrets


def test_a_password_made_up_is_the_same_the_next_time(tmp_path: Path) -> None:
    first = Secrets(tmp_path).resolve(Generated(), "device_phone1")
    assert Secrets(tmp_path).resolve(Generated(), "device_phone1") == first


def test_each_name_has_a_password_of_its_own(tmp_path: Path) -> None:
    secrets = Secrets(tmp_path)
    assert len({secrets.resolve(Generated(), name) for name in ("a", "b", "c")}) == 3


def test_the_file_is_readable_by_its_owner_alone(tmp_path: Path) -> None:
    secrets = Secrets(tmp_path / "data")
    secrets.admin_token()
    assert stat.S_IMODE(secrets.path.stat().st_mode) == 0o600
    assert stat.S_IMODE(secrets.path.parent.stat().st_mode) == 0o700


def test_the_demo_gets_an_ari_password_an_admin_token_and_a_password_for_each_phone(tmp_path: Path) -> None:
    site = load_site(Path("app/site/examples/demo.yaml"), today=date(2026, 11, 21))
    secrets = Secrets(tmp_path)
    secrets.ari_password(site)
    secrets.admin_token()
    secrets.device_passwords(site)
    kept = json.loads(secrets.path.read_text())
    assert kept.keys() == {"ari_password", "admin_token", *(f"device_phone{n}" for n in range(1, 9))}


def test_a_password_made_up_can_stand_in_the_configuration_of_asterisk(tmp_path: Path) -> None:
    AriUser(password=Secrets(tmp_path).resolve(Generated(), "ari_password"))


def test_processes_that_start_at_once_agree(tmp_path: Path) -> None:
    with ThreadPoolExecutor(8) as pool:
        tokens = list(pool.map(lambda _: Secrets(tmp_path).admin_token(), range(16)))
    assert len(set(tokens)) == 1


def test_a_password_comes_from_the_environment(tmp_path: Path) -> None:
    secrets = Secrets(tmp_path, environment={"PHONE": "1234"})
    assert secrets.resolve(FromEnvironment("PHONE"), "device_phone1") == "1234"
    assert not secrets.path.exists()


def test_a_variable_that_is_not_set_is_named(tmp_path: Path) -> None:
    with pytest.raises(SecretError, match="device_phone1: expected the environment variable PHONE"):
        Secrets(tmp_path, environment={}).resolve(FromEnvironment("PHONE"), "device_phone1")


def test_a_password_comes_from_the_first_line_of_a_file(tmp_path: Path) -> None:
    (tmp_path / "password").write_text("1234\n")
    assert Secrets(tmp_path).resolve(FromFile(tmp_path / "password"), "x") == "1234"


@pytest.mark.parametrize("content", [None, b"", b"\n", b"\xff\xfe"])
def test_a_file_without_a_password_is_named(tmp_path: Path, content: bytes | None) -> None:
    path = tmp_path / "password"
    if content is not None:
        path.write_bytes(content)
    with pytest.raises(SecretError, match=f"expected a password in the first line of {path}"):
        Secrets(tmp_path).resolve(FromFile(path), "x")


def test_a_password_in_the_site_file_is_taken_as_it_is(tmp_path: Path) -> None:
    assert Secrets(tmp_path).resolve(InPlainSight("1234"), "x") == "1234"


@pytest.mark.parametrize("content", [b"{", b"[]", b'{"ari_password": 1}', b"\xff"])
def test_a_damaged_file_is_named_and_left_as_it_is(tmp_path: Path, content: bytes) -> None:
    """New passwords would lock every phone out: a human decides."""
    secrets = Secrets(tmp_path)
    secrets.path.write_bytes(content)
    with pytest.raises(SecretError, match="is damaged"):
        secrets.admin_token()
    assert secrets.path.read_bytes() == content


def test_a_data_directory_that_is_a_file_is_named(tmp_path: Path) -> None:
    (tmp_path / "data").write_text("")
    with pytest.raises(SecretError, match="the data directory"):
        Secrets(tmp_path / "data").admin_token()


def test_a_device_password_follows_the_site_file(tmp_path: Path) -> None:
    path = tmp_path / "site.yaml"
    path.write_text(
        "name: x\ntime_zone: UTC\nqueues: {q: }\ndevices: {p: {extension: 10, password: {env: P}}}\n"
    )
    site = load_site(path, today=date(2026, 11, 21))
    assert Secrets(tmp_path, environment={"P": "1234"}).device_passwords(site) == {DeviceId("p"): "1234"}


def test_a_thousand_new_phones_are_one_write(tmp_path: Path) -> None:
    """Each write is forced to the disk, and calls may be waiting for the start."""
    site = load_site(Path("app/site/examples/demo.yaml"), today=date(2026, 11, 21))
    phones = {DeviceId(f"new{number}"): Generated() for number in range(1_000)}
    secrets = Secrets(tmp_path)
    secrets.admin_token()
    with patch("app.site.secret_store._write", wraps=secret_store._write) as write:
        passwords = secrets.device_passwords(replace(site, device_passwords=phones))
    assert write.call_count == 1
    assert len(set(passwords.values())) == 1_000
    assert Secrets(tmp_path).device_passwords(replace(site, device_passwords=phones)) == passwords


def test_who_only_looks_makes_no_password_up(tmp_path: Path) -> None:
    secrets = Secrets(tmp_path)
    assert secrets.known(Generated(), "ari_password") is None
    assert not secrets.path.exists()
    made = secrets.resolve(Generated(), "ari_password")
    assert secrets.known(Generated(), "ari_password") == made
