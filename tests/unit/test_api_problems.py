"""Whatever goes wrong is answered as a problem (RFC 9457) that says what to do, and never more than that."""

import httpx2
import pytest
from structlog.testing import capture_logs

from app.api import problems
from app.api.problems import KINDS
from tests.support.stage import Stage


def assert_problem(answer: httpx2.Response, status: int, code: str) -> None:
    """The answer is this problem, whole and consistent."""
    body = answer.json()
    assert (answer.status_code, body["status"], body["code"]) == (status, status, code)
    assert answer.headers["content-type"] == "application/problem+json"
    assert body["type"] == f"/problems/{code}"
    assert body["title"]
    assert body["detail"].endswith(".")
    assert body["instance"] == answer.request.url.path


async def test_an_address_without_anything_is_not_found(client: httpx2.AsyncClient) -> None:
    """With the place where all addresses are listed."""
    answer = await client.get("/api/v1/nothing")
    assert_problem(answer, 404, "not-found")


async def test_a_wrong_method_is_told_which_are_right(client: httpx2.AsyncClient) -> None:
    """By the header Allow, as RFC 9110 asks."""
    answer = await client.delete("/api/v1/calls")
    assert_problem(answer, 405, "method-not-allowed")
    assert answer.headers["allow"] == "GET, POST"


@pytest.mark.parametrize("body", [b"{", b"[1,", b'{"code": \xff}'])
async def test_a_body_that_is_no_json_cannot_be_read(client: httpx2.AsyncClient, body: bytes) -> None:
    """Broken, cut off, or not in UTF-8."""
    answer = await client.post(
        "/api/v1/agents/lin/pause", content=body, headers={"Content-Type": "application/json"}
    )
    assert_problem(answer, 400, "malformed-request")


async def test_a_body_of_another_type_is_told_the_right_one(client: httpx2.AsyncClient) -> None:
    """JSON must say that it is JSON."""
    answer = await client.post("/api/v1/agents/lin/pause", content=b'{"code": "lunch"}')
    assert_problem(answer, 422, "invalid-request")
    assert "application/json" in answer.json()["errors"][0]["detail"]


async def test_every_wrong_field_is_named_with_what_was_found(client: httpx2.AsyncClient) -> None:
    """A missing one, a wrong one, and one that nobody knows."""
    answer = await client.post("/api/v1/calls", json={"number": 5, "a/b": 1})
    errors = answer.json()["errors"]
    assert errors[0] == {"pointer": "/agent_id", "detail": "Field required; it is missing."}
    assert errors[1] == {"pointer": "/number", "detail": "Input should be a valid string; found 5."}
    assert errors[2]["pointer"] == "/a~1b"


async def test_a_very_long_text_is_not_echoed(client: httpx2.AsyncClient) -> None:
    """A hundred characters are enough to recognise it."""
    answer = await client.post("/api/v1/agents/lin/pause", json={"code": "很" * 10_000})
    assert_problem(answer, 422, "invalid-request")
    assert len(answer.text) < 600


async def test_a_very_long_id_is_not_looked_up(client: httpx2.AsyncClient) -> None:
    """The path parameter is named."""
    answer = await client.get(f"/api/v1/agents/{'a' * 65}")
    assert_problem(answer, 422, "invalid-request")
    assert answer.json()["errors"][0]["parameter"] == "agent_id"


async def test_a_fault_shows_nothing_but_an_id_under_which_the_log_has_it(
    stage: Stage, client: httpx2.AsyncClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Neither answer nor log hold the exception's text, which may name a caller's number."""

    def fail(*_: object) -> None:
        raise ValueError("13800138000 secret")

    monkeypatch.setattr(stage.board.engine, "agents", fail)
    with capture_logs() as logs:
        answer = await client.get("/api/v1/agents")
    assert_problem(answer, 500, "internal-error")
    assert "13800138000" not in f"{answer.text}{logs}"
    assert "Traceback" not in answer.text
    (line,) = logs
    assert (line["event"], line["error"]) == ("request_failed", "ValueError")
    assert line["error_id"] == answer.json()["error_id"]
    assert any("list_agents" in frame for frame in line["frames"])


async def test_a_fault_has_the_security_headers_too(
    stage: Stage, client: httpx2.AsyncClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The shield stands outside of everything."""
    monkeypatch.setattr(stage.board.engine, "agents", None)
    answer = await client.get("/api/v1/agents")
    assert answer.headers["x-content-type-options"] == "nosniff"


def test_every_kind_is_an_error_status() -> None:
    """A problem is never a success."""
    assert all(400 <= kind.status < 600 for kind in KINDS.values())


def test_a_refusal_without_a_kind_of_its_own_is_a_conflict() -> None:
    """Its code is kept: it is the reason."""
    answer = problems.answer("device-taken", "Log out there first.", "/x")
    assert answer.status_code == 409
    assert b'"code":"device-taken"' in answer.body


async def test_a_request_with_thousands_of_mistakes_gets_a_short_answer(client: httpx2.AsyncClient) -> None:
    """The first of them are named: an answer is not many times what was asked."""
    answer = await client.get("/api/v1/calls", params={f"a{number}": "1" for number in range(2000)})
    assert (answer.status_code, len(answer.json()["errors"])) == (422, 50)
