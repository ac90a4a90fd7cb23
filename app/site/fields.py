"""The kinds of value a site file has: how each is read, what is expected when it cannot be, and its JSON schema.

Every value arrives as text (see `document.py`). A parser raises `expected(...)`; `mistakes.py` adds what was found and where.
"""

import re
from collections.abc import Callable, Iterable, Mapping
from datetime import date, time, timedelta
from difflib import get_close_matches
from ipaddress import ip_address, ip_network
from typing import Annotated, Any
from zoneinfo import available_timezones

from pydantic import (
    AfterValidator,
    BeforeValidator,
    Field,
    GetCoreSchemaHandler,
    GetJsonSchemaHandler,
    PlainSerializer,
    ValidationInfo,
    WithJsonSchema,
)
from pydantic.json_schema import JsonSchemaValue
from pydantic_core import CoreSchema, PydanticCustomError, core_schema

from app.acd.rings import Cadence
from app.site.cadence import CADENCES
from app.site.calendars import countries
from app.site.model import PortRange

Names = Mapping[str, frozenset[str]]
"""The names that a file defines, by section: what a reference may name. Handed over as the validation context."""


def expected(what: str) -> PydanticCustomError:
    """A mistake that says what should stand there."""
    return PydanticCustomError("expected", "{what}", {"what": what})


def did_you_mean(found: object, candidates: frozenset[str]) -> str:
    """`; did you mean "queue"?` when a candidate looks like what was found, else nothing."""
    matches = get_close_matches(str(found), sorted(candidates), n=1)
    return f'; did you mean "{matches[0]}"?' if matches else ""


def _text(parse: Callable[[str], Any], what: str) -> BeforeValidator:
    """Reads text with `parse`; whatever it refuses, `what` was expected."""

    def validate(value: Any) -> Any:
        if not isinstance(value, str):
            raise expected(what)
        try:
            return parse(value)
        except (ValueError, OverflowError):
            raise expected(what) from None

    return BeforeValidator(validate)


def _matching(pattern: str, what: str) -> BeforeValidator:
    def parse(text: str) -> str:
        if not re.fullmatch(pattern, text):
            raise ValueError(text)
        return text

    return _text(parse, what)


def _schema(pattern: str, **more: Any) -> WithJsonSchema:
    return WithJsonSchema({"type": "string", "pattern": pattern, **more})


def _number_schema(pattern: str, **more: Any) -> WithJsonSchema:
    """For text that YAML's editors take for a number when it has no quotes."""
    return WithJsonSchema({"type": ["string", "integer"], "pattern": pattern, **more})


# --- words -----------------------------------------------------------------------------------------------------

_NAME = r"\w[\w.-]{0,63}"
_SECTION_NAME = r"[A-Za-z0-9][A-Za-z0-9_-]{0,39}"
_NUMBER = r"\+?[0-9]{2,20}"
_EXTENSION = r"[0-9]{2,15}"
_PRINTABLE = r"[!-:<-Z\\^-~]{1,120}"

Text = Annotated[
    str,
    _matching(r"[^\x00-\x1f\x7f]+", "text in one line"),
    WithJsonSchema({"type": ["string", "integer"]}),
]
Name = Annotated[
    str,
    _matching(_NAME, "a name of letters (of any script), digits, `_`, `-` and `.`, at most 64"),
    _number_schema(r"^\S{1,64}$"),
]
SectionName = Annotated[
    str,
    _matching(_SECTION_NAME, "a name of ASCII letters, digits, `_` and `-`, at most 40"),
    _number_schema(rf"^{_SECTION_NAME}$"),
]
"""Names that become section names of Asterisk's configuration and parts of SIP addresses: ASCII only."""
DisplayName = Annotated[
    str,
    _matching(
        r"[^\x00-\x1f\x7f;\[\]\"<>]{1,80}", 'at most 80 characters in one line, none of them ; [ ] " < >'
    ),
    WithJsonSchema({"type": ["string", "integer"]}),
]
Number = Annotated[
    str,
    _matching(_NUMBER, "a telephone number: 2 to 20 digits, with or without a `+` before them"),
    _number_schema(rf"^{_NUMBER}$"),
]
Extension = Annotated[str, _matching(_EXTENSION, "2 to 15 digits"), _number_schema(rf"^{_EXTENSION}$")]
Secret = Annotated[
    str,
    _matching(_PRINTABLE, "1 to 120 printable ASCII characters without spaces and ; [ ]"),
    _number_schema(rf"^{_PRINTABLE}$"),
]
_ARI_URL = r"https?://[^\s/@]+(/[^\s?]*)?/ari"
AriUrl = Annotated[
    str,
    _matching(
        _ARI_URL, "the base address of ARI without user and password, such as `http://127.0.0.1:8088/ari`"
    ),
    _schema(rf"^{_ARI_URL}$"),
]
HangUp = Annotated[
    str,
    _matching(
        "hang_up", "`hang_up`, or where to: `{queue: …}`, `{number: …}`, `{voicemail: …}` or `{message: …}`"
    ),
    WithJsonSchema({"const": "hang_up"}),
]
RingWord = Annotated[
    str,
    _matching(
        "alert|overflow",
        "`alert`, `overflow`, or what is done: `{alert: true, phones: 2, widen: 1, priority: 5, overflow: true}`",
    ),
    WithJsonSchema({"enum": ["alert", "overflow"]}),
]


# --- durations, times, dates -----------------------------------------------------------------------------------

_UNITS = {"d": 86_400_000, "h": 3_600_000, "m": 60_000, "s": 1_000, "ms": 1}
_DURATION = r"(?:\d+d)?(?:\d+h)?(?:\d+m(?!s))?(?:\d+(?:\.\d+)?s)?(?:\d+ms)?"
_LONGEST = timedelta(days=366)


def parse_duration(text: str) -> timedelta:
    """`15s`, `2m`, `1h30m`, `400ms`, `0s`. Raises ValueError for anything else."""
    if not text or not re.fullmatch(_DURATION, text, re.ASCII):
        raise ValueError(text)
    parts = re.findall(r"([\d.]+)([a-z]+)", text)
    duration = timedelta(milliseconds=sum(float(amount) * _UNITS[unit] for amount, unit in parts))
    if duration > _LONGEST:
        raise ValueError(text)
    return duration


def write_duration(duration: timedelta) -> str:
    """The text that `parse_duration` reads back: `90 s` as `1m30s`."""
    rest = round(duration / timedelta(milliseconds=1))
    words = []
    for unit, size in _UNITS.items():
        amount, rest = divmod(rest, size)
        words += [f"{amount}{unit}"] if amount else []
    return "".join(words) or "0s"


def _positive_duration(text: str) -> timedelta:
    duration = parse_duration(text)
    if not duration:
        raise ValueError(text)
    return duration


_written = PlainSerializer(write_duration, when_used="json")
_duration_schema = _schema(rf"^(?=.){_DURATION}$")

Duration = Annotated[
    timedelta, _text(parse_duration, "a duration such as `15s`, `2m` or `1h30m`"), _written, _duration_schema
]
PositiveDuration = Annotated[
    timedelta,
    _text(_positive_duration, "a duration longer than zero, such as `15s`, `2m` or `1h30m`"),
    _written,
    _duration_schema,
]


def parse_hours(text: str) -> tuple[time, time]:
    """`09:00-18:00`; `24:00` is midnight. The same time twice means round the clock."""
    match = re.fullmatch(r"([0-9]{1,2}):([0-9]{2})\s*-\s*([0-9]{1,2}):([0-9]{2})", text)
    if match is None:
        raise ValueError(text)
    opens_hour, opens_minute, closes_hour, closes_minute = map(int, match.groups())
    if (closes_hour, closes_minute) == (24, 0):
        closes_hour = 0
    return time(opens_hour, opens_minute), time(closes_hour, closes_minute)


_hours_schema = {"type": "string", "pattern": r"^[0-9]{1,2}:[0-9]{2} *- *[0-9]{1,2}:[0-9]{2}$"}
Hours = Annotated[
    tuple[time, time],
    _text(parse_hours, "hours such as `09:00-18:00`, or `00:00-24:00` for round the clock"),
    WithJsonSchema(_hours_schema),
]
ListOfHours = Annotated[
    list[Hours],
    BeforeValidator(lambda value: [value] if isinstance(value, str) else value),
    WithJsonSchema({"anyOf": [_hours_schema, {"type": "array", "items": _hours_schema}]}),
]
"""One opening time, or a list of them."""

_WEEKDAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")


def parse_weekday(text: str) -> int:
    """`mon` as 0. Raises ValueError for anything else."""
    return _WEEKDAYS.index(text.strip().lower())


def parse_weekdays(text: str) -> frozenset[int]:
    """`mon-fri`, `sat`, `sat,sun`, `fri-mon` (over the weekend) or `daily` as the set of weekdays, 0 = Monday."""
    if text == "daily":
        return frozenset(range(7))
    days: set[int] = set()
    for part in text.split(","):
        first, is_range, last = part.partition("-")
        start = parse_weekday(first)
        length = (parse_weekday(last) - start) % 7 if is_range else 0
        days |= {(start + step) % 7 for step in range(length + 1)}
    return frozenset(days)


def _checked(parse: Callable[[str], object], what: str) -> BeforeValidator:
    """Keeps the text and makes sure that `parse` will read it: for keys, whose text must stay distinct."""

    def keep(text: str) -> str:
        parse(text)
        return text

    return _text(keep, what)


WeekdaysText = Annotated[
    str, _checked(parse_weekdays, "weekdays such as `mon-fri`, `sat`, `sat,sun` or `daily`")
]
Weekday = Annotated[
    int,
    _text(parse_weekday, "a weekday: one of mon, tue, wed, thu, fri, sat, sun"),
    WithJsonSchema({"enum": list(_WEEKDAYS)}),
]
DurationText = Annotated[str, _checked(parse_duration, "a duration such as `30s`"), _duration_schema]
Date = Annotated[
    date,
    _text(date.fromisoformat, "a date such as `2026-10-01`"),
    _schema(r"^[0-9]{4}-[0-9]{2}-[0-9]{2}$"),
]


def _distinct_steps(steps: dict[str, int]) -> dict[str, int]:
    if len({parse_duration(after) for after in steps}) < len(steps):
        raise expected("each waiting time once")
    return steps


Steps = Annotated[dict[DurationText, Annotated[int, Field(ge=0)]], AfterValidator(_distinct_steps)]
"""Waiting time → value from then on."""


# --- addresses ---------------------------------------------------------------------------------------------------


def is_address(text: str) -> bool:
    """Whether it is an IP address rather than a name."""
    try:
        ip_address(text)
    except ValueError:
        return False
    return True


Address = Annotated[
    str,
    _checked(ip_address, "an IP address of this machine, such as `127.0.0.1`"),
    WithJsonSchema({"type": "string"}),
]
Network = Annotated[
    str,
    _checked(lambda text: ip_network(text, strict=False), "an address or a network such as `192.0.2.0/24`"),
    WithJsonSchema({"type": "string"}),
]
Host = Annotated[
    str,
    _matching(r"[A-Za-z0-9.:-]{1,120}", "a host name or an address, with or without `:port`"),
    WithJsonSchema({"type": "string"}),
]
SipUser = Annotated[
    str,
    _matching(r"[\w.+@-]{1,80}", "a SIP user name"),
    WithJsonSchema({"type": ["string", "integer"]}),
]


# --- places and ports ------------------------------------------------------------------------------------------


def _one_of(known: Callable[[], Iterable[str]], kind: str) -> AfterValidator:
    """One of many names, which are asked for when the first value comes: most sites name no country."""

    def validate(value: str) -> str:
        candidates = frozenset(known())
        if value not in candidates:
            raise expected(f"{kind}{did_you_mean(value, candidates)}")
        return value

    return AfterValidator(validate)


TimeZone = Annotated[
    str,
    _one_of(available_timezones, "an IANA time zone such as `Asia/Shanghai`"),
    WithJsonSchema({"type": "string"}),
]
Country = Annotated[
    str,
    BeforeValidator(lambda value: value.upper() if isinstance(value, str) else value),
    _one_of(countries, "a country code (ISO 3166) such as `cn` or `us`"),
    WithJsonSchema({"type": "string"}),
]


def _cadence(value: Any) -> Any:
    known = frozenset(CADENCES)
    if isinstance(value, str) and value not in known:
        hint = did_you_mean(value, known) or "."
        countries = ", ".join(sorted(known))
        raise expected(f"a list such as `[1s, 4s]` or a country{hint} Known: {countries}")
    return CADENCES[value] if isinstance(value, str) else _custom_cadence(value)


def _custom_cadence(value: Any) -> Cadence:
    what = (
        "bursts and pauses in turn, each longer than zero, such as `[1s, 4s]` or `[400ms, 200ms, 400ms, 2s]`"
    )
    if not isinstance(value, list) or not value or len(value) % 2:
        raise expected(what)
    try:
        return Cadence("custom", tuple(map(_positive_duration, value)))
    except (TypeError, ValueError):
        raise expected(what) from None


CadenceField = Annotated[
    Cadence,
    BeforeValidator(_cadence),
    PlainSerializer(lambda cadence: cadence.name, when_used="json"),
    WithJsonSchema(
        {
            "anyOf": [
                {"enum": sorted(CADENCES)},
                {"type": "array", "items": {"type": "string"}, "minItems": 2},
            ]
        }
    ),
]


_FIRST_PORT, _LAST_PORT = 1024, 65535


def _ports(text: str) -> PortRange:
    first, _, last = text.partition("-")
    ports = PortRange(int(first), int(last))
    if not _FIRST_PORT <= ports.first < ports.last <= _LAST_PORT:
        raise ValueError(text)
    return ports


Ports = Annotated[
    PortRange,
    _text(_ports, "a range of ports from 1024 to 65535, such as `10000-20000`"),
    _schema(r"^[0-9]{4,5}-[0-9]{4,5}$"),
]
Port = Annotated[int, Field(ge=1, le=_LAST_PORT)]


# --- limits and references -------------------------------------------------------------------------------------


class NoLimit:
    """On an optional value: the word `none` takes a limit away that the defaults set."""

    @classmethod
    def __get_pydantic_core_schema__(cls, source: Any, handler: GetCoreSchemaHandler) -> CoreSchema:
        """Reads `none` as None and leaves the rest to the value's own type."""
        return core_schema.no_info_before_validator_function(
            lambda value: None if value == "none" else value, handler(source)
        )

    @classmethod
    def __get_pydantic_json_schema__(cls, core: CoreSchema, handler: GetJsonSchemaHandler) -> JsonSchemaValue:
        """The value, or `none`."""
        schema = handler(core)
        return schema | {"anyOf": [*schema["anyOf"], {"const": "none"}]}


def _levels(value: Any) -> Any:
    is_list_of_words = isinstance(value, list) and all(isinstance(word, str) for word in value)
    return dict.fromkeys(value, "1") if is_list_of_words else value


class SkillLevels:
    """On a mapping of skills to levels: a list of skills means level 1 of each."""

    @classmethod
    def __get_pydantic_core_schema__(cls, source: Any, handler: GetCoreSchemaHandler) -> CoreSchema:
        """Reads the list as a mapping and leaves the rest to the mapping's type."""
        return core_schema.no_info_before_validator_function(_levels, handler(source))

    @classmethod
    def __get_pydantic_json_schema__(cls, core: CoreSchema, handler: GetJsonSchemaHandler) -> JsonSchemaValue:
        """The mapping, or a list of words."""
        return {"anyOf": [handler(core), {"type": "array", "items": {"type": "string"}}]}


def reference(section: str, noun: str) -> AfterValidator:
    """A name that `section` of the same file must define."""

    def validate(value: str, info: ValidationInfo) -> str:
        names: Names = info.context or {}
        candidates = names.get(section, frozenset())
        if value not in candidates:
            hint = did_you_mean(value, candidates) or "."
            raise expected(f"{noun}{hint} {_listed(candidates)}")
        return value

    return AfterValidator(validate)


def _listed(candidates: frozenset[str]) -> str:
    if not candidates:
        return "There is none yet."
    shown = sorted(candidates)[:12]
    more = f" and {len(candidates) - len(shown)} more" if len(candidates) > len(shown) else ""
    return f"Known: {', '.join(shown)}{more}."


AgentRef = Annotated[Name, reference("agents", "an agent of this file")]
TeamRef = Annotated[Name, reference("teams", "a team that an agent is in")]
SkillRef = Annotated[Name, reference("skills", "a skill that an agent has")]
QueueRef = Annotated[Name, reference("queues", "a queue of this file")]
DeviceRef = Annotated[SectionName, reference("devices", "a device of this file")]
CalendarRef = Annotated[Name, reference("calendars", "a calendar of this file")]
TrunkRef = Annotated[SectionName, reference("trunks", "a trunk of this file")]
