"""Topics: what a client may follow. `queues`, `agents` and `calls` are all of a kind; `queue:service` is one of them.

A key names one thing of the floor. Its topic of one is the key itself written out, so that a client can use the topic of each
value it gets as the name under which it keeps it.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from enum import StrEnum


class Kind(StrEnum):
    """The kinds of things that are followed."""

    QUEUE = "queue"
    AGENT = "agent"
    CALL = "call"


@dataclass(frozen=True, slots=True)
class Key:
    """One thing of the floor."""

    kind: Kind
    id: str

    def __str__(self) -> str:
        """The topic of this one thing."""
        return f"{self.kind}:{self.id}"


class WrongTopic(ValueError):
    """A text that is no topic."""

    def __init__(self, text: str) -> None:
        super().__init__(
            "Expected a topic such as queues, agents, calls, queue:ID, agent:ID or call:ID; "
            f"got {text[:100]!r}."
        )


_KIND_BY_PLURAL = {f"{kind}s": kind for kind in Kind}


@dataclass(frozen=True, slots=True)
class Topics:
    """What one client follows: whole kinds, and single things."""

    kinds: frozenset[Kind]
    keys: frozenset[Key]

    def __contains__(self, key: Key) -> bool:
        return key.kind in self.kinds or key in self.keys

    def __iter__(self) -> Iterator[Kind | Key]:
        yield from self.kinds
        yield from self.keys


def parse_topics(texts: list[str]) -> Topics:
    """The topics that these texts name. Raises `WrongTopic`."""
    kinds = frozenset(_KIND_BY_PLURAL[text] for text in texts if text in _KIND_BY_PLURAL)
    keys = frozenset(_parse_key(text) for text in texts if text not in _KIND_BY_PLURAL)
    return Topics(kinds, keys)


def _parse_key(text: str) -> Key:
    kind, colon, id_ = text.partition(":")
    if not colon or not id_ or kind not in set(Kind):
        raise WrongTopic(text)
    return Key(Kind(kind), id_)
