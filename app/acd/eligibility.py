"""Who may take a call at all: skills that relax and levels that widen while the caller waits.

Requirements relax: `Queue.relaxation` lowers every required level by the value of the last step whose time has come. A
requirement lowered to 0 or less asks for nothing. Levels widen: `Queue.widening` names the highest membership level that may be
used; before its first step only the queue's lowest level serves. Both count from the call's arrival, however many
queues it went through. A queue that widens at rings (`RingStep.widen`) begins with its lowest level, too.
"""

import sys
from collections.abc import Iterable, Mapping
from datetime import timedelta

from app.acd.model import Queue, SkillRequirement, Step
from app.ids import SkillName

Profile = tuple[tuple[SkillName, int], ...]
"""Required skills with their levels, one entry per skill, in the order of the names."""

NO_LIMIT = sys.maxsize
"""Every membership level may be used."""


def profile(requires: Iterable[SkillRequirement]) -> Profile:
    """The requirements in their one canonical form; the highest level counts when a skill is named twice."""
    levels: dict[SkillName, int] = {}
    for need in requires:
        levels[need.skill] = max(need.level, levels.get(need.skill, need.level))
    return tuple(sorted(levels.items()))


def relaxed(required: Profile, steps: tuple[Step, ...], waited: timedelta) -> Profile:
    """What is still asked for after waiting so long."""
    by = _last_value(steps, waited, default=0)
    return tuple((skill, level - by) for skill, level in required) if by else required


def has_levels(queue: Queue) -> bool:
    """Whether a call of the queue may use only some membership levels at first."""
    return bool(queue.widening) or any(step.widen for step in queue.agent_rings + queue.caller_rings)


def level_limit(widening: tuple[Step, ...], waited: timedelta, *, lowest: int) -> int:
    """The highest membership level that may be used after waiting so long; `lowest` is the lowest that the queue has."""
    return _last_value(widening, waited, default=lowest)


def is_skilled(skills: Mapping[SkillName, int], required: Profile) -> bool:
    """Whether these skills satisfy every requirement. A level of 0 or less asks for nothing."""
    return all(level <= 0 or skills.get(skill, 0) >= level for skill, level in required)


def match(skills: Mapping[SkillName, int], required: Profile) -> int:
    """How good a match is: the sum of the agent's levels in the skills asked for."""
    return sum(skills.get(skill, 0) for skill, _ in required)


def steps(queue: Queue) -> tuple[timedelta, ...]:
    """The waiting times at which the queue relaxes or widens, in rising order."""
    return tuple(sorted({step.after for step in queue.relaxation + queue.widening}))


def lowest_level(queue: Queue) -> int:
    """The lowest membership level in the queue."""
    return min((member.level for member in queue.members), default=0)


def _last_value(steps: tuple[Step, ...], waited: timedelta, *, default: int) -> int:
    value = default
    for step in steps:
        if step.after > waited:
            break
        value = step.value
    return value
