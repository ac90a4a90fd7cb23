"""Queued calls: a caller dials an entry number, waits, and talks to the agent whom the engine chose."""

from typing import TYPE_CHECKING

from app.acd import events as acd
from app.acd.commands import ConnectCall, DivertCall, OfferCall, WithdrawOffer, WithdrawReason
from app.acd.model import OfferOutcome, Target, TargetKind
from app.calls.actions import (
    AnswerLeg,
    CreateBridge,
    PlayPrompt,
    RingPhone,
    SendToDialplan,
    StartMusic,
    StartRingback,
    StopMusic,
    StopRingback,
)
from app.calls.call import Call, CallKind, Leg, LegRole, Phase
from app.calls.events import CallerArrived, LegEnded
from app.calls.facts import CallStarted
from app.calls.hangup import HangUpParty, HangUpReason, unanswered_outcome
from app.calls.model import AnswerWhen, EntryPoint, WaitingSound
from app.calls.turn import Turn
from app.ids import LegId, OfferId

if TYPE_CHECKING:
    from app.calls.switchboard import Switchboard

VOICEMAIL_CONTEXT = "thirdring-voicemail"


class QueuedCalls:
    """What happens to a call from its arrival at an entry number until it is connected, diverted or gone."""

    def __init__(self, board: "Switchboard") -> None:
        self._board = board

    def on_caller_arrived(self, event: CallerArrived, turn: Turn) -> None:
        """A new caller. One that we know already changes nothing."""
        if event.call_id in self._board.calls:
            return
        call = Call(
            id=event.call_id,
            kind=CallKind.INBOUND,
            arrived_at=min(event.arrived_at or turn.now, turn.now),
            from_number=event.number,
            to_number=event.entry,
            entry=event.entry,
            is_answered=event.is_answered,
        )
        turn.tell(
            CallStarted(turn.now, call.id, call.kind, call.arrived_at, event.number, event.name, event.entry)
        )
        self._board.calls[call.id] = call
        self._board.add_leg(call, Leg(LegId(call.id), call.id, LegRole.CALLER, turn.now), turn)
        self.enter(call, turn)

    def enter(self, call: Call, turn: Turn) -> None:
        """Put the call into the queue of its entry number. The agent's phone is rung before the caller hears anything."""
        entry = self._board.settings.entry_points.get(call.entry) if call.entry else None
        if entry is None:
            self._board.end(call, HangUpParty.SYSTEM, turn, cause=1, reason=HangUpReason.UNKNOWN_NUMBER)
            return
        enqueued = acd.CallEnqueued(
            call.id,
            entry.queue_id,
            entry.priority,
            entry.requires,
            entry.owner,
            entry.owner_for,
            enqueued_at=call.arrived_at,
            # The dialplan rings back from the beginning, should no controller have been there.
            rings_from=call.arrived_at if entry.waiting is WaitingSound.RINGBACK else None,
        )
        self._board.route(enqueued, turn)
        if call.phase is Phase.WAITING:
            self._begin_waiting(call, entry, turn)

    def _begin_waiting(self, call: Call, entry: EntryPoint, turn: Turn) -> None:
        call.sound, call.music = entry.waiting, entry.music
        if entry.answer is AnswerWhen.AT_ONCE:
            self._answer(call, turn)
        self._play_waiting_sound(call, turn)

    def _play_waiting_sound(self, call: Call, turn: Turn) -> None:
        leg_id = LegId(call.id)
        if call.sound is WaitingSound.MUSIC:
            turn.do(StartMusic(leg_id, call.music))
        else:
            turn.do(StartRingback(leg_id))

    def _answer(self, call: Call, turn: Turn) -> None:
        if not call.is_answered:
            call.is_answered = True
            turn.do(AnswerLeg(LegId(call.id)))

    def _silence(self, call: Call, turn: Turn) -> None:
        """End what we play. A caller who was not answered hears the own phone's ringing, which ends by the answer."""
        if call.sound is WaitingSound.MUSIC:
            turn.do(StopMusic(LegId(call.id)))
        elif call.is_answered:
            turn.do(StopRingback(LegId(call.id)))

    # --- the engine's commands ---------------------------------------------------------------------------------

    def offer(self, command: OfferCall, turn: Turn) -> None:
        """Ring the agent's phone; then make the bridge ready while it rings."""
        board = self._board
        call = board.calls[command.call_id]
        leg = Leg(
            LegId(command.offer_id), call.id, LegRole.AGENT, turn.now, command.device_id, command.agent_id
        )
        board.add_leg(call, leg, turn)
        queue_name = board.settings.queue_names.get(command.queue_id, command.queue_id)
        give_up_after = command.ring_deadline - turn.now + board.settings.ring_grace
        turn.do(RingPhone(leg.id, call.id, command.device_id, queue_name, call.from_number, give_up_after))
        self.prepare_bridge(call, turn)

    def prepare_bridge(self, call: Call, turn: Turn) -> None:
        """Create the call's bridge once."""
        if not call.has_bridge:
            call.has_bridge = True
            turn.do(CreateBridge(call.bridge_id))

    def withdraw(self, command: WithdrawOffer, turn: Turn) -> None:
        """Stop ringing."""
        leg = self._board.legs.get(LegId(command.offer_id))
        if leg is not None:
            elsewhere = command.reason is WithdrawReason.ANSWERED_ELSEWHERE
            self._board.drop(leg, turn, HangUpReason.ANSWERED_ELSEWHERE if elsewhere else HangUpReason.NORMAL)

    def connect(self, command: ConnectCall, turn: Turn) -> None:
        """Join the two, in one burst: first everything that could hold the join up is stopped."""
        call = self._board.calls[command.call_id]
        call.winner = LegId(command.offer_id)
        call.phase = Phase.CONNECTING
        self._join(call, call.winner, turn)

    def _join(self, call: Call, other: LegId, turn: Turn) -> None:
        self._silence(call, turn)
        self._answer(call, turn)
        self._board.joining.ask(call, (LegId(call.id), other), turn)

    def divert(self, command: DivertCall, turn: Turn) -> None:
        """The call has left its queue without an agent: send it to its target."""
        call = self._board.calls[command.call_id]
        if call.phase is Phase.ENDING:
            return
        call.phase, call.diverted_to = Phase.DIVERTED, command.target
        self._send_to(command.target, call, turn)

    def _send_to(self, target: Target, call: Call, turn: Turn) -> None:
        match target.kind:
            case TargetKind.MESSAGE:
                self._silence(call, turn)
                self._answer(call, turn)
                turn.do(PlayPrompt(LegId(call.id), target.value))
            case TargetKind.VOICEMAIL:
                self._silence(call, turn)
                turn.do(SendToDialplan(LegId(call.id), VOICEMAIL_CONTEXT, f"box-{target.value}"))
            case TargetKind.NUMBER:
                self._divert_to_number(call, target, turn)
            case _:
                self._board.end(call, HangUpParty.SYSTEM, turn, cause=17, reason=HangUpReason.BUSY)

    def _divert_to_number(self, call: Call, target: Target, turn: Turn) -> None:
        self.prepare_bridge(call, turn)
        if not self._board.direct.dial_far_end(call, target.value, turn):
            self._board.end(call, HangUpParty.SYSTEM, turn, cause=1, reason=HangUpReason.CONGESTION)
        elif call.sound is None:
            # Diverted at the door: nothing plays yet, and the caller must not hear nothing while a phone rings.
            call.sound = WaitingSound.RINGBACK
            self._play_waiting_sound(call, turn)

    def redo(self, call: Call, turn: Turn) -> None:
        """Ask again for what a call needs that does not talk yet, in case nobody heard it."""
        if call.phase is Phase.CONNECTING and call.winner is not None and call.bridged_at is None:
            self._join_again(call, call.winner, turn)
        elif call.phase is Phase.WAITING:
            self._wait_on(call, turn)
        elif call.phase is Phase.DIVERTED and call.diverted_to is not None:
            self._divert_again(call, call.diverted_to, turn)

    def _wait_on(self, call: Call, turn: Turn) -> None:
        if call.has_bridge:
            turn.do(CreateBridge(call.bridge_id))
        self._answer_again(call, turn)
        self._play_waiting_sound(call, turn)

    def _join_again(self, call: Call, other: LegId, turn: Turn) -> None:
        turn.do(CreateBridge(call.bridge_id))
        self._answer_again(call, turn)
        self._join(call, other, turn)

    def _answer_again(self, call: Call, turn: Turn) -> None:
        if call.is_answered:
            turn.do(AnswerLeg(LegId(call.id)))

    def _divert_again(self, call: Call, target: Target, turn: Turn) -> None:
        callee = call.leg_of(LegRole.CALLEE)
        if target.kind is not TargetKind.NUMBER:
            self._send_to(target, call, turn)
        elif callee is None or callee.answered_at is None:
            self._wait_on(call, turn)
        elif call.bridged_at is None:
            self._join_again(call, callee.id, turn)

    # --- what happens to the agents' legs ------------------------------------------------------------------------

    def on_ringing(self, leg: Leg, turn: Turn) -> None:
        """The agent's phone rings."""
        self._board.route(acd.OfferRinging(_offer_id(leg)), turn)

    def on_answered(self, call: Call, leg: Leg, turn: Turn) -> None:
        """The agent answered. Whoever did not win is hung up without a missed call in the phone's list."""
        self._board.route(acd.OfferAnswered(_offer_id(leg), leg.answered_at), turn)
        if call.winner != leg.id:
            self._board.drop(leg, turn, HangUpReason.ANSWERED_ELSEWHERE)

    def on_divert_answered(self, call: Call, callee: Leg, turn: Turn) -> None:
        """The number to which the call was diverted answered."""
        self._join(call, callee.id, turn)

    def on_offer_leg_ended(self, call: Call, leg: Leg, event: LegEnded, turn: Turn) -> None:
        """An agent's leg ended before the bridge. The engine has heard of it already when it was we who ended it."""
        if leg.is_dropped:
            return
        if leg.id == call.winner:
            self._wait_again(call, turn)
        self._board.route(acd.OfferFailed(_offer_id(leg), _outcome(leg, event)), turn)

    def lose_winner(self, call: Call, turn: Turn) -> None:
        """The winner's leg cannot be joined: end it, and let the call wait on in its place, with a bridge that is there."""
        leg = call.leg_of(LegRole.AGENT)
        self._wait_again(call, turn)
        turn.do(CreateBridge(call.bridge_id))
        if leg is not None:
            self._board.drop(leg, turn)
            self._board.route(acd.OfferFailed(_offer_id(leg), OfferOutcome.FAILED), turn)

    def _wait_again(self, call: Call, turn: Turn) -> None:
        self._board.joining.forget(call)
        call.winner = None
        call.phase = Phase.WAITING
        call.legs[LegId(call.id)].joined_at = None
        self._play_waiting_sound(call, turn)


def _offer_id(leg: Leg) -> OfferId:
    """An agent's leg has its offer's id."""
    return OfferId(leg.id)


def _outcome(leg: Leg, event: LegEnded) -> OfferOutcome:
    if leg.answered_at is not None:
        return OfferOutcome.LOST
    return unanswered_outcome(event.end, has_rung=leg.ringing_at is not None, sip_code=event.sip_code)
