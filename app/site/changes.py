"""What a reload changed, in plain words for the log. No password is ever in them."""

from collections.abc import Iterator, Mapping
from dataclasses import fields, is_dataclass
from datetime import date, timedelta
from enum import Enum
from typing import Any

from app.site.fields import write_duration
from app.site.model import FromEnvironment, FromFile, Generated, InPlainSight, Site

_CREDENTIALS = FromEnvironment | FromFile | Generated | InPlainSight
_MANY = 6


def changes(old: Site, new: Site) -> list[str]:
    """One sentence for each difference, such as `floor.queues.service.wrap_up: 10s, now 15s`. Empty when nothing changed."""
    return list(_differences("", old, new))


def _differences(path: str, old: Any, new: Any) -> Iterator[str]:
    if old == new:
        return
    if isinstance(old, Mapping) and isinstance(new, Mapping):
        yield from _mapping_differences(path, old, new)
    elif isinstance(old, _CREDENTIALS) or isinstance(new, _CREDENTIALS):
        yield f"{path}: changed"
    elif is_dataclass(old) and type(old) is type(new):
        yield from _field_differences(path, old, new)
    else:
        yield f"{path}: {_words(old)}, now {_words(new)}"


def _field_differences(path: str, old: Any, new: Any) -> Iterator[str]:
    for field in fields(old):
        yield from _differences(_join(path, field.name), getattr(old, field.name), getattr(new, field.name))


def _mapping_differences(path: str, old: Mapping[Any, Any], new: Mapping[Any, Any]) -> Iterator[str]:
    for key in dict.fromkeys([*old, *new]):
        inner = _join(path, str(key))
        if key not in new:
            yield f"{inner}: removed"
        elif key not in old:
            yield f"{inner}: added"
        else:
            yield from _differences(inner, old[key], new[key])


def _join(path: str, name: str) -> str:
    return f"{path}.{name}" if path else name


def _words(value: Any) -> str:
    match value:
        case None:
            return "none"
        case timedelta():
            return write_duration(value)
        case Enum():
            return str(value.value)
        case date():
            return value.isoformat()
        case frozenset() | tuple():
            return _list_words(value)
    return str(value)


def _list_words(values: frozenset[Any] | tuple[Any, ...]) -> str:
    words = [_words(value) for value in values]
    if isinstance(values, frozenset):
        words.sort()
    return f"{len(words)} entries" if len(words) > _MANY else f"[{', '.join(words)}]"
