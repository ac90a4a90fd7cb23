"""When the brains' state is saved, and when it is not."""

import pytest

from app.acd.events import TimePassed
from app.runtime.snapshotting import SnapshotKeeper
from app.store.snapshots import Snapshot
from tests.support.stage import Stage


class Shelf:
    """Keeps snapshots in memory."""

    def __init__(self) -> None:
        self.saved: list[int] = []

    async def save_snapshot(self, snapshot: Snapshot) -> None:
        """As `Journal.save_snapshot`."""
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
