"""Tokens of scripts and displays: shown once, kept as a hash, never mightier than their owner."""

from datetime import timedelta
from typing import Any

import pytest

from app.auth.credentials import TOKEN_PREFIX, hash_of
from app.auth.model import Permission, Role
from tests.support.people import People
from tests.support.stage import TOKEN, Stage

TOKENS = "/api/v1/tokens"


@pytest.fixture
async def people(stage: Stage) -> People:
    """Nobody yet."""
    return People(stage)


async def made_by(people: People, role: Role, **wanted: object) -> tuple[int, dict[str, Any]]:
    """What a user of a role gets who asks for a token."""
    async with people.browser(await people.session(role)) as page:
        answer = await page.post(TOKENS, json={"label": "test", **wanted})
    return answer.status_code, answer.json()


async def status_of(people: People, token: str, path: str = "/api/v1/agents") -> int:
    """How a request with a token ends."""
    async with people.stage.client(token) as client:
        return (await client.get(path)).status_code


async def test_a_secret_is_shown_once_and_kept_as_a_hash(people: People) -> None:
    """Neither the list nor the store has it."""
    async with people.stage.client() as admin:
        made = (await admin.post(TOKENS, json={"label": "night", "permissions": ["agents:see"]})).json()
        listed = await admin.get(TOKENS)
    assert made["secret"].startswith(TOKEN_PREFIX)
    assert made["secret"] not in listed.text
    (kept,) = (await people.access.store.roll()).tokens
    assert kept.secret_hash == hash_of(made["secret"])
    assert made["secret"] not in repr(kept)


@pytest.mark.parametrize("label", ["\x1b]0;gone\x07", "two\nlines", "\x9b2J", ""])
async def test_a_label_moves_no_cursor_where_it_is_printed(people: People, label: str) -> None:
    """`thirdring token list` prints it."""
    async with people.stage.client() as admin:
        answer = await admin.post(TOKENS, json={"label": label, "permissions": ["agents:see"]})
    assert answer.json()["code"] == "invalid-request"


async def test_a_token_opens_until_it_expires(people: People) -> None:
    """At that moment it is over."""
    token = await people.token(Permission.AGENTS_SEE, days=1)
    people.stage.clock.move(timedelta(days=1) - timedelta(milliseconds=1))
    assert await status_of(people, token) == 200
    people.stage.clock.move(timedelta(milliseconds=1))
    assert await status_of(people, token) == 401


async def test_a_revoked_token_is_over_at_once(people: People) -> None:
    """Revoking it again changes nothing."""
    async with people.stage.client() as admin:
        made = (await admin.post(TOKENS, json={"label": "night", "permissions": ["agents:see"]})).json()
        first, second = [
            (await admin.post(f"{TOKENS}/{made['id']}/revoke")).json()["revoked_at"] for _ in range(2)
        ]
    assert first == second
    assert await status_of(people, made["secret"]) == 401


async def test_a_token_gets_no_more_than_its_maker_has(people: People) -> None:
    """It is refused, and not silently narrowed."""
    await people.user(Role.OPERATIONS)
    status, answer = await made_by(people, Role.OPERATIONS, permissions=["agents:see", "users:manage"])
    assert (status, answer["code"]) == (409, "beyond-owner")
    assert "you lack users:manage" in answer["detail"]


async def test_a_token_loses_what_its_owner_loses(people: People) -> None:
    """At once: role, and the right to be here at all."""
    await people.user(Role.OPERATIONS)
    _, made = await made_by(people, Role.OPERATIONS, permissions=["agents:see", "alerts:see", "site:reload"])
    async with people.stage.client(made["secret"]) as script, people.stage.client() as admin:
        assert (await script.post("/api/v1/site/reload")).status_code == 200
        await admin.patch("/api/v1/users/operations", json={"role": "agent"})
        assert (await script.post("/api/v1/site/reload")).status_code == 403
        assert (await script.get("/api/v1/agents")).status_code == 200
        await admin.patch("/api/v1/users/operations", json={"is_disabled": True})
        assert (await script.get("/api/v1/agents")).status_code == 401


async def test_a_display_with_a_wrong_topic_is_not_made(people: People) -> None:
    """Its maker is told at once, and not the wallboard at night."""
    await people.user(Role.OPERATIONS)
    status, answer = await made_by(people, Role.OPERATIONS, kind="display", topics=["wrong"])
    assert (status, answer["code"]) == (422, "wrong-topics")


async def test_a_display_shows_the_whole_floor_unless_told_otherwise(people: People) -> None:
    """And may nothing beside."""
    await people.user(Role.OPERATIONS)
    _, made = await made_by(people, Role.OPERATIONS, kind="display", permissions=["agents:see"])
    assert made["topics"] == ["site", "queues", "agents", "calls", "alerts"]
    assert made["permissions"] == []
    assert await status_of(people, made["secret"]) == 403


async def test_the_admin_token_makes_the_first_admin(people: People) -> None:
    """Who then does without it."""
    async with people.stage.client(TOKEN) as first:
        body = {"name": "boss", "password": "correct horse battery", "role": "admin"}
        assert (await first.post("/api/v1/users", json=body)).status_code == 201
    async with people.browser(await people.session("boss")) as page:
        assert (await page.get("/api/v1/users")).json()[0]["name"] == "boss"


@pytest.mark.parametrize("change", [{"role": "manager"}, {"is_disabled": True}])
async def test_the_last_admin_stays(people: People, change: dict[str, object]) -> None:
    """Whoever asks; a disabled admin does not count, and what takes no right away is possible."""
    for name in ("boss", "gone"):
        await people.user(Role.ADMIN, name)
    async with people.stage.client() as admin, people.browser(await people.session("boss")) as page:
        assert (await admin.patch("/api/v1/users/gone", json={"is_disabled": True})).status_code == 200
        for client in (admin, page):
            answer = await client.patch("/api/v1/users/boss", json=change)
            assert (answer.status_code, answer.json()["code"]) == (409, "last-admin")
        assert (await page.patch("/api/v1/users/boss", json={"display_name": "老板"})).status_code == 200
        await admin.patch("/api/v1/users/gone", json={"is_disabled": False})
        assert (await admin.patch("/api/v1/users/boss", json=change)).status_code == 200


async def test_nobody_makes_another_mightier_than_oneself(people: People) -> None:
    """A script that may manage users and nothing else cannot make itself an admin."""
    body = {"name": "x", "password": "correct horse battery", "role": "admin"}
    await people.user(Role.ADMIN)
    async with people.stage.client(await people.token(Permission.USERS_MANAGE)) as script:
        added = await script.post("/api/v1/users", json=body)
        changed = await script.post("/api/v1/users/admin/password", json={"password": body["password"]})
    assert [answer.json()["code"] for answer in (added, changed)] == ["forbidden", "forbidden"]
    assert [each.name for each in (await people.access.store.roll()).users] == ["admin"]


@pytest.mark.parametrize("name", ["token", "access_token", "key"])
async def test_no_token_opens_anything_from_an_address(people: People, name: str) -> None:
    """Addresses end in logs and histories."""
    token = await people.token(Permission.AGENTS_SEE)
    async with people.stage.client(token=None) as client:
        assert (await client.get("/api/v1/agents", params={name: token})).status_code == 401


def test_no_operation_takes_a_secret_in_its_address(stage: Stage) -> None:
    """Not even by mistake: no parameter is named like one."""
    for path in stage.api.openapi()["paths"].values():
        for operation in path.values():
            names = {parameter["name"] for parameter in operation.get("parameters", ())}
            assert not names & {"token", "password", "secret", "access_token", "api_key"}
