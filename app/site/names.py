"""The names that a site file defines, taken from its raw data, so that references can be checked even in a broken file."""

from collections.abc import Iterator
from typing import Any

from app.site.fields import Names


def section(data: Any, name: str) -> dict[str, Any]:
    """That part of the raw data, empty when it is missing or not a mapping (a mistake which validation reports)."""
    part = data.get(name) if isinstance(data, dict) else None
    return part if isinstance(part, dict) else {}


def entries(data: Any, name: str) -> Iterator[tuple[str, dict[str, Any]]]:
    """Key and fields of each entry of a section, passing over what is no mapping."""
    return ((key, entry) for key, entry in section(data, name).items() if isinstance(entry, dict))


def defined_names(data: Any) -> Names:
    """What references may name, by section. Teams and skills are defined by the agents who have them."""
    names = {
        name: frozenset(section(data, name))
        for name in ("agents", "queues", "devices", "calendars", "trunks")
    }
    agents = [agent for _, agent in entries(data, "agents")]
    names["teams"] = frozenset(agent["team"] for agent in agents if isinstance(agent.get("team"), str))
    names["skills"] = frozenset(skill for agent in agents for skill in _skills(agent.get("skills")))
    return names


def _skills(skills: Any) -> Iterator[str]:
    return (
        (skill for skill in skills if isinstance(skill, str)) if isinstance(skills, dict | list) else iter(())
    )
