"""Which Asterisk will do."""

from pathlib import Path

import pytest

from app.asterisk.errors import AsteriskTooOld, ModulesMissing
from app.asterisk.installation import Installation, Version, system_installation
from app.asterisk.program import Program


@pytest.mark.parametrize(
    ("text", "will_do"),
    [
        ("Asterisk 20.13.9", False),
        ("Asterisk 20.14.0", True),
        ("Asterisk 21.8.1", False),
        ("Asterisk 21.9.0", True),
        ("Asterisk 22.3.0", False),
        ("Asterisk 22.4.0", True),
        ("Asterisk 22.10.1+dfsg+~cs6.17", True),
        ("Asterisk 23.0.0", True),
        ("Asterisk 18.26.4", False),
        ("Asterisk 19.99.0", False),
        ("Asterisk certified-20.7-cert1", False),
    ],
)
def test_rest_over_the_websocket_came_with_three_versions(text: str, *, will_do: bool) -> None:
    """20.14, 21.9 and 22.4 have it; what is newer too."""
    assert Version.parse(text).serves_rest_over_websocket is will_do


def test_a_text_without_a_version_is_refused() -> None:
    """What came is told."""
    with pytest.raises(AsteriskTooOld, match="found 'command not found'"):
        Version.parse("command not found")


def test_an_old_asterisk_is_refused_with_both_versions(tmp_path: Path) -> None:
    """What was expected, what was found, what to do."""
    old = Installation(Version(18, 26), Program(("asterisk",)), tmp_path, tmp_path)
    with pytest.raises(AsteriskTooOld, match=r"expected Asterisk 20\.14, .* found 18\.26: upgrade it"):
        old.require([])


def test_missing_modules_are_all_named(tmp_path: Path) -> None:
    """Not only the first."""
    (tmp_path / "app_dial.so").touch()
    installation = Installation(Version(22, 10), Program(("asterisk",)), tmp_path, tmp_path)
    with pytest.raises(ModulesMissing, match=r"app_stasis\.so, res_ari\.so") as caught:
        installation.require(["app_dial.so", "app_stasis.so", "res_ari.so"])
    assert caught.value.modules == ("app_stasis.so", "res_ari.so")


def test_a_system_asterisk_is_asked_for_its_version(tmp_path: Path) -> None:
    """And its modules are looked for where it was installed."""
    program, modules = (
        tmp_path / "sbin" / "asterisk",
        tmp_path / "lib" / "x86_64-linux-gnu" / "asterisk" / "modules",
    )
    program.parent.mkdir()
    modules.mkdir(parents=True)
    program.write_text("#!/bin/sh\necho Asterisk 20.6.0\n")
    program.chmod(0o755)
    found = system_installation(str(program))
    assert found is not None
    assert (found.version, found.modules) == (Version(20, 6), modules)


def test_a_machine_without_asterisk_has_none(monkeypatch: pytest.MonkeyPatch) -> None:
    """None, not an error: a private one serves."""
    monkeypatch.setattr("shutil.which", lambda *_, **__: None)
    assert system_installation() is None
