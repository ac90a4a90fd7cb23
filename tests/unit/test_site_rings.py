"""Rings in a site file: the limit, what is done at which ring, and what a missed call costs."""

from collections.abc import Callable
from datetime import date, time, timedelta
from pathlib import Path

import pytest

from app.acd.model import RingStep
from app.calls.model import Charges
from app.calls.shifts import Shift, Shifts
from app.ids import QueueId
from app.site.errors import SiteError
from app.site.loader import load_site
from app.site.model import Site
from metrics.terms import ServiceLevel, Terms

HEAD = "name: Hotline\ntime_zone: Asia/Shanghai\ncadence: cn\n"
Load = Callable[[str], Site]


@pytest.fixture
def load(tmp_path: Path) -> Load:
    """Loads a site file with this text."""

    def loaded(text: str) -> Site:
        path = tmp_path / "site.yaml"
        path.write_text(HEAD + text, encoding="utf-8")
        return load_site(path, today=date(2026, 11, 21))

    return loaded


def test_the_engine_counts_rings_by_the_sites_cadence_and_policy(load: Load) -> None:
    site = load("queues: {q: }\npolicies: {rings: 2}")
    assert (site.floor.rings.ring, site.floor.rings.rings) == (timedelta(seconds=5), 2)
    assert site.floor.rings.span == timedelta(seconds=10)


def test_steps_are_in_the_order_of_their_rings(load: Load) -> None:
    """The bare words stand for the one thing that they name."""
    queues = load(
        "queues: {q: {agent_rings: {3: alert, 2: {phones: 2}}, caller_rings: {12: overflow, 4: {widen: 1, priority: 5}},"
        " overflow: {timeout: {voicemail: box}}}}"
    ).floor.queues
    assert queues[QueueId("q")].agent_rings == (RingStep(2, phones=2), RingStep(3, alert=True))
    assert queues[QueueId("q")].caller_rings == (
        RingStep(4, widen=1, priority=5),
        RingStep(12, overflow=True),
    )


@pytest.mark.parametrize("step", ["overflow", "{overflow: true}", "{overflow: yes, alert: true}"])
def test_an_overflow_at_a_ring_needs_a_place_to_go(load: Load, step: str) -> None:
    """Without one the caller would be hung up."""
    with pytest.raises(SiteError, match=r"queues.q.caller_rings.3.*no `overflow.timeout`"):
        load(f"queues: {{q: {{caller_rings: {{3: {step}}}}}}}")


def test_the_place_to_go_may_stand_in_the_defaults(load: Load) -> None:
    site = load(
        "queue_defaults: {caller_rings: {3: overflow}}\nqueues: {q: {overflow: {timeout: {number: 4001}}}}"
    )
    assert site.floor.queues[QueueId("q")].caller_rings == (RingStep(3, overflow=True),)


@pytest.mark.parametrize(
    ("rings", "expected"), [("{0: alert}", "a number of at least 1"), ("{2: alarm}", "`alert`, `overflow`")]
)
def test_a_wrong_step_is_named(load: Load, rings: str, expected: str) -> None:
    with pytest.raises(SiteError, match=expected):
        load(f"queues: {{q: {{agent_rings: {rings}}}}}")


def test_what_a_missed_call_costs_is_the_sites(load: Load) -> None:
    site = load(
        "queues: {q: }\npolicies: {short_abandon: 3s, missed_calls: {agent: 20, supervisor: 0, on_duty: zhou}}"
    )
    assert site.calls.charges == Charges(20, 0, "zhou", timedelta(seconds=3))
    assert load("queues: {q: }").calls.charges == Charges(10, 50)


def test_shifts_have_hours_in_the_sites_time_zone_and_perhaps_a_supervisor(load: Load) -> None:
    """The bare text is the hours; past midnight is allowed, and so is an overlap."""
    site = load("queues: {q: }\nshifts: {early: {hours: 06:00-14:00, supervisor: wang}, night: 22:00-06:00}")
    early = Shift("early", time(6), time(14), "wang")
    assert site.calls.shifts == Shifts("Asia/Shanghai", (early, Shift("night", time(22), time(6))))


@pytest.mark.parametrize("hours", ["6-14", "25:00-06:00", "06:00", "''"])
def test_a_shift_without_proper_hours_is_a_mistake(load: Load, hours: str) -> None:
    """The error says how hours are written."""
    with pytest.raises(SiteError, match=r"shifts.early.*hours such as `09:00-18:00`"):
        load(f"queues: {{q: }}\nshifts: {{early: {hours}}}")


def test_the_service_level_goes_by_the_formula_and_the_time_of_the_site(load: Load) -> None:
    """Reports and the wallboard take them unless somebody asks otherwise."""
    terms = load(
        "queues: {q: }\npolicies: {service_level_formula: offered, service_level_within: 15s, short_abandon: 3s}"
    ).policies.terms
    assert terms == Terms(
        within=timedelta(seconds=15), short_abandon=timedelta(seconds=3), service_level=ServiceLevel.OFFERED
    )


def test_a_formula_that_nobody_knows_is_a_mistake(load: Load) -> None:
    with pytest.raises(SiteError, match=r"policies.service_level_formula.*answered_and_abandoned"):
        load("queues: {q: }\npolicies: {service_level_formula: lucky}")
