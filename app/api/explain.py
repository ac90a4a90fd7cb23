"""An explanation in words: why this agent, and why not the others. The parts of a candidate's key are named as in `acd/selection.py`."""

from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, datetime, timedelta

from app.acd.explanation import Candidate, Explanation
from app.acd.model import Strategy

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
KeyPart = int | float | str

_BECAUSE = {
    Strategy.RING_ALL: "all available agents are rung",
    Strategy.RING_PROGRESSIVELY: "one more agent is rung after each step, longest idle first",
    Strategy.LINEAR: "first in the fixed order of the queue",
    Strategy.ROUND_ROBIN: "next in turn",
    Strategy.LONGEST_IDLE: "longest idle",
    Strategy.FEWEST_CALLS: "fewest calls answered since log-in",
    Strategy.LEAST_TALK_TIME: "least talk time since log-in",
    Strategy.RANDOM: "drawn at random",
    Strategy.WEIGHTED_RANDOM: "drawn at random by weight",
    Strategy.SKILLS: "best skill match",
}


def summary(why: Explanation, agent_id: str) -> str:
    """The decision in two or three sentences."""
    return " ".join(filter(None, (_chosen(why, agent_id), _owner(why), _passed_over(why), _limits(why))))


def candidate_key(why: Explanation, candidate: Candidate) -> dict[str, KeyPart]:
    """The sort key with its parts named: by these, in this order, the candidates were compared. An owner was not compared."""
    names = () if why.owner_first else _NAMES[why.strategy]
    parts = candidate.key[: len(names)]
    return {name: _WRITE.get(name, _as_is)(part) for name, part in zip(names, parts, strict=False)}


def _chosen(why: Explanation, agent_id: str) -> str:
    because = "owner of the contact" if why.owner_first else _BECAUSE[why.strategy]
    return f"Agent {agent_id}: {because}, of {why.eligible} eligible."


def _passed_over(why: Explanation) -> str:
    reasons = [f"{count} {reason.replace('_', ' ')}" for reason, count in why.passed_over if count]
    return f"Passed over: {', '.join(reasons)}." if reasons else ""


def _owner(why: Explanation) -> str:
    return f"The owner is out: {why.owner_out.replace('_', ' ')}." if why.owner_out else ""


def _limits(why: Explanation) -> str:
    skills = [f"{need.skill} {need.level}" for need in why.requires]
    needed = f"Skills required: {', '.join(skills)}." if skills else ""
    level = "" if why.level_limit is None else f"Membership levels up to {why.level_limit}."
    return " ".join(filter(None, (needed, level)))


_NAMES: Mapping[Strategy, Sequence[str]] = {
    Strategy.RING_ALL: ("level", "idle_since"),
    Strategy.RING_PROGRESSIVELY: ("level", "idle_since"),
    Strategy.LINEAR: ("level", "position"),
    Strategy.ROUND_ROBIN: ("level", "position"),
    Strategy.LONGEST_IDLE: ("level", "idle_since"),
    Strategy.FEWEST_CALLS: ("level", "calls_answered", "idle_since"),
    Strategy.LEAST_TALK_TIME: ("level", "talk_seconds", "idle_since"),
    Strategy.RANDOM: ("level",),
    Strategy.WEIGHTED_RANDOM: ("level", "weight"),
    Strategy.SKILLS: ("level", "skill_levels", "idle_since"),
}


def _as_is(part: KeyPart) -> KeyPart:
    return part


def _instant(part: KeyPart) -> KeyPart:
    at = _EPOCH + timedelta(microseconds=int(part))
    return at.isoformat(timespec="milliseconds").replace("+00:00", "Z")


def _seconds(part: KeyPart) -> KeyPart:
    return int(part) / 1_000_000


def _sum_of_levels(part: KeyPart) -> KeyPart:
    """The key holds the negative, so that the best match sorts first."""
    return -int(part)


_WRITE: Mapping[str, Callable[[KeyPart], KeyPart]] = {
    "idle_since": _instant,
    "talk_seconds": _seconds,
    "skill_levels": _sum_of_levels,
}
