"""What went wrong, as an answer: `application/problem+json` by RFC 9457. The only place that knows HTTP's error codes.

Each problem has a stable `code`, from which its `type` is made; clients decide by that and never by a text. `detail` says what was
found, what is expected and what to do. `errors` names the fields, by a JSON pointer into the body or by the parameter's name.
"""

import traceback
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from http import HTTPStatus
from math import ceil
from typing import Annotated, Any
from uuid import uuid4

import structlog
from fastapi import FastAPI
from fastapi.exceptions import RequestValidationError
from fastapi.routing import iter_route_contexts
from pydantic import BaseModel, ConfigDict, Field
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import JSONResponse

from app.api.errors import ApiError

_log = structlog.get_logger(__name__)

MEDIA_TYPE = "application/problem+json"
_NAMED = 50
"""How many mistakes of one request are named at most: it may have thousands."""
_SHOWN = 100
"""How many characters of what a client sent are shown back."""


@dataclass(frozen=True, slots=True)
class Kind:
    """A kind of problem: its code, the HTTP status that goes with it, and a title that never changes."""

    code: str
    status: HTTPStatus
    title: str

    @property
    def type(self) -> str:
        """The URI reference that names this kind."""
        return f"/problems/{self.code}"


_KINDS = (
    Kind("malformed-request", HTTPStatus.BAD_REQUEST, "The request cannot be read"),
    Kind("unauthenticated", HTTPStatus.UNAUTHORIZED, "A token is needed"),
    Kind("login-refused", HTTPStatus.FORBIDDEN, "User name and password do not belong together"),
    Kind("forbidden", HTTPStatus.FORBIDDEN, "This is not allowed"),
    Kind("forged-request", HTTPStatus.FORBIDDEN, "A page of ours did not send this"),
    Kind("forbidden-origin", HTTPStatus.FORBIDDEN, "Pages of other sites have no access"),
    Kind("not-found", HTTPStatus.NOT_FOUND, "There is nothing at this address"),
    Kind("unknown-agent", HTTPStatus.NOT_FOUND, "No such agent"),
    Kind("unknown-queue", HTTPStatus.NOT_FOUND, "No such queue"),
    Kind("unknown-call", HTTPStatus.NOT_FOUND, "No such call"),
    Kind("unknown-missed-call", HTTPStatus.NOT_FOUND, "No such missed call"),
    Kind("unknown-team", HTTPStatus.NOT_FOUND, "No such team"),
    Kind("unknown-shift", HTTPStatus.NOT_FOUND, "No such shift"),
    Kind("unknown-figure", HTTPStatus.NOT_FOUND, "No such figure"),
    Kind("unknown-user", HTTPStatus.NOT_FOUND, "No such user"),
    Kind("unknown-token", HTTPStatus.NOT_FOUND, "No such token"),
    Kind("method-not-allowed", HTTPStatus.METHOD_NOT_ALLOWED, "This address does not take this method"),
    Kind("refused", HTTPStatus.CONFLICT, "The request makes no sense now"),
    Kind("site-rejected", HTTPStatus.CONFLICT, "The site file has mistakes"),
    Kind("too-large", HTTPStatus.REQUEST_ENTITY_TOO_LARGE, "The request is too large"),
    Kind("wrong-host", HTTPStatus.MISDIRECTED_REQUEST, "The service does not go by this name"),
    Kind("invalid-request", HTTPStatus.UNPROCESSABLE_ENTITY, "The request is not valid"),
    Kind("wrong-cursor", HTTPStatus.UNPROCESSABLE_ENTITY, "The cursor is not valid"),
    Kind("bad-range", HTTPStatus.UNPROCESSABLE_ENTITY, "The period is not valid"),
    Kind("too-many-rows", HTTPStatus.UNPROCESSABLE_ENTITY, "The report would have too many rows"),
    Kind("weak-password", HTTPStatus.UNPROCESSABLE_ENTITY, "The password is too easy to guess"),
    Kind("wrong-topics", HTTPStatus.UNPROCESSABLE_ENTITY, "A topic is not valid"),
    Kind("too-many-attempts", HTTPStatus.TOO_MANY_REQUESTS, "Log-ins failed too often"),
    Kind("internal-error", HTTPStatus.INTERNAL_SERVER_ERROR, "Something went wrong inside the service"),
    Kind("accounts-away", HTTPStatus.SERVICE_UNAVAILABLE, "Users and sessions cannot be read or changed now"),
    Kind("history-away", HTTPStatus.SERVICE_UNAVAILABLE, "Past calls cannot be read now"),
    Kind("not-ready", HTTPStatus.SERVICE_UNAVAILABLE, "Calls cannot be taken now"),
    Kind("asterisk-away", HTTPStatus.SERVICE_UNAVAILABLE, "Asterisk cannot be reached"),
    Kind("service-stopped", HTTPStatus.SERVICE_UNAVAILABLE, "The service takes no requests"),
)
KINDS = {kind.code: kind for kind in _KINDS}
_CODE_BY_STATUS = {
    HTTPStatus.BAD_REQUEST: "malformed-request",
    HTTPStatus.NOT_FOUND: "not-found",
    HTTPStatus.METHOD_NOT_ALLOWED: "method-not-allowed",
    HTTPStatus.REQUEST_ENTITY_TOO_LARGE: "too-large",
}


DONE, FORBIDDEN, REFUSED, FAILED = "done", "forbidden", "refused", "failed"


def result_of(status: int) -> str:
    """How a request ended, in one word for the audit log."""
    if status < HTTPStatus.BAD_REQUEST:
        return DONE
    if status == HTTPStatus.FORBIDDEN:
        return FORBIDDEN
    return REFUSED if status < HTTPStatus.INTERNAL_SERVER_ERROR else FAILED


class BodyTooLarge(HTTPException):
    """A body went beyond the limit while it was read. FastAPI lets no other kind of error pass while it reads one."""

    def __init__(self) -> None:
        super().__init__(HTTPStatus.REQUEST_ENTITY_TOO_LARGE)


class Problem(BaseModel):
    """What every error answers (RFC 9457)."""

    model_config = ConfigDict(extra="allow")

    type: Annotated[str, Field(description="Names the kind of problem; stable.")]
    title: str
    status: int
    code: Annotated[str, Field(description="The last part of `type`; for a refusal the reason's own code.")]
    detail: Annotated[str, Field(description="What was found, what is expected, what to do.")]
    instance: Annotated[str, Field(description="The address that was asked.")]
    errors: list[dict[str, Any]] | None = None


def install(api: FastAPI) -> None:
    """Let every error of the interface be answered as a problem."""
    api.add_exception_handler(ApiError, _on_api_error)
    api.add_exception_handler(RequestValidationError, _on_invalid_request)
    api.add_exception_handler(HTTPException, _on_http_exception)


def answer(
    code: str,
    detail: str,
    instance: str,
    *,
    errors: Sequence[Mapping[str, Any]] = (),
    headers: Mapping[str, str] | None = None,
    **members: str,
) -> JSONResponse:
    """The answer for a problem. A code that has no kind of its own is the reason of a refusal."""
    kind = _kind(code)
    body = {
        "type": kind.type,
        "title": kind.title,
        "status": kind.status,
        "code": code,
        "detail": detail,
        "instance": instance,
        **members,
    }
    if errors:
        body["errors"] = [dict(error) for error in errors]
    return JSONResponse(body, kind.status, headers, MEDIA_TYPE)


def answer_fault(fault: Exception, instance: str) -> JSONResponse:
    """The answer for a fault of ours. It says nothing but an id, under which the log has where it happened."""
    error_id = log_fault(fault)
    detail = f"A fault of the service, not of the request. Look for error_id {error_id} in its log."
    return answer("internal-error", detail, instance, error_id=error_id)


def log_fault(fault: Exception) -> str:
    """Write down where a fault of ours happened, under an id, which is given back.

    The log gets the frames and not the text of the exception, which may hold a caller's number.
    """
    error_id = uuid4().hex
    frames = [
        f"{each.filename}:{each.lineno} {each.name}" for each in traceback.extract_tb(fault.__traceback__)
    ]
    _log.error("request_failed", error_id=error_id, error=type(fault).__name__, frames=frames)
    return error_id


def described(*codes: str) -> dict[int | str, dict[str, Any]]:
    """How problems stand in the OpenAPI document: per status one answer, per code one example.

    An operation names those of its own; those that many share are added by `openapi.py`.
    """
    responses: dict[int | str, dict[str, Any]] = {}
    for code in codes:
        kind = _kind(code)
        response = responses.setdefault(int(kind.status), _empty_response())
        response["description"] = response["description"] or kind.title
        response["content"][MEDIA_TYPE]["examples"][code] = {"summary": kind.title, "value": _example(code)}
    return responses


def _kind(code: str) -> Kind:
    return KINDS.get(code) or Kind(code, HTTPStatus.CONFLICT, KINDS["refused"].title)


def _empty_response() -> dict[str, Any]:
    reference = {"$ref": "#/components/schemas/Problem"}
    return {"description": "", "content": {MEDIA_TYPE: {"schema": reference, "examples": {}}}}


def _example(code: str) -> dict[str, Any]:
    kind, (detail, more) = _kind(code), _EXAMPLES.get(code, ("What was found, and what to do.", {}))
    head = {"type": kind.type, "title": kind.title, "status": int(kind.status), "code": code}
    return {**head, "detail": detail, "instance": "/api/v1/…", **more}


_EXAMPLES: dict[str, tuple[str, dict[str, Any]]] = {
    "unauthenticated": ("Expected the header `Authorization: Bearer <token>`; it is missing.", {}),
    "forbidden": (
        "This needs the permission site:reload; the role agent does not have it here. Ask an admin.",
        {},
    ),
    "login-refused": ("User name and password do not belong together. Try again, or ask an admin.", {}),
    "too-many-attempts": (
        "Log-ins failed too often. Try again after 2026-11-21 08:31:00 UTC, or let an admin unlock the user.",
        {},
    ),
    "last-admin": (
        "'lin' is the last user who is an admin and can log in. Make another admin first, then change this one.",
        {},
    ),
    "unknown-user": ("No user has the name 'lin'. List the users to see which there are.", {}),
    "unknown-token": ("No token has the id '7g2k9mpq'. List the tokens to see which there are.", {}),
    "weak-password": (
        "The password is too easy to guess: expected 12 to 128 characters, got 6. Choose another.",
        {
            "errors": [
                {"pointer": "/password", "code": "length", "detail": "expected 12 to 128 characters, got 6"}
            ]
        },
    ),
    "malformed-request": ("Expected a JSON object as body; it cannot be read.", {}),
    "unknown-agent": ("No agent has the id 'lin'. List the agents to see which there are.", {}),
    "unknown-queue": ("No queue has the id 'sales'. List the queues to see which there are.", {}),
    "unknown-call": ("No call has the id '1763'. List the calls to see which there are.", {}),
    "unknown-shift": ("No shift has the id 'night'. List the shifts to see which there are.", {}),
    "unknown-missed-call": (
        "No missed-call has the id '1763'. List the missed-calls to see which there are.",
        {},
    ),
    "agent-not-logged-in": ("Log in at a phone first: the call starts by ringing it.", {}),
    "invalid-request": (
        "1 field is not as expected; see errors.",
        {"errors": [{"pointer": "/seconds", "detail": "Input should be greater than 0; found -5."}]},
    ),
    "too-large": ("Expected a body of at most 65536 bytes, got 70000.", {}),
    "internal-error": (
        "A fault of the service, not of the request. Look for error_id 3b0c in its log.",
        {"error_id": "3b0c"},
    ),
}


async def _on_api_error(request: Request, error: Exception) -> JSONResponse:
    assert isinstance(error, ApiError)  # noqa: S101 - Starlette calls it for nothing else
    headers = (
        None if error.retry_after is None else {"Retry-After": str(ceil(error.retry_after.total_seconds()))}
    )
    return answer(error.code, error.detail, request.url.path, errors=error.errors, headers=headers)


async def _on_invalid_request(request: Request, error: Exception) -> JSONResponse:
    assert isinstance(error, RequestValidationError)  # noqa: S101 - Starlette calls it for nothing else
    if any(each["type"] == "json_invalid" for each in error.errors()):
        return answer("malformed-request", "Expected JSON as body; it cannot be read.", request.url.path)
    errors = field_errors(error.errors()[:_NAMED])
    are = "1 field is" if len(errors) == 1 else f"{len(errors)} fields are"
    detail = f"{are} not as expected; see errors."
    return answer("invalid-request", detail, request.url.path, errors=errors)


async def _on_http_exception(request: Request, error: Exception) -> JSONResponse:
    assert isinstance(error, HTTPException)  # noqa: S101 - Starlette calls it for nothing else
    code = _CODE_BY_STATUS.get(HTTPStatus(error.status_code), "malformed-request")
    detail = _HTTP_DETAILS[code].format(method=request.method)
    headers = _allow(request) if code == "method-not-allowed" else error.headers
    return answer(code, detail, request.url.path, headers=headers)


def _allow(request: Request) -> dict[str, str]:
    """All methods of the address, as RFC 9110 section 15.5.6 asks: the error itself knows those of one route only."""
    routes = iter_route_contexts(request.app.routes)
    methods = {
        method
        for route in routes
        if route.methods and route.path_regex.match(request.url.path)
        for method in route.methods
    }
    return {"Allow": ", ".join(sorted(methods))}


_HTTP_DETAILS = {
    "malformed-request": "Expected JSON in UTF-8 as body; it cannot be read.",
    "not-found": "Nothing is at this address. /openapi.json lists all addresses.",
    "method-not-allowed": "{method} is not possible here. The header Allow says what is.",
    "too-large": "The request is larger than the service takes.",
}


def field_errors(errors: Iterable[Mapping[str, Any]]) -> list[dict[str, str]]:
    """Pydantic's findings as members of a problem."""
    return [{**_place(error["loc"]), "detail": _finding(error)} for error in errors]


def _place(location: Sequence[str | int]) -> dict[str, str]:
    source, *path = location
    if source == "body":
        return {"pointer": "".join(f"/{_escaped(part)}" for part in path)}
    return {"parameter": ".".join(str(part) for part in path)}


def _escaped(part: str | int) -> str:
    """A reference token of RFC 6901."""
    return str(part).replace("~", "~0").replace("/", "~1")[:_SHOWN]


def _finding(error: Mapping[str, Any]) -> str:
    if error["type"] == "missing":
        return "Field required; it is missing."
    if isinstance(error["input"], bytes):
        return "Expected a JSON object, with `Content-Type: application/json`."
    return f"{error['msg']}; found {_shown(error['input'])}."


def _shown(found: object) -> str:
    text = repr(found)
    return text if len(text) <= _SHOWN else f"{text[:_SHOWN]}…"
