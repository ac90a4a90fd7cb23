"""`python -m tests.bench.screenshots [PAGE]`: the pictures of the pages in app/web/docs/screenshots, in both languages.

Look at them after each change of a page: tests see what is painted, not whether it can be read from six metres.
"""

import asyncio
import sys
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path

from playwright.async_api import Browser, Page

from app.api.pages import BUILT
from app.auth.model import Role
from app.auth.throttle import PER_USER
from tests.support import scene as scenes
from tests.support.accounts import BOSS, PASSWORD
from tests.support.chromium import chromium
from tests.support.clocks import StillClock
from tests.support.live_client import serving
from tests.support.openid import openid_provider
from tests.support.scene import Scene
from tests.support.stage import TOKEN, Stage

PICTURES = BUILT.parent / "docs" / "screenshots"
SCENES: dict[str, Callable[[], Scene]] = {
    "empty": scenes.empty,
    "busy": scenes.busy,
    "alarm": scenes.alarm,
    "crowd": scenes.crowd,
    "stale": scenes.busy,
}
LANGUAGES = ("en", "zh")
FULL_HD = {"width": 1920, "height": 1080}


async def main(pages: list[str]) -> None:
    """Take those of these pages."""
    PICTURES.mkdir(parents=True, exist_ok=True)
    async with chromium() as browser:
        for language in LANGUAGES:
            if "wallboard" in pages:
                for name in SCENES:
                    await _take(browser, name, language, PICTURES / f"{name}-{language}.png")
            if "login" in pages:
                await _take_login(browser, language)


async def _take(browser: Browser, name: str, language: str, path: Path) -> None:
    page = await browser.new_page(viewport=FULL_HD)  # type: ignore[arg-type]  # width and height
    scene = SCENES[name]()
    async with serving(scene.api) as server:
        await page.goto(f"{server.url}/wallboard?lang={language}#token={TOKEN}")
        await page.locator("main.fresh").wait_for()
        await page.locator(".card, .empty").first.wait_for()
        if name != "stale":
            await _save(page, path)
    if name == "stale":
        await page.locator(".curtain.stale").wait_for()
        await page.wait_for_timeout(3_000)
        await _save(page, path)
    await page.close()


async def _take_login(browser: Browser, language: str) -> None:
    """Everything that the log-in page can be."""
    async with openid_provider(StillClock().now) as provider:
        stage = Stage(sign_on=provider.settings())
        stage.open()
        add_user = stage.access.administration.add_user
        await add_user(BOSS, name="chen", password=PASSWORD, role=Role.SHIFT_SUPERVISOR, display_name="陈芳")
        context = await browser.new_context(viewport={"width": 1280, "height": 800})
        page = await context.new_page()
        async with serving(stage.api) as server:
            await page.goto(f"{server.url}/wallboard?lang={language}")
            await page.locator(".gate a").wait_for()
            await _save(page, PICTURES / f"gate-{language}.png")
            await page.goto(f"{server.url}/login?lang={language}")
            await page.locator("a.button").wait_for()
            await _save(page, PICTURES / f"login-{language}.png")
            for password in ("wrong", *["wrong"] * PER_USER.free):
                await _type_in(page, password)
                if not await page.locator(".lock").is_visible():
                    await _save(page, PICTURES / f"login-refused-{language}.png")
            await _save(page, PICTURES / f"login-locked-{language}.png")
            stage.clock.move(timedelta(minutes=1))
            await page.goto(f"{server.url}/login?lang={language}&problem=sign-on-no-role")
            await page.locator(".refused").wait_for()
            await _save(page, PICTURES / f"login-no-role-{language}.png")
            await _type_in(page, PASSWORD)
            await page.wait_for_url("**/wallboard")
            await page.goto(f"{server.url}/login?lang={language}")
            await page.locator("section").wait_for()
            await _save(page, PICTURES / f"login-account-{language}.png")
            await page.locator("section button").nth(1).click()
            for name in ("current", "password", "again"):
                await page.locator(f"input[name={name}]").fill("chen")
            await page.locator("button.main").click()
            await page.locator(".refused").wait_for()
            await _save(page, PICTURES / f"login-password-{language}.png")
        await context.close()
        await stage.access.close()


async def _type_in(page: Page, password: str) -> None:
    """Log in, and wait for what the service says."""
    await page.locator("input[name=name]").fill("chen")
    await page.locator("input[name=password]").fill(password)
    async with page.expect_response("**/api/v1/session"):
        await page.locator("button.main").click()
    await page.wait_for_timeout(300)


async def _save(page: Page, path: Path) -> None:
    await page.screenshot(path=path)
    print(path.name, f"{path.stat().st_size / 1000:.0f} kB")


if __name__ == "__main__":
    asyncio.run(main(sys.argv[1:] or ["wallboard", "login"]))
