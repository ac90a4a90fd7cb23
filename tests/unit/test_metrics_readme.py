"""The table of definitions that people read is the one that the code counts by."""

import re
from pathlib import Path

from metrics.definitions import FIGURES
from metrics.figure import Figure, Subject
from metrics.terms import SERVICE_LEVELS

README = Path(__file__).parents[2] / "metrics" / "README.md"


def test_the_readme_lists_every_figure_with_its_formula() -> None:
    """Name, unit and formula, and none that does not exist."""
    rows = re.findall(
        r"^\| `(\w+)` \| (count|rate|seconds|number) \| (.+) \|$", README.read_text(), re.MULTILINE
    )
    assert rows == [(each.name, each.unit, each.formula) for each in _in_order()]


def test_the_readme_lists_the_five_service_levels() -> None:
    """With the words of the interface."""
    text = README.read_text()
    assert all(f"| `{name}` | {formula} |" in text for name, formula in SERVICE_LEVELS.items())


def _in_order() -> list[Figure]:
    return sorted(FIGURES.values(), key=lambda figure: list(Subject).index(figure.subject))
