"""Why a call went to an agent, in words and in named figures."""

from dataclasses import replace
from datetime import timedelta

import pytest

from app.acd.explanation import Candidate, Explanation
from app.acd.model import SkillRequirement, Strategy, UnavailableReason
from app.api.explain import candidate_key, summary
from app.ids import AgentId, SkillName

LIN = AgentId("lin")
NOON_MICROSECONDS = 1_795_262_400_000_000


def explanation(strategy: Strategy) -> Explanation:
    """A decision of this strategy."""
    return Explanation(
        strategy=strategy,
        queue_weight=0,
        effective_priority=0.0,
        waited=timedelta(0),
        position=1,
        candidates=(),
        eligible=3,
        passed_over=(),
    )


@pytest.mark.parametrize(
    ("strategy", "key", "named"),
    [
        (
            Strategy.LONGEST_IDLE,
            (0, NOON_MICROSECONDS, "lin"),
            {"level": 0, "idle_since": "2026-11-21T12:00:00.000Z"},
        ),
        (Strategy.LINEAR, (1, 4, "lin"), {"level": 1, "position": 4}),
        (
            Strategy.FEWEST_CALLS,
            (0, 7, NOON_MICROSECONDS, "lin"),
            {"level": 0, "calls_answered": 7, "idle_since": "2026-11-21T12:00:00.000Z"},
        ),
        (
            Strategy.LEAST_TALK_TIME,
            (0, 1_500_000, NOON_MICROSECONDS, "lin"),
            {"level": 0, "talk_seconds": 1.5, "idle_since": "2026-11-21T12:00:00.000Z"},
        ),
        (
            Strategy.SKILLS,
            (0, -5, NOON_MICROSECONDS, "lin"),
            {"level": 0, "skill_levels": 5, "idle_since": "2026-11-21T12:00:00.000Z"},
        ),
        (Strategy.RANDOM, (2, "lin"), {"level": 2}),
        (Strategy.WEIGHTED_RANDOM, (0, 10, "lin"), {"level": 0, "weight": 10}),
    ],
)
def test_the_parts_of_a_key_are_named(
    strategy: Strategy, key: tuple[int | str, ...], named: dict[str, object]
) -> None:
    """Instants and durations are written as such; the agent's id, which ends every key, is left out."""
    assert candidate_key(explanation(strategy), Candidate(LIN, key)) == named


@pytest.mark.parametrize("strategy", Strategy)
def test_every_strategy_has_words(strategy: Strategy) -> None:
    """None is forgotten when one is added."""
    assert summary(explanation(strategy), "lin").startswith("Agent lin: ")


def test_an_owner_was_not_compared() -> None:
    """The owner comes first, whatever the strategy; there is no key to show."""
    why = replace(explanation(Strategy.LINEAR), owner_first=True, eligible=1)
    assert candidate_key(why, Candidate(LIN, ("lin",))) == {}
    assert summary(why, "lin") == "Agent lin: owner of the contact, of 1 eligible."


def test_the_summary_tells_who_was_passed_over_and_what_was_asked() -> None:
    """Counts by reason, the owner's reason, skills and levels."""
    why = replace(
        explanation(Strategy.SKILLS),
        passed_over=(("wrap_up", 2), ("unskilled", 1), ("paused", 0)),
        requires=(SkillRequirement(SkillName("英语"), 2),),
        level_limit=1,
        owner_out=UnavailableReason.DEVICE_BUSY,
    )
    assert summary(why, "lin") == (
        "Agent lin: best skill match, of 3 eligible. The owner is out: device busy. "
        "Passed over: 2 wrap up, 1 unskilled. Skills required: 英语 2. Membership levels up to 1."
    )
