"""Debian's Chromium out of a private directory, with Chinese fonts, driven by Playwright."""

import os
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from tempfile import TemporaryDirectory

from playwright.async_api import Browser, async_playwright

from app.asterisk.bundle import Bundle, ensure
from app.asterisk.program import with_own_libraries

# Starts its own program by path, which the unpacked loader cannot serve: it runs on the machine's C library. The fonts let it show Chinese.
CHROMIUM = Bundle(
    name="chromium",
    suite="bookworm",
    packages=("chromium", "fonts-noto-cjk", "fonts-dejavu-core"),
    proof="usr/lib/chromium/chromium",
    megabytes=1_300,
    left_out=("libc6",),
)
_ARGUMENTS = (
    "--no-sandbox",  # Root has none to give; pages come from this process.
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--disable-dev-shm-usage",
)
_FONTS = """\
<?xml version="1.0"?>
<fontconfig>
  <dir>{root}/usr/share/fonts</dir>
  <cachedir>{cache}</cachedir>
  <alias><family>system-ui</family><prefer><family>Noto Sans CJK SC</family></prefer></alias>
  <alias><family>sans-serif</family><prefer><family>Noto Sans CJK SC</family></prefer></alias>
</fontconfig>
"""


@asynccontextmanager
async def chromium() -> AsyncIterator[Browser]:
    """A headless browser. Unpacks it if need be, which takes about fifteen seconds once."""
    root = ensure(CHROMIUM)
    with TemporaryDirectory() as home:
        async with async_playwright() as playwright:
            browser = await playwright.chromium.launch(
                executable_path=root / CHROMIUM.proof,
                args=[*_ARGUMENTS],
                env=dict(_environment(root, Path(home))),
            )
            try:
                yield browser
            finally:
                await browser.close()


def _environment(root: Path, home: Path) -> dict[str, str]:
    fonts = home / "fonts.conf"
    fonts.write_text(_FONTS.format(root=root, cache=home / "fonts"))
    libraries = with_own_libraries(root, CHROMIUM.proof).added["LD_LIBRARY_PATH"]
    pulse = ":".join(f"{folder}/pulseaudio" for folder in libraries.split(":"))
    return os.environ | {
        "HOME": str(home),
        "FONTCONFIG_FILE": str(fonts),
        "LD_LIBRARY_PATH": f"{libraries}:{pulse}",
    }
