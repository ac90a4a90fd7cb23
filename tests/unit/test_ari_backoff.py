"""Attempts to connect come less and less often, never in step, and start anew after a success."""

import pytest

from app.ari.backoff import Backoff


def backoff(jitter: float) -> Backoff:
    """From 0.1 to 0.5 seconds, with a fixed jitter."""
    return Backoff(first=0.1, longest=0.5, jitter=lambda: jitter)


def test_each_delay_doubles_until_the_longest() -> None:
    """Without jitter's share: the upper end."""
    delays = backoff(1.0)
    assert [round(delays.delay(), 3) for _ in range(5)] == [0.1, 0.2, 0.4, 0.5, 0.5]


@pytest.mark.parametrize(("jitter", "expected"), [(0.0, 0.05), (0.5, 0.075), (1.0, 0.1)])
def test_jitter_takes_away_up_to_half(jitter: float, expected: float) -> None:
    """So several controllers do not knock together."""
    assert backoff(jitter).delay() == pytest.approx(expected)


def test_a_success_starts_anew() -> None:
    """The next loss is another story."""
    delays = backoff(1.0)
    delays.delay()
    delays.delay()
    delays.reset()
    assert delays.delay() == pytest.approx(0.1)
