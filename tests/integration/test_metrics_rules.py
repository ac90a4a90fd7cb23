"""The rules for Prometheus are true: its own tool checks and tries them, and each alert was seen to fire."""

import re
from pathlib import Path

import pytest
import yaml

from tests.support.prometheus import promtool

pytestmark = pytest.mark.integration

RULES = Path(__file__).parents[2] / "metrics" / "rules"


def alerts() -> set[str]:
    """The names of all alerts."""
    groups = yaml.safe_load((RULES / "alerts.yaml").read_text())["groups"]
    return {rule["alert"] for group in groups for rule in group["rules"]}


def test_the_rules_are_well_formed() -> None:
    """As Prometheus itself reads them."""
    said = promtool("check", "rules", "recording.yaml", "alerts.yaml", cwd=RULES)
    assert said.count("SUCCESS") == 2


def test_the_rules_do_what_their_tests_say() -> None:
    """Series by hand, and the values and alerts that must come of them."""
    assert (
        promtool("test", "rules", "recording.yaml", "alerts.yaml", cwd=RULES / "tests").count("SUCCESS") == 2
    )


def test_each_alert_was_seen_to_fire() -> None:
    """One that nobody has seen firing may never do it."""
    cases = yaml.safe_load((RULES / "tests" / "alerts.yaml").read_text())["tests"]
    fired = {
        test["alertname"] for case in cases for test in case["alert_rule_test"] if test.get("exp_alerts")
    }
    assert fired == alerts()


def test_each_alert_says_what_to_do_and_how_urgent_it_is() -> None:
    """Whom it wakes up, what is wrong, what to do."""
    for group in yaml.safe_load((RULES / "alerts.yaml").read_text())["groups"]:
        for rule in group["rules"]:
            assert rule["labels"]["severity"] in {"page", "ticket"}
            assert set(rule["annotations"]) == {"summary", "action"}
            assert re.search(r"\.$", rule["annotations"]["action"])
