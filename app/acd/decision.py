"""What one event led to."""

from dataclasses import dataclass

from app.acd.commands import Command
from app.acd.facts import Fact


@dataclass(frozen=True, slots=True)
class Decision:
    """The result of `Engine.handle`: what happened, for the record, and what is to be done, in order."""

    facts: tuple[Fact, ...] = ()
    commands: tuple[Command, ...] = ()
