"""The brain's front door: one event in, facts and actions out.

The switchboard keeps the calls and their legs, and asks the routing engine (`app/acd`) which agent gets which call. It knows
nothing of sockets, SQL or clocks: the same events at the same instants give the same outcome on every machine, so replaying the
journal rebuilds it.

    event ──► Switchboard.handle ──► queued.py / direct.py ──► Engine.handle ──► commands ──► actions on legs and bridges
"""

from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from app.acd import events as acd
from app.acd.commands import ConnectCall, DivertCall, OfferCall, WithdrawOffer
from app.acd.copying import Copies
from app.acd.engine import Engine
from app.acd.facts import CallLeft, OfferEnded
from app.acd.model import ExitReason
from app.acd.snapshot import EngineCopy, EngineSnapshot
from app.calls import events
from app.calls.actions import DeclineTransfer, DestroyBridge, HangUpLeg
from app.calls.call import Call, CallKind, Leg, LegRole, Phase
from app.calls.copying import copies_of
from app.calls.direct import DirectCalls
from app.calls.facts import (
    CallEnded,
    CallHoldChanged,
    CallMissed,
    LegFinished,
    LegStarted,
    MissedCallDisputed,
    MissedCallRecovered,
    MissedCallWaived,
    OfferMissed,
)
from app.calls.hangup import HangUpParty, HangUpReason, LegEnd
from app.calls.joining import Joining
from app.calls.missed import cause_of_call, cause_of_offer, is_charged
from app.calls.model import CallSettings
from app.calls.queued import QueuedCalls
from app.calls.recover import Recovery
from app.calls.turn import Outcome, Turn
from app.ids import CallId, LegId

_PARTY_BY_ROLE = {
    LegRole.CALLER: HangUpParty.CALLER,
    LegRole.AGENT: HangUpParty.AGENT,
    LegRole.INITIATOR: HangUpParty.AGENT,
    LegRole.CALLEE: HangUpParty.CALLEE,
}
_PARTY_BY_END = {
    LegEnd.BY_US: HangUpParty.SYSTEM,
    LegEnd.BY_TIMER: HangUpParty.SYSTEM,
    LegEnd.BY_NETWORK: HangUpParty.NETWORK,
    LegEnd.UNSEEN: HangUpParty.UNKNOWN,
}
_EXIT_BY_PARTY = {HangUpParty.SYSTEM: ExitReason.REMOVED, HangUpParty.NETWORK: ExitReason.FAULT}


@dataclass(frozen=True, slots=True)
class SwitchboardSnapshot:
    """Everything the switchboard knows, as plain values."""

    settings: CallSettings
    calls: tuple[Call, ...]
    engine: EngineSnapshot
    asterisk_started_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class SwitchboardCopy:
    """A `SwitchboardSnapshot` in the making; see `EngineCopy`."""

    settings: CallSettings
    calls: Copies[Call]
    engine: EngineCopy
    asterisk_started_at: datetime | None


class Switchboard:
    """All calls of a site, and the engine that routes them."""

    def __init__(self, engine: Engine | None = None, settings: CallSettings | None = None) -> None:
        self.engine = engine or Engine()
        self.settings = settings or CallSettings()
        self.calls: dict[CallId, Call] = {}
        self.legs: dict[LegId, Leg] = {}
        self.asterisk_started_at: datetime | None = None
        self.queued = QueuedCalls(self)
        self.direct = DirectCalls(self)
        self.joining = Joining(self)
        self._recovery = Recovery(self)
        self._handlers: dict[type, Callable[[Any, Turn], None]] = {
            events.SettingsChanged: self._on_settings_changed,
            events.CallerArrived: self.queued.on_caller_arrived,
            events.PhoneDialled: self.direct.on_phone_dialled,
            events.OriginateRequested: self.direct.on_originate_requested,
            acd.LogInRequested: self.direct.on_log_in_requested,
            events.LegRinging: self._on_leg_ringing,
            events.LegAnswered: self._on_leg_answered,
            events.LegRefused: self._on_leg_refused,
            events.LegJoined: self.joining.on_leg_joined,
            events.LegHeld: self._on_leg_held,
            events.LegUnheld: self._on_leg_unheld,
            events.TransferRequested: self._on_transfer_requested,
            events.LegEnded: self._on_leg_ended,
            events.PromptFinished: self._on_prompt_finished,
            events.JoinRefused: self.joining.on_join_refused,
            events.AsteriskAway: self._on_asterisk_away,
            events.AsteriskSeen: self._recovery.on_asterisk_seen,
            events.AsteriskLost: self.on_asterisk_lost,
            events.HangUpRequested: self._on_hang_up_requested,
            events.WaiveRequested: self._on_waive_requested,
            events.DisputeRequested: self._on_dispute_requested,
            events.RecoveryNoted: self._on_recovery_noted,
        }

    def handle(self, event: events.Event, *, now: datetime) -> Outcome:
        """Take in one event. Late, doubled and unknown legs' events are legal and change nothing here."""
        turn = Turn(now)
        self.take_in(event, turn)
        self.joining.come_due(turn)
        return turn.outcome()

    def next_deadline(self) -> datetime | None:
        """When to come back with `TimePassed`."""
        deadlines = (self.engine.next_deadline(), self.joining.next_deadline())
        return min((at for at in deadlines if at is not None), default=None)

    def copy(self) -> SwitchboardCopy:
        """Everything it knows now: what happens from now on is not in it."""
        calls = copies_of(self.calls.values())
        return SwitchboardCopy(self.settings, calls, self.engine.copy(), self.asterisk_started_at)

    @classmethod
    def restore(cls, snapshot: SwitchboardSnapshot) -> "Switchboard":
        """A switchboard that goes on where the snapshot was taken."""
        board = cls(Engine.restore(snapshot.engine), snapshot.settings)
        board.asterisk_started_at = snapshot.asterisk_started_at
        board.calls = {call.id: call for call in snapshot.calls}
        board.legs = {leg.id: leg for call in snapshot.calls for leg in call.legs.values()}
        board.joining.resume(snapshot.calls)
        return board

    # --- used by queued.py, direct.py, joining.py and recover.py -------------------------------------------------

    def take_in(self, event: events.Event, turn: Turn) -> None:
        """Handle one event as part of a turn."""
        self._handlers.get(type(event), self.route)(event, turn)

    def route(self, event: acd.Event, turn: Turn) -> None:
        """Tell the engine, and carry out what it wants."""
        decision = self.engine.handle(event, now=turn.now)
        turn.tell(*decision.facts)
        for fact in decision.facts:
            if type(fact) is CallLeft and fact.call_id in self.calls:
                self.calls[fact.call_id].left = fact
            elif type(fact) is OfferEnded and cause_of_offer(fact.outcome) is not None:
                self._note_missed(fact, turn)
        for command in turn.carry_out(decision.commands):
            match command:
                case OfferCall():
                    self.queued.offer(command, turn)
                case WithdrawOffer():
                    self.queued.withdraw(command, turn)
                case ConnectCall():
                    self.queued.connect(command, turn)
                case DivertCall():
                    self.queued.divert(command, turn)

    def add_leg(self, call: Call, leg: Leg, turn: Turn) -> None:
        """Know a leg, before anything is asked of Asterisk about it."""
        call.legs[leg.id] = leg
        self.legs[leg.id] = leg
        turn.tell(LegStarted(turn.now, leg.id, call.id, leg.role, leg.device_id, leg.agent_id))

    def drop(self, leg: Leg, turn: Turn, reason: HangUpReason = HangUpReason.NORMAL) -> None:
        """End a leg. It is forgotten when Asterisk says that it is gone. May be called twice."""
        if not leg.is_dropped:
            leg.is_dropped = True
            turn.do(HangUpLeg(leg.id, reason))

    def end(
        self,
        call: Call,
        ended_by: HangUpParty,
        turn: Turn,
        *,
        cause: int = 0,
        reason: HangUpReason = HangUpReason.NORMAL,
    ) -> None:
        """End a call and all its legs. Phones are freed first, because the engine may ring them again at once."""
        if call.phase is Phase.ENDING:
            return
        phase, call.phase = call.phase, Phase.ENDING
        call.ended_by, call.cause = ended_by, cause
        self.joining.forget(call)
        call.end_hold(turn.now)
        for leg in call.legs.values():
            self.drop(leg, turn, reason)
        self._release(call, phase, turn)
        held_ms = round(call.held.total_seconds() * 1000)
        turn.tell(CallEnded(turn.now, call.id, ended_by, cause, call.bridged_at, held_ms))
        if call.left is not None and call.bridged_at is None:
            turn.tell(_missed(call.left, turn.now, self.settings))
        if call.has_bridge:
            turn.do(DestroyBridge(call.bridge_id))
        self._forget_if_gone(call)

    # --- legs --------------------------------------------------------------------------------------------------

    def _on_settings_changed(self, event: events.SettingsChanged, _turn: Turn) -> None:
        self.settings = event.settings

    def _on_leg_ringing(self, event: events.LegRinging, turn: Turn) -> None:
        leg = self.legs.get(event.leg_id)
        if leg is None or leg.ringing_at is not None:
            return
        leg.ringing_at = turn.now
        if leg.role is LegRole.AGENT:
            self.queued.on_ringing(leg, turn)

    def _on_leg_answered(self, event: events.LegAnswered, turn: Turn) -> None:
        leg = self.legs.get(event.leg_id)
        if leg is None:
            turn.do(HangUpLeg(event.leg_id))  # Nobody's: somebody who answered must not wait in silence.
        if leg is None or leg.is_dropped or leg.answered_at is not None:
            return
        # Asterisk's clock may be another one: no answer before the ringing, and none in the future.
        leg.answered_at = min(max(event.answered_at or turn.now, leg.ringing_at or leg.started_at), turn.now)
        call = self.calls[leg.call_id]
        if leg.role is LegRole.AGENT:
            self.queued.on_answered(call, leg, turn)
        else:
            self.direct.on_answered(call, leg, turn)

    def _on_leg_refused(self, event: events.LegRefused, turn: Turn) -> None:
        self._on_leg_ended(events.LegEnded(event.leg_id, LegEnd.BY_NETWORK), turn)

    def _on_leg_held(self, event: events.LegHeld, turn: Turn) -> None:
        self._hold(event.leg_id, turn, is_held=True)

    def _on_leg_unheld(self, event: events.LegUnheld, turn: Turn) -> None:
        self._hold(event.leg_id, turn, is_held=False)

    def _hold(self, leg_id: LegId, turn: Turn, *, is_held: bool) -> None:
        leg = self.legs.get(leg_id)
        if leg is None:
            return
        call = self.calls[leg.call_id]
        if call.phase is not Phase.TALKING or is_held is (leg.held_since is not None):
            return
        turn.tell(CallHoldChanged(turn.now, call.id, leg.id, is_held))
        call.note_hold(leg, turn.now, is_held=is_held)
        if leg.id == call.winner:
            self.route(acd.CallHeld(call.id) if is_held else acd.CallUnheld(call.id), turn)

    def _on_transfer_requested(self, event: events.TransferRequested, turn: Turn) -> None:
        """No transfers yet: the agent is told so by the phone, and goes on talking."""
        if event.leg_id in self.legs:
            turn.do(DeclineTransfer(event.leg_id))

    def _on_leg_ended(self, event: events.LegEnded, turn: Turn) -> None:
        leg = self.legs.pop(event.leg_id, None)
        if leg is None:
            return
        call = self.calls[leg.call_id]
        del call.legs[leg.id]
        if event.end is LegEnd.UNSEEN:
            event = replace(event, end=call.unseen_end_of(leg))
        turn.tell(_leg_finished(leg, event, turn.now))
        if leg.role is LegRole.AGENT and not (leg.id == call.winner and call.phase is Phase.TALKING):
            self.queued.on_offer_leg_ended(call, leg, event, turn)
        else:
            ended_by = _PARTY_BY_END.get(event.end, _PARTY_BY_ROLE[leg.role])
            self.end(call, ended_by, turn, cause=event.cause, reason=_passed_on(leg, event))
        self._forget_if_gone(call)

    def _on_prompt_finished(self, event: events.PromptFinished, turn: Turn) -> None:
        leg = self.legs.get(event.leg_id)
        if leg is not None and self.calls[leg.call_id].phase is Phase.DIVERTED:
            self.end(self.calls[leg.call_id], HangUpParty.SYSTEM, turn)

    def _on_hang_up_requested(self, event: events.HangUpRequested, turn: Turn) -> None:
        call = self.calls.get(event.call_id)
        if call is not None:
            self.end(call, HangUpParty.SYSTEM, turn)

    def _on_waive_requested(self, event: events.WaiveRequested, turn: Turn) -> None:
        turn.tell(MissedCallWaived(turn.now, event.missed_id, event.reason, event.by))

    def _on_dispute_requested(self, event: events.DisputeRequested, turn: Turn) -> None:
        turn.tell(MissedCallDisputed(turn.now, event.missed_id, event.reason, event.by))

    def _on_recovery_noted(self, event: events.RecoveryNoted, turn: Turn) -> None:
        turn.tell(MissedCallRecovered(turn.now, event.missed_id, event.call_id, event.reached_at, event.by))

    def _on_asterisk_away(self, _event: events.AsteriskAway, turn: Turn) -> None:
        self.route(acd.RoutingSuspended(), turn)

    def on_asterisk_lost(self, _event: events.AsteriskLost, turn: Turn) -> None:
        """Close the books. Routing is suspended, so that no agent who becomes free is offered a lost call."""
        self.route(acd.RoutingSuspended(), turn)
        for call in list(self.calls.values()):
            for leg in list(call.legs.values()):
                ended = events.LegEnded(leg.id, LegEnd.BY_NETWORK)
                turn.tell(_leg_finished(leg, ended, turn.now))
                del self.legs[leg.id], call.legs[leg.id]
            self.end(call, HangUpParty.NETWORK, turn)
            self._forget_if_gone(call)
        turn.actions.clear()

    def _release(self, call: Call, phase: Phase, turn: Turn) -> None:
        """Tell the engine that the call is over; only then whom it frees, or they would be offered this very call."""
        if call.kind is CallKind.INBOUND:
            self._leave_queue(call, phase, turn)
        self.direct.release(call, turn)

    def _leave_queue(self, call: Call, phase: Phase, turn: Turn) -> None:
        if phase is Phase.TALKING:
            self.route(acd.CallFinished(call.id), turn)
        elif phase in {Phase.WAITING, Phase.CONNECTING} and self.engine.call(call.id) is not None:
            reason = _EXIT_BY_PARTY.get(call.ended_by or HangUpParty.UNKNOWN, ExitReason.ABANDONED)
            self.route(acd.CallExited(call.id, reason), turn)

    def _note_missed(self, offer: OfferEnded, turn: Turn) -> None:
        supervisor = self.settings.supervisor_at(turn.now)
        if supervisor is not None:
            turn.tell(OfferMissed(turn.now, offer.offer_id, supervisor))

    def _forget_if_gone(self, call: Call) -> None:
        if call.phase is Phase.ENDING and not call.legs:
            self.calls.pop(call.id, None)


def _missed(left: CallLeft, now: datetime, settings: CallSettings) -> CallMissed:
    cause = cause_of_call(left.reason, left.last_miss)
    charges, supervisor = settings.charges, settings.supervisor_at(now)
    is_free = not is_charged(cause, left.at - left.enqueued_at, charges)
    return CallMissed(
        now,
        left.call_id,
        left.queue_id,
        left.enqueued_at,
        cause,
        left.rings.number if left.rings else None,
        0 if is_free else charges.agent,
        0 if is_free or supervisor is None else charges.supervisor,
        supervisor,
    )


def _leg_finished(leg: Leg, event: events.LegEnded, now: datetime) -> LegFinished:
    return LegFinished(
        now,
        leg.id,
        leg.call_id,
        LegEnd.BY_US if leg.is_dropped else event.end,
        event.cause,
        event.sip_code,
        leg.ringing_at,
        leg.answered_at,
        leg.joined_at,
    )


def _passed_on(leg: Leg, event: events.LegEnded) -> HangUpReason:
    """What the other party of a direct call is told when this one did not answer."""
    if leg.role is not LegRole.CALLEE or leg.answered_at is not None:
        return HangUpReason.NORMAL
    busy = event.sip_code in {486, 600}
    return HangUpReason.BUSY if busy else HangUpReason.NO_ANSWER
