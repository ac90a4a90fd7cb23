"""A masked number is enough to recognise a caller, and not enough to call."""

import pytest

from app.live.mask import masked


@pytest.mark.parametrize(
    ("number", "shown"),
    [
        ("13800138000", "138****8000"),
        ("+8613800138000", "+86*******8000"),
        ("62345678", "******78"),
        ("2125550123", "********23"),
        ("84512", "***12"),
        ("4001", "4001"),
        ("", ""),
    ],
)
def test_at_least_three_digits_of_an_outside_number_are_hidden(number: str, shown: str) -> None:
    """Four where both ends are shown: one hidden digit is ten calls away."""
    assert masked(number) == shown
