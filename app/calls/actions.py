"""What is to be done to legs and bridges, in the order given. `app/ari/perform.py` does it.

The order is time: what makes a phone ring comes first, except that a phone is always freed before it is rung again.
"""

from dataclasses import dataclass
from datetime import timedelta

from app.calls.hangup import HangUpReason
from app.ids import BridgeId, CallId, DeviceId, LegId


@dataclass(frozen=True, slots=True)
class RingPhone:
    """Ring one of our phones. Asterisk gives up by itself after `give_up_after`, should no controller be there to do it."""

    leg_id: LegId
    call_id: CallId
    device_id: DeviceId
    shows_name: str
    shows_number: str
    give_up_after: timedelta


@dataclass(frozen=True, slots=True)
class DialNumber:
    """Dial an outside number by Asterisk's dial string `dial`."""

    leg_id: LegId
    call_id: CallId
    dial: str
    shows_number: str
    give_up_after: timedelta


@dataclass(frozen=True, slots=True)
class HangUpLeg:
    """End a leg. A leg that is gone already is fine."""

    leg_id: LegId
    reason: HangUpReason = HangUpReason.NORMAL


@dataclass(frozen=True, slots=True)
class AnswerLeg:
    """Answer an inbound leg (200). Ends its music: start it again behind."""

    leg_id: LegId


@dataclass(frozen=True, slots=True)
class StartMusic:
    """Music on hold to a leg that is in no bridge."""

    leg_id: LegId
    music: str


@dataclass(frozen=True, slots=True)
class StopMusic:
    """End the music; without this it is mixed with the agent's voice for ever."""

    leg_id: LegId


@dataclass(frozen=True, slots=True)
class StartRingback:
    """The leg hears ringing: 180 when unanswered, a tone when answered."""

    leg_id: LegId


@dataclass(frozen=True, slots=True)
class StopRingback:
    """End the tone of an answered leg; without this it is mixed with the other party's voice for ever."""

    leg_id: LegId


@dataclass(frozen=True, slots=True)
class PlayPrompt:
    """Play a prompt to a leg; `PromptFinished` follows."""

    leg_id: LegId
    prompt: str


@dataclass(frozen=True, slots=True)
class DeclineTransfer:
    """Tell a phone that its transfer is not carried out; its call goes on untouched."""

    leg_id: LegId


@dataclass(frozen=True, slots=True)
class CreateBridge:
    """Make the bridge of a call, before it is needed."""

    bridge_id: BridgeId


@dataclass(frozen=True, slots=True)
class JoinBridge:
    """Put the legs into the bridge; `LegJoined` follows for each."""

    bridge_id: BridgeId
    leg_ids: tuple[LegId, ...]


@dataclass(frozen=True, slots=True)
class DestroyBridge:
    """Take the bridge away. One that is gone already is fine."""

    bridge_id: BridgeId


@dataclass(frozen=True, slots=True)
class SendToDialplan:
    """Give an inbound leg back to Asterisk's dialplan (voicemail); it is ours no longer."""

    leg_id: LegId
    context: str
    extension: str


Action = (
    RingPhone
    | DialNumber
    | HangUpLeg
    | AnswerLeg
    | StartMusic
    | StopMusic
    | StartRingback
    | StopRingback
    | PlayPrompt
    | DeclineTransfer
    | CreateBridge
    | JoinBridge
    | DestroyBridge
    | SendToDialplan
)
