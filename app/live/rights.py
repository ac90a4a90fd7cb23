"""What somebody may follow. Pure: the tables of `app/auth/permissions.py`, applied to a view."""

from collections.abc import Callable, Collection, Mapping

from app.auth.model import Permission, Principal
from app.auth.permissions import TOPIC_PERMISSIONS, reaches_all, reaches_one
from app.ids import AgentId, CallId
from app.live.protocol import Numbers, View
from app.live.topics import SITE, Key, Kind, Team, Topic, parse_topics

AgentsOfCall = Callable[[CallId], Collection[AgentId]]
_TEAM = "team"
_HAVE_NUMBERS = frozenset({Kind.CALL, Kind.CALLBACK})


class Rights:
    """Judges views by who is in which team, and whose call is whose, at that moment."""

    def __init__(self, teams: Mapping[str, Collection[AgentId]], agents_of_call: AgentsOfCall) -> None:
        self._teams = teams
        self._agents_of_call = agents_of_call

    def refusal(self, principal: Principal, view: View) -> str | None:
        """Why somebody may not follow a view; None: that one may. One topic too many refuses the whole."""
        for topic in view.topics:
            if not self._is_shown(principal, topic):
                return f"No display of yours shows {text_of(topic)}."
            if not self._reaches(principal, _permission(topic), topic):
                return f"The role {principal.role} may not follow {text_of(topic)}."
            if view.numbers is Numbers.FULL and not self._may_see_numbers(principal, topic):
                return f"The role {principal.role} may see numbers of {text_of(topic)} only masked."
        return None

    def _is_shown(self, principal: Principal, topic: Topic | Kind) -> bool:
        # No display can be read without the site's cadence and formula.
        if principal.topics is None or topic == SITE:
            return True
        shown = parse_topics(list(principal.topics))
        return topic in shown.kinds if isinstance(topic, Kind) else topic in shown

    def _may_see_numbers(self, principal: Principal, topic: Topic | Kind) -> bool:
        kind = topic if isinstance(topic, Kind) else getattr(topic, "kind", None)
        return kind not in _HAVE_NUMBERS or self._reaches(principal, Permission.NUMBERS_SEE, topic)

    def _reaches(self, principal: Principal, permission: Permission, topic: Topic | Kind) -> bool:
        match topic:
            case Team(name):
                return reaches_all(principal, permission, self._teams.get(name, ()), self._teams)
            case Key(Kind.AGENT, id_):
                return reaches_all(principal, permission, [AgentId(id_)], self._teams)
            case Key(Kind.CALL, id_):
                agents = self._agents_of_call(CallId(id_))
                return reaches_one(principal, permission, agents, self._teams)
        return reaches_all(principal, permission, (), self._teams)


def _permission(topic: Topic | Kind) -> Permission:
    kind = _TEAM if isinstance(topic, Team) else topic if isinstance(topic, Kind) else topic.kind
    return TOPIC_PERMISSIONS[kind]


def text_of(topic: Topic | Kind) -> str:
    """The topic as a client writes it."""
    if isinstance(topic, Team):
        return f"{_TEAM}:{topic.name}"
    return f"{topic}s" if isinstance(topic, Kind) and topic is not Kind.SITE else str(topic)
