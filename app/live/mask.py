"""Phone numbers on screens that many people see: enough to recognise a caller, not enough to call."""

_SHORTEST = 5
"""Shorter numbers are extensions of the site, nobody's private data."""
_HIDDEN = 4
"""So many signs are hidden before both ends are shown: one that is missing can be tried out."""


def masked(number: str) -> str:
    """The number with its middle hidden: 13800138000 becomes 138****8000, and 62345678 becomes ******78."""
    if len(number) < _SHORTEST:
        return number
    first, last = (3, 4) if len(number) >= 3 + _HIDDEN + 4 else (0, 2)
    return number[:first] + "*" * (len(number) - first - last) + number[-last:]
