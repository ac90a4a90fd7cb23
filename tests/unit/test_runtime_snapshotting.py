"""When the brains' state is saved, and when it is not."""

import asyncio

import pytest

from app.acd.events import TimePassed
from app.runtime.snapshotting import SnapshotKeeper
from app.store.snapshots import Snapshot
from tests.support.stage import Stage
from tests.support.until import until


class Shelf:
    """Keeps snapshots in memory."""

    def __init__(self) -> None:
        self.saved: list[int] = []
        self.began = 0
        self.is_slow = False
        """Until it is broken off."""

    async def save_snapshot(self, snapshot: Snapshot) -> None:
        """As `Journal.save_snapshot`."""
        self.began += 1
        if self.is_slow:
            await asyncio.Event().wait()
        self.saved.append(snapshot.seq)


async def test_what_was_decided_since_is_saved_once() -> None:
    """Nothing at all happened: nothing is saved."""
    stage, shelf = Stage(), Shelf()
    keeper = SnapshotKeeper(stage.dispatcher, shelf, clock=stage.clock)
    await keeper.save()
    assert shelf.saved == []
    stage.open()
    await keeper.save()
    await keeper.save()
    assert shelf.saved == [2]
    stage.passes(1)
    await keeper.save()
    assert shelf.saved == [2, 3]


async def test_a_save_that_was_broken_off_is_made_up_for_at_the_end() -> None:
    """The stop comes while the state is being written: nothing more happens, and the last save must not take it for saved."""
    stage, shelf = Stage(), Shelf()
    keeper = SnapshotKeeper(stage.dispatcher, shelf, clock=stage.clock)
    stage.open()
    shelf.is_slow = True
    saving = asyncio.create_task(keeper.save())
    await until(lambda: shelf.began, "it does not save")
    saving.cancel()
    await asyncio.wait([saving])
    assert shelf.saved == []
    shelf.is_slow = False
    await keeper.save()
    assert shelf.saved == [2]


async def test_a_state_that_cannot_be_trusted_is_not_saved(monkeypatch: pytest.MonkeyPatch) -> None:
    """The next start would go on from it, instead of from the journal."""
    stage, shelf = Stage(), Shelf()
    keeper = SnapshotKeeper(stage.dispatcher, shelf, clock=stage.clock)
    stage.open()

    def fail(*_: object, **__: object) -> None:
        raise RuntimeError

    monkeypatch.setattr(stage.board, "handle", fail)
    stage.dispatcher.submit(TimePassed())
    assert isinstance(stage.dispatcher.fault, RuntimeError)
    await keeper.save()
    assert shelf.saved == []
