"""The rules for Prometheus are true: its own tool checks and tries them, and each alert was seen to fire."""

import json
import re
from pathlib import Path

import pytest
import yaml

from metrics.dashboards.files import documents
from tests.support.dashboards import panels
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


def test_the_promises_of_the_floor_are_no_longer_told_when_nobody_counts_them(tmp_path: Path) -> None:
    """Half are kept while the service runs; it dies after twenty minutes, and what it counted stands in the window for fifteen more."""
    shown = {
        panel["title"]: panel["targets"][0]["expr"]
        for panel in panels(json.loads(documents()["thirdring-floor.json"]))
        if panel["title"] in {"Service level", "Within three rings"}
    }
    steps = {
        'thirdring_queue_calls_answered_total{queue="service"}': "0+4x20",
        'thirdring_queue_calls_answered_in_time_total{queue="service"}': "0+2x20",
        'thirdring_queue_calls_left_total{queue="service",reason="abandoned"}': "0x20",
        'thirdring_queue_calls_short_abandoned_total{queue="service"}': "0x20",
        'thirdring_offers_ended_total{queue="service",outcome="answered"}': "0+4x20",
        'thirdring_offers_answered_in_ring_limit_total{queue="service"}': "0+2x20",
        'thirdring_build_info{version="1"}': "1x20",
    }
    told = [
        {
            "expr": expression,
            "eval_time": at,
            "exp_samples": [{"labels": "{}", "value": 0.5}] if at == "20m" else [],
        }
        for expression in shown.values()
        for at in ("20m", "22m")
    ]
    series = [{"series": name, "values": f"{values} stale"} for name, values in steps.items()]
    case = {"interval": "1m", "input_series": series, "promql_expr_test": told}
    rules = {"rule_files": [str(RULES / "recording.yaml")], "evaluation_interval": "15s", "tests": [case]}
    (tmp_path / "floor.yaml").write_text(yaml.safe_dump(rules))
    assert len(told) == 4
    assert "SUCCESS" in promtool("test", "rules", "floor.yaml", cwd=tmp_path)


def test_with_nobody_logged_in_the_numbers_of_agents_are_known(tmp_path: Path) -> None:
    """Zero, or a share of nobody. With the service away there are none: that alone is `no data`."""
    shown = [
        panel["targets"][0]["expr"]
        for panel in panels(json.loads(documents()["thirdring-agents.json"]))
        if panel["type"] == "stat"
    ]
    told = [
        {
            "expr": f"count({expression})",
            "eval_time": at,
            "exp_samples": [{"labels": "{}", "value": 1}] if at == "5m" else [],
        }
        for expression in shown
        for at in ("5m", "12m")
    ]
    series = [{"series": 'thirdring_agents{status="logged_out",state="idle"}', "values": "8x10 stale"}]
    case = {"interval": "1m", "input_series": series, "promql_expr_test": told}
    (tmp_path / "agents.yaml").write_text(yaml.safe_dump({"tests": [case]}))
    assert len(told) == 8
    assert "SUCCESS" in promtool("test", "rules", "agents.yaml", cwd=tmp_path)


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
