"""Agents: who they are, what they do, and what they ask for."""

from datetime import timedelta
from typing import Annotated

from fastapi import APIRouter, Path, Response

from app.acd.engine import Engine
from app.acd.events import (
    LogInRequested,
    LogOutRequested,
    PauseRequested,
    ResumeRequested,
    WrapUpEndRequested,
    WrapUpExtendRequested,
)
from app.api.errors import Refused, UnknownThing
from app.api.problems import described
from app.api.requests import submit
from app.api.schemas.agent import AgentShape, LogIn, Pause, WrapUpExtension, agent_of, agent_shape
from app.api.schemas.base import Name
from app.ids import AgentId, DeviceId, PauseCode
from app.runtime.service import Service
from app.turns import in_turns

AgentPath = Annotated[Name, Path(description="The agent's id in the site file.", examples=["lin"])]

_SEATED = described("unknown-agent", "not-logged-in", "service-stopped")


def agents_router(service: Service) -> APIRouter:
    """The operations on agents."""
    router = APIRouter(prefix="/agents", tags=["agents"])

    @router.get(
        "",
        operation_id="listAgents",
        summary="All agents",
        response_model=list[AgentShape],
    )
    async def list_agents() -> Response:
        """Every agent of the floor, by id; removed ones are listed until their last call ends."""
        engine = _engine(service)
        # Thousands of agents are written some at a time, each as of that moment: calls go on meanwhile.
        # Each is encoded at once: the whole as text with Chinese names would take another 15 ms in one go.
        shown = {
            view.id: agent_of(engine, view).model_dump_json().encode()
            async for view in in_turns(engine.agents())
        }
        body = b",".join([shown[agent_id] for agent_id in sorted(shown)])
        return Response(b"[%b]" % body, media_type="application/json")

    @router.get(
        "/{agent_id}", operation_id="showAgent", summary="One agent", responses=described("unknown-agent")
    )
    async def show_agent(agent_id: AgentPath) -> AgentShape:
        """What the agent chose, what the system does with the agent, and why no call comes."""
        return _shown(service, AgentId(agent_id))

    @router.post(
        "/{agent_id}/log-in",
        operation_id="logIn",
        summary="Take a seat",
        responses=described(
            "unknown-agent",
            "device-taken",
            "no-device",
            "already-logged-in",
            "unknown-device",
            "unknown-pause-code",
            "service-stopped",
        ),
    )
    async def log_in(agent_id: AgentPath, seat: LogIn | None = None) -> AgentShape:
        """Log in at a device, available or paused. Logged in there already: a pending log-out is called off."""
        seat = seat or LogIn()
        _check_device(service, seat.device_id)
        device_id = DeviceId(seat.device_id) if seat.device_id else None
        pause = PauseCode(seat.pause) if seat.pause else None
        return _asked(service, LogInRequested(AgentId(agent_id), device_id, pause))

    @router.post(
        "/{agent_id}/log-out",
        operation_id="logOut",
        summary="Leave the seat",
        responses=described("unknown-agent", "service-stopped"),
    )
    async def log_out(agent_id: AgentPath) -> AgentShape:
        """Log out now, or, while busy, when the work in hand is done (`pending`). Logged out already: nothing changes."""
        return _asked(service, LogOutRequested(AgentId(agent_id)))

    @router.post(
        "/{agent_id}/pause",
        operation_id="pause",
        summary="Pause with a code",
        responses=described("unknown-agent", "not-logged-in", "unknown-pause-code", "service-stopped"),
    )
    async def pause(agent_id: AgentPath, wanted: Pause) -> AgentShape:
        """Pause now, or, while busy, when the work in hand is done (`pending`). The same pause twice changes nothing."""
        return _asked(service, PauseRequested(AgentId(agent_id), PauseCode(wanted.code)))

    @router.post("/{agent_id}/resume", operation_id="resume", summary="Be available", responses=_SEATED)
    async def resume(agent_id: AgentPath) -> AgentShape:
        """End a pause, the system's included, and call off a pending pause or log-out."""
        return _asked(service, ResumeRequested(AgentId(agent_id)))

    @router.post(
        "/{agent_id}/wrap-up/end", operation_id="endWrapUp", summary="The notes are done", responses=_SEATED
    )
    async def end_wrap_up(agent_id: AgentPath) -> AgentShape:
        """End the wrap-up. Not in wrap-up: nothing changes."""
        return _asked(service, WrapUpEndRequested(AgentId(agent_id)))

    @router.post(
        "/{agent_id}/wrap-up/extend",
        operation_id="extendWrapUp",
        summary="More time for the notes",
        responses=described("unknown-agent", "not-logged-in", "not-in-wrap-up", "service-stopped"),
    )
    async def extend_wrap_up(agent_id: AgentPath, extension: WrapUpExtension) -> AgentShape:
        """Put off the end of the wrap-up. Each call adds."""
        return _asked(service, WrapUpExtendRequested(AgentId(agent_id), timedelta(seconds=extension.seconds)))

    return router


def _engine(service: Service) -> Engine:
    return service.dispatcher.board.engine


def _shown(service: Service, agent_id: AgentId) -> AgentShape:
    agent = agent_shape(_engine(service), agent_id)
    if agent is None:
        raise UnknownThing("agent", agent_id)
    return agent


def _asked(
    service: Service,
    event: LogInRequested
    | LogOutRequested
    | PauseRequested
    | ResumeRequested
    | WrapUpEndRequested
    | WrapUpExtendRequested,
) -> AgentShape:
    submit(service.dispatcher, event)
    return _shown(service, event.agent_id)


def _check_device(service: Service, device_id: str | None) -> None:
    devices = service.dispatcher.board.settings.devices
    if device_id is not None and DeviceId(device_id) not in devices:
        raise Refused(
            "unknown-device",
            f"The site has no device {device_id!r}. Name one of the site file, or add it there and reload.",
        )
