"""Public holidays as dates: the `holidays` library asked once at load, so that the engine needs no library and no clock.

Most restarts need none of it, and the library with its 200 countries takes a while to read: it is read when a calendar asks.
"""

import re
from collections.abc import Iterator, Mapping, Sequence
from datetime import date
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from holidays import HolidayBase

_YEARS_AHEAD = 2
_SUBSTITUTED = re.compile(r"substituted from (\d\d)/(\d\d)/(\d{4})")


def countries() -> Mapping[str, Sequence[str]]:
    """The countries whose holidays are known, by their ISO 3166 codes, each with its regions."""
    import holidays  # noqa: PLC0415 - see the module

    return holidays.list_supported_countries()


def public_holidays(
    country: str, region: str | None, *, today: date
) -> tuple[frozenset[date], dict[date, int]]:
    """Holidays and make-up working days (each with the weekday it stands for, 0 = Monday) of this year and the next two.

    Governments announce make-up days year by year. The library learns of them with its updates, so update it each autumn.
    """
    years = range(today.year, today.year + _YEARS_AHEAD + 1)
    calendar = _ask(country, region, years)
    stands_for = {
        worked: free.weekday() for free, name in calendar.items() for worked in _worked_instead(name)
    }
    worked = sorted(day for day in getattr(calendar, "weekend_workdays", ()) if day.year in years)
    return frozenset(calendar), {day: stands_for.get(day, 0) for day in worked}


def _ask(country: str, region: str | None, years: range) -> "HolidayBase":
    import holidays  # noqa: PLC0415 - see the module

    # Only the English names of China's holidays are parsed below; other countries may have no English names.
    return holidays.country_holidays(
        country, subdiv=region, years=years, language="en_US" if country == "CN" else None
    )


def _worked_instead(name: str) -> Iterator[date]:
    """`Day off (substituted from 02/14/2026)` names the Saturday that is worked instead."""
    for month, day, year in _SUBSTITUTED.findall(name):
        yield date(int(year), int(month), int(day))
