"""The service takes the file descriptors that it may have."""

import resource
from collections.abc import Iterator

import pytest

from app.__main__ import _take_descriptors


@pytest.fixture
def hard() -> Iterator[int]:
    """What the system lets us have; afterwards all is as before."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    yield hard
    resource.setrlimit(resource.RLIMIT_NOFILE, (soft, hard))


def test_a_low_limit_is_raised_as_far_as_it_may_be(hard: int) -> None:
    """1,024 are what many systems give; a thousand wallboards would leave none for the journal."""
    if hard != resource.RLIM_INFINITY and hard <= 1024:
        pytest.skip("this system lets nobody have more")
    resource.setrlimit(resource.RLIMIT_NOFILE, (1024, hard))
    _take_descriptors()
    assert resource.getrlimit(resource.RLIMIT_NOFILE)[0] > 1024
