"""The checks of Asterisk, on the real one: what is wrong with its ARI is told apart and named."""

from collections.abc import Callable
from pathlib import Path

import pytest

from app.asterisk import for_site
from app.asterisk.installation import Installation
from app.asterisk.process import Asterisk
from app.doctor import asterisk as checks
from app.doctor import ports
from app.doctor.context import Context
from app.doctor.finding import Finding, Level
from app.site.model import Site
from tests.support.asterisk import ARI_PASSWORD, StartAsterisk, node_config
from tests.support.doctor import STAFFED, context_for, site_of

pytestmark = pytest.mark.integration

ALL = (checks.check_ari, checks.check_version, checks.check_rights, checks.check_modules)
LookAt = Callable[..., Context]


@pytest.fixture
def look_at(tmp_path: Path) -> LookAt:
    """A site that uses the ARI at this URL with this password."""

    def make(url: str, password: str = ARI_PASSWORD) -> Context:
        return context_for(tmp_path, STAFFED + f"asterisk: {{url: '{url}', password: {password}}}\n")

    return make


async def findings(context: Context) -> dict[str, Finding]:
    site: Site = site_of(context)
    return {finding.title: finding for finding in [await check(context, site) for check in ALL]}


async def test_a_good_asterisk_has_no_findings(asterisk: Asterisk, look_at: LookAt) -> None:
    found = await findings(look_at(asterisk.address.url))
    assert {finding.level for finding in found.values()} == {Level.OK}, found
    assert found["Asterisk version"].detail.startswith("22.")
    assert "read and write" in found["ARI rights"].detail


async def test_a_wrong_password_is_told_with_the_setting_to_correct(
    asterisk: Asterisk, look_at: LookAt
) -> None:
    found = await findings(look_at(asterisk.address.url, "wrong"))
    assert found["ARI"].level is Level.ERROR
    assert "does not accept user `thirdring`" in found["ARI"].detail
    assert "asterisk.password" in found["ARI"].advice


async def test_a_wrong_path_is_told_from_a_wrong_password(asterisk: Asterisk, look_at: LookAt) -> None:
    found = await findings(look_at(asterisk.address.url.replace("/ari", "/elsewhere/ari")))
    assert found["ARI"].level is Level.ERROR
    assert "has no ARI" in found["ARI"].detail


async def test_an_asterisk_that_is_away_is_one_error(look_at: LookAt) -> None:
    """The other checks leave it to that one."""
    found = await findings(look_at("http://127.0.0.1:9/ari"))
    assert [title for title, finding in found.items() if finding.level is not Level.OK] == ["ARI"]
    assert "no answer" in found["ARI"].detail


async def test_a_user_who_may_only_look_is_an_error(
    start_asterisk: StartAsterisk, tmp_path: Path, look_at: LookAt
) -> None:
    node = await start_asterisk(node_config(tmp_path))
    await _reconfigure(node, "ari.conf", "read_only = no", "read_only = yes")
    found = await findings(look_at(node.address.url))
    assert found["ARI"].level is Level.OK
    assert found["ARI rights"].level is Level.ERROR
    assert "read_only = no" in found["ARI rights"].advice


async def test_a_missing_password_check_of_phones_is_an_error(
    start_asterisk: StartAsterisk, tmp_path: Path, look_at: LookAt
) -> None:
    node = await start_asterisk(node_config(tmp_path))
    await node.console("module unload res_pjsip_authenticator_digest.so")
    found = await findings(look_at(node.address.url))
    assert found["Asterisk modules"].level is Level.ERROR
    assert "any password" in found["Asterisk modules"].detail


async def test_another_missing_module_is_a_warning_with_its_name(
    start_asterisk: StartAsterisk, tmp_path: Path, look_at: LookAt
) -> None:
    node = await start_asterisk(node_config(tmp_path))
    await node.console("module unload func_talkdetect.so")
    found = await findings(look_at(node.address.url))
    assert found["Asterisk modules"].level is Level.WARNING
    assert "func_talkdetect.so" in found["Asterisk modules"].detail


async def test_our_own_asterisk_is_checked_while_it_runs(tmp_path: Path, installation: Installation) -> None:
    """It is found by what it leaves in the data directory, with the password kept there."""
    context = context_for(tmp_path, STAFFED)
    site, directory = site_of(context), context.settings.data_dir / "asterisk"
    assert (await findings(context))[
        "ARI"
    ].detail == "our own Asterisk does not run now; it is checked at each start"
    node = Asterisk(
        for_site.node_config(site, context.secrets), directory=directory, installation=installation
    )
    await node.start()
    try:
        found = await findings(context)
        assert node.address.url in found["ARI"].detail
        assert {finding.level for finding in found.values()} == {Level.OK}, found
        assert context.own_ports == node.ports
        assert f":{node.ports.sip}, used by our own" in (await ports.check_sip_port(context, site)).detail
    finally:
        await node.stop()
    assert context.own_ports is None


async def test_the_program_that_would_run_is_named(installation: Installation, tmp_path: Path) -> None:
    context = context_for(tmp_path, STAFFED)
    finding = await checks.check_installation(context, site_of(context))
    assert finding.level is Level.OK
    assert "version" in finding.detail


async def _reconfigure(node: Asterisk, name: str, old: str, new: str) -> None:
    path = node.layout.etc / name
    text = path.read_text()
    assert old in text
    path.write_text(text.replace(old, new))
    await node.console("module reload res_ari.so")
