"""Single sign-on against a real OpenID provider: whom it names gets in with the role of its groups, and nobody else does."""

import asyncio
import base64
import hmac
import subprocess
import sys
from collections.abc import AsyncIterator
from dataclasses import dataclass
from datetime import timedelta
from typing import Any
from urllib.parse import parse_qs, urlsplit

import aiohttp
import httpx2
import pytest
from joserfc.jwk import RSAKey

from app.__main__ import main
from app.auth.attempt import Attempt
from app.auth.audit import AuditEntry
from app.auth.claims import ClaimRules, claim
from app.auth.errors import LoginRefused
from app.auth.model import Role, User
from app.auth.sign_on_settings import SignOnMisconfigured, sign_on_settings
from app.auth.throttle import PER_ADDRESS
from app.settings import Settings
from tests.support.accounts import BOSS, PASSWORD
from tests.support.clocks import StillClock
from tests.support.openid import CLIENT_ID, RULES, OpenIdProvider, openid_provider, rsa_key
from tests.support.people import COOKIE, ORIGIN, page_headers
from tests.support.stage import Stage

CALLBACK = "/login/sign-on/callback"
NAME = "lin.xiao@example.com"


@dataclass
class World:
    """A service, a provider, and a browser between them."""

    stage: Stage
    provider: OpenIdProvider
    browser: httpx2.AsyncClient

    async def begin(self, wanted: str = "") -> str:
        """Where the service sends the browser."""
        answer = await self.browser.get("/login/sign-on", params={"next": wanted} if wanted else {})
        assert answer.status_code == 303
        return str(answer.headers["location"])

    async def log_in_there(self, url: str) -> str:
        """Where the provider sends the browser back to; the service's part of the address."""
        async with aiohttp.ClientSession() as http, http.get(url, allow_redirects=False) as answer:
            assert answer.status == 303, await answer.text()
            back = answer.headers["Location"]
        assert back.startswith(f"{ORIGIN}{CALLBACK}?")
        return back.removeprefix(ORIGIN)

    async def come_back(self, path: str) -> httpx2.Response:
        """The service's answer to what the provider says."""
        answer = await self.browser.get(path)
        assert answer.status_code == 303
        return answer

    async def log_in(self, wanted: str = "") -> httpx2.Response:
        """All of it."""
        return await self.come_back(await self.log_in_there(await self.begin(wanted)))

    async def problem(self) -> str | None:
        """What the log-in page has to tell; None: one is logged in."""
        answer = await self.log_in()
        (told,) = parse_qs(urlsplit(answer.headers["location"]).query).get("problem", [""])
        assert (COOKIE in answer.cookies) is (not told)
        return told or None

    async def user(self, name: str = NAME) -> User:
        """The user as it is kept."""
        return next(user for user in (await self.stage.access.store.roll()).users if user.name == name)

    async def log(self) -> list[AuditEntry]:
        """The audit log, oldest first."""
        return [link.entry for link in await self.stage.access.store.audit_links(after=0, limit=999)]


@pytest.fixture
async def provider() -> AsyncIterator[OpenIdProvider]:
    """It keeps the time of the stage."""
    async with openid_provider(StillClock().now) as provider:
        yield provider


@pytest.fixture
async def world(provider: OpenIdProvider) -> AsyncIterator[World]:
    """Nobody is logged in."""
    stage = Stage(sign_on=provider.settings())
    stage.open()
    provider.now = stage.clock.now
    async with stage.client(token=None) as browser:
        yield World(stage, provider, browser)
    await stage.access.close()
    stage.dispatcher.stop()


# --- all is well -----------------------------------------------------------------------------------------------------


async def test_whom_the_provider_names_gets_in_as_a_user_with_the_role_of_its_groups(world: World) -> None:
    """Made at the first log-in, without any password; the first group that fits gives the role."""
    answer = await world.log_in("/wallboard?lang=zh")
    assert answer.headers["location"] == "/login?next=%2Fwallboard%3Flang%3Dzh"
    told = (await world.browser.get("/api/v1/session")).json()
    assert (told["name"], told["role"], told["teams"]) == (f"user:{NAME}", "team_leader", ["early"])
    assert (told["agent_id"], told["display_name"], told["has_password"]) == ("lin", "林晓", False)
    user = await world.user()
    assert (user.subject, user.password_hash) == (f"{world.provider.url} 8f2c1e", "")


async def test_the_browser_is_sent_with_all_that_binds_the_answer_to_it(world: World) -> None:
    """State, nonce and challenge are new each time, and nothing in the address is a secret of ours."""
    asked = [parse_qs(urlsplit(await world.begin()).query) for _ in range(2)]
    for query in asked:
        assert query["response_type"] == ["code"]
        assert query["client_id"] == [CLIENT_ID]
        assert query["scope"] == ["openid profile"]
        assert query["redirect_uri"] == [f"{ORIGIN}{CALLBACK}"]
        assert query["code_challenge_method"] == ["S256"]
        assert set(query) >= {"state", "nonce", "code_challenge"}
        assert not {"client_secret", "code_verifier"} & set(query)
    for name in ("state", "nonce", "code_challenge"):
        assert asked[0][name] != asked[1][name]


async def test_the_cookie_of_an_attempt_is_out_of_reach_of_scripts_and_soon_over(world: World) -> None:
    """It comes back with the provider's answer, and is taken then."""
    began = await world.browser.get("/login/sign-on")
    cookie = began.headers["set-cookie"].split("; ")
    assert {"HttpOnly", "SameSite=lax", "Max-Age=600"} <= set(cookie)
    ended = await world.come_back(await world.log_in_there(began.headers["location"]))
    taken = [each for each in ended.headers.get_list("set-cookie") if each.startswith("thirdring-sign-on")]
    assert "Max-Age=0" in taken[0]


async def test_the_next_log_in_finds_the_same_user_and_follows_the_provider(world: World) -> None:
    """By the provider's own name for the person, even if that got another user name; a change is audited, no change is not."""
    await world.log_in()
    await world.log_in()
    world.provider.person |= {"preferred_username": "xiao.lin", "groups": ["hotline-admins", "hotline-late"]}
    await world.log_in()
    user = await world.user()
    assert (user.role, user.teams, user.agent_id) == (Role.ADMIN, ("late",), "lin")
    entries = [(each.actor, each.action, each.object) for each in await world.log()]
    assert entries == [
        ("sign-on", "addUser", f"user:{NAME}"),
        (f"user:{NAME}", "openSession", f"user:{NAME}"),
        (f"user:{NAME}", "openSession", f"user:{NAME}"),
        ("sign-on", "changeUser", f"user:{NAME}"),
        (f"user:{NAME}", "openSession", f"user:{NAME}"),
    ]
    changed = (await world.log())[3].details
    assert changed == {
        "before": {"role": "team_leader", "teams": ["early"]},
        "after": {"role": "admin", "teams": ["late"]},
    }
    assert all(
        each.details == {"by": "sign-on"} for each in await world.log() if each.action == "openSession"
    )


async def test_what_no_rule_asks_for_stays_as_an_admin_set_it(provider: OpenIdProvider) -> None:
    """Teams and agent, when the provider does not know them."""
    stage = Stage(sign_on=provider.settings(rules=ClaimRules(roles=RULES.roles)))
    provider.now = stage.clock.now
    async with stage.client(token=None) as browser, stage.client() as admin:
        world = World(stage, provider, browser)
        await world.log_in()
        await admin.patch(f"/api/v1/users/{NAME}", json={"teams": ["night"], "agent_id": "wang"})
        await world.log_in()
    user = await world.user()
    assert (user.role, user.teams, user.agent_id) == (Role.TEAM_LEADER, ("night",), "wang")
    await stage.access.close()


async def test_claims_may_come_from_the_userinfo_endpoint(world: World) -> None:
    """It is asked only for what the ID token does not tell, and must speak of the same person."""
    await world.log_in()
    assert "/userinfo" not in world.provider.asked
    world.provider.tells_in_userinfo = True
    assert await world.problem() is None
    assert "/userinfo" in world.provider.asked
    world.provider.lie = lambda claims: claims.update(sub="somebody-else")
    assert await world.problem() == "sign-on-unproven"


@pytest.mark.parametrize("change", ["basic", "post", "public"])
async def test_the_client_proves_itself_as_the_provider_wants(provider: OpenIdProvider, change: str) -> None:
    """A public client has no secret: the verifier is its proof."""
    secret = None if change == "public" else "s3cret&of the client"
    methods = {"basic": "client_secret_basic", "post": "client_secret_post", "public": "none"}[change]
    provider.metadata_lie = lambda told: told.update(token_endpoint_auth_methods_supported=[methods])
    stage = Stage(sign_on=provider.settings(client_secret=secret))
    provider.now = stage.clock.now
    async with stage.client(token=None) as browser:
        expected = (
            "sign-on-refused" if change == "public" else None
        )  # This provider knows the client as one with a secret.
        assert await World(stage, provider, browser).problem() == expected
    await stage.access.close()


async def test_keys_may_change(world: World) -> None:
    """A token with a key that nobody knew before makes us ask for keys again, but not all the time."""
    await world.log_in()
    world.provider.key = rsa_key("k2")
    assert await world.problem() == "sign-on-unproven"
    world.stage.clock.move(timedelta(minutes=1))
    assert await world.problem() is None
    assert world.provider.asked.count("/keys") == 2


async def test_logging_out_ends_it_at_the_provider_as_well(world: World) -> None:
    """No token stands in that address; and a user with a password only stays here."""
    answer = await world.log_in()
    async with world.stage.client(token=None) as page:
        page.headers |= page_headers(answer.cookies[COOKIE])
        ended = (await page.delete("/api/v1/session")).json()
        assert (await page.get("/api/v1/session")).status_code == 401
    url = urlsplit(ended["continue_at"])
    assert ended["continue_at"].startswith(f"{world.provider.url}/logout?")
    assert parse_qs(url.query) == {"client_id": [CLIENT_ID], "post_logout_redirect_uri": [f"{ORIGIN}/login"]}


async def test_the_log_in_page_learns_what_to_offer(world: World, stage: Stage) -> None:
    """Before anybody is logged in."""
    ways = (await world.browser.get("/api/v1/session/ways")).json()
    assert ways == {"sign_on": {"name": "Example Company", "url": "/login/sign-on"}}
    async with stage.client(token=None) as elsewhere:
        assert (await elsewhere.get("/api/v1/session/ways")).json() == {"sign_on": None}
        answer = await elsewhere.get("/login/sign-on")
        assert answer.headers["location"] == "/login?problem=no-sign-on"


# --- who does not get in ---------------------------------------------------------------------------------------------


async def test_without_a_group_that_has_a_role_nobody_gets_in(world: World) -> None:
    """No user is made. It is audited with whom the provider meant."""
    for groups in ([], ["everybody"], "hotline-x", None, 7, [["hotline"]]):
        world.provider.person["groups"] = groups
        assert await world.problem() == "sign-on-no-role"
    assert list((await world.stage.access.store.roll()).users) == []
    entry = (await world.log())[-1]
    assert (entry.actor, entry.action, entry.result) == ("user:unknown", "openSession", "sign-on-no-role")
    assert entry.details == {"subject": f"{world.provider.url} 8f2c1e", "name": NAME}


async def test_who_has_no_role_any_more_does_not_get_in_again(world: World) -> None:
    """Though the user is known."""
    assert await world.problem() is None
    world.provider.person["groups"] = ["everybody"]
    assert await world.problem() == "sign-on-no-role"


@pytest.mark.parametrize("name", [None, "", "has space", "x" * 65, 7, ["lin"], "a/b", "<b>", "İ"])
async def test_without_a_user_name_nobody_gets_in(world: World, name: object) -> None:
    """One that can stand in addresses and in the audit log."""
    world.provider.person["preferred_username"] = name
    assert await world.problem() == "sign-on-no-name"


async def test_a_name_alone_opens_no_account_of_somebody_else(world: World) -> None:
    """Neither one with a password nor one of another person there, until an admin says that both are the same."""
    world.provider.person["preferred_username"] = "boss"
    boss = await world.stage.access.administration.add_user(
        BOSS, name="boss", password=PASSWORD, role=Role.ADMIN
    )
    await world.stage.access.administration.add_user(BOSS, name="other", password=PASSWORD, role=Role.ADMIN)
    assert await world.problem() == "sign-on-name-taken"
    assert await world.user("boss") == boss
    async with world.stage.client() as admin:
        linked = await admin.post("/api/v1/users/boss/link", json={"subject": "8f2c1e"})
        assert linked.json()["subject"] == f"{world.provider.url} 8f2c1e"
        taken = await admin.post("/api/v1/users/other/link", json={"subject": "8f2c1e"})
        assert (taken.status_code, taken.json()["code"]) == (409, "subject-taken")
    assert await world.problem() is None
    assert (await world.user("boss")).role is Role.TEAM_LEADER, "the provider says what somebody is"
    world.provider.person["sub"] = "another"
    assert await world.problem() == "sign-on-name-taken"


async def test_two_first_log_ins_of_one_person_at_once_make_one_user(world: World) -> None:
    """Two screens, for instance."""
    there = [await world.log_in_there(await world.begin()) for _ in range(1)]
    async with world.stage.client(token=None) as second:
        other = World(world.stage, world.provider, second)
        there.append(await other.log_in_there(await other.begin()))
        answers = await asyncio.gather(world.come_back(there[0]), other.come_back(there[1]))
    assert [answer.headers["location"] for answer in answers] == ["/login", "/login"]
    assert len((await world.stage.access.store.roll()).users) == 1


async def test_who_is_disabled_here_does_not_get_in(world: World) -> None:
    """Whatever the provider says."""
    await world.log_in()
    async with world.stage.client() as admin:
        await admin.patch(f"/api/v1/users/{NAME}", json={"is_disabled": True})
    assert await world.problem() == "sign-on-disabled"


@pytest.mark.parametrize("password", ["", "the password of no user", "x" * 20])
async def test_no_password_opens_a_user_who_has_none(world: World, password: str) -> None:
    """Not even an empty one; and it cannot be changed, for it is the provider's."""
    answer = await world.log_in()
    with pytest.raises(LoginRefused):
        await world.stage.access.logins.open(NAME, password, source="192.0.2.1")
    async with world.stage.client(token=None) as page:
        page.headers |= page_headers(answer.cookies[COOKIE])
        body = {"current": password, "password": "another fine phrase"}
        refused = await page.post("/api/v1/session/password", json=body)
    assert (refused.status_code, refused.json()["code"]) == (409, "no-own-password")


# --- what proves nothing ---------------------------------------------------------------------------------------------

LIES: dict[str, Any] = {
    "another nonce": lambda claims: claims.update(nonce="another"),
    "no nonce": lambda claims: claims.pop("nonce"),
    "another audience": lambda claims: claims.update(aud="another"),
    "several audiences without a party": lambda claims: claims.update(aud=[CLIENT_ID, "another"]),
    "another party": lambda claims: claims.update(azp="another"),
    "another issuer": lambda claims: claims.update(iss="https://evil.example"),
    "expired": lambda claims: claims.update(exp=claims["iat"] - 61),
    "no expiry": lambda claims: claims.pop("exp"),
    "expiry that is no time": lambda claims: claims.update(exp="tomorrow"),
    "from the future": lambda claims: claims.update(iat=claims["iat"] + 61),
    "not yet valid": lambda claims: claims.update(nbf=claims["iat"] + 61),
    "no subject": lambda claims: claims.pop("sub"),
    "a subject that is no text": lambda claims: claims.update(sub=7),
}


@pytest.mark.parametrize("lie", LIES)
async def test_a_token_that_is_not_for_this_log_in_opens_nothing(world: World, lie: str) -> None:
    """Though the signature is right. The finding is audited."""
    world.provider.lie = LIES[lie]
    assert await world.problem() == "sign-on-unproven"
    assert (await world.log())[-1].details["finding"]


async def test_a_token_for_several_is_taken_if_it_was_made_for_us(world: World) -> None:
    """Clocks may differ a little, too."""
    world.provider.lie = lambda claims: claims.update(
        aud=["another", CLIENT_ID], azp=CLIENT_ID, iat=claims["iat"] + 59, exp=claims["iat"] - 59
    )
    assert await world.problem() is None


async def test_a_signature_by_another_key_opens_nothing(world: World) -> None:
    """One with the published key's name, and one with a name of its own."""
    for kid in ("k1", "k9"):
        world.provider.signs_with = RSAKey.generate_key(2048, {"kid": kid})
        assert await world.problem() == "sign-on-unproven"


@pytest.mark.parametrize(
    "forged", ["unsigned", "by the public key", "changed", "nonsense", "nothing", "number"]
)
async def test_a_forged_token_opens_nothing(world: World, forged: str) -> None:
    """Without a signature, signed with what everybody knows, or altered."""
    url = await world.begin()
    back = await world.log_in_there(url)
    (nonce,) = parse_qs(urlsplit(url).query)["nonce"]
    true = world.provider.id_token(nonce)
    header, payload, signature = true.split(".")
    world.provider.token_answer = {
        "access_token": "access",
        "id_token": {
            "unsigned": f"eyJhbGciOiJub25lIn0.{payload}.",
            "by the public key": _signed_by_what_everybody_knows(world.provider, payload),
            "changed": f"{header}.{payload[:-4]}AAAA.{signature}",
            "nonsense": "x.y",
            "nothing": None,
            "number": 7,
        }[forged],
    }
    answer = await world.come_back(back)
    assert answer.headers["location"] == "/login?problem=sign-on-unproven"


def _signed_by_what_everybody_knows(provider: OpenIdProvider, payload: str) -> str:
    """HMAC with the public key as its secret: a service that lets the token choose how it is verified takes it."""
    header = base64.urlsafe_b64encode(b'{"alg":"HS256","kid":"k1"}').rstrip(b"=").decode()
    public = provider.key.as_pem(private=False)
    digest = hmac.digest(public, f"{header}.{payload}".encode(), "sha256")
    return f"{header}.{payload}.{base64.urlsafe_b64encode(digest).rstrip(b'=').decode()}"


# --- whose answer it is ----------------------------------------------------------------------------------------------


async def test_an_answer_works_once(world: World) -> None:
    """Neither in this browser, with the cookie put back, nor with another code."""
    began = await world.browser.get("/login/sign-on")
    cookie = {"Cookie": f"thirdring-sign-on={began.cookies['thirdring-sign-on']}"}
    back = await world.log_in_there(began.headers["location"])
    assert (await world.come_back(back)).headers["location"] == "/login"
    world.browser.cookies.clear()
    again = await world.browser.get(back, headers=cookie)
    assert again.headers["location"] == "/login?problem=sign-on-stale"
    new_code = await world.browser.get(back.replace("code-1", "code-2"), headers=cookie)
    assert new_code.headers["location"] == "/login?problem=sign-on-stale"


async def test_an_answer_works_only_in_the_browser_that_began(world: World) -> None:
    """Whoever sends somebody the own answer logs nobody in as oneself."""
    back = await world.log_in_there(await world.begin())
    async with world.stage.client(token=None) as victim:
        without = await victim.get(back)
        await victim.get("/login/sign-on")
        with_another = await victim.get(back)
    for answer in (without, with_another):
        assert answer.headers["location"] == "/login?problem=sign-on-stale"
        assert COOKIE not in answer.cookies


@pytest.mark.parametrize(
    ("query", "code"),
    [
        ("", "sign-on-stale"),
        ("state=wrong&code=x", "sign-on-stale"),
        ("state={state}", "sign-on-unproven"),
        ("state={state}&code=made-up", "sign-on-refused"),
        ("state={state}&error=access_denied", "sign-on-refused"),
        ("state={state}&code=x&iss=https://evil.example", "sign-on-unproven"),
    ],
)
async def test_an_answer_that_is_none_opens_nothing(world: World, query: str, code: str) -> None:
    """Each is audited, and the page can say what it was."""
    (state,) = parse_qs(urlsplit(await world.begin()).query)["state"]
    answer = await world.come_back(f"{CALLBACK}?{query.format(state=state)}")
    assert answer.headers["location"] == f"/login?problem={code}"
    entry = (await world.log())[-1]
    assert (entry.action, entry.result, entry.source) == ("openSession", code, "127.0.0.1")


async def test_who_refuses_at_the_provider_is_told_so(world: World) -> None:
    """And gets back to the page that was wanted."""
    world.provider.error = "access_denied"
    answer = await world.log_in("/wallboard")
    assert answer.headers["location"] == "/login?problem=sign-on-refused&next=%2Fwallboard"
    assert (await world.log())[-1].details == {"error": "access_denied"}


async def test_a_code_that_somebody_saw_is_of_no_use_without_the_verifier(world: World) -> None:
    """It never leaves us but to the provider."""
    back = await world.log_in_there(await world.begin())
    (code,) = parse_qs(urlsplit(back).query)["code"]
    attempt = Attempt.new()
    thief = httpx2.ASGITransport(app=world.stage.api)
    async with httpx2.AsyncClient(transport=thief, base_url=ORIGIN) as client:
        cookie = {"Cookie": f"thirdring-sign-on={attempt.secret}."}
        answer = await client.get(f"{CALLBACK}?state={attempt.state}&code={code}", headers=cookie)
    assert answer.headers["location"] == "/login?problem=sign-on-refused"


async def test_guessing_answers_comes_to_an_end(world: World) -> None:
    """By address, as with passwords: each costs the provider a question."""
    for _ in range(PER_ADDRESS.free):
        await world.come_back(f"{CALLBACK}?state=x&code=y")
    answer = await world.come_back(f"{CALLBACK}?state=x&code=y")
    assert answer.headers["location"] == "/login?problem=too-many-attempts"


async def test_a_new_session_takes_the_place_of_the_one_before(world: World) -> None:
    """Whoever put an old cookie into the browser gains nothing."""
    before = (await world.log_in()).cookies[COOKIE]
    after = (await world.log_in()).cookies[COOKIE]
    assert before != after
    async with world.stage.client(token=None) as page:
        page.headers |= page_headers(before)
        assert (await page.get("/api/v1/session")).status_code == 401


# --- the provider fails ----------------------------------------------------------------------------------------------


async def test_a_provider_that_is_down_is_told_and_asked_again_soon(world: World) -> None:
    """Not at each request: a crowd that wants in does not ask it a hundred times."""
    world.provider.status = 503
    for _ in range(3):
        answer = await world.browser.get("/login/sign-on?next=/wallboard")
        assert answer.headers["location"] == "/login?problem=sign-on-away&next=%2Fwallboard"
    assert len(world.provider.asked) == 1
    world.provider.status = 200
    world.stage.clock.move(timedelta(seconds=5))
    assert await world.problem() is None


async def test_a_provider_that_goes_down_in_between_locks_nobody_out(world: World) -> None:
    """It is nobody's guess; but it is audited."""
    for _ in range(PER_ADDRESS.free + 1):
        world.provider.status = 200
        back = await world.log_in_there(await world.begin())
        world.provider.status = 500
        assert (await world.come_back(back)).headers["location"] == "/login?problem=sign-on-away"
    entry = (await world.log())[-1]
    assert (entry.result, "status 500" in entry.details["reason"]) == ("sign-on-away", True)


async def test_a_port_where_nobody_listens_is_a_provider_that_is_down(provider: OpenIdProvider) -> None:
    """As is any failure of the network."""
    stage = Stage(sign_on=provider.settings(issuer="http://127.0.0.1:1"))
    async with stage.client(token=None) as browser:
        answer = await browser.get("/login/sign-on")
    assert answer.headers["location"] == "/login?problem=sign-on-away"
    await stage.access.close()


METADATA_LIES: dict[str, Any] = {
    "another issuer": lambda told: told.update(issuer="https://evil.example"),
    "no address": lambda told: told.pop("token_endpoint"),
    "an address without TLS": lambda told: told.update(token_endpoint="http://login.example.com/token"),
    "an address of another kind": lambda told: told.update(jwks_uri="file:///etc/passwd"),
}


@pytest.mark.parametrize("lie", METADATA_LIES)
async def test_a_provider_that_tells_nonsense_of_itself_is_not_asked(world: World, lie: str) -> None:
    """Nothing is sent where somebody could listen."""
    world.provider.metadata_lie = METADATA_LIES[lie]
    answer = await world.browser.get("/login/sign-on")
    assert answer.headers["location"] == "/login?problem=sign-on-away"


@pytest.mark.parametrize("nonsense", ["", "[]", "<html>", "{", "x" * 600_000])
async def test_an_answer_that_is_no_json_object_opens_nothing(world: World, nonsense: str) -> None:
    """Nor does it fill the memory."""
    back = await world.log_in_there(await world.begin())
    world.provider.token_answer = nonsense
    assert (await world.come_back(back)).headers["location"] == "/login?problem=sign-on-away"


# --- settings --------------------------------------------------------------------------------------------------------


def test_without_an_issuer_there_is_no_single_sign_on() -> None:
    """Passwords only."""
    assert sign_on_settings(Settings()) is None


def test_settings_come_from_the_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    """Roles as JSON, in their order; the secret is shown nowhere."""
    for name, value in {
        "ISSUER": "https://login.example.com",
        "CLIENT_ID": "thirdring",
        "CLIENT_SECRET": "s3cret",
        "SCOPES": "profile groups",
        "GROUPS_CLAIM": "realm_access.roles",
        "ROLES": '{"b": "agent", "a": "admin"}',
        "TEAMS": '{"a": "early"}',
    }.items():
        monkeypatch.setenv(f"THIRDRING_OIDC_{name}", value)
    settings = sign_on_settings(Settings())
    assert settings is not None
    assert settings.scopes == ("openid", "profile", "groups")
    assert list(settings.rules.roles.items()) == [("b", Role.AGENT), ("a", Role.ADMIN)]
    assert settings.client_secret == "s3cret"
    assert "s3cret" not in repr(settings)
    assert "s3cret" not in repr(Settings())


@pytest.mark.parametrize(
    ("changed", "finding"),
    [
        ({"oidc_issuer": "http://login.example.com"}, "https address"),
        ({"oidc_issuer": "login.example.com"}, "https address"),
        ({"oidc_client_id": ""}, "THIRDRING_OIDC_CLIENT_ID"),
        ({"oidc_roles": {}}, "nobody could log in"),
    ],
)
def test_settings_that_cannot_be_are_told_before_anything_starts(
    changed: dict[str, object], finding: str
) -> None:
    """With what was expected."""
    values: dict[str, Any] = {
        "oidc_issuer": "https://login.example.com",
        "oidc_client_id": "x",
        "oidc_roles": {"a": "admin"},
    }
    with pytest.raises(SignOnMisconfigured, match=finding):
        sign_on_settings(Settings(**values | changed))


@pytest.mark.parametrize(
    ("name", "value", "finding"),
    [
        ("OIDC_ROLES", "{bad", "it is no JSON"),
        ("OIDC_ROLES", '{"a": "king"}', "Input should be 'agent'"),
        ("PORT", "s3cret", "valid integer"),
    ],
)
def test_a_setting_that_cannot_be_is_told_in_one_sentence(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], name: str, value: str, finding: str
) -> None:
    """By its variable, and without what was found: it may be a secret."""
    monkeypatch.setenv(f"THIRDRING_{name}", value)
    assert main(["check-site"]) == 1
    told = capsys.readouterr().err
    assert told.startswith(f"thirdring: Expected THIRDRING_{name} ")
    assert finding in told
    assert value not in told
    assert told.count("\n") == 1


def test_a_service_without_single_sign_on_needs_none_of_its_packages() -> None:
    """They come with the extra `oidc` only."""
    asked = "import app.interface, app.main, sys; sys.exit('joserfc' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", asked], check=False).returncode == 0


def test_a_claim_may_lie_within_another() -> None:
    """A name with dots of its own is looked for first."""
    claims = {"realm_access": {"roles": ["a"]}, "https://x.example/roles": ["b"], "plain": "c"}
    assert claim(claims, "realm_access.roles") == ["a"]
    assert claim(claims, "https://x.example/roles") == ["b"]
    assert claim(claims, "plain.deeper") is None
    assert claim(claims, "nothing") is None
