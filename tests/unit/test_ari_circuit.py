"""The circuit opens after several time-outs in a row, and closes with the first answer."""

from app.ari.circuit import Circuit


def time_outs(count: int) -> Circuit:
    """A circuit of three that saw this many."""
    circuit = Circuit(threshold=3)
    for _ in range(count):
        circuit.on_timeout()
    return circuit


def test_it_is_closed_below_the_threshold() -> None:
    """One or two slow answers are no reason to stop."""
    assert not time_outs(0).is_open
    assert not time_outs(2).is_open


def test_it_opens_at_the_threshold_and_stays_open_above() -> None:
    """Limit, and limit + 1."""
    assert time_outs(3).is_open
    assert time_outs(4).is_open


def test_an_answer_in_between_starts_the_count_anew() -> None:
    """Only time-outs in a row count."""
    circuit = time_outs(2)
    circuit.on_answer()
    circuit.on_timeout()
    assert not circuit.is_open


def test_any_answer_closes_it() -> None:
    """A late one, too: Asterisk answers again."""
    circuit = time_outs(5)
    circuit.on_answer()
    assert not circuit.is_open


def test_each_opening_is_counted_once() -> None:
    """Further time-outs while open are not a new opening."""
    circuit = time_outs(5)
    circuit.on_answer()
    for _ in range(3):
        circuit.on_timeout()
    assert circuit.opened == 2
