"""Fixtures that every test may ask for by name. They are written in tests/support."""

import pytest
import structlog
from hypothesis import HealthCheck, settings

# A busy machine is slow: that is no fault of what is tested.
settings.register_profile("thirdring", deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile("thirdring")

pytest_plugins = [
    "tests.support.asterisk",
    "tests.support.databases",
    "tests.support.accounts",  # After what it imports: pytest rewrites a plugin before its first import.
    "tests.support.figures",
    "tests.support.service",
    "tests.support.service_process",
    "tests.support.stage",
]


@pytest.fixture(autouse=True)
def logs_of_a_test_before_are_over() -> None:
    """A command that ran in this process sets what is logged, and how, for all that follow."""
    structlog.reset_defaults()
