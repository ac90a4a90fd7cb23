"""Events and facts as bytes for the journal, and back.

An event is its type's name and a JSON payload; facts are a JSON list of objects with their `type` first. Names are the
contract with old journals: a renamed type needs an entry in `_RENAMED`.
"""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import fields
from typing import Any, get_args

import msgspec

from app.acd import events as acd_events
from app.acd import facts as acd_facts
from app.acd.copying import Copies
from app.acd.model import Floor
from app.acd.snapshot import EngineCopy
from app.calls import events as calls_events
from app.calls import facts as calls_facts
from app.calls.events import Event
from app.calls.facts import Fact
from app.calls.model import CallSettings
from app.calls.switchboard import SwitchboardCopy, SwitchboardSnapshot

_RENAMED: dict[str, str] = {}
_EVENT_TYPES: dict[str, Any] = {
    kind.__name__: kind for kind in (*get_args(acd_events.Event), *get_args(calls_events.Event))
}
_FACT_TYPES: dict[str, Any] = {
    kind.__name__: kind for kind in (*get_args(acd_facts.Fact), *get_args(calls_facts.Fact))
}
_encoder = msgspec.json.Encoder()
_heads = {kind: f'{{"type":"{kind.__name__}",'.encode() for kind in _FACT_TYPES.values()}


class UnknownKindError(ValueError):
    """The journal has an entry of a kind that this program does not know: it was written by a newer one."""


def encode_event(event: Event) -> tuple[str, bytes]:
    """The kind and the payload of an event."""
    return type(event).__name__, _encoder.encode(event)


def decode_event(kind: str, payload: bytes) -> Event:
    """The event that `encode_event` was given. Raises `UnknownKindError`, `msgspec.ValidationError`."""
    event_type = _EVENT_TYPES.get(_RENAMED.get(kind, kind))
    if event_type is None:
        raise UnknownKindError(
            f"expected one of {', '.join(sorted(_EVENT_TYPES))}; found {kind!r}. Upgrade Thirdring."
        )
    event: Event = msgspec.json.decode(payload, type=event_type)
    return event


def encode_facts(facts: tuple[Fact, ...]) -> bytes:
    """Facts as a JSON list."""
    return b"[" + b",".join(_heads[type(fact)] + _encoder.encode(fact)[1:] for fact in facts) + b"]"


def decode_facts(outcome: bytes) -> list[Fact]:
    """The facts that `encode_facts` was given. Unknown kinds are left out: history outlives code."""
    facts = []
    for raw in msgspec.json.decode(outcome, type=list[msgspec.Raw]):
        kind = msgspec.json.decode(raw, type=_Head).type
        fact_type = _FACT_TYPES.get(_RENAMED.get(kind, kind))
        if fact_type is not None:
            facts.append(msgspec.json.decode(raw, type=fact_type))
    return facts


class _Head(msgspec.Struct):
    type: str


_IN_PIECES = (SwitchboardCopy, EngineCopy, Floor, CallSettings)
"""What is encoded field by field. Of everything else the values are small, or many that are small."""


def encode_snapshot(copied: SwitchboardCopy) -> Iterator[bytes]:
    """The whole state of the switchboard, in small pieces: between two of them others may work."""
    yield from _pieces(copied)


def _pieces(value: Any) -> Iterator[bytes]:
    if isinstance(value, _IN_PIECES):
        yield from _object((field.name, getattr(value, field.name)) for field in fields(value))
    elif isinstance(value, Mapping):
        yield from _object(value.items())
    elif isinstance(value, Copies):
        yield b"["
        for index, record in enumerate(value):
            yield (b"," if index else b"") + _encoder.encode(record)
        yield b"]"
    else:
        yield _encoder.encode(value)


def _object(members: Iterable[tuple[str, Any]]) -> Iterator[bytes]:
    yield b"{"
    for index, (name, value) in enumerate(members):
        yield (b"," if index else b"") + _encoder.encode(name) + b":"
        yield from _pieces(value)
    yield b"}"


def decode_snapshot(state: bytes) -> SwitchboardSnapshot:
    """The state that `encode_snapshot` was given. Raises `msgspec.ValidationError` when it is of another version."""
    return msgspec.json.decode(state, type=SwitchboardSnapshot)
