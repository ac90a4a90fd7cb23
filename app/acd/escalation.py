"""What is done when a ring begins: tell it, tell the breach, and do what the queue's policy says for this ring.

`Queue.agent_rings` goes by the rings of an offer, `Queue.caller_rings` by those of the caller, which count through all queues
that a call goes through. In each queue every step is done once per call or offer; a call that comes in late has
the steps behind it done at once. The breach is told once.
"""

from app.acd import queueing, ring_watch, waiting
from app.acd.facts import RingReached, RingsBreached
from app.acd.model import RingStep
from app.acd.rings import RingAlert
from app.acd.state import CallRecord, OfferRecord, State
from app.ids import AgentId, OfferId


def agent_rings(state: State, offer: OfferRecord) -> None:
    """A ring begins at the agent's phone."""
    queue, call = state.queues[offer.queue_id], state.calls[offer.call_id]
    mark = ring_watch.next_mark(queue.agent_marks, offer.ring)
    if mark is None:
        return
    offer.ring = mark[0]
    if offer.ring > state.floor.rings.rings and not offer.is_breached:
        offer.is_breached = True
        _tell_breach(state, call, offer.ring, offer.id, offer.agent_id)
    ring_watch.watch_offer(state, offer)
    _act(state, call, _step(queue.queue.agent_rings, offer.ring), offer.id, offer.agent_id)


def caller_rings(state: State, call: CallRecord) -> None:
    """A ring begins for the caller."""
    queue = state.queues[call.queue_id]
    mark = ring_watch.next_mark(queue.caller_marks, call.ring)
    if mark is None:
        return
    call.ring = mark[0]
    if call.ring > state.floor.rings.rings and not call.is_breached:
        call.is_breached = True
        _tell_breach(state, call, call.ring, None, None)
    ring_watch.watch_call(state, call)
    _act(state, call, _step(queue.queue.caller_rings, call.ring), None, None)


def _step(steps: tuple[RingStep, ...], ring: int) -> RingStep:
    """What the policy wants at this ring: nothing, where it has no step."""
    return next((step for step in steps if step.ring == ring), RingStep(ring))


def _tell_breach(
    state: State, call: CallRecord, ring: int, offer_id: OfferId | None, agent_id: AgentId | None
) -> None:
    state.facts.append(RingsBreached(state.now, call.id, call.queue_id, ring, offer_id, agent_id))


def _act(
    state: State, call: CallRecord, step: RingStep, offer_id: OfferId | None, agent_id: AgentId | None
) -> None:
    state.facts.append(
        RingReached(state.now, call.id, call.queue_id, step.ring, offer_id, agent_id, step.alert)
    )
    if step.alert:
        call.alert = RingAlert(step.ring, state.now, agent_id)
    call.phones = max(call.phones, step.phones)
    call.wider += step.widen
    waiting.promote(state, call, step.priority)
    if step.overflow:
        queueing.time_out(state, call)
