"""An agent as it is shown."""

from datetime import timedelta
from typing import Annotated

from pydantic import Field

from app.acd.engine import Engine
from app.acd.model import AgentState, AgentStatus, UnavailableReason
from app.acd.views import AgentView, Counters
from app.api.schemas.base import Body, Instant, Name, Shape
from app.ids import AgentId

_LONGEST_EXTENSION = 3600


class AgentCounters(Shape):
    """An agent's figures since log-in."""

    offered: int
    answered: int
    missed: int
    talk_seconds: float

    @classmethod
    def of(cls, counters: Counters) -> "AgentCounters":
        """These counters."""
        talk = counters.talk / timedelta(seconds=1)
        return cls(
            offered=counters.offered, answered=counters.answered, missed=counters.missed, talk_seconds=talk
        )


class AgentShape(Shape):
    """One agent now. Status is the human's choice, state is what the system does."""

    id: str
    name: str
    status: AgentStatus
    status_since: Instant
    pause_code: Annotated[str | None, Field(description="Why the agent is paused; `auto` is the system's.")]
    pending: Annotated[AgentStatus | None, Field(description="Asked for while busy; follows when idle.")]
    pending_code: str | None
    state: AgentState
    state_since: Instant
    idle_since: Instant
    deadline: Annotated[Instant | None, Field(description="When a wrap-up or a rest ends.")]
    ringing_at: Annotated[Instant | None, Field(description="Since when the agent's phone rings.")]
    rings_until: Annotated[
        Instant | None, Field(description="Answered before, the offer is within its rings.")
    ]
    device_id: str | None
    call_id: str | None
    unavailable_reason: Annotated[
        UnavailableReason | None, Field(description="Why no call is offered now; null: one may be.")
    ]
    counters: AgentCounters


def agent_shape(engine: Engine, agent_id: AgentId) -> AgentShape | None:
    """The agent as it is shown; None when there is no such agent."""
    view = engine.agent(agent_id)
    return None if view is None else agent_of(engine, view)


def agent_of(engine: Engine, view: AgentView) -> AgentShape:
    """The shape of a view."""
    agent = engine.floor.agents.get(view.id)
    offer = engine.offer(view.offer_id) if view.offer_id else None
    return AgentShape(
        id=view.id,
        name=agent.name if agent else view.id,
        status=view.status,
        status_since=view.status_since,
        pause_code=view.pause_code,
        pending=view.pending,
        pending_code=view.pending_code,
        state=view.state,
        state_since=view.since,
        idle_since=view.idle_since,
        deadline=view.deadline,
        ringing_at=offer.ringing_at if offer else None,
        rings_until=offer.rings_until if offer else None,
        device_id=view.device_id,
        call_id=view.call_id,
        unavailable_reason=view.unavailable_reason,
        counters=AgentCounters.of(view.counters),
    )


class LogIn(Body):
    """Where and how an agent logs in."""

    device_id: Annotated[
        Name | None, Field(description="Default: the agent's own device.", examples=["phone1"])
    ] = None
    pause: Annotated[Name | None, Field(description="A pause code: log in paused.", examples=["lunch"])] = (
        None
    )


class Pause(Body):
    """Why an agent pauses."""

    code: Annotated[Name, Field(description="One of the site's pause codes.", examples=["lunch"])]


class WrapUpExtension(Body):
    """How much more time an agent needs for the notes."""

    seconds: Annotated[float, Field(gt=0, le=_LONGEST_EXTENSION, allow_inf_nan=False, examples=[60])]
