"""How the service is: alive, ready, and what is wrong with which part."""

from dataclasses import dataclass, field
from enum import StrEnum
from typing import Self


class Level(StrEnum):
    """How a part of the service is."""

    OK = "ok"
    DEGRADED = "degraded"
    """Calls go on, somebody should look."""
    DOWN = "down"


@dataclass(frozen=True, slots=True)
class Part:
    """One part: `asterisk`, `journal`, `database`, `dispatcher`, `views` (live state and figures). `detail` says what is wrong and what to do."""

    name: str
    level: Level
    detail: str = ""

    @classmethod
    def with_trouble(cls, name: str, trouble: str | None) -> Self:
        """A part that is degraded by this trouble; without one it is well."""
        return cls(name, Level.DEGRADED, trouble) if trouble else cls(name, Level.OK)


@dataclass(frozen=True, slots=True)
class Health:
    """All parts. Ready: calls can be taken now."""

    parts: tuple[Part, ...] = field(default_factory=tuple)

    @property
    def is_ready(self) -> bool:
        """Asterisk and the dispatcher are up; a database that is away does not stop a call."""
        return all(part.level is not Level.DOWN for part in self.parts)
