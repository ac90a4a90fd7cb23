"""The local file of the latest snapshot."""

import os
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from datetime import UTC, datetime
from pathlib import Path
from threading import Barrier, BrokenBarrierError

import pytest
from structlog.testing import capture_logs

from app.store.snapshots import Snapshot, SnapshotFile
from tests.support.full_disk import files_of_at_most

SNAPSHOT = Snapshot(7, datetime(2026, 11, 21, 12, 0, 0, 1, tzinfo=UTC), 2, b"state")


def test_the_newest_snapshot_comes_back(tmp_path: Path) -> None:
    """Each takes the place of the one before."""
    file = SnapshotFile(tmp_path / "latest.snapshot")
    assert file.load() is None
    file.save(Snapshot(6, SNAPSHOT.at, 1, b"older"))
    file.save(SNAPSHOT)
    assert SnapshotFile(tmp_path / "latest.snapshot").load() == SNAPSHOT
    assert [path.name for path in tmp_path.iterdir()] == ["latest.snapshot"]


def test_who_saves_while_another_save_runs_comes_behind_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A save that was broken off goes on in its thread: what the last one writes must not be mixed up with it."""
    both, force, met = Barrier(2), os.fsync, []

    def slow(file: int) -> None:
        with suppress(BrokenBarrierError):
            met.append(both.wait(timeout=0.2))
        force(file)

    monkeypatch.setattr(os, "fsync", slow)
    file = SnapshotFile(tmp_path / "latest.snapshot")
    with ThreadPoolExecutor(2) as threads:
        list(threads.map(file.save, [SNAPSHOT, SNAPSHOT]))
    assert not met
    assert file.load() == SNAPSHOT


def test_a_damaged_file_is_no_snapshot(tmp_path: Path) -> None:
    """Cut off at any byte, or changed in any: a log line, and recovery goes another way."""
    path = tmp_path / "latest.snapshot"
    SnapshotFile(path).save(SNAPSHOT)
    whole = path.read_bytes()
    cut = [whole[:end] for end in range(len(whole))]
    changed = [whole[:at] + bytes([whole[at] ^ 1]) + whole[at + 1 :] for at in range(len(whole))]
    for damaged in cut + changed:
        path.write_bytes(damaged)
        with capture_logs() as logs:
            assert SnapshotFile(path).load() is None
        assert [log["event"] for log in logs] == ["snapshot_file_damaged"]


def test_a_full_disk_leaves_the_snapshot_before(tmp_path: Path) -> None:
    """The old one is replaced only by a whole new one."""
    file = SnapshotFile(tmp_path / "latest.snapshot")
    file.save(SNAPSHOT)
    with files_of_at_most(10), pytest.raises(OSError, match="File too large"):
        file.save(Snapshot(8, SNAPSHOT.at, 1, b"newer"))
    assert file.load() == SNAPSHOT
