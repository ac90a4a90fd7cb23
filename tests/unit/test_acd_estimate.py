"""The wait estimate is learned from the pace of the answers."""

from datetime import timedelta

from app.acd.engine import Engine
from app.acd.estimate import Pace, answered, expected_wait
from app.ids import CallId
from tests.support.acd import START, Story, queue, seconds


def test_nothing_is_known_before_two_answers_in_a_row() -> None:
    """No estimate is better than an invented one."""
    pace = answered(Pace(), at=START, at_work=2, still_waiting=3)
    assert expected_wait(pace, position=1, at_work=2, now=START) is None
    pace = answered(pace, at=START + seconds(30), at_work=2, still_waiting=3)
    assert expected_wait(pace, position=2, at_work=2, now=START + seconds(30)) == seconds(60)


def test_the_estimate_follows_the_number_of_agents_at_once() -> None:
    """Twice the agents, half the wait; none, no estimate."""
    pace = Pace(cost=seconds(120))
    assert expected_wait(pace, position=3, at_work=2, now=START) == seconds(180)
    assert expected_wait(pace, position=3, at_work=4, now=START) == seconds(90)
    assert expected_wait(pace, position=3, at_work=0, now=START) is None


def test_time_without_waiting_callers_teaches_nothing() -> None:
    """A quiet hour is not a slow queue."""
    pace = answered(Pace(cost=seconds(60)), at=START, at_work=1, still_waiting=0)
    pace = answered(pace, at=START + timedelta(hours=1), at_work=1, still_waiting=1)
    assert pace.cost == seconds(60)


def test_a_new_observation_moves_the_estimate_by_a_fifth() -> None:
    """One odd call does not turn it over."""
    pace = answered(Pace(seconds(100), START), at=START + seconds(200), at_work=1, still_waiting=1)
    assert pace.cost == seconds(120)


def test_the_time_since_the_last_answer_counts_as_waited() -> None:
    """Up to one answer's worth: the estimate of the next call sinks to zero, never below."""
    pace = Pace(seconds(60), START)
    waits = [
        expected_wait(pace, position=1, at_work=1, now=START + seconds(number)) for number in (0, 59, 60, 61)
    ]
    assert waits == [seconds(60), seconds(1), seconds(0), seconds(0)]


def test_the_estimate_comes_true_in_a_steady_queue() -> None:
    """One agent, a minute per call: the caller at position three waits three minutes."""
    story = Story(queue("support", "ann"))
    story.log_in("ann")
    for number in range(10):
        story.call(f"c{number}")
    for _ in range(4):
        story.serve("ann")
    caller = CallId("c7")
    position = story.engine.position(caller)
    assert position == 4
    assert story.engine.expected_wait(caller, story.now) == seconds(position * 60 - 60)
    assert Engine().expected_wait(caller, story.now) is None
