"""Python's garbage collector, kept from holding up calls.

Reading the program in, or a site file, makes a million objects and leaves next to no garbage. To look for it would take a tenth of a second.
"""

import gc
from collections.abc import Iterator
from contextlib import contextmanager


def settle() -> None:
    """What is there now stays: the collector need not look at it during calls, and looks less often at the rest."""
    gc.freeze()
    gc.set_threshold(20_000, 20, 50)
    gc.enable()


@contextmanager
def calm() -> Iterator[None]:
    """Nothing is collected inside. What is there at the end stays; what a failure leaves behind may go."""
    gc.disable()
    try:
        yield
        settle()
    finally:
        gc.enable()
