"""From declarations to the `Floor`: agents, and queues with defaults filled in, members spread out, holidays as dates."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import date, time
from typing import TypeVar

from app.acd.model import (
    Agent,
    AutoPause,
    Calendar,
    Delays,
    Floor,
    Membership,
    OpenHours,
    Overflow,
    Queue,
    RingStep,
    SkillRequirement,
    Step,
    Target,
    TargetKind,
    UnavailableReason,
)
from app.acd.rings import RingLimit
from app.ids import AgentId, DeviceId, PauseCode, QueueId, SkillName
from app.site.calendars import public_holidays
from app.site.declarations import (
    AgentDeclaration,
    CalendarDeclaration,
    Declaration,
    MemberDeclaration,
    OverflowDeclaration,
    QueueDeclaration,
    QueuePolicy,
    RingStepDeclaration,
    SiteDeclaration,
    TargetDeclaration,
)
from app.site.fields import parse_duration, parse_weekdays

D = TypeVar("D", bound=Declaration)
Calendars = Mapping[str, Calendar]


def build_floor(declared: SiteDeclaration, *, today: date) -> Floor:
    """Everything the engine routes by. `today` says which years' holidays are needed."""
    calendars = {name: _calendar(it, declared.time_zone, today) for name, it in declared.calendars.items()}
    people = _People.of(declared.agents)
    queues = (
        _queue(key, queue, with_defaults(declared.queue_defaults, queue), people, calendars)
        for key, queue in declared.queues.items()
    )
    return Floor(
        agents={AgentId(key): _agent(key, agent) for key, agent in declared.agents.items()},
        queues={queue.id: queue for queue in queues},
        pause_codes=frozenset(map(PauseCode, declared.pause_codes)),
        rings=RingLimit(declared.cadence.ring, declared.policies.rings),
    )


def with_defaults(defaults: D, own: Declaration) -> D:
    """`defaults`, with what `own` says put over them, field by field. A target is one value and is replaced whole."""
    changes = {}
    for name in own.model_fields_set & set(type(defaults).model_fields):
        value, default = getattr(own, name), getattr(defaults, name)
        is_group = isinstance(value, Declaration) and not value.exactly_one_of
        changes[name] = with_defaults(default, value) if is_group else value
    return defaults.model_copy(update=changes)


def requirements(skills: Mapping[str, int]) -> tuple[SkillRequirement, ...]:
    """`{english: 2}` as what a call requires."""
    return tuple(SkillRequirement(SkillName(skill), level) for skill, level in skills.items())


def _agent(id_: str, agent: AgentDeclaration) -> Agent:
    return Agent(
        id=AgentId(id_),
        name=agent.name or id_,
        device_id=DeviceId(agent.device) if agent.device else None,
        skills={SkillName(skill): level for skill, level in agent.skills.items()},
        wrap_up=agent.wrap_up,
    )


def _queue(
    id_: str, queue: QueueDeclaration, policy: QueuePolicy, people: "_People", calendars: Calendars
) -> Queue:
    return Queue(
        id=QueueId(id_),
        name=queue.name or id_,
        members=_memberships(queue.members, people),
        strategy=policy.strategy,
        weight=policy.weight,
        ageing_per_minute=policy.ageing_per_minute,
        ring_timeout=policy.ring_timeout,
        progressive_step=policy.progressive_step,
        wrap_up=policy.wrap_up,
        widening=_steps(policy.widening),
        relaxation=_steps(policy.relaxation),
        max_length=policy.max_length,
        max_wait=policy.max_wait,
        join_unless=_reasons(policy.join_unless),
        leave_when=_reasons(policy.leave_when),
        overflow=_overflow(policy.overflow),
        calendar=calendars[policy.calendar] if policy.calendar else None,
        delays=Delays(**dict(policy.delays)),
        auto_pause=AutoPause(**dict(policy.auto_pause)),
        no_answer_resets_idle=policy.no_answer_resets_idle,
        seed=policy.seed,
        agent_rings=_ring_steps(policy.agent_rings),
        caller_rings=_ring_steps(policy.caller_rings),
    )


@dataclass(slots=True)
class _People:
    """Whom an entry of a queue's members can mean, in the order of the file."""

    by_team: dict[str, list[str]] = field(default_factory=dict)
    by_skill: dict[str, list[tuple[str, int]]] = field(default_factory=dict)

    @classmethod
    def of(cls, agents: Mapping[str, AgentDeclaration]) -> "_People":
        people = cls()
        for id_, agent in agents.items():
            if agent.team:
                people.by_team.setdefault(agent.team, []).append(id_)
            for skill, level in agent.skills.items():
                people.by_skill.setdefault(skill, []).append((id_, level))
        return people

    def included(self, member: MemberDeclaration) -> Iterable[str]:
        """The agents that the entry means: it names one, or a team, or a skill."""
        if member.agent:
            return (member.agent,)
        if member.team:
            return self.by_team.get(member.team, ())
        skilled = self.by_skill.get(member.skill or "", ())
        return (id_ for id_, level in skilled if level >= member.at_least)


def _memberships(members: list[MemberDeclaration], people: _People) -> tuple[Membership, ...]:
    """Each agent once: by the entry that names the agent, else by the first entry that includes the agent."""
    chosen: dict[str, MemberDeclaration] = {}
    named = {member.agent: member for member in members if member.agent}
    for member in members:
        for agent in people.included(member):
            chosen.setdefault(agent, named.get(agent, member))
    return tuple(
        Membership(AgentId(agent), level=member.level, position=position, weight=member.weight)
        for position, (agent, member) in enumerate(chosen.items())
    )


def _steps(steps: Mapping[str, int]) -> tuple[Step, ...]:
    return tuple(
        sorted((Step(parse_duration(after), value) for after, value in steps.items()), key=lambda s: s.after)
    )


def _ring_steps(steps: Mapping[int, RingStepDeclaration]) -> tuple[RingStep, ...]:
    return tuple(_ring_step(ring, steps[ring]) for ring in sorted(steps))


def _ring_step(ring: int, step: RingStepDeclaration) -> RingStep:
    return RingStep(
        ring,
        alert=step.alert or step.word == "alert",
        phones=step.phones,
        widen=step.widen,
        priority=step.priority,
        overflow=step.overflow or step.word == "overflow",
    )


def _reasons(reasons: list[UnavailableReason] | None) -> frozenset[UnavailableReason] | None:
    return None if reasons is None else frozenset(reasons)


def _overflow(overflow: OverflowDeclaration) -> Overflow:
    return Overflow(**{reason: _target(target) for reason, target in overflow if target is not None})


def _target(target: TargetDeclaration) -> Target:
    for kind in (TargetKind.QUEUE, TargetKind.NUMBER, TargetKind.VOICEMAIL, TargetKind.MESSAGE):
        if value := getattr(target, kind.value):
            return Target(kind, value)
    return Target(TargetKind.HANG_UP)


def _calendar(declared: CalendarDeclaration, site_time_zone: str, today: date) -> Calendar:
    free, make_up_days = frozenset[date](), dict[date, int]()
    if (public := declared.holidays) is not None:
        free, make_up_days = public_holidays(public.country, public.region, today=today)
    return Calendar(
        time_zone=declared.time_zone or site_time_zone,
        hours=tuple(
            OpenHours(parse_weekdays(days), opens, closes)
            for days, hours in declared.hours.items()
            for opens, closes in hours
        ),
        holidays=free | frozenset(declared.closed),
        holiday_hours=_daily(declared.holiday_hours),
        make_up_days=make_up_days | declared.make_up_days,
    )


def _daily(hours: list[tuple[time, time]]) -> tuple[OpenHours, ...]:
    return tuple(OpenHours(frozenset(range(7)), opens, closes) for opens, closes in hours)
