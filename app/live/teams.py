"""Who is in which team: the site says so, and a reload may change it."""

from collections.abc import Iterable, Mapping
from collections.abc import Set as AbstractSet

from app.ids import AgentId
from app.live.topics import Key, Kind, Team

_NONE: frozenset[Team] = frozenset()


class Teams:
    """The teams of the site as topics and keys."""

    def __init__(self) -> None:
        self._members: dict[Team, tuple[Key, ...]] = {}
        self._teams_by_key: dict[Key, frozenset[Team]] = {}

    def learn(self, teams: Mapping[str, Iterable[AgentId]]) -> None:
        """These are the teams from now on."""
        self._members = {
            Team(name): tuple(Key(Kind.AGENT, agent_id) for agent_id in agent_ids)
            for name, agent_ids in teams.items()
        }
        self._teams_by_key = {}
        for team, keys in self._members.items():
            for key in keys:
                self._teams_by_key[key] = self._teams_by_key.get(key, _NONE) | {team}

    def members(self, team: Team) -> tuple[Key, ...]:
        """The agents of a team; none when there is no such team."""
        return self._members.get(team, ())

    def of(self, key: Key) -> AbstractSet[Team]:
        """The teams of an agent; none for any other thing."""
        return self._teams_by_key.get(key, _NONE)
