"""An Asterisk of our own: started, watched, stopped."""

import pytest

from app.asterisk.process import Asterisk
from app.asterisk.render import needed_modules

pytestmark = pytest.mark.integration


async def test_every_needed_module_is_running(asterisk: Asterisk) -> None:
    """The explicit module list is whole: nothing is silently gone."""
    answer = await asterisk.console("module show")
    running = {line.split()[0] for line in answer.splitlines() if " Running " in line}
    assert set(needed_modules()) <= running
