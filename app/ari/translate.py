"""Asterisk's events in our words. Asterisk's names stay on this side.

What this has to know (measured on 22.10.1):

- A caller's last event is StasisEnd; a leg that never answered has only ChannelDestroyed. Whichever comes first ends the leg.
- A caller who cancels at once is gone before we are told of hang-ups: StasisEnd follows StasisStart, and nothing says who ended it.
  The same is told of a caller whom we gave back to the dialplan.
- The first ChannelHangupRequest tells who ended it: the phone, unless it is `soft` (we, or a timer). Cause 1 with `soft` is the RTP
  time-out. None at all before ChannelDestroyed: Asterisk's own ring time-out, or within a second a phone that refused.
- The phone's ringing comes as ChannelStateChange and as Dial, in the same millisecond. One of them is enough.
"""

from collections.abc import Callable, Iterator, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any

from app.ari import messages as ari
from app.ari.devices import DeviceWatch
from app.ari.registry import Registry
from app.ari.requests.applications import NOISE
from app.ari.snapshots import Channel, ChannelState
from app.calls import events
from app.calls.hangup import LegEnd
from app.ids import BridgeId, CallId, DeviceId, EntryNumber, LegId

UNREAD = (
    *NOISE,
    "BridgeCreated",
    "BridgeDestroyed",
    "ChannelCallerId",
    "ChannelCreated",
    "ChannelDtmfReceived",
    "ChannelLeftBridge",
    "ContactStatusChange",
    "DeviceStateChanged",
    "Dial",
    "PlaybackStarted",
)
"""What nobody here reads stays in Asterisk: it is half of what a call sends otherwise."""

_Q850_NORMAL = 16
_ARI_DELETE = 32
_FASTEST_TIMER = timedelta(seconds=1)


class Translator:
    """Keeps what one event tells about a later one: who asked for a hang-up."""

    def __init__(self, registry: Registry, devices: DeviceWatch, *, is_leg: Callable[[LegId], bool]) -> None:
        """`is_leg` says whether call control knows the leg: news of others are not passed on."""
        self._registry = registry
        self._devices = devices
        self._is_leg = is_leg
        self._hang_ups: dict[str, ari.ChannelHangupRequest] = {}
        self._handlers: dict[type, Callable[[Any], Iterator[events.Event]]] = {
            ari.StasisStart: self._on_stasis_start,
            ari.StasisEnd: self._on_stasis_end,
            ari.ChannelDestroyed: self._on_destroyed,
            ari.ChannelStateChange: self._on_state_change,
            ari.ChannelHangupRequest: self._on_hang_up_request,
            ari.ChannelEnteredBridge: self._on_entered_bridge,
            ari.ChannelHold: self._on_hold,
            ari.ChannelUnhold: self._on_unhold,
            ari.ChannelTransfer: self._on_transfer,
            ari.PlaybackFinished: self._on_playback_finished,
            ari.EndpointStateChange: self._on_endpoint,
            ari.PeerStatusChange: self._on_endpoint,
        }

    def translate(self, event: ari.Event) -> Iterator[events.Event]:
        """What the event means to us: nothing, one thing, or two."""
        handler = self._handlers.get(type(event))
        return handler(event) if handler is not None else iter(())

    def _on_stasis_start(self, event: ari.StasisStart) -> Iterator[events.Event]:
        channel, (kind, argument) = event.channel, two(event.args)
        self._registry.add(channel.id)
        if kind == "entry":
            yield caller_arrived(channel, argument)
        elif kind == "leg":
            yield events.LegAnswered(LegId(channel.id), answered_at(event.args))
        elif kind == "phone":
            device_id = DeviceId(channel.channelvars.get("TR_DEVICE", ""))
            yield events.PhoneDialled(CallId(channel.id), device_id, argument)
            changed = self._devices.owned(channel.id, device_id)
            if changed is not None:
                yield changed

    def _on_stasis_end(self, event: ari.StasisEnd) -> Iterator[events.Event]:
        channel_id = event.channel.id
        hang_up = self._hang_ups.pop(channel_id, None)
        if hang_up is None:
            yield from self._ended(channel_id, LegEnd.UNSEEN, _Q850_NORMAL, 0)
        else:
            yield from self._ended(channel_id, _end(hang_up), hang_up.cause, hang_up.tech_cause)
        # For a caller it is the last event. A phone's or trunk's channel is destroyed later.
        if not event.channel.channelvars.get("TR_DEVICE"):
            self._registry.discard(channel_id)

    def _on_destroyed(self, event: ari.ChannelDestroyed) -> Iterator[events.Event]:
        channel_id = event.channel.id
        self._registry.discard(channel_id)
        hang_up = self._hang_ups.pop(channel_id, None)
        if hang_up is None:
            end = LegEnd.BY_PHONE if _is_refused(event) else LegEnd.BY_TIMER
            yield from self._ended(channel_id, end, event.cause, event.tech_cause)
        else:
            yield from self._ended(
                channel_id, _end(hang_up), event.cause, hang_up.tech_cause or event.tech_cause
            )

    def _ended(self, channel_id: str, end: LegEnd, cause: int, sip_code: int) -> Iterator[events.Event]:
        if self._is_leg(LegId(channel_id)):
            yield events.LegEnded(LegId(channel_id), end, cause, sip_code or None)

    def _on_hang_up_request(self, event: ari.ChannelHangupRequest) -> Iterator[events.Event]:
        if self._is_leg(LegId(event.channel.id)):
            self._hang_ups.setdefault(event.channel.id, event)
        return iter(())

    def _on_state_change(self, event: ari.ChannelStateChange) -> Iterator[events.Event]:
        if event.channel.state == ChannelState.RINGING:
            yield from self._ringing(event.channel.id)

    def _ringing(self, channel_id: str) -> Iterator[events.Event]:
        if self._is_leg(LegId(channel_id)):
            yield events.LegRinging(LegId(channel_id))

    def _on_entered_bridge(self, event: ari.ChannelEnteredBridge) -> Iterator[events.Event]:
        if self._is_leg(LegId(event.channel.id)):
            yield events.LegJoined(LegId(event.channel.id), BridgeId(event.bridge.id))

    def _on_hold(self, event: ari.ChannelHold) -> Iterator[events.Event]:
        if self._is_leg(LegId(event.channel.id)):
            yield events.LegHeld(LegId(event.channel.id))

    def _on_unhold(self, event: ari.ChannelUnhold) -> Iterator[events.Event]:
        if self._is_leg(LegId(event.channel.id)):
            yield events.LegUnheld(LegId(event.channel.id))

    def _on_transfer(self, event: ari.ChannelTransfer) -> Iterator[events.Event]:
        leg_id = LegId(event.referred_by.source_channel.id)
        if self._is_leg(leg_id):
            yield events.TransferRequested(leg_id)

    def _on_playback_finished(self, event: ari.PlaybackFinished) -> Iterator[events.Event]:
        leg_id = LegId(event.playback.target_uri.removeprefix("channel:"))
        if self._is_leg(leg_id):
            yield events.PromptFinished(leg_id)

    def _on_endpoint(self, event: ari.EndpointStateChange | ari.PeerStatusChange) -> Iterator[events.Event]:
        changed = self._devices.see(event.endpoint)
        if changed is not None:
            yield changed


def caller_arrived(channel: Channel, dialled: str) -> events.CallerArrived:
    """A caller, with the moment at which the dialplan first saw the call."""
    return events.CallerArrived(
        CallId(channel.id),
        EntryNumber(dialled),
        _shown(channel.caller.number),
        _shown(channel.caller.name),
        arrived_at(channel),
        is_answered=channel.state == ChannelState.UP,
    )


def arrived_at(channel: Channel) -> datetime | None:
    """When Asterisk first saw the call, however long the dialplan kept it before a controller came."""
    return channel.created_at if channel.creationtime else None


def answered_at(arguments: Sequence[str]) -> datetime | None:
    """When a leg was picked up: the dialplan says it in milliseconds since 1970 when the leg had to wait for a controller."""
    waited_since = next(iter(arguments[2:]), "")
    return datetime.fromtimestamp(int(waited_since) / 1000, UTC) if waited_since.isdecimal() else None


def _shown(text: str) -> str:
    """What a stranger's phone calls itself, without signs that would steer a terminal or turn a line of text around."""
    return "".join(sign for sign in text if sign.isprintable())


def two(args: Sequence[str]) -> tuple[str, str]:
    """Kind, and the number or leg, of what the dialplan said when it handed a channel over; empty where it said less."""
    return (args[0] if args else "", args[1] if len(args) > 1 else "")


def _is_refused(destroyed: ari.ChannelDestroyed) -> bool:
    """Whether a phone refused, so fast that Asterisk did not tell of a hang-up. What Asterisk itself ends by time is older."""
    if destroyed.tech_cause // 100 not in {4, 6}:
        return False
    try:
        return destroyed.at - destroyed.channel.created_at < _FASTEST_TIMER
    except ValueError:  # A time stamp that is none must not end the connection.
        return False


def _end(hang_up: ari.ChannelHangupRequest) -> LegEnd:
    if not hang_up.soft:
        return LegEnd.BY_PHONE
    return LegEnd.BY_US if hang_up.cause in {_ARI_DELETE, _Q850_NORMAL, 0} else LegEnd.BY_NETWORK
