"""Direct calls: an agent calls a number (outbound) or another phone of the site (internal). No queue is involved.

The agents at both ends are OUTBOUND for the engine while it lasts, so that no offer rings a phone that is in use.
"""

from typing import TYPE_CHECKING

from app.acd import events as acd
from app.acd.facts import RequestRefused
from app.acd.model import FREE_STATES, AgentStatus
from app.calls.actions import (
    AnswerLeg,
    CreateBridge,
    DialNumber,
    RingPhone,
    StartRingback,
    StopRingback,
)
from app.calls.call import Call, CallKind, Leg, LegRole, Phase
from app.calls.events import OriginateRequested, PhoneDialled
from app.calls.facts import CallStarted
from app.calls.hangup import HangUpParty, HangUpReason
from app.calls.model import Device
from app.calls.turn import Turn
from app.ids import AgentId, CallId, DeviceId, EntryNumber, LegId

if TYPE_CHECKING:
    from app.calls.switchboard import Switchboard


class DirectCalls:
    """Calls that an agent starts, and the far end of diverted ones."""

    def __init__(self, board: "Switchboard") -> None:
        self._board = board

    def on_originate_requested(self, event: OriginateRequested, turn: Turn) -> None:
        """An agent wants to call: the agent's own phone rings first, the number when it is picked up."""
        agent = self._board.engine.agent(event.agent_id)
        if self._board.engine.is_suspended:
            _refuse(
                turn, "asterisk-away", "Asterisk cannot be reached: no phone can be rung. Try again later."
            )
        elif agent is None or agent.status is AgentStatus.LOGGED_OUT or agent.device_id is None:
            _refuse(turn, "agent-not-logged-in", "Log in at a phone first: the call starts by ringing it.")
        elif agent.state not in FREE_STATES:
            _refuse(turn, "agent-busy", "Finish the current call first.")
        elif not self._can_dial(event.number):
            _refuse(
                turn,
                "number-not-dialable",
                "Expected a phone's extension, or an outside number and `outbound` set.",
            )
        else:
            call = self._start(
                event.call_id,
                kind=self._kind(event.number),
                from_number=self._extension(agent.device_id),
                to_number=event.number,
                agent_id=event.agent_id,
                turn=turn,
            )
            leg = self._add_initiator(call, agent.device_id, event.agent_id, turn)
            give_up_after = self._board.settings.outbound_ring_timeout
            turn.do(RingPhone(leg.id, call.id, agent.device_id, event.number, event.number, give_up_after))

    def on_phone_dialled(self, event: PhoneDialled, turn: Turn) -> None:
        """Somebody dialled on a phone. An entry number is a call into the queue, like any caller's."""
        if event.call_id in self._board.calls:
            return
        agent_id = self._board.engine.agent_on(event.device_id)
        is_entry = event.number in self._board.settings.entry_points
        call = self._start(
            event.call_id,
            kind=CallKind.INBOUND if is_entry else self._kind(event.number),
            from_number=self._extension(event.device_id),
            to_number=event.number,
            agent_id=agent_id,
            turn=turn,
        )
        if is_entry:
            self._enter_queue(call, event.device_id, agent_id, turn)
            return
        leg = self._add_initiator(call, event.device_id, agent_id, turn)
        if self._can_dial(event.number):
            turn.do(StartRingback(leg.id))
            self._call_far_end(call, turn)
        else:
            self._board.end(call, HangUpParty.SYSTEM, turn, cause=1, reason=HangUpReason.UNKNOWN_NUMBER)

    def on_answered(self, call: Call, leg: Leg, turn: Turn) -> None:
        """The initiator picked up: dial. The callee did: join."""
        if leg.role is LegRole.INITIATOR:
            turn.do(StartRingback(leg.id))
            self._call_far_end(call, turn)
        elif call.phase is Phase.DIVERTED:
            self._board.queued.on_divert_answered(call, leg, turn)
        else:
            self._join(call, leg, turn)

    def dial_far_end(self, call: Call, number: str, turn: Turn) -> bool:
        """Ring the phone with that extension, or dial the outside number. False: it cannot be dialled from this site."""
        settings = self._board.settings
        device = self._device(number)
        if device is None and settings.outbound is None:
            return False
        leg_id, timeout = LegId(f"{call.id}-callee"), settings.outbound_ring_timeout
        agent_id = self._board.engine.agent_on(device.id) if device else None
        leg = Leg(leg_id, call.id, LegRole.CALLEE, turn.now, device.id if device else None, agent_id)
        self._board.add_leg(call, leg, turn)
        if device is not None:
            turn.do(RingPhone(leg_id, call.id, device.id, call.from_number, call.from_number, timeout))
        elif settings.outbound is not None:
            dial = settings.outbound.format(number=number)
            turn.do(DialNumber(leg_id, call.id, dial, call.from_number, timeout))
        self._occupy(call, agent_id, turn)
        return True

    def on_log_in_requested(self, event: acd.LogInRequested, turn: Turn) -> None:
        """A phone may be in a call already when its agent logs in. The engine hears of that first: it would offer another call."""
        device_id = self._free_seat(event)
        calls = [] if device_id is None else self._calls_at(device_id)
        for call in calls:
            self._occupy(call, event.agent_id, turn)
        self._board.route(event, turn)
        if device_id is None or self._board.engine.agent_on(device_id) != event.agent_id:
            for call in calls:
                self._free(call, event.agent_id, turn)

    def _free_seat(self, event: acd.LogInRequested) -> DeviceId | None:
        """The phone at which the agent wants to sit down; None if somebody sits there, or the agent sits anywhere already."""
        engine = self._board.engine
        agent, known = engine.agent(event.agent_id), engine.floor.agents.get(event.agent_id)
        if agent is None or known is None or agent.status is not AgentStatus.LOGGED_OUT:
            return None
        device_id = event.device_id or known.device_id
        return None if device_id is None or engine.agent_on(device_id) else device_id

    def _calls_at(self, device_id: DeviceId) -> list[Call]:
        return [
            call
            for call in self._board.calls.values()
            if any(leg.device_id == device_id and not leg.is_dropped for leg in call.legs.values())
        ]

    def _occupy(self, call: Call, agent_id: AgentId | None, turn: Turn) -> None:
        if agent_id is not None:
            call.outbound_agents.append(agent_id)
            self._board.route(acd.OutboundStarted(agent_id, call.id), turn)

    def redo(self, call: Call, turn: Turn) -> None:
        """Ask again for what a call needs that does not talk yet, in case nobody heard it."""
        initiator, callee = call.leg_of(LegRole.INITIATOR), call.leg_of(LegRole.CALLEE)
        if initiator is None or callee is None or call.bridged_at is not None:
            return
        turn.do(CreateBridge(call.bridge_id))
        if call.phase is Phase.CONNECTING:
            turn.do(AnswerLeg(initiator.id), StopRingback(initiator.id))
            self._board.joining.ask(call, (initiator.id, callee.id), turn)
        else:
            turn.do(StartRingback(initiator.id))

    def release(self, call: Call, turn: Turn) -> None:
        """The call is over: its agents are free again."""
        while call.outbound_agents:
            self._free(call, call.outbound_agents[-1], turn)

    def _free(self, call: Call, agent_id: AgentId, turn: Turn) -> None:
        call.outbound_agents.remove(agent_id)
        self._board.route(acd.OutboundFinished(agent_id, call.id), turn)

    def _kind(self, number: str) -> CallKind:
        return CallKind.INTERNAL if self._device(number) else CallKind.OUTBOUND

    def _start(
        self,
        call_id: CallId,
        *,
        kind: CallKind,
        from_number: str,
        to_number: str,
        agent_id: AgentId | None,
        turn: Turn,
    ) -> Call:
        call = Call(call_id, kind, turn.now, from_number, to_number)
        self._board.calls[call.id] = call
        turn.tell(CallStarted(turn.now, call.id, kind, turn.now, from_number, "", to_number, agent_id))
        return call

    def _enter_queue(self, call: Call, device_id: DeviceId, agent_id: AgentId | None, turn: Turn) -> None:
        """The agent at that phone is OUTBOUND meanwhile, and so not offered the own call."""
        call.entry = EntryNumber(call.to_number)
        self._board.add_leg(call, Leg(LegId(call.id), call.id, LegRole.CALLER, turn.now, device_id), turn)
        self._occupy(call, agent_id, turn)
        self._board.queued.enter(call, turn)

    def _add_initiator(self, call: Call, device_id: DeviceId, agent_id: AgentId | None, turn: Turn) -> Leg:
        leg = Leg(LegId(call.id), call.id, LegRole.INITIATOR, turn.now, device_id, agent_id)
        self._board.add_leg(call, leg, turn)
        self._occupy(call, agent_id, turn)
        return leg

    def _call_far_end(self, call: Call, turn: Turn) -> None:
        device = self._device(call.to_number)
        if device is not None and self._is_busy(device):
            self._board.end(call, HangUpParty.SYSTEM, turn, cause=17, reason=HangUpReason.BUSY)
        elif self.dial_far_end(call, call.to_number, turn):
            self._board.queued.prepare_bridge(call, turn)
        else:
            self._board.end(call, HangUpParty.SYSTEM, turn, cause=1, reason=HangUpReason.UNKNOWN_NUMBER)

    def _join(self, call: Call, callee: Leg, turn: Turn) -> None:
        initiator = call.leg_of(LegRole.INITIATOR)
        if initiator is None:
            return
        call.phase = Phase.CONNECTING
        if initiator.answered_at is None:
            initiator.answered_at = turn.now
            turn.do(AnswerLeg(initiator.id))
        else:
            turn.do(StopRingback(initiator.id))
        self._board.joining.ask(call, (initiator.id, callee.id), turn)

    def _extension(self, device_id: DeviceId) -> str:
        device = self._board.settings.devices.get(device_id)
        return device.extension if device else ""

    def _device(self, number: str) -> Device | None:
        return next(
            (device for device in self._board.settings.devices.values() if device.extension == number), None
        )

    def _is_busy(self, device: Device) -> bool:
        agent_id = self._board.engine.agent_on(device.id)
        agent = self._board.engine.agent(agent_id) if agent_id else None
        return agent is not None and agent.state not in FREE_STATES

    def _can_dial(self, number: str) -> bool:
        # isdigit alone would take a raised 2 for a figure.
        is_outside = number.isascii() and number.lstrip("+").isdigit()
        return (is_outside and self._board.settings.outbound is not None) or self._device(number) is not None


def _refuse(turn: Turn, code: str, detail: str) -> None:
    turn.tell(RequestRefused(turn.now, code, detail))
