"""Who follows what: the clients of each view, and which views show a thing."""

from collections.abc import Iterator
from dataclasses import dataclass, field

from app.live.outbox import Outbox
from app.live.protocol import View
from app.live.teams import Teams
from app.live.topics import Key, Kind, Topic


@dataclass(slots=True, eq=False)
class Audience:
    """The clients of one view. All of them were told everything up to the delta numbered `last`, or are just being told.

    `told_at` is when they were last told something, by the loop's time in seconds.
    """

    view: View
    last: int
    told_at: float
    clients: set[Outbox] = field(default_factory=set)


class Audiences:
    """All clients that follow something."""

    def __init__(self, teams: Teams) -> None:
        self._teams = teams
        self._audience_by_client: dict[Outbox, Audience] = {}
        self._audience_by_view: dict[View, Audience] = {}
        self._audiences_by_topic: dict[Kind | Topic, set[Audience]] = {}

    def __len__(self) -> int:
        """How many clients there are."""
        return len(self._audience_by_client)

    def __iter__(self) -> Iterator[Audience]:
        return iter(self._audience_by_view.values())

    def __contains__(self, client: Outbox) -> bool:
        """Whether this client follows something."""
        return client in self._audience_by_client

    def join(self, client: Outbox, view: View, *, seq: int, at: float) -> Audience:
        """The client follows a view from this number and moment on. It follows nothing else."""
        audience = self._audience_by_view.get(view)
        if audience is None:
            audience = self._open(view, seq, at)
        audience.clients.add(client)
        self._audience_by_client[client] = audience
        return audience

    def part(self, client: Outbox) -> None:
        """The client follows nothing any more. May be called twice."""
        audience = self._audience_by_client.pop(client, None)
        if audience is None:
            return
        audience.clients.discard(client)
        if not audience.clients:
            self._close(audience.view)

    def of_client(self, client: Outbox) -> Audience:
        """The audience that a client is part of."""
        return self._audience_by_client[client]

    def shows(self, view: View, key: Key) -> bool:
        """Whether the view has this thing, by its kind, its key or its team."""
        return key in view.topics or any(team in view.topics for team in self._teams.of(key))

    def of_key(self, key: Key) -> set[Audience]:
        """The audiences that see this thing."""
        topics: tuple[Kind | Topic, ...] = (key.kind, key, *self._teams.of(key))
        return set[Audience]().union(*(self._audiences_by_topic.get(topic, ()) for topic in topics))

    def _open(self, view: View, seq: int, at: float) -> Audience:
        audience = self._audience_by_view[view] = Audience(view, seq, at)
        for topic in view.topics:
            self._audiences_by_topic.setdefault(topic, set()).add(audience)
        return audience

    def _close(self, view: View) -> None:
        audience = self._audience_by_view.pop(view)
        for topic in view.topics:
            self._audiences_by_topic[topic].discard(audience)
            if not self._audiences_by_topic[topic]:
                del self._audiences_by_topic[topic]
