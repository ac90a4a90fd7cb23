"""A changed floor, taken over while calls wait, ring and talk. Nothing is dropped.

Agents who are gone finish their call and its wrap-up and are then logged out for good. Queues that are gone let nobody in and
keep their calls under the old rules until the last one has ended. Everything else counts at once for all decisions to come; offers that
ring already, wrap-ups and rests that run already keep their deadlines.
"""

from collections.abc import Set as AbstractSet

from app.acd import agents, derived, pools, queueing
from app.acd.amendments import amended, difference
from app.acd.events import FloorAmended
from app.acd.model import Agent, AgentStatus, Floor, Queue
from app.acd.state import AgentRecord, QueueRecord, State
from app.ids import AgentId, QueueId


def change_floor(state: State, floor: Floor) -> None:
    """Route by this floor from now on."""
    amend(state, difference(state.floor, floor))


def amend(state: State, change: FloorAmended) -> None:
    """Take over a part of a changed floor. Only what it names is looked at, and what depends on that."""
    state.floor = amended(state.floor, change)
    come = {agent.id for agent in change.agents if agent.id not in state.agents}
    for agent in change.agents:
        _take_over_agent(state, agent)
    if come:
        _seat_again(state, come)
    for queue in change.queues:
        _take_over_queue(state, queue)
    if change.rings is not None:
        derived.mark_rings(state)
    for agent_id in sorted(change.removed_agents):
        _remove_agent(state, agent_id)
    for queue_id in sorted(change.removed_queues):
        _close_queue(state, queue_id)


def _take_over_agent(state: State, agent: Agent) -> None:
    record = state.agents.get(agent.id)
    if record is None:
        state.agents[agent.id] = AgentRecord(agent, state.now, state.now, state.now)
        return
    record.agent = agent
    pools.readmit(record)
    if record.reason is None:
        state.freed[record.id] = record
    if record.is_removed:
        record.is_removed = False
        agents.drop_pending(state, record)


def _seat_again(state: State, come: AbstractSet[AgentId]) -> None:
    """Agents who were gone serve the removed queues again that they served, while those have calls."""
    for queue in state.queues.values():
        if queue.is_removed and any(member.agent_id in come for member in queue.queue.members):
            derived.rebuild_queue(state, queue)


def _take_over_queue(state: State, queue: Queue) -> None:
    record = state.queues.get(queue.id)
    if record is None:
        record = state.queues[queue.id] = QueueRecord(queue)
    record.queue, record.is_removed = queue, False
    derived.rebuild_queue(state, record)


def _remove_agent(state: State, agent_id: AgentId) -> None:
    agent = state.agents.get(agent_id)
    if agent is None:
        return
    agent.is_removed = True
    if agent.status is AgentStatus.LOGGED_OUT:
        agents.strike_off(state, agent)
    else:
        agents.ask_status(state, agent, AgentStatus.LOGGED_OUT, by_system=True)


def _close_queue(state: State, queue_id: QueueId) -> None:
    queue = state.queues.get(queue_id)
    if queue is not None:
        queue.is_removed = True
        queueing.close_if_done(state, queue)
