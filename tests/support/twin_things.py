"""The things of the twin: its channels, bridges, playbacks and phones, each with the snapshot that Asterisk would send."""

from asyncio import TimerHandle
from dataclasses import dataclass, field
from typing import Any

from app.simulator.answering import Answering, RingForEver

Json = dict[str, Any]

ANONYMOUS = "anonymous"
"""The endpoint of callers who need no registration."""


@dataclass(eq=False)
class TwinChannel:
    """One party's connection."""

    id: str
    name: str
    endpoint: str
    state: str
    context: str
    exten: str
    created_at: str
    number: str = ""
    shows: str = ""
    variables: dict[str, str] = field(default_factory=dict)
    is_leg: bool = False
    """Made by us, by `POST channels`."""
    is_in_stasis: bool = False
    arguments: tuple[str, ...] = ()
    """Those of `Stasis()`, the application first."""
    has_ended: bool = False
    has_moh: bool = False
    bridge: "TwinBridge | None" = None
    playbacks: "list[TwinPlayback]" = field(default_factory=list)
    timers: list[TimerHandle] = field(default_factory=list)

    @property
    def is_up(self) -> bool:
        """Answered."""
        return self.state == "Up"

    def snapshot(self) -> Json:
        """As in `Channel`."""
        return {
            "id": self.id,
            "name": self.name,
            "state": self.state,
            "protocol_id": f"sip-{self.id}",
            "caller": {"name": "", "number": self.number},
            "connected": {"name": "", "number": self.shows},
            "accountcode": "",
            "dialplan": {
                "context": self.context,
                "exten": self.exten,
                "priority": 1,
                "app_name": self._app_name(),
                "app_data": self._app_data(),
            },
            "creationtime": self.created_at,
            "language": "en",
            "channelvars": dict(self.variables),
        }

    def _app_data(self) -> str:
        return ",".join(self.arguments) if self.is_in_stasis else ""

    def _app_name(self) -> str:
        if self.is_in_stasis:
            return "Stasis"
        return "AppDial2" if self.is_leg else "Wait"


@dataclass(eq=False)
class TwinBridge:
    """Where legs meet."""

    id: str
    name: str
    kind: str
    created_at: str
    channels: list[TwinChannel] = field(default_factory=list)
    is_known: bool = False
    """A channel of ours was in it: Asterisk tells us of its end."""

    def snapshot(self) -> Json:
        """As in `Bridge`."""
        return {
            "id": self.id,
            "technology": "simple_bridge",
            "bridge_type": self.kind,
            "bridge_class": "stasis",
            "creator": "Stasis",
            "name": self.name,
            "channels": [channel.id for channel in self.channels],
            "creationtime": self.created_at,
            "video_mode": "talker",
        }


@dataclass(eq=False)
class TwinPlayback:
    """Sound that plays to a channel. While it does, some requests about the channel wait."""

    id: str
    media: str
    channel: TwinChannel
    state: str = "queued"
    timer: TimerHandle | None = None

    def snapshot(self) -> Json:
        """As in `Playback`."""
        return {
            "id": self.id,
            "media_uri": self.media,
            "target_uri": f"channel:{self.channel.id}",
            "language": "en",
            "state": self.state,
        }


@dataclass(eq=False)
class TwinPhone:
    """A device, and how the person at it behaves when it is rung."""

    id: str
    answering: Answering = field(default_factory=RingForEver)
    is_registered: bool = True
    channels: list[TwinChannel] = field(default_factory=list)

    def snapshot(self) -> Json:
        """As in `Endpoint`."""
        return {
            "technology": "PJSIP",
            "resource": self.id,
            "state": "online" if self.is_registered else "offline",
            "channel_ids": [channel.id for channel in self.channels],
        }
