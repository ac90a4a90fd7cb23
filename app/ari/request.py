"""A request to Asterisk's REST interface, as a value. The builders are in `requests/`, one file per resource."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal
from urllib.parse import quote, urlencode

Method = Literal["GET", "POST", "PUT", "DELETE"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Request:
    """One request. `path` is relative to `/ari/` and already quoted; `query` values are plain text.

    `vital` requests (hang up, stop a playback) go out even when the circuit is open: they free what blocks.
    """

    method: Method
    path: str
    query: tuple[tuple[str, str], ...] = ()
    body: Mapping[str, object] | None = field(default=None, hash=False)
    vital: bool = False

    def __str__(self) -> str:
        """Method and path, without query and body: numbers of callers stand there, and this goes into logs."""
        return f"{self.method} {self.path}"

    @property
    def target(self) -> str:
        """Path and query as they stand in an HTTP request line."""
        return f"{self.path}?{urlencode(self.query)}" if self.query else self.path


def path(*segments: str) -> str:
    """Join segments into a path. Each is quoted whole: an id may hold `/`, `%` or a space."""
    return "/".join(quote(segment, safe="") for segment in segments)


def query(**parameters: str | int | bool | None) -> tuple[tuple[str, str], ...]:
    """Parameters as Asterisk spells them. None and the empty string mean "not given" and are left out."""
    return tuple((name, _spell(value)) for name, value in parameters.items() if value not in (None, ""))


def _spell(value: object) -> str:
    if isinstance(value, bool):
        return "true" if value else "false"
    return str(value)
