"""The files of the pages, as the service sends them."""

import gzip
import re

import httpx2
import pytest

from app.api.pages import BUILT, PAGES

BUDGET = 45_000
"""Compressed bytes of the whole wallboard."""


async def test_the_wallboard_needs_no_token_and_no_other_site(client: httpx2.AsyncClient) -> None:
    """It holds no figures. The policy lets it load and run nothing but our own files."""
    answer = await client.get("/wallboard", headers={"Authorization": ""})
    assert answer.status_code == 200
    assert answer.headers["content-type"].startswith("text/html")
    policy = answer.headers["content-security-policy"]
    assert "default-src 'none'" in policy
    assert "unsafe" not in policy
    assert answer.headers["cache-control"] == "no-store"


async def test_each_file_that_the_wallboard_names_is_there_and_may_be_kept(
    client: httpx2.AsyncClient,
) -> None:
    """Its name holds a digest of its content."""
    page = (await client.get("/wallboard")).text
    names = re.findall(r'(?:src|href)="([^"]+)"', page)
    assert len(names) == 3
    for name in names:
        answer = await client.get(name)
        assert answer.status_code == 200
        assert "immutable" in answer.headers["cache-control"]


def test_nothing_in_the_page_is_inline() -> None:
    """The policy would forbid it."""
    page = PAGES["/wallboard"].content.decode()
    assert not re.search(r"<style|style=|onload=|<script[^>]*>[^<]", page)


def test_nothing_comes_from_another_site() -> None:
    """No address of one stands in any file, but the names of XML's own spaces."""
    for path, page in PAGES.items():
        addresses = re.findall(rb"https?://[\w./-]+", page.content)
        assert set(addresses) <= {b"http://www.w3.org/2000/svg", b"http://www.w3.org/1998/Math/MathML",
                                  b"http://www.w3.org/1999/xhtml"}, path  # fmt: skip


def test_the_wallboard_keeps_within_its_budget() -> None:
    """Compressed as a browser would get it."""
    assert sum(len(gzip.compress(page.content)) for page in PAGES.values()) < BUDGET


@pytest.mark.parametrize(
    "path", ["/assets/../wallboard.html", "/assets/nothing.js", "/wallboard.html", "/built"]
)
async def test_nothing_else_of_the_disk_can_be_asked_for(client: httpx2.AsyncClient, path: str) -> None:
    """There is one route per file."""
    assert (await client.get(path)).status_code == 404


def test_the_build_is_committed() -> None:
    """A machine without Node serves it."""
    assert (BUILT / "wallboard.html").exists()
