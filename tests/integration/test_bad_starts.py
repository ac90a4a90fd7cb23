"""A service that cannot start says in one sentence what it expected, what it found and what to do, and ends with status 1."""

import asyncio
import json
import os
import socket
import sys
from pathlib import Path

import pytest
from aiohttp import ClientSession

from app.asterisk.process import Asterisk
from app.asterisk.render import PASSWORD_CHECK
from tests.support.asterisk import ARI_PASSWORD
from tests.support.until import until

pytestmark = pytest.mark.integration

SITE = """
name: Elsewhere
time_zone: UTC
devices: {{phone1: {{extension: 101}}}}
agents: {{agent1: {{name: Wang, device: phone1}}}}
queues: {{service: {{members: [agent1]}}}}
entry_points: {{4001: {{queue: service}}}}
asterisk:
  url: {url}
  password: {{env: TEST_ARI_PASSWORD}}
"""


async def up(directory: Path, site: str, **environment: str) -> asyncio.subprocess.Process:
    """A service as its operator starts it; what it says comes by `stdout`."""
    (directory / "site.yaml").write_text(site)
    return await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", "app", "up", "--site", "site.yaml", "--data", "data"),
        cwd=directory,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.STDOUT,
        env=os.environ | {"PYTHONPATH": str(Path.cwd()), "THIRDRING_PORT": "0"} | environment,
    )


async def start(directory: Path, site: str, **environment: str) -> tuple[int, str]:
    """Try to start; the exit status and all that was printed. A service that does start is ended."""
    process = await up(directory, site, **environment)
    assert process.stdout is not None
    lines: list[str] = []
    async with asyncio.timeout(15):
        async for line in process.stdout:
            lines.append(line.decode())
            if "reconciled" in lines[-1]:
                process.terminate()
        status = await process.wait()
    return status, "".join(lines)


def one_sentence(printed: str) -> str:
    """The last line, which is all that a failed start says about the failure."""
    assert "Traceback" not in printed
    return printed.strip().splitlines()[-1]


async def test_a_wrong_ari_password_is_told_with_the_setting_to_check(
    asterisk: Asterisk, tmp_path: Path
) -> None:
    status, printed = await start(tmp_path, SITE.format(url=asterisk.address.url), TEST_ARI_PASSWORD="wrong")
    assert status == 1
    assert "user and password" in one_sentence(printed)
    assert "wrong" not in one_sentence(printed)


async def test_a_password_that_is_not_set_is_told_by_its_name(asterisk: Asterisk, tmp_path: Path) -> None:
    status, printed = await start(tmp_path, SITE.format(url=asterisk.address.url))
    assert status == 1
    assert "TEST_ARI_PASSWORD" in one_sentence(printed)


async def test_a_port_in_use_is_told(asterisk: Asterisk, tmp_path: Path) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = str(taken.getsockname()[1])
        site = SITE.format(url=asterisk.address.url)
        status, printed = await start(tmp_path, site, TEST_ARI_PASSWORD=ARI_PASSWORD, THIRDRING_PORT=port)
    assert status == 1
    assert port in one_sentence(printed)
    assert "THIRDRING_PORT" in one_sentence(printed)


async def test_a_sip_port_in_use_is_told(tmp_path: Path) -> None:
    """Of our own Asterisk, which is not left behind."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as taken:
        taken.bind(("127.0.0.1", 0))
        port = taken.getsockname()[1]
        site = SITE.format(url="").partition("asterisk:")[0] + f"asterisk: {{sip_port: {port}}}\n"
        status, printed = await start(tmp_path, site)
    assert status == 1
    assert str(port) in one_sentence(printed)
    assert not (tmp_path / "data" / "asterisk" / "running.json").exists()


async def test_an_asterisk_that_registers_phones_with_any_password_is_refused(
    own_asterisk: Asterisk, tmp_path: Path
) -> None:
    """Found out when it answers, which may be later than the start: the service ends by itself."""
    await own_asterisk.console(f"module unload {PASSWORD_CHECK}")
    site = SITE.format(url=own_asterisk.address.url)
    process = await up(tmp_path, site, TEST_ARI_PASSWORD=ARI_PASSWORD)
    printed, _ = await asyncio.wait_for(process.communicate(), 15)
    assert process.returncode == 1
    assert PASSWORD_CHECK in one_sentence(printed.decode())
    assert "any password" in one_sentence(printed.decode())


async def test_what_else_an_asterisk_lacks_is_told_and_calls_are_taken(
    own_asterisk: Asterisk, tmp_path: Path
) -> None:
    """In the log and by the health of the service, for as long as it runs."""
    await own_asterisk.console("module unload func_talkdetect.so")
    process = await up(tmp_path, SITE.format(url=own_asterisk.address.url), TEST_ARI_PASSWORD=ARI_PASSWORD)
    try:
        told = tmp_path / "data" / "service.json"
        await until(told.exists, "the service does not start")
        url = json.loads(told.read_text())["url"]
        asterisk: dict[str, str] = {}

        async def is_told() -> bool:
            async with ClientSession() as http, http.get(f"{url}/health/ready") as answer:
                assert answer.status in {200, 503}
                parts = (await answer.json()).get("parts", [])
                asterisk.update(next((part for part in parts if part["name"] == "asterisk"), {}))
            return asterisk.get("level") == "degraded"

        await until(is_told, "nobody says so")
        assert "func_talkdetect.so" in asterisk["detail"]
    finally:
        process.terminate()
        printed, _ = await process.communicate()
    assert b"asterisk_modules_missing" in printed


async def test_mistakes_in_the_site_file_are_all_told_by_line(tmp_path: Path) -> None:
    site = "name: x\ntime_zone: Mars/Olympus\nqueues: {service: {members: [nobody]}}\n"
    status, printed = await start(tmp_path, site)
    assert status == 1
    assert "site.yaml:2:12: time_zone" in printed
    assert "site.yaml:3:" in printed
    assert "Traceback" not in printed


async def test_a_data_directory_in_use_is_told(asterisk: Asterisk, tmp_path: Path) -> None:
    site = SITE.format(url=asterisk.address.url)
    first = await up(tmp_path, site, TEST_ARI_PASSWORD=ARI_PASSWORD)
    try:
        await until((tmp_path / "data" / "service.json").exists, "the first service does not start")
        status, printed = await start(tmp_path, site, TEST_ARI_PASSWORD=ARI_PASSWORD)
    finally:
        first.terminate()
        await first.communicate()
    assert status == 1
    assert "in use by process" in one_sentence(printed)


async def test_an_asterisk_that_is_away_is_waited_for(tmp_path: Path) -> None:
    """It may be restarting: the service runs, says what is missing, and is not ready."""
    with socket.socket() as nobody:
        nobody.bind(("127.0.0.1", 0))
        url = f"http://127.0.0.1:{nobody.getsockname()[1]}/ari"
    process = await up(tmp_path, SITE.format(url=url), TEST_ARI_PASSWORD="any")
    assert process.stdout is not None
    try:
        async with asyncio.timeout(15):
            while b"asterisk_disconnected" not in (line := await process.stdout.readline()):
                assert line, "the service ended"
        assert process.returncode is None
    finally:
        process.terminate()
        assert await process.wait() == 0


@pytest.mark.parametrize(
    ("environment", "expected"),
    [
        ({"THIRDRING_OIDC_ISSUER": "http://login.example.com"}, "an https address"),
        ({"THIRDRING_OIDC_ROLES": "hotline=agent"}, "Expected THIRDRING_OIDC_ROLES"),
    ],
)
async def test_single_sign_on_that_cannot_be_is_told_before_anything_starts(
    tmp_path: Path, environment: dict[str, str], expected: str
) -> None:
    status, printed = await start(tmp_path, SITE.format(url="http://127.0.0.1:1"), **environment)
    assert status == 1
    assert expected in one_sentence(printed)
