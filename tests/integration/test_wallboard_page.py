"""What the wallboard paints, in a real browser, while a real service goes through its states."""

import re
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import timedelta

import pytest
import pytest_asyncio
from playwright.async_api import Browser, Page, Route, expect

from app.runtime.health import Health, Level, Part
from tests.support import scene as scenes
from tests.support.chromium import chromium
from tests.support.live_client import LiveServer, serving
from tests.support.scene import Scene
from tests.support.stage import TOKEN, Stage

pytestmark = [pytest.mark.browser, pytest.mark.asyncio(loop_scope="module")]

FULL_HD = {"width": 1920, "height": 1080}
HAN = re.compile(r"[\u4e00-\u9fff]")
MIB = 1024 * 1024


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def browser() -> AsyncIterator[Browser]:
    """One for all tests."""
    async with chromium() as browser:
        yield browser


@asynccontextmanager
async def watching(
    browser: Browser,
    server: LiveServer,
    *,
    query: str = "?lang=en",
    viewport: dict[str, int] = FULL_HD,
    token: str = TOKEN,
) -> AsyncIterator[Page]:
    """A wallboard that shows the floor. Whatever fails in the page fails the test."""
    errors: list[str] = []
    context = await browser.new_context(viewport=viewport)  # type: ignore[arg-type]  # width and height
    page = await context.new_page()
    page.on("pageerror", lambda error: errors.append(str(error)))
    await page.goto(f"{server.url}/wallboard{query}#token={token}")
    await expect(page.locator("main.fresh")).to_be_attached()
    yield page
    await context.close()
    assert errors == []


@asynccontextmanager
async def shown(browser: Browser, scene: Scene, *, query: str = "?lang=en") -> AsyncIterator[Page]:
    """A wallboard of this scene."""
    async with serving(scene.api) as server, watching(browser, server, query=query) as page:
        yield page


def queue(page: Page, number: int) -> "Row":
    """A queue's row."""
    return Row(page, f'[data-queue="q{number}"]')


def agent(page: Page, number: int) -> "Row":
    """An agent's card."""
    return Row(page, f'[data-agent="a{number}"]')


class Row:
    """Something that is painted about one thing."""

    def __init__(self, page: Page, selector: str) -> None:
        self.itself = page.locator(selector)

    async def shows(self, part: str, text: str | re.Pattern[str]) -> None:
        """Wait until the part has this text."""
        await expect(self.itself.locator(part)).to_have_text(text)

    async def is_painted(self, name: str) -> None:
        """Wait until it is painted as this."""
        await expect(self.itself).to_have_class(re.compile(rf"\b{name}\b"))


# --- what is painted -----------------------------------------------------------------------------------------------


async def test_a_call_is_painted_from_its_arrival_to_its_end(browser: Browser) -> None:
    """In its queue's figures and on its agent's card."""
    scene = Scene()
    scene.log_in(1)
    async with shown(browser, scene) as page:
        await agent(page, 1).shows(".doing", "Ready")
        await queue(page, 1).shows(".free", "1")
        call = scene.arrives(1)
        await queue(page, 1).shows(".waiting", "1")
        await agent(page, 1).shows(".doing", "Ringing")
        scene.is_rung(call)
        scene.picks_up(f"{call}-1")
        await queue(page, 1).shows(".waiting", "0")
        await queue(page, 1).shows(".talking", "1")
        await agent(page, 1).shows(".doing", "Talking")
        scene.puts_down(call)
        await agent(page, 1).shows(".doing", "Wrap-up")
        await queue(page, 1).shows(".wrapUp", "1")


async def test_a_pause_is_painted_with_its_reason(browser: Browser) -> None:
    """The code as the site names it."""
    scene = Scene()
    scene.log_in(1)
    async with shown(browser, scene) as page:
        scene.pause(1, "lunch")
        await agent(page, 1).shows(".doing", "Pause lunch")
        await queue(page, 1).shows(".away", "1")


async def test_a_wait_lights_a_lamp_per_ring_and_turns_red_after_the_third(browser: Browser) -> None:
    """Five seconds per ring in China."""
    scene = Scene()
    scene.arrives(1)
    async with shown(browser, scene) as page:
        row = queue(page, 1)
        await row.is_painted("calm")
        scene.clock.move(timedelta(seconds=10))
        scene.log_in(16)  # The service speaks, so the page hears how late it is.
        scene.arrives(1)
        await row.is_painted("last")
        await expect(row.itself.locator(".lit")).to_have_count(3)
        scene.clock.move(timedelta(seconds=5))
        scene.arrives(1)
        await row.is_painted("over")
        await row.shows(".ring", "ring 4")


async def test_a_ringing_phone_lights_its_lamps_too(browser: Browser) -> None:
    """Counted from its own ringing, which begins later than the caller's wait."""
    scene = Scene()
    scene.arrives(1)
    scene.clock.move(timedelta(seconds=9))
    scene.log_in(1)
    async with shown(browser, scene) as page:
        card = agent(page, 1)
        await expect(card.itself.locator(".lit")).to_have_count(0)
        scene.rings("c1-1")
        await card.is_painted("calm")
        await expect(card.itself.locator(".lit")).to_have_count(1)
        await queue(page, 1).is_painted("calm")


async def test_waits_are_counted_by_the_page(browser: Browser) -> None:
    """Nothing is sent meanwhile."""
    scene = Scene()
    scene.arrives(1)
    async with shown(browser, scene) as page:
        await queue(page, 1).shows(".elapsed", "0:00")
        await queue(page, 1).shows(".elapsed", "0:02")


async def test_alerts_are_painted_while_they_hold(browser: Browser) -> None:
    """By the names of what they are about."""
    scene = Scene()
    async with shown(browser, scene) as page:
        await expect(page.locator(".alert")).to_have_count(0)
        scene.arrives(2)
        await expect(page.locator(".alert.alarm")).to_have_text(re.compile("no agent is at work.*投诉受理"))
        scene.log_in(1)
        await expect(page.locator(".alert")).to_have_count(0)
        scene.ails("asterisk", Level.DOWN)
        await expect(page.locator(".alert.alarm")).to_have_text(re.compile("Asterisk"))
        scene.health = Health((Part("asterisk", Level.OK),))
        await expect(page.locator(".alert")).to_have_count(0)


@pytest.mark.parametrize(
    ("query", "says"),
    [
        ("?lang=en", "Nobody answers, the supervisor is needed: 投诉受理 Complaints · ring 3"),
        ("?lang=zh", "来电无人应答.请班长处理.投诉受理 Complaints · 第 3 声"),
    ],
)
async def test_a_ring_of_the_policy_calls_the_supervisor_on_the_strip(
    browser: Browser, query: str, says: str
) -> None:
    """With the queue and the ring, until the caller is gone."""
    scene = Scene()
    async with shown(browser, scene, query=query) as page:
        call = scene.arrives(2)
        scene.passes(10)
        strip = page.locator('[data-alert="ring_reached"]')
        await expect(strip.locator(".long")).to_have_text(re.compile(says))
        await expect(strip).to_have_class(re.compile("warning"))
        scene.puts_down(call)
        await expect(strip).not_to_be_attached()


async def test_a_phone_that_rings_too_long_is_painted_with_queue_and_agent(browser: Browser) -> None:
    """For as long as it rings."""
    scene = Scene(ring_timeout=timedelta(seconds=60))
    scene.log_in(1)
    call = scene.arrives(1)
    scene.is_rung(call)
    async with shown(browser, scene) as page:
        scene.passes(15)
        strip = page.locator('[data-alert="rings_breached"] .long')
        await expect(strip).to_have_text(
            "A phone has rung longer than 3 rings: 业务咨询 Service · 王芳 · ring 4"
        )
        scene.picks_up(f"{call}-1")
        await expect(strip).not_to_be_attached()


async def test_the_service_level_of_today_is_painted_and_judged(browser: Browser) -> None:
    """Nothing before the first call counts; green while the site's target is met, and begun anew at midnight."""
    scene = Scene()
    scene.log_in(1, 2)
    async with shown(browser, scene) as page:
        row = queue(page, 1)
        await expect(page.locator(".queue.head")).to_contain_text("Service 80/20")
        await row.shows(".level", "\N{EN DASH}")
        scene.is_served(1, after=3)
        await row.shows(".level.met", "100%")
        scene.gives_up(1, after=9)
        await row.shows(".level.missed", "50%")
        scene.clock.move(timedelta(hours=8))
        await row.shows(".level.none", "\N{EN DASH}")


async def test_an_empty_floor_says_that_nobody_is_there(browser: Browser) -> None:
    """Not an empty screen."""
    async with shown(browser, scenes.empty()) as page:
        await expect(page.locator(".agents .empty")).to_have_text("No agent is logged in.")
        await expect(page.locator(".queue.row")).to_have_count(4)


async def test_the_clock_is_that_of_the_site(browser: Browser) -> None:
    """Half past eight in London is half past four in Shanghai."""
    async with shown(browser, Scene()) as page:
        await expect(page.locator("header time")).to_have_text(re.compile(r"^16:30:0\d$"))


# --- languages -----------------------------------------------------------------------------------------------------


async def test_the_page_speaks_chinese_when_asked_to(browser: Browser) -> None:
    """All of it."""
    async with shown(browser, scenes.busy(), query="?lang=zh") as page:
        heads = await page.locator(".queue.head span").all_inner_texts()
        assert all(HAN.search(head) for head in heads if head)
        await agent(page, 1).shows(".doing", "通话中")
        assert await page.evaluate("document.documentElement.lang") == "zh-CN"


async def test_the_language_can_be_switched_and_is_remembered(browser: Browser) -> None:
    """On this screen."""
    async with serving(scenes.busy().api) as server, watching(browser, server, query="") as page:
        await expect(page.locator(".queue.head")).to_contain_text("Waiting")
        await page.get_by_role("button", name="中文").click()
        await expect(page.locator(".queue.head")).to_contain_text("排队")
        await page.reload()
        await expect(page.locator(".queue.head")).to_contain_text("排队")


async def test_chinese_is_drawn_by_a_font_that_has_it(browser: Browser) -> None:
    """Two different signs look different: they are not the same empty box."""
    async with shown(browser, Scene()) as page:
        widths = await page.evaluate(
            """async () => {
              const draw = (text) => {
                const canvas = Object.assign(document.createElement("canvas"), {width: 60, height: 60});
                const context = canvas.getContext("2d");
                context.font = "40px " + getComputedStyle(document.documentElement).fontFamily;
                context.fillText(text, 5, 45);
                return canvas.toDataURL();
              };
              return [draw("等"), draw("待"), draw("\\uFFFF")];
            }"""
        )
        assert len(set(widths)) == 3


# --- many things, other screens ------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("width", "height"), [(1280, 720), (1280, 1024), (1920, 1080), (3840, 2160), (1080, 1920), (390, 844)]
)
async def test_forty_agents_and_twelve_queues_stay_on_the_screen(
    browser: Browser, width: int, height: int
) -> None:
    """Nothing runs over the edge, names are cut with dots, and what does not fit is on another page."""
    async with (
        serving(scenes.crowd().api) as server,
        watching(browser, server, viewport={"width": width, "height": height}) as page,
    ):
        await expect(page.locator(".page").first).to_be_visible()
        boxes = await page.evaluate(
            "[...document.querySelectorAll('.row, .card')].map(row => row.getBoundingClientRect().toJSON())"
        )
        assert boxes
        assert all(box["right"] <= width and box["bottom"] <= height for box in boxes)
        heights = [box["height"] for box in boxes]
        assert min(heights) >= 5.7 * min(height / 100, width * 9 / 1600)


async def test_pages_of_a_long_list_turn_by_themselves(browser: Browser) -> None:
    """Every ten seconds."""
    async with shown(browser, scenes.crowd()) as page:
        number = page.locator(".queue.head .page")
        first = await number.inner_text()
        await expect(number).not_to_have_text(first, timeout=15_000)


# --- the token -----------------------------------------------------------------------------------------------------


async def test_the_token_is_removed_from_the_address_at_once(browser: Browser) -> None:
    """It stands in no history and no picture of the screen."""
    async with shown(browser, Scene()) as page:
        assert "token" not in page.url


async def test_a_page_without_a_token_asks_for_it_once(browser: Browser) -> None:
    """Also when the one that was given is wrong. It asks for nothing after a reload."""
    async with serving(Scene().api) as server:
        page = await browser.new_page()
        await page.goto(f"{server.url}/wallboard?lang=en")
        await page.get_by_label("Token").fill("wrong")
        await page.get_by_role("button").click()
        await expect(page.get_by_role("alert")).to_contain_text("The service does not accept this token.")
        await page.get_by_label("Token").fill(TOKEN)
        await page.get_by_role("button").click()
        await expect(page.locator("main.fresh")).to_be_attached()
        await page.reload()
        await expect(page.locator("main.fresh")).to_be_attached()
        await page.context.close()


async def test_a_display_token_is_all_that_a_wallboard_needs(browser: Browser) -> None:
    """It can follow the floor, and nothing else."""
    scene = scenes.busy()
    token = await display_token(scene, topics=[])
    async with serving(scene.api) as server, watching(browser, server, token=token) as page:
        await agent(page, 1).shows(".doing", "Talking")


async def test_a_display_of_one_queue_shows_that_queue_alone(browser: Browser) -> None:
    """And no agents, who are none of its topics."""
    scene = scenes.busy()
    token = await display_token(scene, topics=["queue:q1"])
    async with serving(scene.api) as server, watching(browser, server, token=token) as page:
        await expect(page.locator("[data-queue]")).to_have_count(1)
        await expect(page.locator('[data-queue="q1"]')).to_be_visible()
        await expect(page.locator("[data-agent]")).to_have_count(0)


async def test_a_display_without_queues_shows_its_agents_alone(browser: Browser) -> None:
    """It does not say that there were no queues."""
    scene = scenes.busy()
    token = await display_token(scene, topics=["agent:a1", "agent:a2", "calls"])
    async with serving(scene.api) as server, watching(browser, server, token=token) as page:
        await expect(page.locator("[data-agent]")).to_have_count(2)
        await expect(page.locator(".queues, .empty")).to_have_count(0)


async def display_token(scene: Scene, *, topics: list[str]) -> str:
    """The secret of a new token for a wallboard."""
    async with scene.client() as client:
        wanted = {"label": "hall", "kind": "display", "topics": topics}
        answer = await client.post("/api/v1/tokens", json=wanted)
    secret: str = answer.json()["secret"]
    return secret


async def test_a_second_tab_shows_the_same_when_the_screen_keeps_the_token(browser: Browser) -> None:
    """It is asked for on the first tab only."""
    async with serving(Scene().api) as server:
        context = await browser.new_context()
        first = await context.new_page()
        await first.goto(f"{server.url}/wallboard?lang=en")
        await first.get_by_label("Token").fill(TOKEN)
        await first.get_by_role("checkbox").check()
        await first.get_by_role("button").click()
        await expect(first.locator("main.fresh")).to_be_attached()
        second = await context.new_page()
        await second.goto(f"{server.url}/wallboard?lang=en")
        await expect(second.locator("main.fresh")).to_be_attached()
        await context.close()


# --- never stale ---------------------------------------------------------------------------------------------------


async def test_a_service_that_is_gone_draws_a_curtain_over_the_whole_page(browser: Browser) -> None:
    """At once; it says since when, and counts."""
    scene = scenes.busy()
    async with serving(scene.api) as server:
        watched = watching(browser, server)
        page = await watched.__aenter__()
    curtain = page.locator(".curtain.stale")
    await expect(curtain).to_contain_text("No news from the service")
    await expect(curtain).to_contain_text(re.compile(r"from 16:3\d:\d\d, 0:0[1-9] ago"))
    assert await curtain.bounding_box() == {"x": 0, "y": 0, **FULL_HD}
    assert "blur" in await page.locator("main").evaluate("main => getComputedStyle(main).filter")
    await watched.__aexit__(None, None, None)


async def test_a_service_that_comes_back_lifts_the_curtain(browser: Browser) -> None:
    """The page connects again by itself and shows the new state."""
    scene = Scene()
    async with serving(scene.api) as server:
        watched = watching(browser, server)
        page = await watched.__aenter__()
        port = int(server.url.rsplit(":", 1)[1])
    await expect(page.locator(".curtain.stale")).to_be_visible()
    scene.arrives(3)
    async with serving(scene.api, port=port):
        await expect(page.locator("main.fresh")).to_be_attached(timeout=15_000)
        await queue(page, 3).shows(".waiting", "1")
        await expect(page.locator(".curtain.stale")).to_have_count(0)
        await watched.__aexit__(None, None, None)


async def test_a_page_whose_script_died_is_covered_all_the_same(browser: Browser) -> None:
    """By a style sheet alone: it falls when no message starts it anew for as long as it waits, here for a moment."""
    async with shown(browser, scenes.busy()) as page:
        curtain = page.locator(".dead-man")
        await expect(curtain).to_have_css("opacity", "0")
        await page.evaluate("document.documentElement.style.setProperty('--silence', '200ms')")
        await expect(curtain).to_have_css("opacity", "1")


async def test_a_page_that_failed_is_stale_and_loads_itself_again(browser: Browser) -> None:
    """It does not trust itself any more."""
    async with serving(scenes.busy().api) as server:
        context = await browser.new_context()
        page = await context.new_page()
        await page.goto(f"{server.url}/wallboard?lang=en#token={TOKEN}")
        await expect(page.locator("main.fresh")).to_be_attached()
        async with page.expect_event("load", timeout=20_000):
            await page.evaluate("setTimeout(() => { throw new Error('broken') }, 0)")
            await expect(page.locator(".curtain.stale")).to_be_visible()
        await expect(page.locator("main.fresh")).to_be_attached()
        await context.close()


async def test_a_service_of_another_version_brings_its_own_page(browser: Browser) -> None:
    """Nobody touches a wallboard for weeks: it looks after each restart of the service."""
    scene = Scene()
    async with serving(scene.api) as server:
        watched = watching(browser, server)
        page = await watched.__aenter__()
        port = int(server.url.rsplit(":", 1)[1])
    await expect(page.locator(".curtain.stale")).to_be_visible()
    await page.route("**/wallboard*", _as_another_version)
    async with page.expect_event("load", timeout=20_000), serving(Stage().api, port=port):
        await expect(page.locator("main.fresh")).to_be_attached(timeout=15_000)
    await watched.__aexit__(None, None, None)


async def _as_another_version(route: Route) -> None:
    """The page names another script when the old page asks for it; when it is loaded, all is as it was."""
    if route.request.resource_type != "fetch":
        await route.continue_()
        return
    answer = await route.fetch()
    await route.fulfill(response=answer, body=(await answer.text()).replace("/assets/", "/assets/new-"))


# --- for weeks -----------------------------------------------------------------------------------------------------


async def test_memory_does_not_grow_with_what_happens(browser: Browser) -> None:
    """Two thousand calls come and go; what is kept is the floor, not its past."""
    scene = Scene()
    scene.log_in(1, 2, 3)
    async with shown(browser, scene) as page:
        devtools = await page.context.new_cdp_session(page)

        async def calls(count: int) -> tuple[float, int]:
            for number in range(count):
                call = scene.arrives(1 + number % 4)
                scene.puts_down(call)
                if number % 20 == 0:
                    await page.evaluate("1")
            await devtools.send("HeapProfiler.collectGarbage")
            nodes = await page.evaluate("document.querySelectorAll('*').length")
            return await page.evaluate("performance.memory.usedJSHeapSize") / MIB, nodes

        before, nodes = await calls(500)
        after, nodes_after = await calls(1500)
    assert after - before < 1.0
    assert nodes_after <= nodes + 5
