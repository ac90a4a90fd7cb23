"""`python -m tests.bench.screenshots`: the pictures of the wallboard in app/web/docs/screenshots, in both languages.

Look at them after each change of the page: tests see what is painted, not whether it can be read from six metres.
"""

import asyncio
from collections.abc import Callable
from pathlib import Path

from playwright.async_api import Browser, Page

from app.api.pages import BUILT
from tests.support import scene as scenes
from tests.support.chromium import chromium
from tests.support.live_client import serving
from tests.support.scene import Scene
from tests.support.stage import TOKEN

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


async def main() -> None:
    """Take them all."""
    PICTURES.mkdir(parents=True, exist_ok=True)
    async with chromium() as browser:
        for name in SCENES:
            for language in LANGUAGES:
                await _take(browser, name, language, PICTURES / f"{name}-{language}.png")


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


async def _save(page: Page, path: Path) -> None:
    await page.screenshot(path=path)
    print(path.name, f"{path.stat().st_size / 1000:.0f} kB")


if __name__ == "__main__":
    asyncio.run(main())
