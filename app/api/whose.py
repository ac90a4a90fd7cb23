"""Whom a query is about: the agents that its `agent_id` and `team` name."""

from collections.abc import Iterable, Mapping

from app.api.errors import UnknownThing
from app.ids import AgentId


def agents_asked_for(
    teams: Mapping[str, Iterable[AgentId]], agent_id: str | None, team: str | None
) -> frozenset[AgentId] | None:
    """Those whom all conditions name; None: everybody. Raises `UnknownThing`."""
    one = frozenset({AgentId(agent_id)}) if agent_id else None
    if team is None:
        return one
    if team not in teams:
        raise UnknownThing("team", team)
    members = frozenset(teams[team])
    return members if one is None else members & one
