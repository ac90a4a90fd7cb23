"""A person logs in, in a real browser: by keyboard, in both languages, and never further than one may."""

import re
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import timedelta
from urllib.parse import quote

import httpx2
import pytest
import pytest_asyncio
from playwright.async_api import Browser, BrowserContext, Page, expect

from app.auth.model import Role
from app.auth.sign_on_settings import SignOnSettings
from app.auth.throttle import PER_USER
from tests.support.accounts import BOSS, PASSWORD
from tests.support.chromium import chromium
from tests.support.clocks import StillClock
from tests.support.live_client import LiveServer, serving
from tests.support.openid import OpenIdProvider, openid_provider
from tests.support.people import COOKIE, People
from tests.support.stage import Stage

pytestmark = [pytest.mark.browser, pytest.mark.asyncio(loop_scope="module")]

HAN = re.compile(r"[\u4e00-\u9fff]")
FINE = "another fine phrase"


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def browser() -> AsyncIterator[Browser]:
    """One for all tests."""
    async with chromium() as browser:
        yield browser


@dataclass
class Desk:
    """A browser in front of a service with the user `chen`."""

    server: LiveServer
    stage: Stage
    people: People
    context: BrowserContext
    page: Page

    async def open(self, path: str) -> None:
        """Go to a page of the service."""
        await self.page.goto(f"{self.server.url}{path}")

    async def type_in(self, password: str = PASSWORD, name: str = "chen") -> None:
        """Fill in the form by keyboard alone; the first field has the focus."""
        await expect(self.page.locator("input[name=name]")).to_be_focused()
        await self.page.keyboard.type(name)
        await self.page.keyboard.press("Tab")
        await self.page.keyboard.type(password)
        await self.page.keyboard.press("Enter")

    async def is_at(self, path: str) -> None:
        """Wait until the browser is at this page of ours."""
        await expect(self.page).to_have_url(f"{self.server.url}{path}")

    async def told(self, text: str, *, within_ms: int = 5_000) -> None:
        """Wait until a reader of screens is told this at once."""
        await expect(self.page.get_by_role("alert")).to_contain_text(text, timeout=within_ms)

    async def has_cookie(self) -> bool:
        """Whether the browser keeps a session."""
        return any(cookie["name"] == COOKIE for cookie in await self.context.cookies())


@asynccontextmanager
async def desk(
    browser: Browser, *, role: Role = Role.SHIFT_SUPERVISOR, sign_on: SignOnSettings | None = None
) -> AsyncIterator[Desk]:
    """Whatever fails in a page, or breaks its policy, fails the test. So does a password or a token in an address."""
    stage = Stage(sign_on=sign_on)
    stage.open()
    people = People(stage)
    await people.access.administration.add_user(
        BOSS, name="chen", password=PASSWORD, role=role, display_name="陈芳"
    )
    faults: list[str] = []
    addresses: list[str] = []
    async with serving(stage.api) as server:
        context = await browser.new_context(locale="en-GB", viewport={"width": 1280, "height": 800})
        page = await context.new_page()
        page.on("pageerror", lambda error: faults.append(str(error)))
        page.on("console", lambda message: faults.append(message.text) if _is_fault(message.text) else None)
        page.on("request", lambda request: addresses.append(request.url))
        yield Desk(server, stage, people, context, page)
        await context.close()
    await stage.access.close()
    assert faults == []
    assert not [url for url in addresses if PASSWORD.split(" ", maxsplit=1)[0] in url or "trt_" in url]


def _is_fault(text: str) -> bool:
    """A refusal is an answer, too; Chromium notes each."""
    return "Content Security Policy" in text


# --- logging in ------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("role", Role)
async def test_a_person_logs_in_by_keyboard_and_sees_the_floor(browser: Browser, role: Role) -> None:
    """Each role as much of it as it may; the page that was wanted comes back."""
    async with desk(browser, role=role) as at:
        await at.open("/wallboard?lang=en")
        await expect(at.page.get_by_role("link", name="Log in")).to_be_focused()
        await at.page.keyboard.press("Enter")
        await at.is_at("/login?next=%2Fwallboard%3Flang%3Den")
        await at.type_in()
        await at.is_at("/wallboard?lang=en")
        await expect(at.page.locator("main.fresh")).to_be_attached()
        await expect(at.page.locator("header")).to_contain_text("陈芳")
        assert await at.page.evaluate("document.cookie") == "", "no script can read it"


async def test_an_open_session_needs_no_second_log_in(browser: Browser) -> None:
    """The wallboard shows the floor, and the log-in goes on at once to the page that was wanted."""
    async with desk(browser) as at:
        await at.open("/login")
        await at.type_in()
        await at.is_at("/wallboard")
        await at.open("/login?next=%2Fwallboard%3Flang%3Dzh")
        await at.is_at("/wallboard?lang=zh")
        await expect(at.page.locator("main.fresh")).to_be_attached()


@pytest.mark.parametrize(
    "wish",
    [
        "//evil.example/",
        "https://evil.example/",
        "/\\evil.example",
        "/\t/evil.example",
        "/.//evil.example",
        "javascript:document.title='evil'",
        "/login?next=//evil.example",
    ],
)
async def test_nobody_is_led_to_another_site(browser: Browser, wish: str) -> None:
    """Whatever page a link wants: neither after the log-in, nor when one is logged in already."""
    async with desk(browser) as at:
        visited: list[str] = []
        at.page.on("framenavigated", lambda frame: visited.append(frame.url))
        for _ in range(2):
            await at.open(f"/login?next={quote(wish, safe='')}")
            if not await at.has_cookie():
                await at.type_in()
            await expect(at.page).not_to_have_url(re.compile("/login"))
        assert {url.startswith(f"{at.server.url}/") for url in visited} == {True}, visited


async def test_a_wrong_password_is_told_in_both_languages(browser: Browser) -> None:
    """The field is empty and has the focus; the name stays."""
    async with desk(browser) as at:
        await at.open("/login")
        await at.type_in("wrong")
        await at.told("User name or password is wrong.")
        password = at.page.locator("input[name=password]")
        await expect(password).to_be_focused()
        await expect(password).to_have_value("")
        await expect(at.page.locator("input[name=name]")).to_have_value("chen")
        await at.page.get_by_role("button", name="中文").click()
        await at.told("用户名或密码错误。")
        assert await at.page.evaluate("document.documentElement.lang") == "zh-CN"
        assert await at.page.title() == "登录 · Thirdring"
        await expect(at.page.locator("label").first).to_have_text(HAN)
        await password.fill(PASSWORD)
        await password.press("Enter")
        await expect(at.page.locator("main.fresh")).to_be_attached()
        assert await at.page.evaluate("document.documentElement.lang") == "zh-CN", "all pages speak the same"


async def test_a_lock_out_counts_down_and_opens_by_itself(browser: Browser) -> None:
    """No attempt is made meanwhile."""
    async with desk(browser) as at:
        await at.page.clock.install()
        await at.open("/login")
        for _ in range(PER_USER.free):
            await fail_elsewhere(at)
        await at.type_in()
        await at.told("Log-ins failed too often.")
        button = at.page.get_by_role("button", name="Log in")
        await expect(at.page.locator(".lock")).to_have_text(re.compile(r"Try again in 0:(30|29)\."))
        await expect(button).to_be_disabled()
        await at.page.clock.fast_forward(20_000)
        await expect(at.page.locator(".lock")).to_have_text(re.compile(r"0:(10|09|08)"))
        await at.page.clock.fast_forward(11_000)
        await expect(button).to_be_enabled()
        at.stage.clock.move(timedelta(seconds=31))
        await at.page.locator("input[name=password]").fill(PASSWORD)
        await button.click()
        await at.is_at("/wallboard")


async def fail_elsewhere(at: Desk) -> None:
    """A wrong password from the same address."""
    async with httpx2.AsyncClient(base_url=at.server.url) as client:
        await client.post("/api/v1/session", json={"name": "chen", "password": "wrong"})


async def test_a_service_that_does_not_answer_is_told(browser: Browser) -> None:
    """And the page goes on when it is back."""
    async with desk(browser) as at:
        await at.open("/login")
        await at.page.route("**/api/v1/session", lambda route: route.abort())
        await at.type_in()
        await at.told("The service does not answer.")
        await at.page.unroute("**/api/v1/session")
        await at.page.locator("input[name=password]").fill(PASSWORD)
        await at.page.keyboard.press("Enter")
        await at.is_at("/wallboard")


async def test_caps_lock_is_told(browser: Browser) -> None:
    """Nobody sees what is typed."""
    async with desk(browser) as at:
        await at.open("/login")
        password = at.page.locator("input[name=password]")
        await password.focus()
        init = "{bubbles: true, key: 'A', modifierCapsLock: true}"
        await password.evaluate(f"field => field.dispatchEvent(new KeyboardEvent('keydown', {init}))")
        await expect(at.page.get_by_text("Caps Lock is on.")).to_be_visible()


# --- the account -----------------------------------------------------------------------------------------------------


async def test_a_password_is_changed_by_its_rules(browser: Browser) -> None:
    """Both rules and results are told in the page's language; other sessions end, and this one goes on."""
    async with desk(browser) as at:
        await at.open("/login")
        await at.type_in()
        await at.is_at("/wallboard")
        other = await at.people.session("chen")
        await at.page.get_by_role("link", name="陈芳").click()
        await expect(at.page.get_by_role("heading")).to_have_text(
            "You are logged in as 陈芳, shift supervisor."
        )
        await at.page.get_by_role("button", name="Change the password").click()
        await change(at, PASSWORD, "chen", "chen")
        await at.told("It needs 12 to 128 characters.")
        await at.told("It is mostly your user name.")
        await change(at, PASSWORD, FINE, "something else")
        await at.told("The two new passwords are not the same.")
        await change(at, "wrong", FINE, FINE)
        await at.told("User name or password is wrong.")
        await change(at, PASSWORD, FINE, FINE)
        await expect(at.page.get_by_role("status")).to_contain_text("The password is changed.")
        async with at.people.browser(other) as elsewhere:
            assert (await elsewhere.get("/api/v1/session")).status_code == 401
        await at.page.get_by_role("button", name="Go on to the wallboard").click()
        await expect(at.page.locator("main.fresh")).to_be_attached()


async def change(at: Desk, current: str, password: str, again: str) -> None:
    """Fill in the form for another password."""
    for name, value in {"current": current, "password": password, "again": again}.items():
        await at.page.locator(f"input[name={name}]").fill(value)
    await at.page.get_by_role("button", name="Save").click()


async def test_who_logs_out_is_out(browser: Browser) -> None:
    """The cookie is gone, and the wallboard asks who looks."""
    async with desk(browser) as at:
        await at.open("/login")
        await at.type_in()
        await at.is_at("/wallboard")
        await at.open("/login")
        await at.page.get_by_role("button", name="Log out").click()
        await expect(at.page.get_by_role("status")).to_have_text("You are logged out.")
        assert not await at.has_cookie()
        await at.open("/wallboard")
        await expect(at.page.get_by_role("heading")).to_have_text("Log in to see the wallboard")


async def test_a_session_that_ends_ends_what_the_wallboard_shows(browser: Browser) -> None:
    """Nothing is shown to whoever comes by; logging in again brings it back."""
    async with desk(browser) as at:
        await at.open("/login?next=%2Fwallboard%3Flang%3Den")
        await at.type_in()
        await expect(at.page.locator("main.fresh")).to_be_attached()
        await at.people.access.administration.close_sessions(BOSS, "chen")
        await at.told("Your session is over", within_ms=15_000)  # It is noticed with the next heartbeat.
        await expect(at.page.locator("main.fresh")).not_to_be_attached()
        await at.page.get_by_role("link", name="Log in").click()
        await at.type_in()
        await expect(at.page.locator("main.fresh")).to_be_attached()


# --- single sign-on --------------------------------------------------------------------------------------------------


@pytest_asyncio.fixture(loop_scope="module")
async def provider() -> AsyncIterator[OpenIdProvider]:
    """A company's own."""
    async with openid_provider(StillClock().now) as provider:
        yield provider


async def test_single_sign_on_brings_one_to_the_page_that_was_wanted(
    browser: Browser, provider: OpenIdProvider
) -> None:
    """And has no password to change here."""
    async with desk(browser, sign_on=provider.settings()) as at:
        await at.open("/login?next=%2Fwallboard%3Flang%3Den")
        await at.page.get_by_role("link", name="Log in with Example Company").click()
        await at.is_at("/wallboard?lang=en")
        await expect(at.page.locator("main.fresh")).to_be_attached()
        await at.page.get_by_role("link", name="林晓").click()
        await expect(at.page.get_by_text("Your password is the provider's")).to_be_visible()
        await expect(at.page.get_by_role("button", name="Change the password")).not_to_be_attached()


@pytest.mark.parametrize(
    ("groups", "status", "told"),
    [
        (["everybody"], 200, "none of your groups has a role here"),
        (["hotline"], 503, "The provider does not answer."),
    ],
)
async def test_a_single_sign_on_that_fails_says_why(
    browser: Browser, provider: OpenIdProvider, groups: list[str], status: int, told: str
) -> None:
    """In place of an error nobody understands; the page that was wanted is not forgotten."""
    provider.person["groups"], provider.status = groups, status
    async with desk(browser, sign_on=provider.settings()) as at:
        await at.open("/login?next=%2Fwallboard%3Flang%3Den")
        await at.page.get_by_role("link", name="Log in with Example Company").click()
        await at.told(told)
        await at.is_at("/login?next=%2Fwallboard%3Flang%3Den")
        await at.type_in()
        await at.is_at("/wallboard?lang=en")


async def test_logging_out_leads_to_the_providers_log_out(browser: Browser, provider: OpenIdProvider) -> None:
    """Else the next log-in would ask for nothing."""
    async with desk(browser, sign_on=provider.settings()) as at:
        await at.open("/login?next=%2Fwallboard%3Flang%3Den")
        await at.page.get_by_role("link", name="Log in with Example Company").click()
        await at.is_at("/wallboard?lang=en")
        await at.open("/login")
        await at.page.get_by_role("button", name="Log out").click()
        await expect(at.page).to_have_url(re.compile(f"^{re.escape(provider.url)}/logout\\?client_id="))
        assert not await at.has_cookie()
