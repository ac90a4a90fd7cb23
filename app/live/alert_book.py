"""Which alerts hold now. Looks only at what changed, and at what time alone may have changed."""

from collections.abc import Iterable, Iterator
from datetime import datetime

from app.acd.engine import Engine
from app.acd.rings import RingLimit
from app.ids import AgentId, CallId, QueueId
from app.live.alerts import (
    Alert,
    alerts_of_agent,
    alerts_of_call,
    alerts_of_part,
    alerts_of_queue,
    breaks_at,
)
from app.live.topics import SITE, Key, Kind
from app.runtime.service import Service


class AlertBook:
    """The alerts by what they are about. Each look returns the keys of the alerts that came, went or changed."""

    def __init__(self, service: Service) -> None:
        self._service = service
        self._alerts: dict[str, Alert] = {}
        self._ids_by_source: dict[Key, frozenset[str]] = {}
        """The site is the source of the alerts about parts of the service."""
        self._breaks_at: dict[Key, datetime] = {}

    def __iter__(self) -> Iterator[Key]:
        return (Key(Kind.ALERT, id_) for id_ in self._alerts)

    def get(self, alert_id: str) -> Alert | None:
        """The alert, while it holds."""
        return self._alerts.get(alert_id)

    def begin(self) -> None:
        """Know anew: anything may have changed."""
        self._alerts, self._ids_by_source, self._breaks_at = {}, {}, {}
        engine = self._engine
        self.look_at(Key(Kind.QUEUE, queue.id) for queue in engine.queues())
        self.look_at(Key(Kind.AGENT, agent.id) for agent in engine.agents())
        self.look_at(Key(Kind.CALL, call.id) for call in engine.calls())
        self.look_at_time()

    def look_at(self, touched: Iterable[Key]) -> set[Key]:
        """These changed."""
        changed: set[Key] = set()
        for key in touched:
            changed |= self._look(key)
        return changed

    def look_at_time(self) -> set[Key]:
        """Time passed: a call may wait too long by now, and a part of the service may be ill or well again."""
        now = self._service.clock.now()
        due = [key for key, at in self._breaks_at.items() if at <= now]
        parts = (alert for part in self._service.health().parts for alert in alerts_of_part(part))
        return self.look_at(due) | self._keep(SITE, parts)

    @property
    def _engine(self) -> Engine:
        return self._service.dispatcher.board.engine

    @property
    def _rings(self) -> RingLimit:
        return self._engine.floor.rings

    def _look(self, key: Key) -> set[Key]:
        match key.kind:
            case Kind.QUEUE:
                return self._keep(key, self._of_queue(key))
            case Kind.AGENT:
                return self._keep(key, self._of_agent(key))
            case Kind.CALL:
                call = self._engine.call(CallId(key.id))
                return self._keep(key, () if call is None else alerts_of_call(call, self._rings))
            case _:
                return set()

    def _of_queue(self, key: Key) -> Iterable[Alert]:
        queue, now = self._engine.queue(QueueId(key.id)), self._service.clock.now()
        self._watch(key, None if queue is None else breaks_at(queue, self._rings), now)
        return () if queue is None else alerts_of_queue(queue, self._rings, now=now)

    def _of_agent(self, key: Key) -> Iterable[Alert]:
        agent, now = self._engine.agent(AgentId(key.id)), self._service.clock.now()
        offer = None if agent is None or agent.offer_id is None else self._engine.offer(agent.offer_id)
        self._watch(key, None if offer is None else offer.rings_until, now)
        return () if agent is None else alerts_of_agent(agent, offer, self._rings, now=now)

    def _watch(self, key: Key, at: datetime | None, now: datetime) -> None:
        """Look again at this instant, if it is still to come."""
        if at is not None and at > now:
            self._breaks_at[key] = at
        else:
            self._breaks_at.pop(key, None)

    def _keep(self, source: Key, alerts: Iterable[Alert]) -> set[Key]:
        old = {id_: self._alerts.pop(id_) for id_ in self._ids_by_source.pop(source, ())}
        new = {alert.id: alert for alert in alerts}
        self._alerts |= new
        if new:
            self._ids_by_source[source] = frozenset(new)
        return {Key(Kind.ALERT, id_) for id_ in old.keys() | new.keys() if old.get(id_) != new.get(id_)}
