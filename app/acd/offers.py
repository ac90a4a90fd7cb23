"""One offer, from the reservation of an agent to its one end."""

from datetime import datetime, timedelta

from app.acd import agents, ring_watch, waiting
from app.acd.call_state import CallMove, next_state
from app.acd.commands import ConnectCall, OfferCall, WithdrawOffer, WithdrawReason
from app.acd.facts import CallReturned, OfferEnded, OfferRang, OfferStarted
from app.acd.model import MISSES, CallState, OfferOutcome, Strategy
from app.acd.reasons import explain
from app.acd.state import AgentRecord, CallRecord, OfferRecord, QueueRecord, State
from app.acd.timers import TimerKind
from app.ids import DeviceId, OfferId

SHORTEST_RING = timedelta(seconds=1)
"""Least time for a ring, and for a step of progressive ringing."""

_RESTFUL = MISSES | {OfferOutcome.FAILED, OfferOutcome.LOST}
"""The outcomes after which the agent rests, and after which the same call prefers others."""


def start(state: State, call: CallRecord, agent: AgentRecord) -> None:
    """Reserve this agent for this call, and have the phone rung."""
    queue = state.queues[call.queue_id]
    why = explain(state, call, agent)
    call.attempts += 1
    ring_for = max(queue.queue.ring_timeout, SHORTEST_RING)
    offer = OfferRecord(
        OfferId(f"{call.id}-{call.attempts}"),
        call.id,
        queue.id,
        agent.id,
        agent.device_id or DeviceId(""),
        state.now,
        state.now + ring_for,
    )
    state.facts.append(OfferStarted(state.now, offer.id, call.id, queue.id, agent.id, offer.device_id, why))
    state.commands.append(
        OfferCall(offer.id, call.id, queue.id, agent.id, offer.device_id, offer.ring_deadline, why)
    )
    state.offers[offer.id] = offer
    state.timers.set(TimerKind.RING, offer.id, offer.ring_deadline)
    call.offers.append(offer.id)
    call.state = next_state(call.state, CallMove.OFFER)
    _remember(state, queue, call, agent)
    agents.reserve(state, agent, call.id, offer.id)
    waiting.place(state, call)


def rang(state: State, offer: OfferRecord) -> None:
    """The phone rings. Later reports of the same change nothing."""
    if offer.ringing_at is None:
        offer.ringing_at = state.now
        state.facts.append(OfferRang(state.now, offer.id))
        # Most offers end before the first ring that matters, and have no timer: nothing is to be done for them.
        _, after = state.queues[offer.queue_id].agent_marks[0]
        if state.now + after < offer.ring_deadline:
            ring_watch.watch_offer(state, offer)


def answered(state: State, offer: OfferRecord, answered_at: datetime | None) -> None:
    """The phone was picked up, now or earlier: this offer wins the call, the others are taken back."""
    if offer.answered_at is not None:
        return
    call = state.calls[offer.call_id]
    offer.answered_at = answered_at or state.now
    call.winner = offer.id
    _stop_timers(state, offer)
    _stop_steps(state, call)
    waiting.limit_wait(state, call)
    state.commands.append(ConnectCall(call.id, offer.id, offer.agent_id))
    withdraw_all(state, call, OfferOutcome.ANSWERED_ELSEWHERE, WithdrawReason.ANSWERED_ELSEWHERE)
    waiting.place(state, call)


def failed(state: State, offer: OfferRecord, outcome: OfferOutcome) -> None:
    """The agent's leg is gone. The call goes on to the next agent; a winner's call goes back to its place."""
    call = state.calls[offer.call_id]
    was_winner = call.winner == offer.id
    end(state, offer, outcome if outcome in _RESTFUL else OfferOutcome.FAILED)
    if was_winner:
        state.facts.append(CallReturned(state.now, call.id, call.queue_id))
    settle(state, call)


def rang_out(state: State, offer: OfferRecord) -> None:
    """The ring time is over. A phone that never rang is unreachable."""
    rings = offer.ringing_at is not None
    outcome = OfferOutcome.NO_ANSWER if rings else OfferOutcome.UNREACHABLE
    take_back(state, offer, outcome, WithdrawReason.RING_TIMEOUT)


def take_back(state: State, offer: OfferRecord, outcome: OfferOutcome, reason: WithdrawReason) -> None:
    """Stop this ringing; the call stays, and goes on to the next agent."""
    call = state.calls[offer.call_id]
    state.commands.append(WithdrawOffer(offer.id, reason))
    end(state, offer, outcome)
    settle(state, call)


def withdraw_all(state: State, call: CallRecord, outcome: OfferOutcome, reason: WithdrawReason) -> None:
    """Take back every offer of the call but the winner's, if there is one. The call is not settled."""
    for offer in [state.offers[offer_id] for offer_id in call.offers if offer_id != call.winner]:
        state.commands.append(WithdrawOffer(offer.id, reason))
        end(state, offer, outcome)


def end(state: State, offer: OfferRecord, outcome: OfferOutcome) -> None:
    """Close the books on the offer; the agent goes on as the outcome says. The call must be settled afterwards."""
    _close(state, offer)
    rings_until = offer.answered_at or state.now
    state.facts.append(
        OfferEnded(
            state.now,
            offer.id,
            offer.call_id,
            offer.queue_id,
            offer.agent_id,
            outcome,
            offer.started_at,
            offer.ringing_at,
            None if offer.ringing_at is None else state.floor.rings.count(offer.ringing_at, rings_until),
        )
    )
    agent = state.agents[offer.agent_id]
    if outcome is OfferOutcome.ANSWERED:
        agents.connect(state, agent)
    else:
        _release(state, agent, offer, outcome)


def settle(state: State, call: CallRecord) -> None:
    """Let the call stand where it belongs after an offer of it has ended."""
    if call.state is CallState.OFFERED and not call.offers:
        call.state = next_state(call.state, CallMove.RETURN)
        waiting.limit_wait(state, call)
    waiting.place(state, call)


def ring_one_more(state: State, call: CallRecord) -> None:
    """A step of progressive ringing is over: one more phone may ring."""
    call.step_at = None
    if call.state is CallState.OFFERED:
        call.steps += 1
        _set_step(state, call)
        waiting.place(state, call)


def _close(state: State, offer: OfferRecord) -> None:
    call = state.calls[offer.call_id]
    del state.offers[offer.id]
    call.offers.remove(offer.id)
    if call.winner == offer.id:
        call.winner = None
    if offer.answered_at is None:
        _stop_timers(state, offer)


def _stop_timers(state: State, offer: OfferRecord) -> None:
    state.timers.cancel(TimerKind.RING, offer.id)
    state.timers.cancel(TimerKind.AGENT_RINGS, offer.id)


def _release(state: State, agent: AgentRecord, offer: OfferRecord, outcome: OfferOutcome) -> None:
    queue = state.queues[offer.queue_id].queue
    if outcome in _RESTFUL:
        _prefer_others(state.calls[offer.call_id], agent)
        agents.rest(state, agent, queue, outcome)
    agents.release(
        state, agent, resets_idle=outcome is OfferOutcome.NO_ANSWER and queue.no_answer_resets_idle
    )
    if outcome in MISSES:
        state.calls[offer.call_id].last_miss = outcome
        agents.count_miss(state, agent, queue, outcome)


def _prefer_others(call: CallRecord, agent: AgentRecord) -> None:
    if agent.id in call.missed_by:
        call.missed_by.remove(agent.id)
    call.missed_by.append(agent.id)


def _remember(state: State, queue: QueueRecord, call: CallRecord, agent: AgentRecord) -> None:
    member = None if call.waits_for is not None else queue.members.get(agent.id)
    if member is not None and queue.queue.strategy is Strategy.ROUND_ROBIN:
        queue.marks[member.level] = (member.position, agent.id)
    if queue.queue.strategy is Strategy.RING_PROGRESSIVELY and call.step_at is None:
        _set_step(state, call)


def _set_step(state: State, call: CallRecord) -> None:
    step = state.queues[call.queue_id].queue.progressive_step
    call.step_at = state.now + max(step, SHORTEST_RING)
    state.timers.set(TimerKind.STEP, call.id, call.step_at)


def _stop_steps(state: State, call: CallRecord) -> None:
    call.step_at = None
    state.timers.cancel(TimerKind.STEP, call.id)
