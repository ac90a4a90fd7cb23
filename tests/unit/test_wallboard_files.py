"""The files of the pages, as the service sends them."""

import gzip
import re

import httpx2
import pytest

from app.api.pages import BUILT, PAGES

BUDGETS = {"/wallboard": 45_000, "/login": 45_000}
"""Compressed bytes of all that a page loads."""


def files_of(page: str) -> set[str]:
    """The page and all files that it loads, by whatever names them."""
    found, new = set(), {page}
    while new:
        found |= new
        names = {
            path for path in PAGES for each in new if path.rsplit("/", 1)[1].encode() in PAGES[each].content
        }
        new = {name for name in names if name.startswith("/assets/")} - found
    return found


@pytest.mark.parametrize("page", BUDGETS)
async def test_a_page_needs_no_token_and_no_other_site(client: httpx2.AsyncClient, page: str) -> None:
    """It holds no figures. The policy lets it load and run nothing but our own files."""
    answer = await client.get(page, headers={"Authorization": ""})
    assert answer.status_code == 200
    assert answer.headers["content-type"].startswith("text/html")
    policy = answer.headers["content-security-policy"]
    assert "default-src 'none'" in policy
    assert "unsafe" not in policy
    assert answer.headers["cache-control"] == "no-store"


@pytest.mark.parametrize("page", BUDGETS)
async def test_each_file_that_a_page_names_is_there_and_may_be_kept(
    client: httpx2.AsyncClient, page: str
) -> None:
    """Its name holds a digest of its content."""
    names = re.findall(r'(?:src|href)="([^"]+)"', (await client.get(page)).text)
    assert {name.rsplit(".", 1)[1] for name in names} == {"svg", "js", "css"}
    assert set(names) < files_of(page)
    for name in names:
        answer = await client.get(name)
        assert answer.status_code == 200
        assert "immutable" in answer.headers["cache-control"]


@pytest.mark.parametrize("page", BUDGETS)
def test_nothing_in_a_page_is_inline(page: str) -> None:
    """The policy would forbid it."""
    assert not re.search(r"<style|style=|onload=|<script[^>]*>[^<]", PAGES[page].content.decode())


def test_nothing_comes_from_another_site() -> None:
    """No address of one stands in any file, but the names of XML's own spaces."""
    for path, page in PAGES.items():
        addresses = re.findall(rb"https?://[\w./-]+", page.content)
        assert set(addresses) <= {b"http://www.w3.org/2000/svg", b"http://www.w3.org/1998/Math/MathML",
                                  b"http://www.w3.org/1999/xhtml"}, path  # fmt: skip


@pytest.mark.parametrize("page", BUDGETS)
def test_a_page_keeps_within_its_budget(page: str) -> None:
    """Compressed as a browser would get it."""
    assert sum(len(gzip.compress(PAGES[path].content)) for path in files_of(page)) < BUDGETS[page]


def test_every_page_has_a_budget_and_every_file_a_page() -> None:
    """Nothing lies around."""
    assert set().union(*map(files_of, BUDGETS)) == set(PAGES)


@pytest.mark.parametrize(
    "path", ["/assets/../wallboard.html", "/assets/nothing.js", "/wallboard.html", "/built"]
)
async def test_nothing_else_of_the_disk_can_be_asked_for(client: httpx2.AsyncClient, path: str) -> None:
    """There is one route per file."""
    assert (await client.get(path)).status_code == 404


async def test_who_types_the_address_alone_comes_to_the_wallboard(client: httpx2.AsyncClient) -> None:
    """That is the address which the service writes into its log."""
    answer = await client.get("/", headers={"Authorization": ""}, follow_redirects=False)
    assert (answer.status_code, answer.headers["location"]) == (307, "/wallboard")


def test_the_build_is_committed() -> None:
    """A machine without Node serves it."""
    assert {file.stem for file in BUILT.glob("*.html")} == {"login", "wallboard"}
