"""The service's clock is the machine's, but never runs backwards and never stands still."""

from datetime import UTC, datetime, timedelta

from app.clock import SystemClock

NOON = datetime(2026, 11, 21, 12, tzinfo=UTC)


class Machine:
    """A wall clock that somebody sets, and a steady one that nobody can."""

    def __init__(self) -> None:
        self.wall, self.steady = NOON, 0.0
        self.clock = SystemClock(wall=lambda: self.wall, steady=lambda: self.steady)

    def passes(self, seconds: float) -> datetime:
        """Time passes; what the clock then says."""
        self.wall += timedelta(seconds=seconds)
        self.steady += seconds
        return self.clock.now()

    def is_set(self, by: timedelta) -> datetime:
        """Somebody sets the wall clock; what ours then says."""
        self.wall += by
        return self.clock.now()


def test_it_is_the_wall_clock() -> None:
    machine = Machine()
    assert machine.passes(0.25) == NOON + timedelta(seconds=0.25)
    assert machine.passes(3600) == NOON + timedelta(seconds=3600.25)


def test_it_follows_forwards_at_once() -> None:
    """A virtual machine that was suspended, or a correction by NTP: opening hours are right again."""
    machine = Machine()
    assert machine.is_set(timedelta(hours=8)) == NOON + timedelta(hours=8)


def test_set_back_it_goes_on_a_bit_slower_and_never_back() -> None:
    """So that no wait is negative and every deadline comes."""
    machine = Machine()
    assert machine.is_set(timedelta(seconds=-10)) == NOON
    assert machine.passes(20) == NOON + timedelta(seconds=18)
    assert machine.passes(20) == NOON + timedelta(seconds=36)


def test_it_meets_the_wall_clock_again() -> None:
    """Ten seconds are caught up within a hundred."""
    machine = Machine()
    machine.is_set(timedelta(seconds=-10))
    assert machine.passes(99) > machine.wall
    assert machine.passes(1) == machine.wall
    assert machine.passes(1) == machine.wall


def test_after_a_restart_it_begins_behind_what_was_written_down() -> None:
    """Otherwise the deadlines of the brains, for which time does not run backwards, would be far off."""
    machine = Machine()
    machine.clock.begin_at(NOON + timedelta(hours=1))
    assert machine.passes(10) == NOON + timedelta(hours=1, seconds=9)


def test_what_was_written_down_long_ago_changes_nothing() -> None:
    machine = Machine()
    machine.clock.begin_at(NOON - timedelta(hours=1))
    assert machine.passes(1) == NOON + timedelta(seconds=1)
