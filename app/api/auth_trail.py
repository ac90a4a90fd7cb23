"""The trail that requests leave in the audit log: every change, everything forbidden, every look at unmasked personal data.

It knows the operation, who asked, and how it ended; brains and operations need not know of it. What an operation writes itself,
together with its change, is not noted twice.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from starlette.requests import Request
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from app.api import problems
from app.api.auth_permission import Permit, actor_of, body_of, operation_of
from app.auth.audit_log import AuditLog
from app.auth.audited import NOTED_FIELDS, NOTED_PARAMETERS, REVEALING, SELF_NOTED
from app.ids import AgentId
from app.live.mask import masked
from app.runtime.service import Service

_SAFE_METHODS = frozenset({"GET", "HEAD", "OPTIONS"})
_LONGEST_NAME = 128
"""Signs of a name in an address. Those of things that there are have no more."""
Look = Callable[[], Mapping[str, Any]]


@dataclass(slots=True)
class Trail:
    """What is to be noted of one request."""

    details: dict[str, Any] = field(default_factory=dict)
    look: Look | None = None
    """Small values of what is changed, as they are now."""
    before: Mapping[str, Any] = field(default_factory=dict)
    is_revealing: bool = False
    """Whether it showed personal data unmasked."""
    revealed: list[str] = field(default_factory=list)
    """The calls whose data it showed, where the address does not name the one."""


def trail_of(request: Request) -> Trail:
    """The trail of a request: an operation may add to it."""
    trail: Trail = request.state.trail
    return trail


def trail_marks(service: Service) -> Permit:
    """A dependency for all routers, behind the permission: keeps what is asked, and what was before."""

    async def mark(request: Request) -> None:
        operation, trail = operation_of(request), trail_of(request)
        parameters = NOTED_PARAMETERS.get(operation, ())
        trail.details = {
            name: request.query_params[name][:64] for name in parameters if name in request.query_params
        }
        fields = NOTED_FIELDS.get(operation)
        if fields is None:
            return
        body = await body_of(request) if fields else {}
        trail.details = {name: _noted(name, body[name]) for name in fields if name in body}
        if "agent_id" in request.path_params:
            trail.look = lambda: _agent(service, AgentId(request.path_params["agent_id"]))
            trail.before = trail.look()

    return mark


class TrailKeeper:
    """Notes each request when it is decided, before the answer leaves. Stands inside the guard: it knows who asks."""

    def __init__(self, app: ASGIApp, *, service: Service, audit: AuditLog) -> None:
        self._app = app
        self._service = service
        self._audit = audit

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one request."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        trail = scope.setdefault("state", {})["trail"] = Trail()

        async def noting_send(message: Message) -> None:
            if message["type"] == "http.response.start":
                self._note(Request(scope), trail, problems.result_of(message["status"]))
            await send(message)

        try:
            await self._app(scope, receive, noting_send)
        except Exception:
            self._note(Request(scope), trail, problems.FAILED)
            raise

    def _note(self, request: Request, trail: Trail, result: str) -> None:
        operation = operation_of(request)
        if not operation or not hasattr(request.state, "principal"):
            return
        if _is_noted(request, operation, trail, result):
            entry = actor_of(request).entry(
                operation,
                at=self._service.clock.now(),
                about=_about(request),
                details=_details(trail),
                result=result,
            )
            self._audit.note(entry)


def _is_noted(request: Request, operation: str, trail: Trail, result: str) -> bool:
    if result == problems.FORBIDDEN or trail.is_revealing:
        return True
    is_done = result == problems.DONE
    if request.method in _SAFE_METHODS:
        return is_done and operation in REVEALING
    return not (is_done and operation in SELF_NOTED)


def _about(request: Request) -> str:
    """The thing that the address names, as `agent:lin`. Whoever made it up wrote anything there."""
    return " ".join(
        f"{name.partition('_')[0]}:{_storable(value)}" for name, value in request.path_params.items()
    )


def _storable(name: str) -> str:
    """What every database takes: PostgreSQL wants no NUL, and no more in an index than a third of a page."""
    return "".join(sign for sign in name if sign.isprintable())[:_LONGEST_NAME]


def _details(trail: Trail) -> dict[str, Any]:
    after = trail.look() if trail.look else {}
    details = trail.details | ({"calls": trail.revealed} if trail.revealed else {})
    if after == trail.before:
        return details
    changed = [name for name in after if after[name] != trail.before.get(name)]
    return {
        **details,
        "before": {name: trail.before.get(name) for name in changed},
        "after": {name: after[name] for name in changed},
    }


def _noted(name: str, value: object) -> object:
    if name == "number":
        return masked(str(value))
    if isinstance(value, int | float | None):
        return value
    return str(value)[:64].encode(errors="replace").decode()  # Half a surrogate pair has no UTF-8.


def _agent(service: Service, agent_id: AgentId) -> Mapping[str, Any]:
    view = service.dispatcher.board.engine.agent(agent_id)
    if view is None:
        return {}
    return {
        "status": view.status,
        "pause_code": view.pause_code,
        "pending": view.pending,
        "state": view.state,
        "device_id": view.device_id,
    }
