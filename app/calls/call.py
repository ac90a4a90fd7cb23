"""A call and its legs.

A call goes through phases in one direction, except that a call whose agent hung up before the two were joined waits again:

    phase        what the caller hears        left by
    WAITING      music or ring-back           an agent's answer, a diversion, the end
    CONNECTING   the same, for some ms        both legs in the bridge; back to WAITING when the agent is gone, or the join fails
    TALKING      the other party              the end
    DIVERTED     a prompt, or what it heard   the other number's answer leads to TALKING; the end
    ENDING       nothing                      the last leg's end

A direct call (outbound, internal) starts in WAITING: its initiator hears ring-back until the callee answers.
"""

from dataclasses import dataclass, field
from datetime import datetime, timedelta
from enum import StrEnum

from app.acd.facts import CallLeft
from app.acd.model import Target, TargetKind
from app.calls.hangup import HangUpParty, LegEnd
from app.calls.model import WaitingSound
from app.ids import AgentId, BridgeId, CallId, DeviceId, EntryNumber, LegId


class CallKind(StrEnum):
    """Where a call comes from."""

    INBOUND = "inbound"
    OUTBOUND = "outbound"
    INTERNAL = "internal"


class Phase(StrEnum):
    """Where a call stands; see the table above."""

    WAITING = "waiting"
    CONNECTING = "connecting"
    TALKING = "talking"
    DIVERTED = "diverted"
    ENDING = "ending"


class LegRole(StrEnum):
    """What a leg is in its call."""

    CALLER = "caller"
    """The inbound caller of a queued call."""
    AGENT = "agent"
    """An agent's phone, rung for an offer."""
    INITIATOR = "initiator"
    """The phone that started a direct call."""
    CALLEE = "callee"
    """The far end of a direct or diverted call."""


@dataclass(slots=True)
class Leg:
    """One party's connection. Instants are None until they come."""

    id: LegId
    call_id: CallId
    role: LegRole
    started_at: datetime
    device_id: DeviceId | None = None
    agent_id: AgentId | None = None
    ringing_at: datetime | None = None
    answered_at: datetime | None = None
    joined_at: datetime | None = None
    held_since: datetime | None = None
    """Since when this party has the others on hold."""
    is_dropped: bool = False
    """We asked for its end; what comes from it now is late."""


@dataclass(slots=True)
class Call:
    """One contact from entry to end, whatever legs it has."""

    id: CallId
    kind: CallKind
    arrived_at: datetime
    from_number: str
    to_number: str
    phase: Phase = Phase.WAITING
    entry: EntryNumber | None = None
    legs: dict[LegId, Leg] = field(default_factory=dict)
    winner: LegId | None = None
    """The agent's leg that took a queued call."""
    sound: WaitingSound | None = None
    """What the caller hears now, while waiting; None: nothing of ours."""
    music: str = "default"
    diverted_to: Target | None = None
    """Where a DIVERTED call goes."""
    outbound_agents: list[AgentId] = field(default_factory=list)
    """Who is OUTBOUND because of this direct call."""
    has_bridge: bool = False
    is_answered: bool = False
    """The inbound leg has had its 200."""
    join_by: datetime | None = None
    """When Asterisk must have joined the parties, while it was asked to."""
    bridged_at: datetime | None = None
    held_since: datetime | None = None
    """Since when somebody at one of our phones has the other party on hold. What the caller's own phone holds is no hold here."""
    held: timedelta = timedelta(0)
    """How long that was before."""
    ended_by: HangUpParty | None = None
    cause: int = 0
    left: CallLeft | None = None
    """How it last left a queue without an agent."""

    @property
    def bridge_id(self) -> BridgeId:
        """The bridge in which the parties of this call meet."""
        return BridgeId(f"{self.id}-bridge")

    def leg_of(self, role: LegRole) -> Leg | None:
        """The live leg in that role (for AGENT: the winner's)."""
        if role is LegRole.AGENT:
            return self.legs.get(self.winner) if self.winner else None
        return next((leg for leg in self.legs.values() if leg.role is role and not leg.is_dropped), None)

    def unseen_end_of(self, leg: Leg) -> LegEnd:
        """How a leg ended of whose end nobody saw more than that it is gone."""
        if leg.is_dropped:
            return LegEnd.BY_US
        if leg.id == LegId(self.id) and self.phase is not Phase.TALKING:
            # Whoever called and talks to nobody yet has left, or was given back to the dialplan.
            return LegEnd.BY_US if self.is_given_back else LegEnd.BY_PHONE
        return LegEnd.UNSEEN

    @property
    def is_given_back(self) -> bool:
        """Whether the caller is the dialplan's now."""
        return self.diverted_to is not None and self.diverted_to.kind is TargetKind.VOICEMAIL

    def note_hold(self, leg: Leg, now: datetime, *, is_held: bool) -> None:
        """The leg's party pressed the hold key, or released it. Two who hold at once are one hold, until both have released."""
        leg.held_since = now if is_held else None
        is_on_hold = any(
            each.held_since is not None and each.device_id is not None and each.role is not LegRole.CALLER
            for each in self.legs.values()
        )
        if not is_on_hold:
            self.end_hold(now)
        elif self.held_since is None:
            self.held_since = now

    def end_hold(self, now: datetime) -> None:
        """Add a running hold to the sum. May be called twice."""
        if self.held_since is not None:
            self.held += now - self.held_since
            self.held_since = None
