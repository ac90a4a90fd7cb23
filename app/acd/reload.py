"""A changed floor, taken over while calls wait, ring and talk. Nothing is dropped.

Agents who are gone finish their call and its wrap-up and are then logged out for good. Queues that are gone let nobody in and
keep their calls under the old rules until the last one has ended. Everything else counts at once for all decisions to come; offers that
ring already, wrap-ups and rests that run already keep their deadlines.
"""

from app.acd import agents, derived, queueing
from app.acd.model import Agent, AgentStatus, Floor, Queue
from app.acd.state import AgentRecord, QueueRecord, State


def change_floor(state: State, floor: Floor) -> None:
    """Route by this floor from now on."""
    state.floor = floor
    for agent in floor.agents.values():
        _take_over_agent(state, agent)
    for queue in floor.queues.values():
        _take_over_queue(state, queue)
    for agent_id in sorted(state.agents.keys() - floor.agents.keys()):
        _remove_agent(state, state.agents[agent_id])
    for queue_id in sorted(state.queues.keys() - floor.queues.keys()):
        _close_queue(state, state.queues[queue_id])
    derived.build(state)


def _take_over_agent(state: State, agent: Agent) -> None:
    record = state.agents.get(agent.id)
    if record is None:
        state.agents[agent.id] = AgentRecord(agent, state.now, state.now, state.now)
        return
    record.agent = agent
    if record.is_removed:
        record.is_removed = False
        agents.drop_pending(state, record)


def _take_over_queue(state: State, queue: Queue) -> None:
    record = state.queues.get(queue.id)
    if record is None:
        state.queues[queue.id] = QueueRecord(queue)
    else:
        record.queue, record.is_removed = queue, False


def _remove_agent(state: State, agent: AgentRecord) -> None:
    agent.is_removed = True
    if agent.status is AgentStatus.LOGGED_OUT:
        agents.strike_off(state, agent)
    else:
        agents.ask_status(state, agent, AgentStatus.LOGGED_OUT, by_system=True)


def _close_queue(state: State, queue: QueueRecord) -> None:
    queue.is_removed = True
    queueing.close_if_done(state, queue)
