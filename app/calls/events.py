"""What call control is told, by Asterisk (through `app/ari/translate.py`) and by humans (through `app/api`).

Legs are named by ids: an inbound leg has the id that Asterisk gave its channel, which is also its call's id; a leg we make has
an id we chose (an agent's leg has its offer's id).
"""

from dataclasses import dataclass
from datetime import datetime

from app.acd import events as acd
from app.calls.hangup import LegEnd
from app.calls.model import CallSettings
from app.ids import AgentId, BridgeId, CallId, DeviceId, EntryNumber, LegId, MissedId


@dataclass(frozen=True, slots=True)
class SettingsChanged:
    """The site file was loaded or reloaded."""

    settings: CallSettings


@dataclass(frozen=True, slots=True)
class CallerArrived:
    """A caller dialled an entry number. `arrived_at` is earlier than now when nobody was there to hear it."""

    call_id: CallId
    entry: EntryNumber
    number: str
    name: str = ""
    arrived_at: datetime | None = None
    is_answered: bool = False
    """The dialplan answered already, because no controller was there."""


@dataclass(frozen=True, slots=True)
class PhoneDialled:
    """Somebody dialled a number on one of our phones."""

    call_id: CallId
    device_id: DeviceId
    number: str


@dataclass(frozen=True, slots=True)
class LegRinging:
    """The phone rings (180)."""

    leg_id: LegId


@dataclass(frozen=True, slots=True)
class LegAnswered:
    """The phone was picked up and its channel is ours to bridge. `answered_at` is given when nobody was there to hear it then."""

    leg_id: LegId
    answered_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class LegRefused:
    """Asterisk could not make the leg: the phone is not registered, or the number cannot be dialled."""

    leg_id: LegId
    detail: str


@dataclass(frozen=True, slots=True)
class LegJoined:
    """The leg is in the bridge: sound flows."""

    leg_id: LegId
    bridge_id: BridgeId


@dataclass(frozen=True, slots=True)
class LegHeld:
    """The phone's own hold key was pressed."""

    leg_id: LegId


@dataclass(frozen=True, slots=True)
class LegUnheld:
    """The phone's own hold key was released."""

    leg_id: LegId


@dataclass(frozen=True, slots=True)
class TransferRequested:
    """The phone's own transfer key was pressed; the phone waits to hear what becomes of it."""

    leg_id: LegId


@dataclass(frozen=True, slots=True)
class LegEnded:
    """The leg is gone. `cause` is Q.850, `sip_code` the phone's status code when it gave one."""

    leg_id: LegId
    end: LegEnd
    cause: int = 0
    sip_code: int | None = None


@dataclass(frozen=True, slots=True)
class PromptFinished:
    """A prompt was heard to its end, or could not be played."""

    leg_id: LegId


@dataclass(frozen=True, slots=True)
class JoinRefused:
    """Asterisk would not put these legs in the bridge."""

    bridge_id: BridgeId
    detail: str


@dataclass(frozen=True, slots=True)
class SeenLeg:
    """A channel that Asterisk has, at a reconcile.

    `made_by_us` false: it came from outside, by `entry` (a caller) or `device_id` (a phone's own call). `is_ours_now`: it is in
    our Stasis application, so that we may answer, bridge and hang it up.
    """

    leg_id: LegId
    is_ringing: bool
    is_up: bool
    is_ours_now: bool
    made_by_us: bool
    bridge_id: BridgeId | None = None
    number: str = ""
    name: str = ""
    dialled: str = ""
    device_id: DeviceId | None = None
    arrived_at: datetime | None = None
    answered_at: datetime | None = None
    """When a leg of ours was picked up, if nobody was there to hear it."""


@dataclass(frozen=True, slots=True)
class AsteriskAway:
    """There is no connection to Asterisk: we hear of nothing and nothing that we ask for is done, until `AsteriskSeen`."""


@dataclass(frozen=True, slots=True)
class AsteriskSeen:
    """What Asterisk has, listed on every (re)connect: the events that were missed follow from it (`recover.py`).

    `started_at` is Asterisk's own start: another one than before means that every earlier leg is lost. `asked_at` is when we asked:
    what we began later is not in the lists, and nothing follows from that. `devices` are the phones whose state is another one now.
    """

    started_at: datetime
    legs: tuple[SeenLeg, ...] = ()
    bridge_ids: tuple[BridgeId, ...] = ()
    asked_at: datetime | None = None
    devices: tuple[acd.DeviceChanged, ...] = ()


@dataclass(frozen=True, slots=True)
class AsteriskLost:
    """Asterisk died, and every leg with it. No BYE was sent. It is away, too."""


@dataclass(frozen=True, slots=True)
class OriginateRequested:
    """An agent wants to call a number: the agent's phone rings first."""

    call_id: CallId
    agent_id: AgentId
    number: str


@dataclass(frozen=True, slots=True)
class HangUpRequested:
    """Somebody ends a call from outside."""

    call_id: CallId


@dataclass(frozen=True, slots=True)
class WaiveRequested:
    """Somebody waives what a missed call costs. Who asks has made sure that there is such a missed call."""

    missed_id: MissedId
    reason: str
    by: str


@dataclass(frozen=True, slots=True)
class DisputeRequested:
    """Somebody who is charged for a missed call objects. Who asks has made sure that there is such a missed call."""

    missed_id: MissedId
    reason: str
    by: str


@dataclass(frozen=True, slots=True)
class RecoveryNoted:
    """The caller of a missed call was talked to at `reached_at`, in this call. `by` is a human, or a part of the service."""

    missed_id: MissedId
    call_id: CallId
    reached_at: datetime
    by: str


Event = (
    acd.Event
    | SettingsChanged
    | CallerArrived
    | PhoneDialled
    | LegRinging
    | LegAnswered
    | LegRefused
    | LegJoined
    | LegHeld
    | LegUnheld
    | TransferRequested
    | LegEnded
    | PromptFinished
    | JoinRefused
    | AsteriskAway
    | AsteriskSeen
    | AsteriskLost
    | OriginateRequested
    | HangUpRequested
    | WaiveRequested
    | DisputeRequested
    | RecoveryNoted
)
