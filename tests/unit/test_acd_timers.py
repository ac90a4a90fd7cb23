"""Timers are data: set, moved, cancelled, due in one order."""

from app.acd.timers import TimerKind, Timers
from tests.support.acd import START, seconds


def test_the_next_instant_is_that_of_the_earliest_timer() -> None:
    """Whatever the order in which they were set."""
    timers = Timers()
    timers.set(TimerKind.RING, "b", START + seconds(2))
    timers.set(TimerKind.RING, "a", START + seconds(1))
    assert timers.next_at() == START + seconds(1)


def test_a_timer_set_again_has_only_its_new_instant() -> None:
    """Earlier or later."""
    timers = Timers()
    timers.set(TimerKind.RING, "a", START + seconds(1))
    timers.set(TimerKind.RING, "a", START + seconds(3))
    assert timers.next_at() == START + seconds(3)
    timers.set(TimerKind.RING, "a", START + seconds(1))
    assert timers.pop_due(START + seconds(5)) == (TimerKind.RING, "a")
    assert timers.pop_due(START + seconds(5)) is None


def test_a_cancelled_timer_never_comes_due() -> None:
    """Cancelling twice is allowed."""
    timers = Timers()
    timers.set(TimerKind.RING, "a", START)
    timers.cancel(TimerKind.RING, "a")
    timers.cancel(TimerKind.RING, "a")
    assert timers.next_at() is None
    assert timers.pop_due(START) is None


def test_a_timer_is_due_at_its_instant_and_not_before() -> None:
    """Boundary: the instant itself counts."""
    timers = Timers()
    timers.set(TimerKind.REST, "ann", START + seconds(1))
    assert timers.pop_due(START + seconds(0.999999)) is None
    assert timers.pop_due(START + seconds(1)) == (TimerKind.REST, "ann")


def test_timers_of_one_instant_come_in_the_order_of_kind_and_id() -> None:
    """So that a restored engine fires them like the live one."""
    timers = Timers()
    for kind, about in ((TimerKind.WRAP_UP, "a"), (TimerKind.RING, "b"), (TimerKind.RING, "a")):
        timers.set(kind, about, START)
    assert [timers.pop_due(START) for _ in range(3)] == [
        (TimerKind.RING, "a"),
        (TimerKind.RING, "b"),
        (TimerKind.WRAP_UP, "a"),
    ]


def test_cancelled_timers_do_not_pile_up() -> None:
    """A call that waits an hour at most leaves nothing behind when it is answered at once."""
    timers = Timers()
    for number in range(10_000):
        timers.set(TimerKind.MAX_WAIT, str(number), START + seconds(3600 + number))
        timers.cancel(TimerKind.MAX_WAIT, str(number))
    assert len(timers._heap) < 100
