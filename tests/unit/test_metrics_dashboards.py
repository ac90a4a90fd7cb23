"""The dashboards that are committed are those that the code makes, and they speak of metrics that exist."""

import json
import re
from pathlib import Path
from typing import Any

import yaml

from metrics.dashboards.__main__ import FOLDER
from metrics.dashboards.files import documents
from metrics.instruments import Instruments
from tests.support.dashboards import expressions, panels

ROOT = Path(__file__).parents[2]
RULES = ROOT / "metrics" / "rules"


def test_the_committed_dashboards_are_those_of_the_code() -> None:
    """Run `python -m metrics.dashboards` after a change."""
    assert {file.name: file.read_text() for file in FOLDER.glob("*.json")} == documents()


def test_every_panel_says_what_it_shows_and_asks_something() -> None:
    """A title, a unit, at least one query with a legend."""
    for document in documents().values():
        for panel in panels(json.loads(document)):
            assert panel["title"]
            assert panel["fieldConfig"]["defaults"]["unit"]
            assert all(target["expr"] and target["legendFormat"] for target in panel["targets"])


def test_large_numbers_turn_red_where_the_alerts_begin() -> None:
    """Grafana's own colours, green and red from 80, say nothing: each number has its own."""
    alerts = {rule["alert"]: rule["expr"] for rule in _rules("alerts.yaml")}
    steps = {
        panel["title"]: [step["value"] for step in panel["fieldConfig"]["defaults"]["thresholds"]["steps"]]
        for document in documents().values()
        for panel in panels(json.loads(document))
        if panel["type"] == "stat"
    }
    assert steps["Longest wait"] == [None, 180]
    assert "> 180" in alerts["ThirdringCallerWaitsLong"]
    assert steps["Within three rings"] == [None, 0.9]
    assert "< 0.9" in alerts["ThirdringThirdRingMissed"]
    assert steps["Waiting"] == [None]


def test_panels_of_a_dashboard_lie_beside_each_other() -> None:
    """None over another, none out of Grafana's 24 columns, and no hole between them."""
    for document in documents().values():
        taken: set[tuple[int, int]] = set()
        for panel in panels(json.loads(document)):
            place = panel["gridPos"]
            cells = {
                (x, y)
                for x in range(place["x"], place["x"] + place["w"])
                for y in range(place["y"], place["y"] + place["h"])
            }
            assert not cells & taken, panel["title"]
            assert max(x for x, _ in cells) < 24
            taken |= cells
        assert len(taken) == 24 * (1 + max(y for _, y in taken))


def test_every_recording_rule_that_a_dashboard_names_exists() -> None:
    """A panel of a rule that was renamed would be empty for ever."""
    recorded = {rule["record"] for rule in _rules("recording.yaml")}
    named = {name for text in _all_expressions() for name in re.findall(r"thirdring:[\w:]+", text)}
    assert named <= recorded


def test_every_instrument_is_shown_somewhere() -> None:
    """What nobody looks at need not be measured."""
    shown = " ".join(_all_expressions())
    exported = {
        family.name for family in Instruments().registry.collect() if family.name.startswith("thirdring_")
    }
    assert {name for name in exported if name not in shown} == {"thirdring_requests_refused"}


def _rules(file: str) -> list[Any]:
    groups = yaml.safe_load((RULES / file).read_text())["groups"]
    return [rule for group in groups for rule in group["rules"]]


def _all_expressions() -> list[str]:
    texts = [rule["expr"] for file in RULES.glob("*.yaml") for rule in _rules(file.name)]
    boards = [text for document in documents().values() for text in expressions(json.loads(document))]
    return [*texts, *boards]
