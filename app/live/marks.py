"""Which things an entry of the journal touched: found from the event and its facts, when the live state is brought up to date.

One thing changes without a fact of its own: a queue opens and closes by its calendar. The hub looks at those once a second.
"""

from collections.abc import Iterable

from app.acd.facts import OfferRang
from app.calls.events import AsteriskSeen, Event
from app.calls.facts import Fact
from app.calls.switchboard import Switchboard
from app.ids import AgentId, CallId, LegId, QueueId
from app.live.topics import Key, Kind


class Marks:
    """Gathers keys; `take` gives them out."""

    def __init__(self, board: Switchboard) -> None:
        self._board = board
        self._keys: set[Key] = set()
        self._queues_by_agent: dict[AgentId, list[QueueId]] = {}

    def learn_floor(self) -> None:
        """The floor changed: know anew who serves where."""
        self._queues_by_agent = {}
        for queue in self._board.engine.floor.queues.values():
            for member in queue.members:
                self._queues_by_agent.setdefault(member.agent_id, []).append(queue.id)

    def add(self, event: Event, facts: Iterable[Fact]) -> None:
        """What this entry touched."""
        for touched in (event, *facts):
            self._add_named(touched)
        if isinstance(event, AsteriskSeen):
            self._keys.update(Key(Kind.CALL, call_id) for call_id in self._board.calls)

    def add_queue(self, queue_id: QueueId) -> None:
        """This queue changed."""
        self._keys.add(Key(Kind.QUEUE, queue_id))

    def add_keys(self, keys: Iterable[Key]) -> None:
        """These changed, by what others found."""
        self._keys.update(keys)

    def take(self) -> frozenset[Key]:
        """All keys since the last time."""
        keys = frozenset(self._keys)
        self._keys.clear()
        return keys

    def _add_named(self, touched: Event | Fact) -> None:
        """Events and facts name what they are about, always by the same names."""
        call_id = getattr(touched, "call_id", None) or self._call_of_leg(touched)
        if call_id is not None:
            self._add_call(call_id)
        if (queue_id := getattr(touched, "queue_id", None)) is not None:
            self.add_queue(queue_id)
        if (agent_id := getattr(touched, "agent_id", None)) is not None:
            self._add_agents([agent_id])
        elif isinstance(touched, OfferRang) and (offer := self._board.engine.offer(touched.offer_id)):
            self._add_agents([offer.agent_id])  # Whose rings begin to count.

    def _call_of_leg(self, touched: Event | Fact) -> CallId | None:
        """The call of a leg or an offer; an agent's leg has its offer's id."""
        leg_id = getattr(touched, "leg_id", None) or getattr(touched, "offer_id", None)
        leg = self._board.legs.get(LegId(leg_id)) if leg_id else None
        return leg.call_id if leg else None

    def _add_call(self, call_id: CallId) -> None:
        """A call, and the queue whose figures and order it is part of."""
        self._keys.add(Key(Kind.CALL, call_id))
        queued = self._board.engine.call(call_id)
        if queued is not None:
            self.add_queue(queued.queue_id)

    def _add_agents(self, agent_ids: Iterable[AgentId]) -> None:
        """Agents, and the queues that count them."""
        for agent_id in agent_ids:
            self._keys.add(Key(Kind.AGENT, agent_id))
            self._keys.update(Key(Kind.QUEUE, id_) for id_ in self._queues_by_agent.get(agent_id, ()))
