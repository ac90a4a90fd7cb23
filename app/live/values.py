"""What clients see of a thing, encoded: each thing once per way of showing it, until it changes."""

from collections.abc import Iterable, Iterator

from app.api.present import PresentCalls
from app.api.schemas.agent import agent_shape
from app.api.schemas.alert import alert_shape
from app.api.schemas.base import Shape
from app.api.schemas.queue import queue_of
from app.api.schemas.site import site_shape
from app.ids import AgentId, CallId, QueueId
from app.live.alert_book import AlertBook
from app.live.mask import masked
from app.live.protocol import Numbers, View, value
from app.live.teams import Teams
from app.live.today import Today
from app.live.topics import SITE, Key, Kind
from app.runtime.service import Service


class Values:
    """The present state of the floor as members of `values`."""

    def __init__(
        self, service: Service, present: PresentCalls, alerts: AlertBook, teams: Teams, today: Today
    ) -> None:
        self._service = service
        self._board = present.board
        self._present = present
        self._alerts = alerts
        self._teams = teams
        self._today = today
        self._encoded: dict[tuple[Key, Numbers], bytes] = {}

    def forget(self, keys: Iterable[Key]) -> None:
        """These changed."""
        for key in keys:
            for numbers in Numbers:
                self._encoded.pop((key, numbers), None)

    def forget_all(self) -> None:
        """Anything may have changed."""
        self._encoded.clear()

    def keys(self, view: View) -> list[Key]:
        """The keys of all that a view shows now, each once."""
        topics = view.topics
        of_kinds = (key for kind in Kind if kind in topics.kinds for key in self._all_of(kind))
        of_teams = (key for team in topics.teams for key in self._teams.members(team))
        return list(dict.fromkeys((*of_kinds, *topics.keys, *of_teams)))

    def member(self, key: Key, numbers: Numbers) -> bytes:
        """The thing as a member of `values`; null when it is gone."""
        member = self._encoded.get((key, numbers))
        if member is None:
            shape = self._shape(key, numbers)
            encoded = None if shape is None else shape.model_dump_json().encode()
            member = value(str(key), encoded)
            if encoded is not None:
                self._encoded[key, numbers] = member
        return member

    def _all_of(self, kind: Kind) -> Iterator[Key]:
        engine = self._board.engine
        match kind:
            case Kind.QUEUE:
                return (Key(kind, queue.id) for queue in engine.queues())
            case Kind.AGENT:
                return (Key(kind, agent.id) for agent in engine.agents())
            case Kind.CALL:
                return (Key(kind, call_id) for call_id in self._present.ids())
            case Kind.CALLBACK:
                return iter(())
            case Kind.ALERT:
                return iter(self._alerts)
            case Kind.SITE:
                return iter((SITE,))

    def _shape(self, key: Key, numbers: Numbers) -> Shape | None:
        match key.kind:
            case Kind.QUEUE:
                return self._queue(QueueId(key.id))
            case Kind.AGENT:
                return agent_shape(self._board.engine, AgentId(key.id))
            case Kind.CALL:
                return self._call(CallId(key.id), numbers)
            case Kind.CALLBACK:
                return None
            case Kind.ALERT:
                alert = self._alerts.get(key.id)
                return None if alert is None else alert_shape(alert)
            case Kind.SITE:
                return site_shape(self._service.site)

    def _queue(self, queue_id: QueueId) -> Shape | None:
        engine, now = self._board.engine, self._service.clock.now()
        view = engine.queue(queue_id)
        return None if view is None else queue_of(engine, view, self._today, now=now)

    def _call(self, call_id: CallId, numbers: Numbers) -> Shape | None:
        shape = self._present.shape(call_id)
        if shape is None or numbers is Numbers.FULL:
            return shape
        hidden = {"from_number": masked(shape.from_number), "to_number": masked(shape.to_number)}
        return shape.model_copy(update={**hidden, "from_name": ""})
