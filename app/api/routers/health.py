"""Whether the service lives, whether it takes calls, and which version it is."""

from fastapi import APIRouter

from app.api.errors import NotReady
from app.api.problems import described
from app.api.schemas.base import Shape
from app.runtime.health import Health, Level
from app.runtime.service import Service
from app.version import VERSION


class Alive(Shape):
    """The process answers."""

    status: str = "alive"


class PartShape(Shape):
    """One part of the service. `detail` says what is wrong and what to do."""

    name: str
    level: Level
    detail: str


class Ready(Shape):
    """Calls can be taken. A part may be degraded: calls go on, somebody should look."""

    parts: list[PartShape]


class Version(Shape):
    """Which Thirdring answers."""

    version: str


def health_router(service: Service) -> APIRouter:
    """The probes. They need no token, for who asks them has none."""
    router = APIRouter(prefix="/health", tags=["health"])

    @router.get("/live", operation_id="isAlive", summary="Does it live?")
    async def is_alive() -> Alive:
        """Answers while the loop runs. No answer means: restart the process."""
        return Alive()

    @router.get(
        "/ready",
        operation_id="isReady",
        summary="Can calls be taken?",
        responses=described("not-ready"),
    )
    async def is_ready() -> Ready:
        """Asterisk and the dispatcher are up. A database that is away does not stop a call."""
        health = service.health()
        if not health.is_ready:
            raise _not_ready(health)
        return Ready(parts=_parts(health))

    return router


def version_router() -> APIRouter:
    """The version."""
    router = APIRouter(tags=["health"])

    @router.get(
        "/version",
        operation_id="showVersion",
        summary="Which version is it?",
    )
    async def show_version() -> Version:
        """The version of the program."""
        return Version(version=VERSION)

    return router


def _parts(health: Health) -> list[PartShape]:
    return [PartShape(name=part.name, level=part.level, detail=part.detail) for part in health.parts]


def _not_ready(health: Health) -> NotReady:
    parts = _parts(health)
    down = ", ".join(part.name for part in parts if part.level is Level.DOWN)
    members = [part.model_dump(mode="json") for part in parts if part.level is not Level.OK]
    return NotReady(
        "not-ready", f"Calls cannot be taken: {down} is down. See errors for what to do.", errors=members
    )
