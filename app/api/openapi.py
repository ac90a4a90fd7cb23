"""The OpenAPI document: what FastAPI finds out, and what it cannot know."""

from typing import Any

from fastapi import FastAPI
from fastapi.openapi.utils import get_openapi

from app.api.auth import OPEN_PATHS
from app.api.examples import BY_OPERATION
from app.api.problems import MEDIA_TYPE, Problem, described

TITLE = "Thirdring"
DESCRIPTION = """\
The control service of a telephone hotline: queues, agents and calls.

Every request but the health probes and this document carries the admin token: `Authorization: Bearer <token>`. The token was
generated at the first start and stands in the secrets file of the data directory.

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
    {"name": "site", "description": "The site file."},
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
    document["components"]["securitySchemes"] = {"adminToken": {"type": "http", "scheme": "bearer"}}
    document["security"] = [{"adminToken": []}]
    for path, operations in document["paths"].items():
        for operation in operations.values():
            _complete(operation, is_open=path in OPEN_PATHS)
    return document


def _complete(operation: dict[str, Any], *, is_open: bool) -> None:
    """Add the problems that many operations share, and the example: FastAPI would strip it of its nulls."""
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
    if is_open:
        operation["security"] = []


def _shared_codes(operation: dict[str, Any], *, is_open: bool) -> list[str]:
    has_body = "requestBody" in operation
    by_condition = {
        "internal-error": True,
        "unauthenticated": not is_open,
        "malformed-request": has_body,
        "too-large": has_body,
        "invalid-request": has_body or bool(operation.get("parameters")),
    }
    return [code for code, holds in by_condition.items() if holds]
