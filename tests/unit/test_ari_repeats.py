"""Events that Asterisk sends twice are delivered once; different ones are never lost."""

from app.ari.repeats import RepeatFilter


def test_the_second_of_two_equal_events_is_a_repeat() -> None:
    """Also with a few of other channels between."""
    repeats = RepeatFilter()
    assert [repeats.is_repeat(raw) for raw in (b"a", b"a", b"b", b"c", b"b")] == [
        False,
        True,
        False,
        False,
        True,
    ]


def test_only_the_last_sixteen_are_remembered() -> None:
    """Limit, and limit + 1: what is long ago is not a repeat."""
    for between, is_repeat in ((15, True), (16, False)):
        repeats = RepeatFilter()
        repeats.is_repeat(b"a")
        for number in range(between):
            repeats.is_repeat(str(number).encode())
        assert repeats.is_repeat(b"a") is is_repeat
