"""Users and the audit log of the real service, through a kill; and single sign-on there."""

import asyncio
import sys
from pathlib import Path

import aiohttp
import pytest

from app.auth.throttle import PER_USER
from app.clock import SystemClock
from app.store.access import DIRECTORY
from tests.support.openid import CLIENT_ID, CLIENT_SECRET, openid_provider
from tests.support.service_process import ServiceProcess

pytestmark = [pytest.mark.integration, pytest.mark.timeout(60)]

PASSWORD = "correct horse battery"


async def thirdring(service: ServiceProcess, *words: str, typed: str = "") -> str:
    """What a command beside the running service prints."""
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", "app", *words, "--data", str(service.data)),
        stdin=asyncio.subprocess.PIPE,
        stdout=asyncio.subprocess.PIPE,
    )
    output, _ = await process.communicate(typed.encode())
    assert process.returncode == 0
    return output.decode()


async def test_sessions_and_audit_survive_a_kill(service_process: ServiceProcess) -> None:
    """A user made at the command line logs in, pauses an agent, and is still logged in when the service is back."""
    await thirdring(service_process, "user", "add", "chen", "--role", "shift_supervisor", typed=PASSWORD)
    jar = aiohttp.CookieJar(unsafe=True)
    async with aiohttp.ClientSession(cookie_jar=jar) as page:
        url = service_process.url
        body = {"name": "chen", "password": PASSWORD}
        async with page.post(f"{url}/api/v1/session", json=body) as answer:
            assert answer.status == 201, await answer.text()
            csrf_token = (await answer.json())["csrf_token"]
        headers = {"Origin": url, "X-CSRF-Token": csrf_token}
        async with page.post(f"{url}/api/v1/agents/agent1/log-in", headers=headers) as answer:
            assert answer.status == 200, await answer.text()
        await service_process.killed()
        await service_process.start()
        async with page.get(f"{service_process.url}/api/v1/session") as answer:
            assert (await answer.json())["name"] == "user:chen"
    listed = (await service_process.ask("GET", "audit?actor=user:chen"))["entries"]
    assert [(each["action"], each["object"], each["result"]) for each in listed] == [
        ("logIn", "agent:agent1", "done"),
        ("openSession", "user:chen", "done"),
    ]
    assert "3 entries" in await thirdring(service_process, "audit", "verify")
    assert (service_process.data / DIRECTORY / "head.json").exists()


async def log_in(service: ServiceProcess, password: str) -> int:
    """The status of a log-in as `chen`."""
    async with aiohttp.ClientSession() as page:
        url, body = service.url, {"name": "chen", "password": password}
        async with page.post(f"{url}/api/v1/session", json=body) as answer:
            return answer.status


async def test_a_lock_out_survives_a_kill_until_it_is_unlocked(service_process: ServiceProcess) -> None:
    """A restart forgives nobody; the command line does, beside the running service."""
    await thirdring(service_process, "user", "add", "chen", "--role", "agent", typed=PASSWORD)
    for _ in range(PER_USER.free):
        assert await log_in(service_process, "wrong") == 403
    assert await log_in(service_process, PASSWORD) == 429
    await service_process.killed()
    await service_process.start()
    assert await log_in(service_process, PASSWORD) == 429
    await thirdring(service_process, "user", "unlock", "chen")
    assert await log_in(service_process, PASSWORD) == 201
    listed = (await service_process.ask("GET", "audit?object=user:chen"))["entries"]
    assert [each["action"] for each in listed][:2] == ["openSession", "unlockUser"]


async def test_the_real_service_takes_single_sign_on_from_its_environment(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """And what the doctor says of it."""
    async with openid_provider(SystemClock().now) as provider:
        for name, value in {
            "ISSUER": provider.url,
            "CLIENT_ID": CLIENT_ID,
            "CLIENT_SECRET": CLIENT_SECRET,
            "ROLES": '{"hotline-leaders": "team_leader"}',
        }.items():
            monkeypatch.setenv(f"THIRDRING_OIDC_{name}", value)
        jar = aiohttp.CookieJar(unsafe=True)
        async with ServiceProcess(tmp_path) as service, aiohttp.ClientSession(cookie_jar=jar) as page:
            url = service.url
            async with page.get(f"{url}/login/sign-on?next=/wallboard") as answer:
                assert str(answer.url) == f"{url}/login?next=/wallboard"
            async with page.get(f"{url}/api/v1/session") as answer:
                told = await answer.json()
            assert (told["name"], told["role"]) == ("user:lin.xiao@example.com", "team_leader")
            assert CLIENT_SECRET not in service.log()
        assert "/token" in provider.asked
