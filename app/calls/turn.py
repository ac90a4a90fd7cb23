"""One event's turn: what it leads to is gathered here while call control and the engine talk to each other.

A command of the engine may lead call control to tell the engine something (a call diverted to an agent's phone makes that agent busy).
What the engine wants then comes behind what it wanted before: commands are carried out one by one, in the order given.
"""

from collections import deque
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from datetime import datetime

from app.acd.commands import Command
from app.calls.actions import Action
from app.calls.facts import Fact


@dataclass(frozen=True, slots=True)
class Outcome:
    """What one event led to: facts for the record, actions for Asterisk, both in order."""

    facts: tuple[Fact, ...] = ()
    actions: tuple[Action, ...] = ()


@dataclass(slots=True)
class Turn:
    """The outcome in the making."""

    now: datetime
    facts: list[Fact] = field(default_factory=list)
    actions: list[Action] = field(default_factory=list)
    _wanted: deque[Command] = field(default_factory=deque)
    _is_carrying_out: bool = False

    def carry_out(self, wanted: Iterable[Command]) -> Iterator[Command]:
        """What is to be carried out now, one by one. While somebody does that already, this is put behind, and nothing is left."""
        self._wanted.extend(wanted)
        if self._is_carrying_out:
            return
        self._is_carrying_out = True
        while self._wanted:
            yield self._wanted.popleft()
        self._is_carrying_out = False

    def tell(self, *facts: Fact) -> None:
        """It happened."""
        self.facts.extend(facts)

    def do(self, *actions: Action) -> None:
        """Let it be done."""
        self.actions.extend(actions)

    def outcome(self) -> Outcome:
        """The finished turn."""
        return Outcome(tuple(self.facts), tuple(self.actions))
