"""Two legs become a conversation: Asterisk is asked to join them, and tells that it did.

It takes Asterisk some milliseconds, and normally it tells either way: `LegJoined` for each leg, or `JoinRefused`. Should neither come
(the request was lost, or waits behind something that never ends), two people would wait in silence for ever, and an agent stay
reserved. So each join has a deadline, `CallSettings.join_timeout`. Behind it a queued call goes back to its place and its agent is
free again; any other call ends. What is told later is about a leg that was dropped, and changes nothing.
"""

from collections.abc import Iterable
from datetime import datetime
from typing import TYPE_CHECKING

from app.acd import events as acd
from app.calls.actions import JoinBridge
from app.calls.call import Call, Phase
from app.calls.events import JoinRefused, LegJoined
from app.calls.hangup import HangUpParty
from app.calls.turn import Turn
from app.ids import CallId, LegId

if TYPE_CHECKING:
    from app.calls.switchboard import Switchboard

_TO_BE_JOINED = {Phase.CONNECTING, Phase.DIVERTED}
_PARTIES = 2


class Joining:
    """The joins under way."""

    def __init__(self, board: "Switchboard") -> None:
        self._board = board
        self._due: dict[CallId, datetime] = {}
        """`Call.join_by` of the calls that have one."""

    def resume(self, calls: Iterable[Call]) -> None:
        """Go on with the joins of restored calls."""
        self._due = {call.id: call.join_by for call in calls if call.join_by is not None}

    def ask(self, call: Call, leg_ids: tuple[LegId, LegId], turn: Turn) -> None:
        """Have these legs joined. Asked again, they have all the time again."""
        turn.do(JoinBridge(call.bridge_id, leg_ids))
        call.join_by = self._due[call.id] = turn.now + self._board.settings.join_timeout

    def forget(self, call: Call) -> None:
        """The join is done, or nobody wants it any more. May be called twice."""
        call.join_by = None
        self._due.pop(call.id, None)

    def next_deadline(self) -> datetime | None:
        """When the first of them is given up."""
        if not self._due or self._board.engine.is_suspended:
            return None
        return min(self._due.values())

    def come_due(self, turn: Turn) -> None:
        """Give up those whose time is over. While Asterisk is away nobody knows; when it is back, all are asked for again."""
        if self._board.engine.is_suspended:
            return
        for _, call_id in sorted((at, call_id) for call_id, at in self._due.items() if at <= turn.now):
            self._give_up(self._board.calls[call_id], turn)

    def on_leg_joined(self, event: LegJoined, turn: Turn) -> None:
        """A leg is in the bridge; with the second one they talk."""
        leg = self._board.legs.get(event.leg_id)
        if leg is None or leg.is_dropped or leg.joined_at is not None:
            return
        call = self._board.calls[leg.call_id]
        if event.bridge_id != call.bridge_id:
            return
        leg.joined_at = turn.now
        parties = sum(other.joined_at is not None and not other.is_dropped for other in call.legs.values())
        if call.bridged_at is None and parties >= _PARTIES:
            self._begin_talk(call, turn)

    def on_join_refused(self, event: JoinRefused, turn: Turn) -> None:
        """Asterisk would not."""
        calls = self._board.calls.values()
        call = next((call for call in calls if call.bridge_id == event.bridge_id), None)
        if call is not None and call.phase in _TO_BE_JOINED:
            self._give_up(call, turn)

    def _begin_talk(self, call: Call, turn: Turn) -> None:
        self.forget(call)
        call.bridged_at = turn.now
        if call.phase in _TO_BE_JOINED:
            call.phase = Phase.TALKING
            if call.winner is not None:
                self._board.route(acd.CallBridged(call.id), turn)

    def _give_up(self, call: Call, turn: Turn) -> None:
        if call.winner is not None:
            self._board.queued.lose_winner(call, turn)
        else:
            self._board.end(call, HangUpParty.SYSTEM, turn)
