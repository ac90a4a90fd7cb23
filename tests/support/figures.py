"""Measured figures that a person wants to read after a run, whether it passed or not: they stand below the results."""

from collections.abc import Callable

import pytest

Figures = Callable[[str, str], None]
"""Called with what was measured, and how much it is."""

_MARK = "figure: "


@pytest.fixture
def figures(record_property: Callable[[str, object], None]) -> Figures:
    """Writes down a figure. It also stands among the properties of a JUnit report."""
    return lambda what, value: record_property(f"{_MARK}{what}", value)


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """All figures of the run, those of other worker processes too."""
    reports = [report for group in terminalreporter.stats.values() for report in group]
    found = [
        (name.removeprefix(_MARK), value)
        for report in reports
        if getattr(report, "when", "") == "call"
        for name, value in report.user_properties
        if name.startswith(_MARK)
    ]
    if found:
        terminalreporter.section("figures")
    for what, value in found:
        terminalreporter.write_line(f"{what}: {value}")
