"""The plan: a scenario with all dice thrown. Pure, and lazy: a floor may run for ever.

Each thing has dice of its own, made from the seed, its name and its number. So a change of the talk times moves no arrival, and
an agent's third offer is the same in every run, whoever rings.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import timedelta
from enum import StrEnum
from random import Random

from app.ids import EntryNumber
from app.simulator.answering import Answer, Answering, Decline, RingForEver
from app.simulator.scenario import AgentScript, Callers, Scenario


class EndsBy(StrEnum):
    """Who will hang up."""

    CALLER = "caller"
    AGENT = "agent"


@dataclass(frozen=True, slots=True, kw_only=True)
class PlannedCall:
    """One call before it happens. `at` counts from the start of the floor."""

    number: int
    at: timedelta
    caller_number: str
    entry: EntryNumber
    patience: timedelta
    talk: timedelta
    ends_by: EndsBy


@dataclass(frozen=True, slots=True, kw_only=True)
class PlannedOffer:
    """What an agent will do with an offer, and how long the notes take afterwards."""

    answering: Answering
    wrap_up: timedelta


def calls(scenario: Scenario) -> Iterator[PlannedCall]:
    """All calls in the order of their arrival; without end when the scenario has none."""
    for number, at in enumerate(_arrivals(scenario), start=1):
        yield _call(scenario, number, at)


def offer(scenario: Scenario, script: AgentScript, number: int) -> PlannedOffer:
    """What the agent does with this offer, counted from 1."""
    dice, habit = _dice(scenario, script.agent, number), scenario.habits[script.habit]
    luck = dice.random()
    after = timedelta(seconds=habit.answer_after_seconds.draw(dice))
    wrap_up = timedelta(
        seconds=habit.wrap_up_seconds.draw(_dice(scenario, f"{script.agent}/wrap-up", number))
    )
    answering: Answering = Answer(after=after)
    if luck < habit.ignores:
        answering = RingForEver()
    elif luck < habit.ignores + habit.declines:
        answering = Decline(status=habit.declines_with, after=after, rings=True)
    return PlannedOffer(answering=answering, wrap_up=wrap_up)


def _arrivals(scenario: Scenario) -> Iterator[float]:
    """Seconds of arrival: a Poisson stream at the highest rate, thinned to the rate of the moment.

    Lewis and Shedler, "Simulation of nonhomogeneous Poisson processes by thinning", Naval Research Logistics 26, 1979.
    """
    callers, dice = scenario.callers, _dice(scenario, "arrivals", 0)
    highest = max(phase.per_minute for phase in callers.arrivals) / 60
    at, taken = 0.0, 0
    while True:
        at += dice.expovariate(highest)
        if callers.for_seconds is not None and at >= callers.for_seconds:
            return
        if dice.random() * highest < _rate(callers, at):
            yield at
            taken += 1
            if taken == callers.count:
                return


def _rate(callers: Callers, at: float) -> float:
    """Callers per second at this moment."""
    within = at % callers.repeat_every_seconds if callers.repeat_every_seconds else at
    return [phase for phase in callers.arrivals if phase.at_seconds <= within][-1].per_minute / 60


def _call(scenario: Scenario, number: int, at: float) -> PlannedCall:
    callers, dice = scenario.callers, _dice(scenario, "call", number)
    return PlannedCall(
        number=number,
        at=timedelta(seconds=at),
        caller_number=f"{callers.number_prefix}{dice.randrange(callers.numbers):04d}",
        entry=dice.choices(list(callers.entries), list(callers.entries.values()))[0],
        patience=timedelta(seconds=callers.patience_seconds.draw(_dice(scenario, "patience", number))),
        talk=timedelta(seconds=callers.talk_seconds.draw(_dice(scenario, "talk", number))),
        ends_by=EndsBy.AGENT if dice.random() < callers.ended_by_agent else EndsBy.CALLER,
    )


def _dice(scenario: Scenario, what: str, number: int) -> Random:
    """Dice from a text seed: the same on every machine and in every version of Python since 3.2."""
    return Random(f"{scenario.seed}/{what}/{number}")  # noqa: S311 - a simulation wants dice that can be thrown again
