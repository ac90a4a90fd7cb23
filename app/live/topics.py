"""Topics: what a client may follow. `queues`, `agents`, `calls`, `callbacks` and `alerts` are all of a kind; `queue:service` is one of
them; `team:early` is the agents of a team, whoever they are now; `site` is the one site.

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
    CALLBACK = "callback"
    """There are none yet. Who follows them is told nothing until there are, and then need not change."""
    ALERT = "alert"
    SITE = "site"


@dataclass(frozen=True, slots=True)
class Key:
    """One thing of the floor."""

    kind: Kind
    id: str

    def __str__(self) -> str:
        """The topic of this one thing."""
        return f"{self.kind}:{self.id}" if self.id else self.kind


SITE = Key(Kind.SITE, "")
"""There is only one, so it needs no id."""


@dataclass(frozen=True, slots=True)
class Team:
    """The agents of a team. A topic only: what comes are the agents."""

    name: str


class WrongTopic(ValueError):
    """A text that is no topic."""

    def __init__(self, text: str) -> None:
        super().__init__(
            "Expected queues, agents, calls, callbacks, alerts, site, or one thing such as queue:ID or team:ID; "
            f"got {text[:100]!r}."
        )


_TEAM = "team"
_KIND_BY_PLURAL = {f"{kind}s": kind for kind in Kind if kind is not Kind.SITE}


@dataclass(frozen=True, slots=True)
class Topics:
    """What one client follows: whole kinds, single things, and teams."""

    kinds: frozenset[Kind]
    keys: frozenset[Key]
    teams: frozenset[Team] = frozenset()

    def __contains__(self, topic: "Topic") -> bool:
        """Whether it is named here, alone or with its kind."""
        if isinstance(topic, Team):
            return topic in self.teams
        return topic in self.keys or topic.kind in self.kinds

    def __iter__(self) -> Iterator["Topic | Kind"]:
        yield from self.kinds
        yield from self.keys
        yield from self.teams


Topic = Key | Team


def parse_topics(texts: list[str]) -> Topics:
    """The topics that these texts name. Raises `WrongTopic`."""
    kinds = frozenset(_KIND_BY_PLURAL[text] for text in texts if text in _KIND_BY_PLURAL)
    singles = [_parse_single(text) for text in texts if text not in _KIND_BY_PLURAL]
    keys = frozenset(single for single in singles if isinstance(single, Key))
    return Topics(kinds, keys, frozenset(single for single in singles if isinstance(single, Team)))


def _parse_single(text: str) -> Topic:
    kind, _, id_ = text.partition(":")
    if text == Kind.SITE:
        return SITE
    if id_ and kind == _TEAM:
        return Team(id_)
    if id_ and kind in _KIND_BY_PLURAL.values():
        return Key(Kind(kind), id_)
    raise WrongTopic(text)
