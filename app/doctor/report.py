"""Findings on the terminal, readable without colour, or as JSON."""

import json
from dataclasses import asdict
from typing import TextIO

from rich.console import Console
from rich.text import Text

from app.doctor.finding import Finding, Level

_WORDS = {Level.OK: "ok", Level.WARNING: "WARNING", Level.ERROR: "ERROR"}
_STYLES = {Level.OK: "green", Level.WARNING: "yellow", Level.ERROR: "bold red"}
_INDENT = 9


def show(findings: list[Finding], *, file: TextIO) -> None:
    """A line for each good finding, a paragraph with advice for each other one, and a sum."""
    console = Console(file=file, highlight=False)
    for finding in findings:
        _show_one(console, finding)
    console.print(Text(f"\n{_sum(findings)}"))


def as_json(findings: list[Finding]) -> str:
    """The findings as a JSON list of objects with `level`, `title`, `detail` and `advice`."""
    return json.dumps([asdict(finding) for finding in findings], ensure_ascii=False, indent=2)


def _show_one(console: Console, finding: Finding) -> None:
    first, *more = finding.detail.splitlines() or [""]
    head = Text(_WORDS[finding.level].ljust(_INDENT), style=_STYLES[finding.level])
    console.print(
        head.append(finding.title, style="bold not dim").append(f": {first}", style="default"), soft_wrap=True
    )
    for line in (*more, *([f"→ {finding.advice}"] if finding.advice else [])):
        console.print(Text(" " * _INDENT + line), soft_wrap=True)


def _sum(findings: list[Finding]) -> str:
    counts = {level: sum(finding.level is level for finding in findings) for level in Level}
    return f"{counts[Level.OK]} ok, {counts[Level.WARNING]} warnings, {counts[Level.ERROR]} errors"
