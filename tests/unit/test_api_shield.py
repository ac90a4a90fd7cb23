"""What is turned away before anybody looks at its content."""

from collections.abc import AsyncIterator

import httpx2
import pytest

from app.api.shield import BODY_LIMIT, LOOPBACK_HOSTS, hosts_for
from tests.support.stage import TOKEN, Stage


@pytest.mark.parametrize("host", ["127.0.0.1", "127.0.0.1:8600", "localhost:1", "LOCALHOST", "[::1]:8600"])
async def test_the_loopback_names_are_served(client: httpx2.AsyncClient, host: str) -> None:
    """With any port: a tunnel may change it."""
    assert (await client.get("/health/live", headers={"Host": host})).status_code == 200


@pytest.mark.parametrize(
    "host", ["evil.example", "127.0.0.1.evil.example", "127.0.0.2", "", "[::1", "localhost@evil.example"]
)
async def test_another_name_is_not_served(client: httpx2.AsyncClient, host: str) -> None:
    """A page that made its own name point to this address (DNS rebinding) gets nothing, probes included."""
    answer = await client.get("/health/live", headers={"Host": host})
    assert (answer.status_code, answer.json()["code"]) == (421, "wrong-host")


async def test_other_names_can_be_allowed(stage: Stage) -> None:
    """For a site that listens on its network."""
    api = stage.make_api(hosts={"Hotline.example"})
    transport = httpx2.ASGITransport(app=api)
    async with httpx2.AsyncClient(transport=transport, base_url="http://hotline.example:8600") as client:
        assert (await client.get("/health/live")).status_code == 200
        assert (await client.get("/health/live", headers={"Host": "127.0.0.1"})).status_code == 421


async def test_any_name_can_be_allowed(stage: Stage) -> None:
    """For a reverse proxy that checks names itself."""
    transport = httpx2.ASGITransport(app=stage.make_api(hosts=None))
    async with httpx2.AsyncClient(transport=transport, base_url="http://any.example") as client:
        assert (await client.get("/health/live")).status_code == 200


@pytest.mark.parametrize("address", ["127.0.0.1", "127.0.0.53", "::1", "localhost"])
def test_on_loopback_only_its_names_are_served(address: str) -> None:
    """There a page of the internet could else reach the service through a browser of the machine."""
    assert hosts_for(address) == LOOPBACK_HOSTS


@pytest.mark.parametrize("address", ["0.0.0.0", "::", "192.0.2.7", "hotline.example"])
def test_on_a_network_any_name_is_served(address: str) -> None:
    """Only the site knows its names; the token guards."""
    assert hosts_for(address) is None


@pytest.mark.parametrize("origin", ["http://evil.example", "null", "http://127.0.0.1:9999", "http://[::1"])
async def test_pages_of_other_origins_are_turned_away(client: httpx2.AsyncClient, origin: str) -> None:
    """Simple requests need no CORS header to do harm, so they are not carried out at all."""
    answer = await client.post("/api/v1/agents/lin/log-in", headers={"Origin": origin})
    assert (answer.status_code, answer.json()["code"]) == (403, "forbidden-origin")


async def test_our_own_pages_are_served(client: httpx2.AsyncClient) -> None:
    """Their origin is our own host and port."""
    answer = await client.get("/api/v1/agents", headers={"Origin": "http://127.0.0.1:8600"})
    assert answer.status_code == 200


async def test_no_answer_has_a_cors_header(client: httpx2.AsyncClient) -> None:
    """Asked for by a preflight or not."""
    preflight = await client.options(
        "/api/v1/agents", headers={"Origin": "http://127.0.0.1:8600", "Access-Control-Request-Method": "GET"}
    )
    answers = [preflight, await client.get("/api/v1/agents")]
    assert not [name for answer in answers for name in answer.headers if name.startswith("access-control")]


@pytest.mark.parametrize("path", ["/health/live", "/api/v1/agents", "/nothing", "/openapi.json"])
async def test_each_answer_has_the_security_headers(client: httpx2.AsyncClient, path: str) -> None:
    """Never cached, sniffed or framed."""
    headers = (await client.get(path)).headers
    assert headers["cache-control"] == "no-store"
    assert headers["x-content-type-options"] == "nosniff"
    assert "frame-ancestors 'none'" in headers["content-security-policy"]


async def chunks(size: int) -> AsyncIterator[bytes]:
    """A body of so many bytes whose length is not told beforehand: a valid request, and blanks."""
    start = b'{"code": "lunch"}'
    yield start
    for _ in range((size - len(start)) // 1024):
        yield b" " * 1024
    yield b" " * ((size - len(start)) % 1024)


@pytest.mark.parametrize(("size", "status"), [(BODY_LIMIT, 409), (BODY_LIMIT + 1, 413)])
@pytest.mark.parametrize("is_told", [True, False])
async def test_a_body_has_a_limit(
    client: httpx2.AsyncClient, size: int, status: int, *, is_told: bool
) -> None:
    """Told in the header or counted on the way; one byte more is too many."""
    content: AsyncIterator[bytes] | bytes = chunks(size)
    if is_told:
        content = b"".join([chunk async for chunk in chunks(size)])
    headers = {"Content-Type": "application/json"}
    answer = await client.post("/api/v1/agents/lin/pause", content=content, headers=headers)
    assert answer.status_code == status
    assert TOKEN not in answer.text
