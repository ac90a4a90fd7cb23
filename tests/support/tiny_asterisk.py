"""As much of Asterisk as call control can tell from its own side: legs, bridges, and what each leg hears. No protocol, no time.

    asterisk = TinyAsterisk()
    asterisk.call_in(LegId("c1"), "4001")          # a caller: something is told now
    asterisk.perform(outcome.actions)              # what call control wants done
    event = asterisk.tell(choice)                  # the next news, of whichever leg one chooses

News of one leg come in their order; between legs any order is possible, as on a busy machine.
"""

from collections import deque
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from enum import Enum, auto
from typing import Any

from app.calls import actions as act
from app.calls import events
from app.calls.hangup import LegEnd
from app.ids import BridgeId, CallId, DeviceId, EntryNumber, LegId

_STARTED = datetime(2026, 11, 21, 8, tzinfo=UTC)


class Sound(Enum):
    """What a leg hears that no other party makes."""

    MUSIC = auto()
    RINGING_TONE = auto()
    """In band, as answered legs hear it."""
    RINGING_SIGNAL = auto()
    """180: the caller's own phone makes it, and an answer ends it."""


@dataclass(slots=True)
class TinyLeg:
    """One channel. `is_up` of an inbound one: answered; of ours: picked up."""

    id: LegId
    is_ours: bool
    dialled: str = ""
    device_id: DeviceId | None = None
    is_ringing: bool = False
    is_up: bool = False
    sound: Sound | None = None
    bridge_id: BridgeId | None = None
    is_in_dialplan: bool = False
    """Waits there to be handed over to a controller, because none was connected."""


class Join(Enum):
    """What becomes of a request to join two legs."""

    DONE = auto()
    LOST = auto()
    """Nothing, and nothing is told of it."""
    REFUSED = auto()
    HALF = auto()
    """The second leg hangs up in the middle of it, and never comes into the bridge."""


class TinyAsterisk:
    """Carries out actions and tells news."""

    def __init__(self) -> None:
        self.legs: dict[LegId, TinyLeg] = {}
        self.bridges: set[BridgeId] = set()
        self.unregistered: set[DeviceId] = set()
        self.asked_to_hang_up: list[LegId] = []
        self.next_join = Join.DONE
        self.is_connected = True
        self._news: dict[LegId, deque[events.Event]] = {}
        self._starts = 0
        self._doers: dict[type, Callable[[Any], None]] = {
            act.RingPhone: self._ring_phone,
            act.DialNumber: lambda action: self._make(action.leg_id, None),
            act.HangUpLeg: self._hang_up,
            act.AnswerLeg: self._answer,
            act.StartMusic: lambda action: self._play(action.leg_id, Sound.MUSIC),
            act.StopMusic: lambda action: self._stop(action.leg_id, Sound.MUSIC),
            act.StartRingback: self._ring_back,
            act.StopRingback: lambda action: self._stop(action.leg_id, Sound.RINGING_TONE),
            act.PlayPrompt: lambda action: self._say(action.leg_id, events.PromptFinished(action.leg_id)),
            act.DeclineTransfer: lambda _action: None,
            act.CreateBridge: lambda action: self.bridges.add(action.bridge_id),
            act.JoinBridge: self._join,
            act.DestroyBridge: self._destroy,
            act.SendToDialplan: lambda action: self._lose(action.leg_id, LegEnd.BY_US),
        }

    # --- what people do ----------------------------------------------------------------------------------------------

    def call_in(self, leg_id: LegId, dialled: str) -> None:
        """A caller dials."""
        self._arrive(TinyLeg(leg_id, is_ours=False, dialled=dialled))

    def dial(self, leg_id: LegId, device_id: DeviceId, dialled: str) -> None:
        """Somebody dials on a phone of the site."""
        self._arrive(TinyLeg(leg_id, is_ours=False, dialled=dialled, device_id=device_id))

    def ring(self, leg: TinyLeg) -> None:
        """The phone rings."""
        leg.is_ringing = True
        self._say(leg.id, events.LegRinging(leg.id))

    def pick_up(self, leg: TinyLeg) -> None:
        """Somebody picks up a phone that we called."""
        leg.is_ringing, leg.is_up = False, True
        self._hand_over(leg)

    def put_down(self, leg: TinyLeg, *, sip_code: int | None = None, end: LegEnd = LegEnd.BY_PHONE) -> None:
        """The phone ends its leg: hangs up, declines, cancels. Or the network does, or Asterisk's own time-out."""
        self._lose(leg.id, end, sip_code=sip_code)

    def hold(self, leg: TinyLeg, *, is_held: bool) -> None:
        """The hold key."""
        self._say(leg.id, events.LegHeld(leg.id) if is_held else events.LegUnheld(leg.id))

    def crash(self) -> None:
        """All is gone, and nothing more is told of it."""
        self.legs.clear()
        self.bridges.clear()
        self._news.clear()
        self._starts += 1

    def disconnect(self) -> None:
        """Nothing is told and nothing can be asked for any more; what was not told yet never is."""
        self.is_connected = False
        self._news.clear()

    def connect(self, *, is_quick: bool) -> events.AsteriskSeen:
        """What there is now. What waited in the dialplan is handed over behind that, or before it when the dialplan is quick."""
        self.is_connected = True
        if is_quick:
            self._hand_over_all()
        survey = self.survey()
        self._hand_over_all()
        return survey

    def _hand_over_all(self) -> None:
        for leg in self.legs.values():
            if leg.is_in_dialplan:
                self._hand_over(leg)

    def _arrive(self, leg: TinyLeg) -> None:
        self.legs[leg.id] = leg
        self._hand_over(leg)

    def _hand_over(self, leg: TinyLeg) -> None:
        """To the controller, if there is one."""
        leg.is_in_dialplan = not self.is_connected
        if leg.is_ours:
            self._say(leg.id, events.LegAnswered(leg.id))
        elif leg.device_id is not None:
            self._say(leg.id, events.PhoneDialled(CallId(leg.id), leg.device_id, leg.dialled))
        else:
            self._say(leg.id, events.CallerArrived(CallId(leg.id), EntryNumber(leg.dialled), "138"))

    # --- what is told --------------------------------------------------------------------------------------------------

    @property
    def has_news(self) -> bool:
        """Whether something is to be told."""
        return bool(self._news)

    def tell(self, choice: int) -> events.Event:
        """The next news of one of the legs that have some."""
        leg_id = list(self._news)[choice % len(self._news)]
        event = self._news[leg_id].popleft()
        if not self._news[leg_id]:
            del self._news[leg_id]
        return event

    def survey(self) -> events.AsteriskSeen:
        """All there is."""
        return events.AsteriskSeen(
            _STARTED + timedelta(hours=self._starts),
            tuple(map(_seen, self.legs.values())),
            tuple(sorted(self.bridges)),
        )

    def in_bridge(self, bridge_id: BridgeId) -> list[TinyLeg]:
        """Who hears whom."""
        return [leg for leg in self.legs.values() if leg.bridge_id == bridge_id]

    def _say(self, leg_id: LegId, event: events.Event) -> None:
        if not self.is_connected:
            return
        self._news.setdefault(leg_id, deque()).append(event)

    # --- what is done --------------------------------------------------------------------------------------------------

    def perform(self, actions: Iterable[act.Action]) -> None:
        """Carry out, in order."""
        if not self.is_connected:
            return
        for action in actions:
            self._doers[type(action)](action)

    def _ring_phone(self, action: act.RingPhone) -> None:
        if action.device_id in self.unregistered:
            self._say(action.leg_id, events.LegRefused(action.leg_id, "Allocation failed"))
        else:
            self._make(action.leg_id, action.device_id)

    def _make(self, leg_id: LegId, device_id: DeviceId | None) -> None:
        self.legs.setdefault(leg_id, TinyLeg(leg_id, is_ours=True, device_id=device_id))

    def _hang_up(self, action: act.HangUpLeg) -> None:
        self.asked_to_hang_up.append(action.leg_id)
        if action.leg_id in self.legs:
            self._lose(action.leg_id, LegEnd.BY_US)
        else:
            self._say(action.leg_id, events.LegEnded(action.leg_id, LegEnd.BY_US))

    def _lose(self, leg_id: LegId, end: LegEnd, *, sip_code: int | None = None) -> None:
        if self.legs.pop(leg_id, None) is not None:
            self._say(leg_id, events.LegEnded(leg_id, end, 16, sip_code))

    def _answer(self, action: act.AnswerLeg) -> None:
        leg = self.legs.get(action.leg_id)
        if leg is not None:
            leg.is_up = True
            leg.sound = None if leg.sound is not Sound.RINGING_TONE else leg.sound

    def _play(self, leg_id: LegId, sound: Sound) -> None:
        leg = self.legs.get(leg_id)
        if leg is not None:
            leg.sound = sound

    def _stop(self, leg_id: LegId, sound: Sound) -> None:
        leg = self.legs.get(leg_id)
        if leg is not None and leg.sound is sound:
            leg.sound = None

    def _ring_back(self, action: act.StartRingback) -> None:
        leg = self.legs.get(action.leg_id)
        if leg is not None:
            leg.sound = Sound.RINGING_TONE if leg.is_up else Sound.RINGING_SIGNAL

    def _join(self, action: act.JoinBridge) -> None:
        """A leg that is in the bridge leaves it and enters it again."""
        how, self.next_join = self.next_join, Join.DONE
        if how is Join.LOST:
            return
        legs = [self.legs.get(leg_id) for leg_id in action.leg_ids]
        if how is Join.REFUSED or action.bridge_id not in self.bridges or None in legs:
            self._say(action.leg_ids[0], events.JoinRefused(action.bridge_id, "Channel not found"))
            return
        if how is Join.HALF:
            self._lose(action.leg_ids[1], LegEnd.BY_PHONE)
        for leg in legs:
            if leg is not None and leg.id in self.legs:
                leg.bridge_id = action.bridge_id
                self._say(leg.id, events.LegJoined(leg.id, action.bridge_id))

    def _destroy(self, action: act.DestroyBridge) -> None:
        self.bridges.discard(action.bridge_id)
        for leg in self.in_bridge(action.bridge_id):
            leg.bridge_id = None


def _seen(leg: TinyLeg) -> events.SeenLeg:
    return events.SeenLeg(
        leg.id,
        is_ringing=leg.is_ringing,
        is_up=leg.is_up,
        is_ours_now=(leg.is_up or not leg.is_ours) and not leg.is_in_dialplan,
        made_by_us=leg.is_ours,
        bridge_id=leg.bridge_id,
        number="138",
        dialled=leg.dialled,
        device_id=None if leg.is_ours else leg.device_id,
    )
