"""After a gap: what Asterisk has, compared with what we believe, gives the events that were missed.

Each difference becomes the ordinary event that would have been heard, handled in the ordinary way. Meanwhile routing is suspended:
nobody is offered the call of a caller of whose end we hear a moment later, and who arrived first is served first. Then what may have
been asked for but not done (a crash lies between the journal and the action) is asked for again: every action may be done twice.

    we believe          Asterisk has        then
    a leg               nothing             it ended: by its phone when its partner is still there alone, else unseen (`call.py`)
    a ringing leg       it, up              it was answered
    a leg we dropped    it                  drop it again
    nothing             a caller, ours      a caller arrived
    nothing             a leg of ours       an orphan: hang it up
    nothing             a bridge of ours    an orphan: destroy it
    two to be joined    both, apart         join them again
    a waiting caller    it                  its answer and its sound again (music goes on where it was)
    a diverted caller   it                  its prompt, its voicemail or its waiting sound again
    a leg begun after   not yet             nothing: it was begun after Asterisk had been asked
"""

from datetime import UTC, datetime
from typing import TYPE_CHECKING

from app.acd import events as acd
from app.calls import events
from app.calls.actions import DestroyBridge, HangUpLeg
from app.calls.call import CallKind, Leg, Phase
from app.calls.hangup import LegEnd
from app.calls.turn import Turn
from app.ids import CallId, EntryNumber, LegId

if TYPE_CHECKING:
    from app.calls.switchboard import Switchboard

BRIDGE_SUFFIX = "-bridge"
_LATEST = datetime.max.replace(tzinfo=UTC)


class Recovery:
    """Brings the switchboard and Asterisk together again."""

    def __init__(self, board: "Switchboard") -> None:
        self._board = board

    def on_asterisk_seen(self, event: events.AsteriskSeen, turn: Turn) -> None:
        """Find what was missed, adopt what is there, sweep what nobody owns."""
        board = self._board
        if board.asterisk_started_at is not None and board.asterisk_started_at != event.started_at:
            board.on_asterisk_lost(events.AsteriskLost(), turn)
        board.asterisk_started_at = event.started_at
        known = list(board.calls)
        board.route(acd.RoutingSuspended(), turn)
        self._find_what_was_missed(event, turn)
        for call_id in known:
            self._redo(call_id, turn)
        board.route(acd.RoutingResumed(), turn)
        self._sweep_bridges(event, turn)

    def _find_what_was_missed(self, event: events.AsteriskSeen, turn: Turn) -> None:
        seen = {leg.leg_id: leg for leg in event.legs}
        self._end_missing(seen, event.asked_at or turn.now, turn)
        for leg in sorted(event.legs, key=lambda leg: (leg.arrived_at or _LATEST, leg.leg_id)):
            self._catch_up(leg, turn)
        for changed in event.devices:
            self._board.route(changed, turn)

    def _end_missing(self, seen: dict[LegId, events.SeenLeg], asked_at: datetime, turn: Turn) -> None:
        missing = [
            leg for leg in self._board.legs.values() if leg.id not in seen and leg.started_at < asked_at
        ]
        # In an order of their own: after a restart from a snapshot the legs stand in another one.
        for leg in sorted(missing, key=lambda leg: (leg.started_at, leg.id)):
            ended = events.LegEnded(leg.id, self._how_it_ended(leg, seen))
            self._board.take_in(ended, turn)

    def _how_it_ended(self, leg: Leg, seen: dict[LegId, events.SeenLeg]) -> LegEnd:
        call = self._board.calls[leg.call_id]
        partner_is_alone = call.phase is Phase.TALKING and any(other in seen for other in call.legs)
        return LegEnd.BY_PHONE if partner_is_alone else LegEnd.UNSEEN

    def _catch_up(self, seen: events.SeenLeg, turn: Turn) -> None:
        leg = self._board.legs.get(seen.leg_id)
        if leg is None:
            self._adopt_or_sweep(seen, turn)
        elif leg.is_dropped:
            turn.do(HangUpLeg(leg.id))
        else:
            if seen.is_ringing:
                self._board.take_in(events.LegRinging(leg.id), turn)
            if seen.is_up and seen.is_ours_now and seen.made_by_us:
                self._board.take_in(events.LegAnswered(leg.id, seen.answered_at), turn)
            if seen.bridge_id is not None:
                self._board.take_in(events.LegJoined(leg.id, seen.bridge_id), turn)

    def _adopt_or_sweep(self, seen: events.SeenLeg, turn: Turn) -> None:
        if seen.made_by_us:
            turn.do(HangUpLeg(seen.leg_id))
        elif not seen.is_ours_now:
            return  # It waits in the dialplan and comes by itself.
        elif seen.device_id is not None:
            self._board.take_in(events.PhoneDialled(CallId(seen.leg_id), seen.device_id, seen.dialled), turn)
        else:
            arrived = events.CallerArrived(
                CallId(seen.leg_id),
                EntryNumber(seen.dialled),
                seen.number,
                seen.name,
                seen.arrived_at,
                is_answered=seen.is_up,
            )
            self._board.take_in(arrived, turn)

    def _sweep_bridges(self, event: events.AsteriskSeen, turn: Turn) -> None:
        calls = self._board.calls.values()
        owned = {call.bridge_id for call in calls if call.has_bridge and call.phase is not Phase.ENDING}
        turn.do(
            *(
                DestroyBridge(bridge_id)
                for bridge_id in event.bridge_ids
                if bridge_id.endswith(BRIDGE_SUFFIX) and bridge_id not in owned
            )
        )

    def _redo(self, call_id: CallId, turn: Turn) -> None:
        call = self._board.calls.get(call_id)
        if call is None:
            return
        if call.kind is CallKind.INBOUND:
            self._board.queued.redo(call, turn)
        else:
            self._board.direct.redo(call, turn)
