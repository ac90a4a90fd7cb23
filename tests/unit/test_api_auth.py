"""Everything is denied that is not open: a walk over all routes proves it."""

from collections.abc import Iterator

import httpx2
import pytest
from fastapi.routing import iter_route_contexts

from app.api.auth import OPEN_OPERATIONS, OPEN_PATHS, SOCKET_PATHS
from app.api.pages import FRONT, PAGES
from app.api.routers.sign_on import BEGIN, CALLBACK
from app.auth.identities import is_token
from tests.support.stage import TOKEN, Stage

IDS = {
    "agent_id": "lin",
    "queue_id": "service",
    "call_id": "c1",
    "missed_id": "c1",
    "user_name": "lin",
    "token_id": "t1",
}


UNDOCUMENTED = {"/openapi.json", BEGIN, CALLBACK, *PAGES, FRONT}
"""What is for browsers."""


def routes(stage: Stage) -> Iterator[tuple[str, str]]:
    """Every method and path that the service answers, with ids filled in."""
    document = stage.api.openapi()
    for path, operations in document["paths"].items():
        for method in operations:
            yield method.upper(), path.format_map(IDS)


async def test_each_route_but_the_open_ones_needs_the_token(stage: Stage) -> None:
    """The open ones are the health probes, the OpenAPI document, the files of the pages, and ways to log in."""
    opened = set()
    async with stage.client(token=None) as client:
        for method, path in [*routes(stage), *(("GET", path) for path in UNDOCUMENTED)]:
            answer = await client.request(method, path)
            if answer.status_code != 401:
                opened.add((method, path))
    expected = {"/health/live", "/health/ready", *UNDOCUMENTED}
    assert expected == OPEN_PATHS
    assert opened == {("GET", path) for path in expected} | OPEN_OPERATIONS
    assert {("POST", "/api/v1/session"), ("GET", "/api/v1/session/ways")} == OPEN_OPERATIONS


def test_the_walk_sees_every_route(stage: Stage) -> None:
    """The document leaves out itself, what is for browsers, and the websocket that asks for the token in its first message."""
    paths = {context.path for context in iter_route_contexts(stage.api.routes)}
    assert paths - set(stage.api.openapi()["paths"]) == UNDOCUMENTED | SOCKET_PATHS


@pytest.mark.parametrize(
    "header",
    [
        "",
        "Bearer",
        "Bearer ",
        "Bearer wrong",
        f"Basic {TOKEN}",
        TOKEN,
        f"Bearer {TOKEN}x",
        f"Bearer {TOKEN[:-1]}",
    ],
)
async def test_anything_but_the_token_is_turned_away(stage: Stage, header: str) -> None:
    """With the challenge that RFC 6750 asks for."""
    async with stage.client(token=None) as client:
        answer = await client.get("/api/v1/agents", headers={"Authorization": header})
    assert (answer.status_code, answer.json()["code"]) == (401, "unauthenticated")
    assert answer.headers["www-authenticate"] == 'Bearer realm="thirdring"'


@pytest.mark.parametrize("scheme", ["Bearer", "bearer", "BEARER"])
async def test_the_token_opens(stage: Stage, scheme: str) -> None:
    """The scheme's name is case-insensitive (RFC 9110 section 11.1)."""
    async with stage.client(token=None) as client:
        answer = await client.get("/api/v1/agents", headers={"Authorization": f"{scheme} {TOKEN}"})
    assert answer.status_code == 200


@pytest.mark.parametrize("name", ["token", "access_token", "authorization"])
async def test_a_token_in_the_address_opens_nothing(stage: Stage, name: str) -> None:
    """Addresses end in logs."""
    async with stage.client(token=None) as client:
        assert (await client.get("/api/v1/agents", params={name: TOKEN})).status_code == 401


async def test_an_unknown_address_tells_a_stranger_nothing(stage: Stage) -> None:
    """Whether it exists is told to those who may ask."""
    async with stage.client(token=None) as client:
        assert (await client.get("/api/v1/secret-things")).status_code == 401


@pytest.mark.parametrize("token", ["", "ключ", "\x00"])
def test_an_empty_token_is_never_right(token: str) -> None:
    """Should the service's own be empty by mistake, nobody gets in."""
    assert not is_token(token, "")


async def test_a_header_that_is_not_ascii_is_wrong_and_breaks_nothing(client: httpx2.AsyncClient) -> None:
    """Bytes are compared, not characters."""
    answer = await client.get("/api/v1/agents", headers=[(b"Authorization", b"Bearer \xff\xfe")])
    assert answer.status_code == 401
