"""What call control needs to know of the site: entry points, devices, how outbound numbers are dialled."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from enum import StrEnum

from app.acd.model import SkillRequirement
from app.calls.shifts import Shifts
from app.ids import AgentId, DeviceId, EntryNumber, QueueId


class AnswerWhen(StrEnum):
    """When a waiting caller is answered (200), which is when the caller starts to pay."""

    AT_ONCE = "at_once"
    ON_CONNECT = "on_connect"


class WaitingSound(StrEnum):
    """What a caller hears while waiting."""

    MUSIC = "music"
    RINGBACK = "ringback"


@dataclass(frozen=True, slots=True)
class EntryPoint:
    """A dialled number and the queue it leads to."""

    number: EntryNumber
    queue_id: QueueId
    name: str = ""
    answer: AnswerWhen = AnswerWhen.AT_ONCE
    waiting: WaitingSound = WaitingSound.MUSIC
    music: str = "default"
    """Music-on-hold class."""
    priority: int = 0
    requires: tuple[SkillRequirement, ...] = ()
    owner: AgentId | None = None
    """Whose number it is: this agent comes first for `owner_for`, then the queue."""
    owner_for: timedelta = timedelta(0)


@dataclass(frozen=True, slots=True)
class Device:
    """A phone. `extension` is what others dial to reach it."""

    id: DeviceId
    extension: str
    name: str = ""


@dataclass(frozen=True, slots=True)
class Charges:
    """What a missed call costs those on duty, in the site's own unit. Callers who waited less than `spared` cost nothing.

    `supervisor_on_duty` is charged when no shift has a supervisor.
    """

    agent: int = 10
    supervisor: int = 50
    supervisor_on_duty: str | None = None
    spared: timedelta = timedelta(seconds=5)


@dataclass(frozen=True, slots=True)
class CallSettings:
    """The site, as call control sees it.

    `outbound` is the Asterisk dial string for outside numbers with `{number}` in it; None: no outbound calls.
    `ring_grace` is added to an offer's ring time for Asterisk's own time-out, which ends a ringing that no controller ended.
    `join_timeout` is how long Asterisk may take to join two legs, which takes it some milliseconds: then it never will.
    """

    entry_points: Mapping[EntryNumber, EntryPoint] = field(default_factory=dict)
    devices: Mapping[DeviceId, Device] = field(default_factory=dict)
    queue_names: Mapping[QueueId, str] = field(default_factory=dict)
    outbound: str | None = None
    outbound_ring_timeout: timedelta = timedelta(seconds=60)
    ring_grace: timedelta = timedelta(seconds=20)
    join_timeout: timedelta = timedelta(seconds=5)
    charges: Charges = Charges()
    shifts: Shifts = field(default_factory=Shifts)

    def supervisor_at(self, at: datetime) -> str | None:
        """The supervisor on duty at an instant; None: nobody."""
        return self.shifts.supervisor_at(at) or self.charges.supervisor_on_duty
