"""What a figure is, and how one is made of a formula."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta
from enum import StrEnum
from typing import Any

from metrics.tally import Tally
from metrics.terms import Terms

Value = int | float | None
Formula = Callable[[Tally], Value]
Behind = Callable[[Any, Terms], bool]
"""Whether a figure speaks of a record."""


class Unit(StrEnum):
    """What a value is."""

    COUNT = "count"
    RATE = "rate"
    """Between 0 and 1."""
    SECONDS = "seconds"
    NUMBER = "number"
    """How many of what is no record of its own, or how many on average."""


class Subject(StrEnum):
    """What a figure is about, and so which records are behind it."""

    CALLS = "calls"
    OFFERS = "offers"
    OUTBOUND_CALLS = "outbound_calls"
    AGENT_TIME = "agent_time"


@dataclass(frozen=True, slots=True)
class Figure:
    """A figure. `is_behind` takes a record of its subject: `Passage`, `Offer`, `OutboundCall` or `SeatTime`."""

    name: str
    subject: Subject
    unit: Unit
    formula: str
    value: Callable[[Tally, Terms], Value]
    is_behind: Callable[[Any, Terms], bool]
    needs: str = ""
    """What it waits for: such a figure has a name and a formula, and no value yet. It is never zero."""


class Figures:
    """The figures of one subject by name, in the order in which they are defined and shown."""

    def __init__(self, subject: Subject) -> None:
        self.subject = subject
        self.by_name: dict[str, Figure] = {}

    def figure(self, unit: Unit, behind: Behind) -> Callable[[Formula], Formula]:
        """Make a figure of a function: its name and its docstring are those of the figure."""

        def register(formula: Formula) -> Formula:
            self.add(formula.__name__, unit, formula.__doc__ or "", lambda tally, _: formula(tally), behind)
            return formula

        return register

    def count(self, name: str, text: str, formula: Formula, behind: Behind) -> None:
        """Make a count of an expression: for families of figures that differ in one value."""
        self.add(name, Unit.COUNT, text, lambda tally, _: formula(tally), behind)

    def add(
        self, name: str, unit: Unit, text: str, value: Callable[[Tally, Terms], Value], behind: Behind
    ) -> None:
        """Make a figure whose value depends on the terms."""
        self.by_name[name] = Figure(name, self.subject, unit, text, value, behind)

    def expect(self, name: str, unit: Unit, text: str, *, needs: str) -> None:
        """Name a figure of which nothing is known yet: a formula, and no value."""
        formula = f"{text} Not measured yet: needs {needs}."
        self.by_name[name] = Figure(
            name, self.subject, unit, formula, lambda _tally, _terms: None, lambda _each, _terms: False, needs
        )


# --- arithmetic ------------------------------------------------------------------------------------------------------


def ratio(part: int, whole: int) -> float | None:
    """None of nothing."""
    return part / whole if whole else None


def share(part: timedelta, whole: timedelta) -> float | None:
    """None of no time."""
    return part / whole if whole else None


def average(total: timedelta, count: int) -> float | None:
    """In seconds; None of nothing."""
    return total.total_seconds() / count if count else None
