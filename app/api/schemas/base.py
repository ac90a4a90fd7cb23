"""What all shapes share."""

from datetime import UTC, datetime
from typing import Annotated

from pydantic import (
    AwareDatetime,
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    PlainSerializer,
    StringConstraints,
)


def write_instant(at: datetime) -> str:
    """An instant as RFC 3339 in UTC, to the millisecond."""
    return at.astimezone(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")


Instant = Annotated[datetime, PlainSerializer(write_instant, when_used="json")]


def _no_number(text: object) -> object:
    """Pydantic takes a number for seconds since 1970; RFC 3339 does not."""
    if isinstance(text, str) and text.lstrip("+-").replace(".", "", 1).isdigit():
        raise ValueError("Expected an instant such as 2026-11-21T08:30:00Z")
    return text


Moment = Annotated[AwareDatetime, BeforeValidator(_no_number)]
"""An instant that a client gives: RFC 3339 with its offset."""

Name = Annotated[str, StringConstraints(min_length=1, max_length=64, pattern=r"^[\w.-]+$")]
"""The id of a queue, an agent, a device or a pause code, as the site file allows it: letters of any script, digits, `_ . -`."""

TeamName = Annotated[str | None, Field(min_length=1, max_length=64)]

ONE_LINE = r"^[^\x00-\x1f\x7f-\x9f]*$"
"""A text that moves no cursor where it is printed."""

CallName = Annotated[str, StringConstraints(min_length=1, max_length=128, pattern=r"^[^\x00-\x1f\x7f]+$")]
"""A call's id, as Asterisk or Thirdring chose it."""


class Shape(BaseModel):
    """A thing that is shown. It is made by us and never changed."""

    model_config = ConfigDict(frozen=True)


class Body(BaseModel):
    """What a client sends. A field that nobody knows is a mistake, and is named."""

    model_config = ConfigDict(extra="forbid", frozen=True)
