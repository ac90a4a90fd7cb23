"""Why a call went to an agent, as a value that is journaled with the offer."""

from dataclasses import dataclass
from datetime import timedelta

from app.acd.model import SkillRequirement, Strategy, UnavailableReason
from app.ids import AgentId

UNSKILLED = "unskilled"
"""Passed over although available: a required skill is missing or too low."""

ABOVE_LEVEL = "above_level"
"""Passed over although available: the membership level may not be used yet."""


@dataclass(frozen=True, slots=True)
class Candidate:
    """An agent who could have taken the call, with the sort key (readable parts) of the queue's strategy."""

    agent_id: AgentId
    key: tuple[int | float | str, ...]


@dataclass(frozen=True, slots=True)
class Explanation:
    """Why this call went to this agent: enough to answer "why not me?" later.

    `candidates` are the first few in order (the first is the chosen one), `eligible` how many there were,
    `passed_over` counts the queue's other members by the reason they were out: an `UnavailableReason`, or `unskilled` or
    `above_level`. `selection.py` says what the keys of the candidates are made of. `owner_out` says why an owner, to whom the
    call was to come first, is out now; None: there is no such owner, or the owner may be chosen like everybody else.
    """

    strategy: Strategy
    queue_weight: int
    effective_priority: float
    waited: timedelta
    position: int
    candidates: tuple[Candidate, ...]
    eligible: int
    passed_over: tuple[tuple[str, int], ...]
    level_limit: int | None = None
    requires: tuple[SkillRequirement, ...] = ()
    owner_first: bool = False
    owner_out: UnavailableReason | None = None
