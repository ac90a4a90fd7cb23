"""What Asterisk tells us: typed events, decoded from JSON text.

Only the fields that we use are declared; Asterisk may send more. The names are Asterisk's own and stay inside `app/ari`.
Decoding looks at `type` first and then decodes by that type; a type that we do not know, or one whose fields do not fit,
becomes an `UnknownEvent` with its text, so that nothing is lost and no surprise ends the connection.

Time stamps stay text until somebody asks: `Event.at` parses them. They have whole milliseconds.
"""

from collections.abc import Callable
from datetime import datetime

import msgspec
from msgspec import Struct

from app.ari.snapshots import Bridge, Channel, Endpoint, Playback, instant


class Event(Struct, frozen=True):
    """Base of all events."""

    timestamp: str = ""

    @property
    def at(self) -> datetime:
        """When it happened, by the node's clock. Events of one connection come in order, whatever this says."""
        return instant(self.timestamp)


class UnknownEvent(Event, frozen=True):
    """An event of a type that we do not declare, or one that does not fit its declaration (`problem` says how)."""

    type: str = ""
    raw: bytes = b""
    problem: str = ""


class StasisStart(Event, frozen=True, kw_only=True):
    """A channel is handed to us. `args` are those of the dialplan's `Stasis()`."""

    args: list[str]
    channel: Channel


class StasisEnd(Event, frozen=True, kw_only=True):
    """A channel leaves us. For callers it is the last event, unless their endpoint is subscribed."""

    channel: Channel


class ChannelCreated(Event, frozen=True, kw_only=True):
    """A channel came to be."""

    channel: Channel


class ChannelDestroyed(Event, frozen=True, kw_only=True):
    """A channel is gone. `tech_cause` is the SIP status, when a phone or a time-out gave one."""

    channel: Channel
    cause: int
    tech_cause: int = 0


class ChannelStateChange(Event, frozen=True, kw_only=True):
    """`channel.state` is new: Ringing and Up are what counts."""

    channel: Channel


class Dial(Event, frozen=True, kw_only=True):
    """A leg that we ring goes on: "", RINGING, PROGRESS, ANSWER, BUSY, NOANSWER, CONGESTION, CANCEL, CHANUNAVAIL.

    Its RINGING comes before or after the ChannelStateChange Ringing; both carry the same instant.
    """

    peer: Channel
    dialstatus: str


class ChannelHangupRequest(Event, frozen=True, kw_only=True):
    """Somebody ends a channel: the phone, unless `soft`, which is us or a timer. The first one of a channel counts."""

    channel: Channel
    cause: int = 0
    tech_cause: int = 0
    soft: bool = False


class ChannelEnteredBridge(Event, frozen=True, kw_only=True):
    """A channel is in a bridge: the two hear each other from now on."""

    bridge: Bridge
    channel: Channel


class ChannelLeftBridge(Event, frozen=True, kw_only=True):
    """A channel left a bridge."""

    bridge: Bridge
    channel: Channel


class BridgeDestroyed(Event, frozen=True, kw_only=True):
    """A bridge is gone."""

    bridge: Bridge


class ChannelHold(Event, frozen=True, kw_only=True):
    """The phone's hold key: the other party now hears music."""

    channel: Channel


class ChannelUnhold(Event, frozen=True, kw_only=True):
    """The phone resumes."""

    channel: Channel


class ReferredBy(Struct, frozen=True):
    """Who asks for a transfer."""

    source_channel: Channel


class ChannelTransfer(Event, frozen=True, kw_only=True):
    """The phone's transfer key (REFER): nothing has been done yet, and the phone waits for `transfer_progress`."""

    referred_by: ReferredBy


class PlaybackStarted(Event, frozen=True, kw_only=True):
    """A playback starts."""

    playback: Playback


class PlaybackFinished(Event, frozen=True, kw_only=True):
    """A playback ended: done (also when stopped) or failed (missing file, or the channel ended)."""

    playback: Playback


class Peer(Struct, frozen=True):
    """Registration as seen by the endpoint: Reachable, Unreachable."""

    peer_status: str


class PeerStatusChange(Event, frozen=True, kw_only=True):
    """A device registered or went away."""

    endpoint: Endpoint
    peer: Peer


class EndpointStateChange(Event, frozen=True, kw_only=True):
    """A device's state or the list of its channels is new."""

    endpoint: Endpoint


class ApplicationRegistered(Event, frozen=True, kw_only=True):
    """Our application is known to Asterisk."""


class ApplicationReplaced(Event, frozen=True, kw_only=True):
    """Another controller connected under our application's name. It owns the calls; we stop."""


class RESTResponse(Struct, frozen=True):
    """The answer to a request that went over the websocket."""

    request_id: str
    status_code: int
    reason_phrase: str = ""
    message_body: str = ""


Message = Event | RESTResponse

EVENTS: tuple[type[Event], ...] = (
    ApplicationRegistered,
    ApplicationReplaced,
    BridgeDestroyed,
    ChannelCreated,
    ChannelDestroyed,
    ChannelEnteredBridge,
    ChannelHangupRequest,
    ChannelHold,
    ChannelLeftBridge,
    ChannelStateChange,
    ChannelTransfer,
    ChannelUnhold,
    Dial,
    EndpointStateChange,
    PeerStatusChange,
    PlaybackFinished,
    PlaybackStarted,
    StasisEnd,
    StasisStart,
)
"""The events that have a type. Calls need those that `translate.py` handles; the others are watched by tests of the twin."""


class _Head(Struct):
    type: str = ""


_read_head = msgspec.json.Decoder(_Head).decode
_read_by_type: dict[str, Callable[[bytes], Message]] = {
    kind.__name__: msgspec.json.Decoder(kind).decode for kind in EVENTS
} | {"RESTResponse": msgspec.json.Decoder(RESTResponse).decode}


def decode(raw: bytes) -> Message:
    """The message in `raw`. Never raises: what cannot be read becomes an `UnknownEvent`."""
    name = ""
    try:
        name = _read_head(raw).type
        read = _read_by_type.get(name)
        return read(raw) if read else UnknownEvent(type=name, raw=raw)
    except msgspec.MsgspecError as error:
        return UnknownEvent(type=name, raw=raw, problem=str(error))
