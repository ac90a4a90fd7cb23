"""How Asterisk's things look at one moment: channels, bridges, endpoints. They stand in events and in answers.

Only the fields that we use are declared; Asterisk may send more. The names are Asterisk's own and stay inside `app/ari`.
`Answer.decode(list[Channel])` reads them from an answer.
"""

from datetime import UTC, datetime
from enum import StrEnum

from msgspec import Struct


class ChannelState(StrEnum):
    """The channel states that matter here. `Channel.state` is plain text, as Asterisk may know others."""

    DOWN = "Down"
    RING = "Ring"
    RINGING = "Ringing"
    UP = "Up"


class CallerId(Struct, frozen=True):
    """Who calls, as the other party is shown it."""

    name: str = ""
    number: str = ""


class Dialplan(Struct, frozen=True):
    """What the dialplan does with a channel."""

    app_name: str = ""
    app_data: str = ""
    """The application's arguments, such as `thirdring,entry,4001`."""


class Channel(Struct, frozen=True):
    """Snapshot of a channel. `channelvars` holds the variables that ari.conf names; unset ones are empty."""

    id: str
    name: str
    state: str
    creationtime: str = ""
    caller: CallerId = CallerId()
    dialplan: Dialplan = Dialplan()
    channelvars: dict[str, str] = {}  # msgspec copies an empty default for each instance.

    @property
    def created_at(self) -> datetime:
        """When the channel came to be."""
        return instant(self.creationtime)


class Bridge(Struct, frozen=True):
    """Snapshot of a bridge. `channels` are the ids of those in it."""

    id: str
    name: str = ""
    channels: list[str] = []  # msgspec copies an empty default for each instance.


class Endpoint(Struct, frozen=True):
    """Snapshot of a device or trunk. `channel_ids` tells whether it is busy, within Thirdring or outside."""

    technology: str
    resource: str
    state: str = "unknown"
    channel_ids: list[str] = []  # msgspec copies an empty default for each instance.


class Playback(Struct, frozen=True):
    """A playback. `state` is queued, playing, continuing, done or failed; `target_uri` is `channel:ID` or `bridge:ID`."""

    id: str
    state: str
    target_uri: str = ""


class SystemInfo(Struct, frozen=True):
    """Which Asterisk it is."""

    version: str


class StatusInfo(Struct, frozen=True):
    """How long it runs."""

    startup_time: str


class Module(Struct, frozen=True):
    """A loaded module."""

    name: str
    status: str

    @property
    def is_running(self) -> bool:
        """Whether it does its work; one can be loaded and declined."""
        return self.status == "Running"


class AsteriskInfo(Struct, frozen=True):
    """The answer to `asterisk.info()`. Another start than before means that every earlier channel is gone."""

    system: SystemInfo
    status: StatusInfo

    @property
    def started_at(self) -> datetime:
        """When this Asterisk started."""
        return instant(self.status.startup_time)


def instant(text: str) -> datetime:
    """Asterisk's time stamp as an aware instant in UTC. Raises ValueError when it is none."""
    return datetime.fromisoformat(text).astimezone(UTC)
