"""The OpenAPI document: what FastAPI finds out, and what it cannot know."""

from typing import Any

from fastapi import FastAPI
from fastapi.openapi.utils import get_openapi

from app.api.auth import is_open
from app.api.examples import BODIES, BY_OPERATION, PARAMETERS
from app.api.problems import MEDIA_TYPE, Problem, described
from app.auth.permissions import FOR_EVERYBODY

TITLE = "Thirdring"
DESCRIPTION = """\
The control service of a telephone hotline: queues, agents and calls.

Every request but the health probes, the log-in and this document shows who asks. Scripts carry a token, `Authorization: Bearer <token>`:
one that `POST /api/v1/tokens` or `thirdring token add` made, or the admin token, which was generated at the first start and stands in
the secrets file of the data directory. Pages log in by `POST /api/v1/session` and get a cookie; each of their changes also carries the
header `X-CSRF-Token` with the token that the session shows. A role's permissions, and what each operation needs, are data: see `GET
/api/v1/session` for one's own.

What goes wrong is answered as a problem (RFC 9457, `application/problem+json`): decide by `code`, read `detail`. Instants are
UTC with milliseconds; durations are named `_seconds` or `_ms`. The live stream at `/api/v1/live` shows the same shapes.
"""
TAGS = [
    {"name": "queues", "description": "Where calls wait under one policy."},
    {
        "name": "agents",
        "description": "The people who answer. Status is their choice, state is the system's doing.",
    },
    {"name": "calls", "description": "One caller's contact each, from entry to end, live and past."},
    {"name": "reports", "description": "Figures of past calls, by the formulas of `/reports/figures`."},
    {
        "name": "missed calls",
        "description": "Calls and offers that nobody took, with cause, charge and waiver.",
    },
    {"name": "site", "description": "The site file."},
    {"name": "session", "description": "Log in and out, and see who one is."},
    {"name": "users", "description": "Who may log in, and as what."},
    {"name": "tokens", "description": "Secrets for scripts and wallboards."},
    {"name": "audit", "description": "Who did what. It only grows."},
    {"name": "health", "description": "Probes and version."},
]


class Api(FastAPI):
    """FastAPI with our document."""

    def openapi(self) -> dict[str, Any]:
        """The document, made once."""
        if not self.openapi_schema:
            self.openapi_schema = _document(self)
        return self.openapi_schema


def _document(api: FastAPI) -> dict[str, Any]:
    document = get_openapi(
        title=TITLE, version=api.version, description=DESCRIPTION, tags=TAGS, routes=api.routes
    )
    schemas = document["components"]["schemas"]
    for name in ("HTTPValidationError", "ValidationError"):
        del schemas[name]  # FastAPI's own; ours is Problem.
    schemas["Problem"] = Problem.model_json_schema()
    document["components"]["securitySchemes"] = {"token": {"type": "http", "scheme": "bearer"}}
    document["security"] = [{"token": []}]
    for path, operations in document["paths"].items():
        for method, operation in operations.items():
            _complete(operation, is_open=is_open(method.upper(), path))
    return document


def _complete(operation: dict[str, Any], *, is_open: bool) -> None:
    """Add the problems that many operations share, and the examples: FastAPI would strip answers of their nulls."""
    responses = operation["responses"]
    if "HTTPValidationError" in str(responses.get("422")):
        del responses["422"]
    for status, response in described(*_shared_codes(operation, is_open=is_open)).items():
        known = responses.setdefault(str(status), response)
        known["content"][MEDIA_TYPE]["examples"] |= response["content"][MEDIA_TYPE]["examples"]
    success = next(response for status, response in responses.items() if status.startswith("2"))
    for media, content in success["content"].items():
        if media == "application/json":
            content["example"] = BY_OPERATION[operation["operationId"]]
    for parameter in operation.get("parameters", ()):
        _explain(parameter)
    if "requestBody" in operation:
        operation["requestBody"]["content"]["application/json"]["example"] = BODIES[operation["operationId"]]
    if is_open:
        operation["security"] = []


def _explain(parameter: dict[str, Any]) -> None:
    words, example = PARAMETERS.get(parameter["name"], ("", None))
    parameter.setdefault("description", words)
    if example is not None and "examples" not in parameter["schema"]:
        parameter["example"] = example


def _shared_codes(operation: dict[str, Any], *, is_open: bool) -> list[str]:
    has_body = "requestBody" in operation
    by_condition = {
        "internal-error": True,
        "unauthenticated": not is_open,
        "forbidden": not is_open and operation["operationId"] not in FOR_EVERYBODY,
        "malformed-request": has_body,
        "too-large": has_body,
        "invalid-request": has_body or bool(operation.get("parameters")),
    }
    return [code for code, holds in by_condition.items() if holds]
