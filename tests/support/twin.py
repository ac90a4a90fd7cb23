"""A twin of Asterisk: what it does with calls, as far as Thirdring can see it, without Asterisk.

    twin = Twin(emit=print)
    phone = twin.add_phone("phone1", Answer(after=timedelta(milliseconds=100)))
    caller = twin.call("4001", number="13800001111")     # a caller arrives: StasisStart
    twin.hang_up_by_phone(caller)                        # ... and leaves

It follows the measured facts: which event comes when, how often, with which cause, and what is refused with which
status. `tests/contract/test_ari_twin_stories.py` tells the same stories to the twin and to the real Asterisk and compares.
What it does not know it refuses with 501, so that no test passes by luck.

Layers: this file is the calls, `twin_things.py` what they are made of, `twin_rest.py` the requests, `twin_lane.py` their order on one
connection; `twin_server.py` serves them by websocket and HTTP.
"""

import asyncio
import itertools
from collections import Counter
from collections.abc import Callable, Mapping
from datetime import UTC, datetime, timedelta
from typing import Any

from app.simulator.answering import Answer, Answering, Decline, RingForEver
from tests.support.twin_things import (
    ANONYMOUS,
    Json,
    TwinBridge,
    TwinChannel,
    TwinPhone,
    TwinPlayback,
)

_LEG_ARGUMENTS_AFTER_A_WAIT = 3
_RETRY_SECONDS = 0.5
"""How often the dialplan tries again to hand a call to a controller."""
_VARIABLES = ("TR_CALL", "TR_LEG", "TR_DEVICE")
_CAUSES = {
    486: (17, "BUSY"),
    600: (17, "BUSY"),
    603: (21, "NOANSWER"),
    480: (19, "NOANSWER"),
    408: (18, "NOANSWER"),
    404: (1, "NOANSWER"),
    503: (34, "CONGESTION"),
}
"""SIP status of a refusal -> Q.850 cause and dial status."""
_NORMAL, _BY_REQUEST, _NO_ANSWER, _INTERWORKING = 16, 32, 19, 127


class Twin:
    """One node with one application. `emit` gets each event as Asterisk would send it, twice where it sends it twice."""

    app = "thirdring"

    def __init__(self, *, emit: Callable[[Json], None]) -> None:
        self.schedule = asyncio.get_running_loop().call_later
        self.emit = emit
        self.is_connected = False
        """Whether a controller is connected. Without one, calls wait in the dialplan."""
        self.playback_length = timedelta(seconds=2)
        self.missing_sounds: set[str] = set()
        self.on_playback_end: list[Callable[[], None]] = []
        """Told when a playback ended: requests that waited for it may go on."""
        self.channels: dict[str, TwinChannel] = {}
        self.bridges: dict[str, TwinBridge] = {}
        self.playbacks: dict[str, TwinPlayback] = {}
        self.phones: dict[str, TwinPhone] = {ANONYMOUS: TwinPhone(ANONYMOUS, is_registered=False)}
        self.subscriptions: Counter[str] = Counter()
        self.filtered: set[str] = set()
        self._numbers = itertools.count(1)
        self.started_at = self.stamp()

    # People and phones.

    def add_phone(self, device: str, answering: Answering = RingForEver()) -> TwinPhone:  # noqa: B008 - a frozen value
        """A registered phone."""
        self.phones[device] = TwinPhone(device, answering)
        return self.phones[device]

    def register(self, device: str) -> None:
        """The phone comes."""
        self._change_registration(device, is_registered=True)

    def unregister(self, device: str) -> None:
        """The phone goes."""
        self._change_registration(device, is_registered=False)

    def call(self, entry: str, *, number: str = "13800001111") -> TwinChannel:
        """A caller dials an entry number."""
        return self._arrive(ANONYMOUS, "thirdring-entry", entry, number=number, role="caller")

    def dial_from(self, device: str, exten: str) -> TwinChannel:
        """Somebody dials a number on a phone."""
        return self._arrive(device, "thirdring-phone", exten, number=device, role="phone")

    def answer_by_phone(self, channel: TwinChannel) -> None:
        """The phone of a ringing leg is picked up."""
        if channel.has_ended or channel.is_up:
            return
        self._stop_timers(channel)
        self.set_state(channel, "Up")
        self._emit_dial(channel, "ANSWER")
        self.enter_stasis(channel, ["leg", channel.variables.get("TR_LEG", "")])

    def decline_by_phone(self, channel: TwinChannel, status: int) -> None:
        """The phone of a leg says no."""
        cause, dialstatus = _CAUSES[status]
        self._request_hang_up(channel, cause=cause, tech_cause=status)
        self._emit_dial(channel, dialstatus)
        self._destroy(channel, cause=cause, tech_cause=status)

    def hang_up_by_phone(self, channel: TwinChannel) -> None:
        """A party hangs up: BYE, or CANCEL by a caller who was not answered."""
        if channel.is_up:
            self._request_hang_up(channel)
            # Asterisk names a cause only to those who had a partner.
            self._end(channel, cause=_NORMAL if channel.bridge else 0)
        else:
            self._request_hang_up(channel, cause=_INTERWORKING, tech_cause=487)
            self._end(channel, cause=_INTERWORKING, tech_cause=487)

    # What requests do. The caller of these has checked that they may.

    def originate(
        self, channel_id: str, device: str, *, variables: Mapping[str, str], shows: str, ring_timeout: float
    ) -> TwinChannel:
        """Make a leg to a phone and let it ring."""
        leg = self._new_channel(channel_id, device, "Down", context="thirdring-leg", exten="leg")
        leg.is_leg = True
        leg.shows = shows
        self._emit_created(leg)
        leg.variables |= {"TR_DEVICE": device, **variables}
        self._emit_dial(leg, "")
        leg.timers.append(self.schedule(ring_timeout, lambda: self._time_out(leg)))
        self._follow(leg, self.phones[device].answering)
        return leg

    def set_state(self, channel: TwinChannel, state: str) -> None:
        """Ringing, or Up."""
        if channel.state != state:
            channel.state = state
            self.emit_channel("ChannelStateChange", channel)

    def answer(self, channel: TwinChannel) -> None:
        """Answer a caller. Ends the music."""
        channel.has_moh = False
        self.set_state(channel, "Up")

    def hang_up(self, channel: TwinChannel, *, cause: int = _NORMAL) -> None:
        """End a channel by request."""
        if channel.has_ended:
            return
        self._request_hang_up(channel, cause=_BY_REQUEST, soft=True)
        if channel.is_leg and not channel.is_up:
            self._emit_dial(channel, "NOANSWER")
        self._end(channel, cause=cause)

    def leave_to_dialplan(self, channel: TwinChannel) -> None:
        """Hand a channel back; our dialplan hangs it up."""
        self._end(channel, cause=_NORMAL)

    def play(self, channel: TwinChannel, playback_id: str, media: str) -> TwinPlayback:
        """Play to a channel. Ends its music for good."""
        playback = TwinPlayback(playback_id, media, channel)
        self.playbacks[playback_id] = playback
        channel.playbacks.append(playback)
        channel.has_moh = False
        self.schedule(0, lambda: self._start_playback(playback))
        return playback

    def stop(self, playback: TwinPlayback, *, state: str = "done") -> None:
        """End a playback."""
        if self.playbacks.pop(playback.id, None) is None:
            return
        if playback.timer is not None:
            playback.timer.cancel()
        playback.channel.playbacks.remove(playback)
        playback.state = state
        self._emit_playback("PlaybackFinished", playback)
        for tell in self.on_playback_end:
            tell()

    def create_bridge(self, bridge_id: str, *, name: str, kind: str) -> TwinBridge:
        """Make a bridge."""
        self.bridges[bridge_id] = TwinBridge(bridge_id, name, kind, self.stamp())
        return self.bridges[bridge_id]

    def join(self, bridge: TwinBridge, channel: TwinChannel) -> None:
        """Put a channel into a bridge; it leaves the one it is in."""
        self.leave_bridge(channel)
        bridge.channels.append(channel)
        bridge.is_known = True
        channel.bridge = bridge
        self._emit_bridge("ChannelEnteredBridge", bridge, channel=channel.snapshot())

    def leave_bridge(self, channel: TwinChannel) -> None:
        """Take a channel out of its bridge, if it is in one."""
        bridge, channel.bridge = channel.bridge, None
        if bridge is not None:
            bridge.channels.remove(channel)
            self._emit_bridge("ChannelLeftBridge", bridge, channel=channel.snapshot())

    def destroy_bridge(self, bridge: TwinBridge) -> None:
        """Take the bridge away."""
        for channel in list(bridge.channels):
            self.leave_bridge(channel)
        del self.bridges[bridge.id]
        self._emit_bridge("BridgeDestroyed", bridge)

    # The controller comes and goes.

    def connect(self) -> None:
        """A controller connected. Nothing is replayed."""
        self.is_connected = True

    def disconnect(self) -> None:
        """The controller is gone. What is in Stasis stays there."""
        self.is_connected = False

    # Events.

    def stamp(self) -> str:
        """The present instant as Asterisk writes it."""
        return datetime.now(UTC).strftime("%Y-%m-%dT%H:%M:%S.%f")[:-3] + "+0000"

    def send(self, kind: str, *, copies: int = 1, **fields: Any) -> None:
        """Send an event, unless nobody is connected or the filter holds it back. Copies are equal to the letter."""
        if self.is_connected and kind not in self.filtered:
            event = {"type": kind, "timestamp": self.stamp(), "application": self.app} | fields
            for _ in range(copies):
                self.emit(event)

    def emit_channel(self, kind: str, channel: TwinChannel, **fields: Any) -> None:
        """Send an event about a channel: by each of the two ways that lead to us."""
        self.send(kind, copies=self._ways(channel), channel=channel.snapshot(), **fields)

    def enter_stasis(self, channel: TwinChannel, args: list[str]) -> None:
        """Hand a channel to the controller, or keep it until one is there. A leg that is kept says since when."""
        if channel.has_ended:
            return
        if not self.is_connected:
            if args[0] == "leg" and len(args) < _LEG_ARGUMENTS_AFTER_A_WAIT:
                args = [*args, str(int(datetime.now(UTC).timestamp() * 1000))]
            retry = self.schedule(_RETRY_SECONDS, lambda: self.enter_stasis(channel, args))
            channel.timers.append(retry)
            return
        channel.is_in_stasis = True
        channel.arguments = (self.app, *args)
        self.send("StasisStart", args=args, channel=channel.snapshot())

    def is_endpoint_subscribed(self, device: str) -> bool:
        """Whether we are told of this device."""
        return self.subscriptions["endpoint:PJSIP"] > 0 or self.subscriptions[f"endpoint:PJSIP/{device}"] > 0

    def _ways(self, channel: TwinChannel) -> int:
        is_told = channel.is_in_stasis or self.subscriptions[f"channel:{channel.id}"] > 0
        return is_told + self.is_endpoint_subscribed(channel.endpoint)

    def _emit_created(self, channel: TwinChannel) -> None:
        phone = self.phones[channel.endpoint]
        phone.channels.insert(0, channel)
        self._emit_endpoint("EndpointStateChange", phone)
        self.emit_channel("ChannelCreated", channel)

    def _emit_dial(self, channel: TwinChannel, dialstatus: str) -> None:
        copies, peer = self._ways(channel), channel.snapshot()
        self.send("Dial", copies=copies, peer=peer, dialstatus=dialstatus, dialstring=channel.endpoint)

    def _emit_endpoint(self, kind: str, phone: TwinPhone, **fields: Any) -> None:
        if self.is_endpoint_subscribed(phone.id):
            self.send(kind, endpoint=phone.snapshot(), **fields)

    def _emit_bridge(self, kind: str, bridge: TwinBridge, **fields: Any) -> None:
        if bridge.is_known:
            self.send(kind, bridge=bridge.snapshot(), **fields)

    def _emit_playback(self, kind: str, playback: TwinPlayback) -> None:
        self.send(kind, copies=self._ways(playback.channel), playback=playback.snapshot())

    # How things go on by themselves.

    def _arrive(self, device: str, context: str, exten: str, *, number: str, role: str) -> TwinChannel:
        channel_id = f"{self.app}-{next(self._numbers)}"
        channel = self._new_channel(channel_id, device, "Ring", context=context, exten=exten)
        channel.number = number
        self._emit_created(channel)
        channel.variables["TR_DEVICE"] = "" if device == ANONYMOUS else device
        self.enter_stasis(channel, ["entry" if role == "caller" else "phone", exten])
        return channel

    def _new_channel(
        self, channel_id: str, device: str, state: str, *, context: str, exten: str
    ) -> TwinChannel:
        name = f"PJSIP/{device}-{next(self._numbers):08x}"
        # Empty until the first event is out: ChannelCreated shows none of them.
        variables = dict.fromkeys(_VARIABLES, "")
        channel = TwinChannel(
            channel_id, name, device, state, context, exten, self.stamp(), variables=variables
        )
        self.channels[channel_id] = channel
        return channel

    def _follow(self, leg: TwinChannel, answering: Answering) -> None:
        """The phone behaves as its person does, a moment after the INVITE."""
        match answering:
            case Answer(after=after, rings=rings):
                self._later(leg, after, lambda: self.answer_by_phone(leg))
            case Decline(status=status, after=after, rings=rings):
                self._later(leg, after, lambda: self.decline_by_phone(leg, status))
            case _:
                rings = isinstance(answering, RingForEver)
        if rings:
            leg.timers.insert(0, self.schedule(0, lambda: self._ring(leg)))

    def _later(self, leg: TwinChannel, after: timedelta, act: Callable[[], None]) -> None:
        # Never before the ringing, which comes in the loop's next turn.
        leg.timers.append(self.schedule(max(after.total_seconds(), 0.001), act))

    def _ring(self, leg: TwinChannel) -> None:
        self.set_state(leg, "Ringing")
        self._emit_dial(leg, "RINGING")

    def _time_out(self, leg: TwinChannel) -> None:
        """Asterisk gives up: no ChannelHangupRequest, no Dial."""
        self._destroy(leg, cause=_NO_ANSWER, tech_cause=480)

    def _start_playback(self, playback: TwinPlayback) -> None:
        if playback.id not in self.playbacks:
            return
        playback.state = "playing"
        self._emit_playback("PlaybackStarted", playback)
        if playback.media in self.missing_sounds:
            self.stop(playback, state="failed")
        else:
            length = self.playback_length.total_seconds()
            playback.timer = self.schedule(length, lambda: self.stop(playback))

    def _request_hang_up(
        self, channel: TwinChannel, *, cause: int = 0, tech_cause: int = 0, soft: bool = False
    ) -> None:
        given = {"cause": cause, "tech_cause": tech_cause, "soft": soft}
        self.emit_channel(
            "ChannelHangupRequest", channel, **{name: value for name, value in given.items() if value}
        )

    def _end(self, channel: TwinChannel, *, cause: int, tech_cause: int = 0) -> None:
        """What follows a hang-up: out of the bridge, out of Stasis, through the end of the dialplan, gone."""
        for playback in list(channel.playbacks):
            self.stop(playback, state="failed")
        self.leave_bridge(channel)
        if channel.is_in_stasis:
            channel.is_in_stasis = False
            self.send("StasisEnd", channel=channel.snapshot())
            self._request_hang_up(channel, cause=_NORMAL, tech_cause=tech_cause, soft=True)
        self._destroy(channel, cause=cause, tech_cause=tech_cause)

    def _destroy(self, channel: TwinChannel, *, cause: int, tech_cause: int = 0) -> None:
        if channel.has_ended:
            return
        channel.has_ended = True
        self._stop_timers(channel)
        del self.channels[channel.id]
        told = {"tech_cause": tech_cause} if tech_cause else {}
        self.emit_channel("ChannelDestroyed", channel, cause=cause, cause_txt="", **told)
        phone = self.phones[channel.endpoint]
        phone.channels.remove(channel)
        self._emit_endpoint("EndpointStateChange", phone)

    def _stop_timers(self, channel: TwinChannel) -> None:
        for timer in channel.timers:
            timer.cancel()
        channel.timers.clear()

    def _change_registration(self, device: str, *, is_registered: bool) -> None:
        phone = self.phones[device]
        if phone.is_registered == is_registered:
            return
        phone.is_registered = is_registered
        self._emit_endpoint("EndpointStateChange", phone)
        status = "Reachable" if is_registered else "Unreachable"
        self._emit_endpoint("PeerStatusChange", phone, peer={"peer_status": status})
        contact = {"uri": f"sip:{device}@127.0.0.1", "aor": device, "roundtrip_usec": "0"}
        contact["contact_status"] = "NonQualified" if is_registered else "Removed"
        self._emit_endpoint("ContactStatusChange", phone, contact_info=contact)
