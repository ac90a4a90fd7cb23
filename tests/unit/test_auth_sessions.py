"""Sessions: how they begin, what they need beside their cookie, and all the ways in which they end."""

from datetime import timedelta

import httpx2
import pytest

from app.api.auth_cookie import CSRF_HEADER
from app.auth.credentials import csrf_token_of
from app.auth.model import Role
from app.auth.sessions import SessionLimits
from tests.support.accounts import BOSS, PASSWORD
from tests.support.people import COOKIE, ORIGIN, People, page_headers
from tests.support.stage import Stage

LIMITS = SessionLimits()
MOMENT = timedelta(milliseconds=1)
SESSION = "/api/v1/session"


@pytest.fixture
async def people(stage: Stage) -> People:
    """One user: the supervisor `chen`, with a password."""
    people = People(stage)
    await people.access.administration.add_user(
        BOSS, name="Chen", password=PASSWORD, role=Role.SHIFT_SUPERVISOR
    )
    return people


async def log_in(
    people: People, name: str = "chen", password: str = PASSWORD, **headers: str
) -> httpx2.Response:
    """What the log-in page sends."""
    async with people.stage.client(token=None) as client:
        body = {"name": name, "password": password}
        return await client.post(SESSION, json=body, headers={"Origin": ORIGIN, **headers})


async def secret_of(people: People) -> str:
    """A new session's cookie."""
    return str((await log_in(people)).cookies[COOKIE])


async def is_open(people: People, secret: str) -> bool:
    """Whether a session still opens anything."""
    async with people.browser(secret) as page:
        return (await page.get(SESSION)).status_code == 200


# --- the beginning ---------------------------------------------------------------------------------------------------


async def test_a_log_in_tells_who_one_is_and_what_one_may(people: People) -> None:
    """The case of the name does not matter."""
    answer = await log_in(people, "CHEN")
    assert answer.status_code == 201
    told = answer.json()
    assert (told["name"], told["role"]) == ("user:chen", "shift_supervisor")
    assert told["permissions"]["numbers:see"] == "all"
    assert told["csrf_token"] == csrf_token_of(answer.cookies[COOKIE])


async def test_the_cookie_is_out_of_reach_of_scripts_and_other_sites(people: People) -> None:
    """Over plain HTTP, which only loopback and a proxy should use, it cannot be Secure."""
    for cookie in (await log_in(people)).headers.get_list("set-cookie"):
        same_site = "lax" if cookie.startswith(COOKIE) else "strict"
        assert {"HttpOnly", f"SameSite={same_site}", "Path=/"} <= set(cookie.split("; "))
        assert "Secure" not in cookie
        assert "Domain" not in cookie


async def test_over_tls_the_cookie_never_leaves_it(people: People) -> None:
    """Its name makes browsers see to that."""
    transport = httpx2.ASGITransport(app=people.stage.api)
    async with httpx2.AsyncClient(transport=transport, base_url="https://127.0.0.1") as client:
        answer = await client.post(SESSION, json={"name": "chen", "password": PASSWORD})
        for cookie in answer.headers.get_list("set-cookie"):
            assert cookie.startswith("__Host-thirdring-")
            assert "Secure" in cookie.split("; ")
        assert answer.headers["strict-transport-security"] == "max-age=31536000"
        assert (await client.get(SESSION)).status_code == 200


async def test_a_new_log_in_ends_the_session_before(people: People) -> None:
    """Whoever put an old cookie into the browser gains nothing."""
    before = await secret_of(people)
    answer = await log_in(people, **page_headers(before))
    assert answer.cookies[COOKIE] != before
    assert not await is_open(people, before)


@pytest.mark.parametrize(("name", "password"), [("chen", "wrong"), ("nobody", PASSWORD), ("chen", "")])
async def test_a_refused_log_in_does_not_tell_why(people: People, name: str, password: str) -> None:
    """Whether there is such a user is nobody's business."""
    answer = await log_in(people, name, password)
    assert (answer.status_code, answer.json()["code"]) == (403, "login-refused")
    assert "set-cookie" not in answer.headers
    assert "belong together" in answer.json()["detail"]


async def test_a_page_of_another_site_cannot_log_in(people: People) -> None:
    """Nor make a browser do it."""
    answer = await log_in(people, Origin="http://evil.example")
    assert (answer.status_code, answer.json()["code"]) == (403, "forbidden-origin")


# --- forged requests -------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("changed", "finding"),
    [
        ({"Origin": None}, "the header Origin is missing"),
        ({CSRF_HEADER: None}, f"the header {CSRF_HEADER} is missing"),
        ({CSRF_HEADER: "f" * 64}, f"the header {CSRF_HEADER} is another"),
    ],
)
async def test_a_change_by_cookie_needs_what_only_our_pages_have(
    people: People, changed: dict[str, str | None], finding: str
) -> None:
    """A cookie alone may have been sent by a page of somebody else."""
    headers = {**page_headers(await secret_of(people)), **changed}
    async with people.stage.client(token=None) as client:
        sent = {name: value for name, value in headers.items() if value is not None}
        answer = await client.post("/api/v1/agents/lin/log-in", headers=sent)
    assert (answer.status_code, answer.json()["code"]) == (403, "forged-request")
    assert finding in answer.json()["detail"]
    assert people.stage.board.engine.agent("lin").device_id is None  # type: ignore[arg-type, union-attr]  # it is there


async def test_over_tls_a_page_that_came_without_it_is_not_ours(people: People) -> None:
    """Whoever is in between could have made it: it neither logs in nor changes anything."""
    transport = httpx2.ASGITransport(app=people.stage.api)
    plain = {"Origin": "http://127.0.0.1"}
    async with httpx2.AsyncClient(transport=transport, base_url="https://127.0.0.1") as client:
        body = {"name": "chen", "password": PASSWORD}
        assert (await client.post(SESSION, json=body, headers=plain)).json()["code"] == "forbidden-origin"
        csrf_token = (await client.post(SESSION, json=body)).json()["csrf_token"]
        refused = await client.delete(SESSION, headers={CSRF_HEADER: csrf_token, **plain})
        assert refused.json()["code"] == "forbidden-origin"
        ours = {CSRF_HEADER: csrf_token, "Origin": "https://127.0.0.1"}
        assert (await client.delete(SESSION, headers=ours)).status_code == 200


async def test_reading_by_cookie_needs_the_cookie_only(people: People) -> None:
    """A page of another site cannot read the answer."""
    async with people.stage.client(token=None) as client:
        cookie = {"Cookie": f"{COOKIE}={await secret_of(people)}"}
        assert (await client.get("/api/v1/agents", headers=cookie)).status_code == 200


async def test_a_page_of_ours_can_change_things(people: People) -> None:
    """With all three."""
    async with people.browser(await secret_of(people)) as page:
        assert (await page.post("/api/v1/agents/lin/log-in")).status_code == 200


async def test_a_cookie_in_the_address_or_as_a_token_opens_nothing(people: People) -> None:
    """A session's secret is no bearer token."""
    secret = await secret_of(people)
    async with people.stage.client(secret) as client:
        assert (await client.get(SESSION)).status_code == 401
    async with people.stage.client(token=None) as client:
        assert (await client.get(SESSION, params={COOKIE: secret})).status_code == 401


# --- the end ---------------------------------------------------------------------------------------------------------


async def test_a_session_that_nobody_uses_ends(people: People) -> None:
    """At the limit, not before; each use begins the time anew."""
    secret = await secret_of(people)
    for _ in range(2):
        people.stage.clock.move(LIMITS.idle - MOMENT)
        assert await is_open(people, secret)
    people.stage.clock.move(LIMITS.idle)
    assert not await is_open(people, secret)


async def test_a_session_ends_however_much_it_is_used(people: People) -> None:
    """After a shift."""
    secret, lasted = await secret_of(people), timedelta()
    step = LIMITS.idle - timedelta(minutes=1)
    while lasted + step < LIMITS.absolute:
        people.stage.clock.move(step)
        lasted += step
        assert await is_open(people, secret)
    people.stage.clock.move(LIMITS.absolute - lasted)
    assert not await is_open(people, secret)


async def test_logging_out_ends_the_session_and_takes_the_cookie(people: People) -> None:
    """A copy of the cookie opens nothing any more; other sessions go on."""
    here, there = await secret_of(people), await secret_of(people)
    async with people.browser(here) as page:
        answer = await page.delete(SESSION)
    assert (answer.status_code, answer.json()) == (200, {"is_over": True, "continue_at": None})
    assert "Max-Age=0" in answer.headers["set-cookie"]
    assert (await is_open(people, here), await is_open(people, there)) == (False, True)


async def test_logging_out_everywhere_ends_all_sessions(people: People) -> None:
    """After a phone was lost."""
    here, there = await secret_of(people), await secret_of(people)
    async with people.browser(here) as page:
        assert (await page.post(f"{SESSION}/close-all")).status_code == 200
    assert (await is_open(people, here), await is_open(people, there)) == (False, False)


async def test_a_new_password_ends_all_sessions_but_the_one_that_follows(people: People) -> None:
    """The old password opens nothing."""
    here, there = await secret_of(people), await secret_of(people)
    async with people.browser(here) as page:
        body = {"current": PASSWORD, "password": "another fine phrase"}
        answer = await page.post(f"{SESSION}/password", json=body)
    assert answer.status_code == 200
    assert [await is_open(people, each) for each in (here, there, answer.cookies[COOKIE])] == [
        False,
        False,
        True,
    ]
    assert (await log_in(people)).json()["code"] == "login-refused"
    assert (await log_in(people, password="another fine phrase")).status_code == 201


async def test_the_own_password_is_changed_only_by_who_knows_it(people: People) -> None:
    """An open screen is not enough."""
    async with people.browser(await secret_of(people)) as page:
        body = {"current": "wrong", "password": "another fine phrase"}
        answer = await page.post(f"{SESSION}/password", json=body)
    assert answer.json()["code"] == "login-refused"


async def test_a_disabled_user_is_out_at_once(people: People) -> None:
    """And does not come in again."""
    secret = await secret_of(people)
    async with people.stage.client() as admin:
        await admin.patch("/api/v1/users/chen", json={"is_disabled": True})
    assert not await is_open(people, secret)
    assert (await log_in(people)).json()["code"] == "login-refused"


async def test_another_role_holds_from_the_next_request_on(people: People) -> None:
    """The session goes on with other rights."""
    async with people.browser(await secret_of(people)) as page:
        assert (await page.post("/api/v1/agents/lin/log-in")).status_code == 200
        async with people.stage.client() as admin:
            await admin.patch("/api/v1/users/chen", json={"role": "manager"})
        assert (await page.post("/api/v1/agents/lin/log-out")).json()["code"] == "forbidden"


async def test_a_token_has_no_session_to_end(people: People) -> None:
    """It is told so."""
    async with people.stage.client() as admin:
        answer = await admin.delete(SESSION)
    assert (answer.status_code, answer.json()["code"]) == (409, "no-session")
