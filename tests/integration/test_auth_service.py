"""Users and the audit log of the real service, through a kill."""

import asyncio
import sys

import aiohttp
import pytest

from app.store.access import DIRECTORY
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
        url = service_process._told["url"]
        body = {"name": "chen", "password": PASSWORD}
        async with page.post(f"{url}/api/v1/session", json=body) as answer:
            assert answer.status == 201, await answer.text()
            csrf_token = (await answer.json())["csrf_token"]
        headers = {"Origin": url, "X-CSRF-Token": csrf_token}
        async with page.post(f"{url}/api/v1/agents/agent1/log-in", headers=headers) as answer:
            assert answer.status == 200, await answer.text()
        await service_process.killed()
        await service_process.start()
        async with page.get(f"{service_process._told['url']}/api/v1/session") as answer:
            assert (await answer.json())["name"] == "user:chen"
    listed = (await service_process.ask("GET", "audit?actor=user:chen"))["entries"]
    assert [(each["action"], each["object"], each["result"]) for each in listed] == [
        ("logIn", "agent:agent1", "done"),
        ("openSession", "user:chen", "done"),
    ]
    assert "3 entries" in await thirdring(service_process, "audit", "verify")
    assert (service_process.data / DIRECTORY / "head.json").exists()
