"""The OpenAPI document: what FastAPI finds out, and what it cannot know."""

from typing import Any

from fastapi import FastAPI
from fastapi.openapi.utils import get_openapi

from app.api.auth import OPEN_PATHS
from app.api.problems import Problem

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
    components = document.setdefault("components", {})
    components.setdefault("schemas", {})["Problem"] = Problem.model_json_schema()
    components["securitySchemes"] = {"adminToken": {"type": "http", "scheme": "bearer"}}
    document["security"] = [{"adminToken": []}]
    for path, operations in document["paths"].items():
        if path in OPEN_PATHS:
            for operation in operations.values():
                operation["security"] = []
    return document
