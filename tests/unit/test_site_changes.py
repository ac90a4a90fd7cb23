"""What a reload tells: every difference between two sites in words, and never a password."""

from dataclasses import replace
from datetime import date, timedelta
from pathlib import Path

import pytest

from app.acd.model import Agent, Strategy
from app.ids import AgentId, DeviceId, QueueId
from app.site.changes import changes
from app.site.loader import load_site
from app.site.model import InPlainSight, Site


@pytest.fixture(scope="module")
def demo() -> Site:
    return load_site(Path("app/site/examples/demo.yaml"), today=date(2026, 11, 21))


def test_a_site_does_not_differ_from_itself(demo: Site) -> None:
    assert changes(demo, replace(demo)) == []


def test_an_agent_who_came_and_one_who_left_are_named(demo: Site) -> None:
    agents = dict(demo.floor.agents)
    del agents[AgentId("agent8")]
    agents[AgentId("agent9")] = Agent(AgentId("agent9"), "Nine")
    new = replace(demo, floor=replace(demo.floor, agents=agents))
    assert changes(demo, new) == ["floor.agents.agent8: removed", "floor.agents.agent9: added"]


def test_a_changed_field_is_named_with_both_values(demo: Site) -> None:
    queue = demo.floor.queues[QueueId("service")]
    changed = replace(queue, wrap_up=timedelta(seconds=90), strategy=Strategy.LINEAR, max_wait=None)
    new = replace(demo, floor=replace(demo.floor, queues={**demo.floor.queues, queue.id: changed}))
    assert changes(demo, new) == [
        "floor.queues.service.strategy: longest_idle, now linear",
        "floor.queues.service.wrap_up: 4s, now 1m30s",
        "floor.queues.service.max_wait: 3m, now none",
    ]


def test_a_changed_password_is_told_but_not_shown(demo: Site) -> None:
    passwords = {**demo.device_passwords, DeviceId("phone1"): InPlainSight("geheim")}
    assert changes(demo, replace(demo, device_passwords=passwords)) == ["device_passwords.phone1: changed"]


def test_pause_codes_are_told_in_order(demo: Site) -> None:
    new = replace(demo, floor=replace(demo.floor, pause_codes=frozenset()))
    assert changes(demo, new) == ["floor.pause_codes: [lunch, meeting, training], now []"]


def test_changed_members_are_counted(demo: Site) -> None:
    queue = demo.floor.queues[QueueId("service")]
    shorter = replace(queue, members=queue.members[:7])
    new = replace(demo, floor=replace(demo.floor, queues={**demo.floor.queues, queue.id: shorter}))
    assert changes(demo, new) == ["floor.queues.service.members: 8 entries, now 7 entries"]
