"""What is wrong with a site file, said so that an operator can mend it without asking."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

Location = tuple[str | int, ...]
"""The way from the top of the file to a field: keys of mappings, indexes of lists."""


@dataclass(frozen=True, slots=True, order=True)
class Place:
    """A position in the file. Lines and columns count from 1, as editors do."""

    line: int = 1
    column: int = 1


@dataclass(frozen=True, slots=True)
class Mistake:
    """One thing to mend: where it stands, which field it is, what was found and what was expected."""

    path: Path
    place: Place
    field: str
    problem: str

    def __str__(self) -> str:
        """`file:line:column: field: problem`, the form that editors and terminals make clickable."""
        where = f"{self.path}:{self.place.line}:{self.place.column}"
        return f"{where}: {self.field}: {self.problem}" if self.field else f"{where}: {self.problem}"


class SiteError(Exception):
    """The site file cannot be used. `mistakes` has all of them, in the order of the file; nothing was changed."""

    def __init__(self, mistakes: Sequence[Mistake]) -> None:
        self.mistakes = tuple(sorted(mistakes, key=lambda mistake: mistake.place))
        super().__init__("\n".join(map(str, self.mistakes)))


def field_path(location: Location) -> str:
    """`("queues", "service", "members", 1)` as `queues.service.members[1]`."""
    path = "".join(f"[{part}]" if isinstance(part, int) else f".{part}" for part in location)
    return path.removeprefix(".")
