"""A scenario becomes a plan: the same for the same seed, and as often, as long and as willing as the file says."""

from dataclasses import replace
from datetime import timedelta
from itertools import islice

import msgspec
import pytest

from app.ids import AgentId, DeviceId, EntryNumber
from app.simulator import plan, scenario
from app.simulator.answering import Answer, Decline, RingForEver
from app.simulator.errors import ScenarioMistake
from app.simulator.scenario import AgentScript, Callers, Habit, Phase, Scenario
from app.simulator.spread import Exponential, Fixed, Lognormal, Uniform

HABIT = Habit(answer_after_seconds=Fixed(value=2), wrap_up_seconds=Fixed(value=3), ignores=0.2, declines=0.3)
SCRIPT = AgentScript(agent=AgentId("agent1"), device=DeviceId("phone1"), habit="usual")
CALLERS = Callers(
    arrivals=(
        Phase(at_seconds=0, per_minute=60),
        Phase(at_seconds=100, per_minute=0),
        Phase(at_seconds=200, per_minute=120),
    ),
    entries={EntryNumber("4001"): 3, EntryNumber("4002"): 1},
    patience_seconds=Lognormal(median=40, sigma=0.5),
    talk_seconds=Exponential(mean=20),
    for_seconds=300,
    ended_by_agent=0.25,
)
SCENARIO = Scenario(seed=1, callers=CALLERS, habits={"usual": HABIT}, agents=(SCRIPT,))


def test_the_same_seed_gives_the_same_plan() -> None:
    """A floor can be played again."""
    assert list(plan.calls(SCENARIO)) == list(plan.calls(SCENARIO))


def test_another_seed_gives_another_plan() -> None:
    """The seed matters."""
    assert list(plan.calls(SCENARIO)) != list(plan.calls(msgspec.structs.replace(SCENARIO, seed=2)))


def test_other_talk_times_move_no_arrival() -> None:
    """Each dice is thrown for itself: two scenarios that differ in one thing can be compared."""
    callers = msgspec.structs.replace(CALLERS, talk_seconds=Fixed(value=5))
    other = msgspec.structs.replace(SCENARIO, callers=callers)
    short = [replace(call, talk=timedelta(0)) for call in plan.calls(other)]
    assert short == [replace(call, talk=timedelta(0)) for call in plan.calls(SCENARIO)]


def test_callers_arrive_as_often_as_the_phase_says() -> None:
    """100 in the first hundred seconds, none in the second, 200 in the third, within four standard deviations."""
    arrivals = [call.at.total_seconds() for call in plan.calls(SCENARIO)]
    counts = [sum(start <= at < start + 100 for at in arrivals) for start in (0, 100, 200)]
    assert 60 <= counts[0] <= 140
    assert counts[1] == 0
    assert 143 <= counts[2] <= 257
    assert arrivals == sorted(arrivals)


def test_phases_start_anew_when_they_repeat() -> None:
    """A wave of 150 s comes again: the silence from 100 to 150 is there again from 250 to 300."""
    callers = msgspec.structs.replace(CALLERS, repeat_every_seconds=150)
    calls = plan.calls(msgspec.structs.replace(SCENARIO, callers=callers))
    assert not [call.at for call in calls if 100 <= call.at.total_seconds() % 150 < 150]


def test_a_count_ends_the_calls() -> None:
    """Exactly so many callers come."""
    callers = msgspec.structs.replace(CALLERS, count=7)
    assert len(list(plan.calls(msgspec.structs.replace(SCENARIO, callers=callers)))) == 7


def test_calls_without_an_end_are_planned_as_they_are_asked_for() -> None:
    """A demonstration runs until somebody stops it."""
    assert len(list(islice(plan.calls(scenario.demo()), 2000))) == 2000


def test_entries_are_dialled_by_their_weight() -> None:
    """Three of four callers dial the number with weight 3, within four standard deviations."""
    calls = list(plan.calls(SCENARIO))
    share = sum(call.entry == "4001" for call in calls) / len(calls)
    assert 0.65 < share < 0.85


def test_agents_answer_ignore_and_decline_in_the_given_shares() -> None:
    """20 % ignored, 30 % declined, the rest answered, within four standard deviations of 1000."""
    answerings = [plan.offer(SCENARIO, SCRIPT, number).answering for number in range(1, 1001)]
    ignored = sum(isinstance(each, RingForEver) for each in answerings)
    declined = sum(isinstance(each, Decline) for each in answerings)
    assert 149 <= ignored <= 251
    assert 242 <= declined <= 358
    assert all(isinstance(each, Answer | Decline | RingForEver) for each in answerings)


def test_an_offer_is_answered_after_the_agents_time() -> None:
    """The habit's time is the answer's delay."""
    answers = [plan.offer(SCENARIO, SCRIPT, number).answering for number in range(1, 50)]
    assert {each.after for each in answers if isinstance(each, Answer)} == {timedelta(seconds=2)}


def test_the_demo_shows_a_rush_in_its_first_ten_seconds() -> None:
    """More callers than agents arrive within ten seconds, so a queue shows."""
    demo = scenario.demo()
    rush = [call for call in islice(plan.calls(demo), 100) if call.at < timedelta(seconds=10)]
    assert len(rush) > len(demo.agents)
    assert {call.entry for call in rush} == {"4001", "4002", "4003"}


def test_the_demo_keeps_its_agents_busy_but_not_hopelessly() -> None:
    """The work offered is 60 to 100 % of what eight agents can do: queues come and go."""
    demo = scenario.demo()
    calls = [call for call in islice(plan.calls(demo), 400) if call.at < timedelta(seconds=600)]
    talk = sum(call.talk.total_seconds() for call in calls)
    around = 7 * len(calls)  # seconds per call for ringing and wrap-up
    assert 0.6 < (talk + around) / (600 * len(demo.agents)) < 1.0


@pytest.mark.parametrize(
    ("change", "named"),
    [
        ("seed: x", "`int`"),
        ("agents: [{agent: a, device: p, habit: lazy}]", "expected a habit of a among usual, got 'lazy'"),
        ("callers: {arrivals: []}", "expected arrivals"),
        ("habits: {usual: {answer_after_seconds: {kind: normal, mean: 1}}}", "kind"),
        ("habits: {usual: {answer_after_seconds: {kind: fixed, value: -1}}}", ">= 0"),
        ("habits: {usual: {answer_after_seconds: {kind: uniform, low: 3, high: 1}}}", "expected low <= high"),
        (
            "habits: {usual: {answer_after_seconds: {kind: fixed, value: 1}, ignores: 0.7, declines: 0.7}}",
            "ignores \\+ declines",
        ),
        ("colour: red", "colour"),
        ("seed: [", "cannot be played"),
    ],
)
def test_a_mistake_in_the_file_is_named(change: str, named: str) -> None:
    """Field, expectation and finding stand in the message."""
    key = change.partition(":")[0]
    whole = {
        "seed": "seed: 1",
        "agents": "agents: [{agent: a, device: p, habit: usual}]",
        "habits": "habits: {usual: {answer_after_seconds: {kind: fixed, value: 1}}}",
        "callers": (
            "callers: {arrivals: [{at_seconds: 0, per_minute: 6}], entries: {'4001': 1}, "
            "patience_seconds: {kind: fixed, value: 9}, talk_seconds: {kind: fixed, value: 9}}"
        ),
    }
    scenario.parse("\n".join(whole.values()))
    if key == "callers":
        change = whole["callers"].replace("[{at_seconds: 0, per_minute: 6}]", "[]")
    with pytest.raises(ScenarioMistake, match=named):
        scenario.parse("\n".join({**whole, key: change}.values()))


@pytest.mark.parametrize(
    ("spread", "low", "high"),
    [
        (Fixed(value=5), 5, 5),
        (Uniform(low=2, high=4), 2, 4),
        (Exponential(mean=10, at_most=12), 0, 12),
        (Lognormal(median=10, sigma=1, at_most=12), 0, 12),
    ],
)
def test_no_spread_leaves_its_bounds(
    spread: Fixed | Uniform | Exponential | Lognormal, low: float, high: float
) -> None:
    """Whatever the dice say."""
    draws = [spread.draw(plan._dice(SCENARIO, "spread", number)) for number in range(500)]
    assert low <= min(draws) <= max(draws) <= high
