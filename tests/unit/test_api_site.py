"""Reload, health and version over REST."""

from pathlib import Path

import httpx2
import pytest

from app.runtime.health import Health, Level, Part
from app.site.errors import Mistake, Place, SiteError
from tests.support.stage import Stage


async def test_a_reload_answers_what_changed(stage: Stage, client: httpx2.AsyncClient) -> None:
    """In plain words."""
    stage.changes = ["队列 service: strategy is now linear."]
    answer = await client.post("/api/v1/site/reload")
    assert answer.json() == {"changes": ["队列 service: strategy is now linear."]}


async def test_a_reload_of_a_file_with_mistakes_names_each(stage: Stage, client: httpx2.AsyncClient) -> None:
    """File, line, column, field, and what is expected; the directory is nobody's business."""
    path = Path("/etc/thirdring/site.yaml")
    stage.reload_error = SiteError(
        [
            Mistake(path, Place(9, 3), "queues.service.strategy", "expected a strategy, found 'best'"),
            Mistake(path, Place(2, 1), "name", "expected a text, found 5"),
        ]
    )
    answer = await client.post("/api/v1/site/reload")
    body = answer.json()
    assert (answer.status_code, body["code"]) == (409, "site-rejected")
    assert body["errors"][0] == {
        "file": "site.yaml",
        "line": 2,
        "column": 1,
        "field": "name",
        "detail": "expected a text, found 5",
    }
    assert [error["line"] for error in body["errors"]] == [2, 9]
    assert "/etc" not in answer.text


async def test_a_service_that_runs_is_alive_and_ready(stage: Stage) -> None:
    """Nobody needs a token to ask."""
    async with stage.client(token=None) as client:
        assert (await client.get("/health/live")).json() == {"status": "alive"}
        assert (await client.get("/health/ready")).json()["parts"][0] == {
            "name": "asterisk",
            "level": "ok",
            "detail": "",
        }


@pytest.mark.parametrize(("level", "status"), [(Level.DEGRADED, 200), (Level.DOWN, 503)])
async def test_only_a_part_that_is_down_makes_it_unready(
    stage: Stage, client: httpx2.AsyncClient, level: Level, status: int
) -> None:
    """A degraded one is shown: somebody should look."""
    stage.health = Health((Part("asterisk", level, "the link broke: is Asterisk running?"),))
    answer = await client.get("/health/ready")
    body = answer.json()
    assert answer.status_code == status
    assert (body.get("parts") or body["errors"])[0]["detail"] == "the link broke: is Asterisk running?"


async def test_the_version_is_that_of_the_program(client: httpx2.AsyncClient) -> None:
    """It is one of PEP 440."""
    assert (await client.get("/api/v1/version")).json()["version"][0].isdigit()
