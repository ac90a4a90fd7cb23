"""What each event and each timer means, in one place.

An event about something that is no longer here (a call that ended, an offer that was withdrawn) is late or doubled; it
is legal, and nothing happens.
"""

from collections.abc import Callable
from typing import Any

from app.acd import (
    agents,
    devices,
    escalation,
    offers,
    outbound,
    queueing,
    reload,
    requests,
    suspension,
    waiting,
)
from app.acd import events as ev
from app.acd.model import AgentState, CallState, ExitReason
from app.acd.state import AgentRecord, CallRecord, State
from app.acd.timers import Timer, TimerKind
from app.ids import AgentId, CallId, OfferId


def happen(state: State, event: ev.Event) -> None:
    """Take in one event."""
    _EVENTS[type(event)](state, event)


def come_due(state: State, timer: Timer) -> None:
    """Take in one timer that came due. What it is about exists: timers are cancelled with it."""
    kind, about = timer
    _TIMERS[kind](state, about)


# --- calls -------------------------------------------------------------------------------------------------------


def _call_exited(state: State, event: ev.CallExited) -> None:
    if (call := state.calls.get(event.call_id)) is not None:
        _end_call(state, call, event.reason)


def _call_finished(state: State, event: ev.CallFinished) -> None:
    if (call := state.calls.get(event.call_id)) is not None:
        _end_call(state, call, ExitReason.ABANDONED)


def _end_call(state: State, call: CallRecord, reason: ExitReason) -> None:
    """The call is over in any case; what it was doing says how it is accounted."""
    if call.state is CallState.CONNECTED:
        queueing.finish(state, call)
    else:
        queueing.leave(state, call, reason)


def _call_bridged(state: State, event: ev.CallBridged) -> None:
    if (call := state.calls.get(event.call_id)) is not None:
        queueing.connect(state, call)


def _call_held(state: State, event: ev.CallHeld) -> None:
    agent = _agent_of(state, event.call_id)
    if agent is not None and agent.state is AgentState.CONNECTED:
        agents.hold(state, agent)


def _call_unheld(state: State, event: ev.CallUnheld) -> None:
    agent = _agent_of(state, event.call_id)
    if agent is not None and agent.state is AgentState.HELD:
        agents.unhold(state, agent)


def _agent_of(state: State, call_id: CallId) -> AgentRecord | None:
    call = state.calls.get(call_id)
    return None if call is None or call.agent_id is None else state.agents[call.agent_id]


# --- offers ------------------------------------------------------------------------------------------------------


def _offer_ringing(state: State, event: ev.OfferRinging) -> None:
    if (offer := state.offers.get(event.offer_id)) is not None:
        offers.rang(state, offer)


def _offer_answered(state: State, event: ev.OfferAnswered) -> None:
    if (offer := state.offers.get(event.offer_id)) is not None:
        offers.answered(state, offer, event.answered_at)


def _offer_failed(state: State, event: ev.OfferFailed) -> None:
    if (offer := state.offers.get(event.offer_id)) is not None:
        offers.failed(state, offer, event.outcome)


# --- agents ------------------------------------------------------------------------------------------------------


def _outbound_started(state: State, event: ev.OutboundStarted) -> None:
    if (agent := state.agents.get(event.agent_id)) is not None:
        outbound.started(state, agent, event.call_id)


def _outbound_finished(state: State, event: ev.OutboundFinished) -> None:
    if (agent := state.agents.get(event.agent_id)) is not None:
        outbound.finished(state, agent, event.call_id)


def _device_changed(state: State, event: ev.DeviceChanged) -> None:
    devices.changed(state, event.device_id, event.state)


def _floor_changed(state: State, event: ev.FloorChanged) -> None:
    reload.change_floor(state, event.floor)


def _floor_amended(state: State, event: ev.FloorAmended) -> None:
    reload.amend(state, event)


def _time_passed(_state: State, _event: ev.TimePassed) -> None:
    """Timers come due after every event; this one has nothing else to say."""


def _routing_suspended(state: State, _event: ev.RoutingSuspended) -> None:
    suspension.suspend(state)


def _routing_resumed(state: State, _event: ev.RoutingResumed) -> None:
    suspension.resume(state)


_EVENTS: dict[type, Callable[[State, Any], None]] = {
    ev.FloorChanged: _floor_changed,
    ev.FloorAmended: _floor_amended,
    ev.TimePassed: _time_passed,
    ev.RoutingSuspended: _routing_suspended,
    ev.RoutingResumed: _routing_resumed,
    ev.CallEnqueued: queueing.enqueue,
    ev.CallExited: _call_exited,
    ev.CallBridged: _call_bridged,
    ev.CallHeld: _call_held,
    ev.CallUnheld: _call_unheld,
    ev.CallFinished: _call_finished,
    ev.OfferRinging: _offer_ringing,
    ev.OfferAnswered: _offer_answered,
    ev.OfferFailed: _offer_failed,
    ev.LogInRequested: requests.log_in,
    ev.LogOutRequested: requests.log_out,
    ev.PauseRequested: requests.pause,
    ev.ResumeRequested: requests.resume,
    ev.WrapUpEndRequested: requests.end_wrap_up,
    ev.WrapUpExtendRequested: requests.extend_wrap_up,
    ev.OutboundStarted: _outbound_started,
    ev.OutboundFinished: _outbound_finished,
    ev.DeviceChanged: _device_changed,
}


# --- timers ------------------------------------------------------------------------------------------------------


def _ring_is_over(state: State, about: str) -> None:
    offers.rang_out(state, state.offers[OfferId(about)])


def _rest_is_over(state: State, about: str) -> None:
    agents.wake(state, state.agents[AgentId(about)])


def _wrap_up_is_over(state: State, about: str) -> None:
    agents.free(state, state.agents[AgentId(about)])


def _place_has_changed(state: State, about: str) -> None:
    waiting.place(state, state.calls[CallId(about)])


def _wait_is_over(state: State, about: str) -> None:
    queueing.time_out(state, state.calls[CallId(about)])


def _step_is_over(state: State, about: str) -> None:
    offers.ring_one_more(state, state.calls[CallId(about)])


def _agent_ring_begins(state: State, about: str) -> None:
    escalation.agent_rings(state, state.offers[OfferId(about)])


def _caller_ring_begins(state: State, about: str) -> None:
    escalation.caller_rings(state, state.calls[CallId(about)])


_TIMERS: dict[TimerKind, Callable[[State, str], None]] = {
    TimerKind.RING: _ring_is_over,
    TimerKind.REST: _rest_is_over,
    TimerKind.WRAP_UP: _wrap_up_is_over,
    TimerKind.LANE: _place_has_changed,
    TimerKind.MAX_WAIT: _wait_is_over,
    TimerKind.STEP: _step_is_over,
    TimerKind.AGENT_RINGS: _agent_ring_begins,
    TimerKind.CALLER_RINGS: _caller_ring_begins,
}
