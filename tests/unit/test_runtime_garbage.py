"""When Python's garbage collector works, and what it never looks at again."""

import gc
from collections.abc import Iterator

import pytest

from app.runtime.garbage import calm


@pytest.fixture(autouse=True)
def usual_collector() -> Iterator[None]:
    """Whatever other tests made of it, and they find it as it was."""
    thresholds = gc.get_threshold()
    gc.unfreeze()
    yield
    gc.unfreeze()
    gc.set_threshold(*thresholds)
    gc.enable()


def test_nothing_is_collected_while_much_is_read_in_and_what_is_there_then_stays() -> None:
    """A look at a million new objects would hold up the calls."""
    with calm():
        assert not gc.isenabled()
        assert gc.get_freeze_count() == 0
    assert gc.isenabled()
    assert gc.get_freeze_count() > 0


def test_what_a_failure_leaves_behind_may_be_collected() -> None:
    """A site file that is refused again and again must not fill the memory."""
    with pytest.raises(ValueError, match="refused"), calm():
        raise ValueError("refused")
    assert gc.isenabled()
    assert gc.get_freeze_count() == 0
