"""A copy of every call with its legs; see `app/acd/copying.py`."""

from collections.abc import Iterable
from typing import Any

from app.acd.copying import Copier, Copies, Row
from app.calls.call import Call, Leg

_CALLS = Copier(Call, changing={"outbound_agents": list}, without="legs")
_LEGS = Copier(Leg)


def copies_of(calls: Iterable[Call]) -> Copies[Call]:
    """Copy the calls now."""
    calls = list(calls)
    legs = [_LEGS.columns(call.legs.values())[0] for call in calls]
    return Copies(_form, (legs, *_CALLS.columns(calls)))


def _form(legs: list[Row], *call: Any) -> Call:
    return _CALLS.form(*call, legs={leg.id: leg for leg in map(_LEGS.form, legs)})
