"""One event's turn: what it leads to is gathered here while call control and the engine talk to each other."""

from dataclasses import dataclass, field
from datetime import datetime

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

    def tell(self, *facts: Fact) -> None:
        """It happened."""
        self.facts.extend(facts)

    def do(self, *actions: Action) -> None:
        """Let it be done."""
        self.actions.extend(actions)

    def outcome(self) -> Outcome:
        """The finished turn."""
        return Outcome(tuple(self.facts), tuple(self.actions))
