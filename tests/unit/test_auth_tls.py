"""TLS by settings: it works with a certificate and its key, and says what is wrong with anything else."""

import asyncio
import socket
import ssl
from collections.abc import AsyncIterator
from pathlib import Path

import httpx2
import pytest
import uvicorn

from app.api.tls import TlsUnusable, check_tls
from app.auth.model import Role
from tests.support.accounts import BOSS, PASSWORD
from tests.support.certificates import make_certificate
from tests.support.people import COOKIE, People
from tests.support.stage import Stage
from tests.support.until import until


@pytest.fixture
def pair(tmp_path: Path) -> tuple[Path, Path]:
    """A certificate of the loopback address and its key."""
    made = make_certificate(tmp_path)
    return made.certificate, made.key


@pytest.fixture
async def address(stage: Stage, pair: tuple[Path, Path]) -> AsyncIterator[str]:
    """Where the interface is served over TLS, as the service does it."""
    listener = socket.create_server(("127.0.0.1", 0))
    config = uvicorn.Config(
        stage.api, ssl_certfile=pair[0], ssl_keyfile=pair[1], log_config=None, lifespan="off"
    )
    server = uvicorn.Server(config)
    running = asyncio.create_task(server.serve(sockets=[listener]))
    await until(lambda: server.started, "expected the server to start")
    yield f"https://127.0.0.1:{listener.getsockname()[1]}"
    server.should_exit = True
    await running
    listener.close()


async def test_over_tls_a_session_is_bound_to_it(stage: Stage, address: str, pair: tuple[Path, Path]) -> None:
    """The cookie is Secure, and the browser is told to come by TLS only."""
    people = People(stage)
    await people.access.administration.add_user(BOSS, name="chen", password=PASSWORD, role=Role.AGENT)
    trusted = ssl.create_default_context(cafile=str(pair[0]))
    async with httpx2.AsyncClient(base_url=address, verify=trusted) as client:
        answer = await client.post("/api/v1/session", json={"name": "chen", "password": PASSWORD})
        assert answer.headers["set-cookie"].startswith(f"__Host-{COOKIE}=")
        assert "; Secure" in answer.headers["set-cookie"]
        assert "max-age" in answer.headers["strict-transport-security"]
        assert (await client.get("/api/v1/session")).json()["name"] == "user:chen"


def test_a_certificate_and_its_key_can_be_used(pair: tuple[Path, Path]) -> None:
    """And so can none of both: then there is no TLS."""
    check_tls(*pair)
    check_tls(None, None)


def test_anything_else_is_refused_before_the_service_starts(pair: tuple[Path, Path], tmp_path: Path) -> None:
    """With both settings named, and what came."""
    certificate, key = pair
    for first, second in ((certificate, None), (None, key), (key, certificate), (tmp_path / "none", key)):
        with pytest.raises(TlsUnusable, match=r"THIRDRING_TLS_CERTIFICATE .* THIRDRING_TLS_KEY"):
            check_tls(first, second)
