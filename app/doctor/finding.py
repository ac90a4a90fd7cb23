"""What a check found."""

from dataclasses import dataclass
from enum import StrEnum


class Level(StrEnum):
    """How bad it is. A site with an ERROR does not work; with a WARNING it works and something will hurt."""

    OK = "ok"
    WARNING = "warning"
    ERROR = "error"


@dataclass(frozen=True, slots=True)
class Finding:
    """One result: what was looked at, what was found, and for anything but OK what to do."""

    level: Level
    title: str
    detail: str
    advice: str = ""


def ok(title: str, detail: str) -> Finding:
    """All is well."""
    return Finding(Level.OK, title, detail)


def warning(title: str, detail: str, *, advice: str) -> Finding:
    """It works, and something will hurt."""
    return Finding(Level.WARNING, title, detail, advice)


def error(title: str, detail: str, *, advice: str) -> Finding:
    """It does not work."""
    return Finding(Level.ERROR, title, detail, advice)


def listed(items: list[str], *, most: int = 8) -> str:
    """A few items in words, and how many more there are."""
    more = f" and {len(items) - most} more" if len(items) > most else ""
    return ", ".join(items[:most]) + more
