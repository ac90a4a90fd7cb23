"""The spool: what was appended is there, whatever happens to the process or to the disk."""

import errno
import os
import signal
import subprocess
import sys
import tempfile
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from structlog.testing import capture_logs

from app.store import entry as frames
from app.store.entry import Entry, encode
from app.store.errors import EntryTooLarge, EntryTooNew
from app.store.segment import force
from app.store.spool import BEGINNING, Spool
from tests.support.full_disk import files_of_at_most

NOON = datetime(2026, 11, 21, 12, tzinfo=UTC)


def fill(spool: Spool, count: int, *, size: int = 10) -> None:
    """Append entries, one a second."""
    for number in range(count):
        spool.append("kind", b"x" * size, NOON + timedelta(seconds=number), b"outcome")


def numbers(spool: Spool, after: int = 0) -> list[int]:
    """The numbers of all entries that can be read."""
    return [entry.seq for entry in spool.read(after, limit=10_000).entries]


def test_numbers_are_gapless_and_go_on_after_a_restart(tmp_path: Path) -> None:
    """The second process continues where the first one ended."""
    first = Spool(tmp_path)
    fill(first, 3)
    first.close()
    second = Spool(tmp_path)
    assert second.append("kind", b"", NOON) == 4
    assert numbers(second) == [1, 2, 3, 4]


def test_entries_come_back_as_they_were_appended(tmp_path: Path) -> None:
    """Kind, payload, instant and outcome are kept."""
    spool = Spool(tmp_path)
    spool.append("CallEnqueued", b"payload", NOON, b"outcome")
    assert spool.read(0, limit=1).entries == [Entry(1, NOON, "CallEnqueued", b"payload", b"outcome")]


def test_an_appended_entry_is_in_the_file_when_append_returns(tmp_path: Path) -> None:
    """Nothing waits in a buffer of the process."""
    spool = Spool(tmp_path)
    spool.append("kind", b"payload", NOON)
    (file,) = tmp_path.glob("*.spool")
    assert file.read_bytes() == encode(Entry(1, NOON, "kind", b"payload"))


def test_a_full_segment_is_followed_by_another(tmp_path: Path) -> None:
    """Reading crosses the border without a gap, also after a restart."""
    spool = Spool(tmp_path, segment_bytes=200)
    fill(spool, 20)
    assert len(list(tmp_path.glob("*.spool"))) > 2
    spool.close()
    assert numbers(Spool(tmp_path, segment_bytes=200)) == list(range(1, 21))


def test_reading_goes_on_where_the_batch_before_ended(tmp_path: Path) -> None:
    """Batches of any size together give every entry once."""
    spool = Spool(tmp_path, segment_bytes=200)
    fill(spool, 20)
    seen: list[int] = []
    place = BEGINNING
    while batch := spool.read(seen[-1] if seen else 0, limit=3, place=place):
        seen += [entry.seq for entry in batch.entries]
        place = batch.place
    assert seen == list(range(1, 21))


def test_discarded_segments_are_gone_and_the_rest_is_whole(tmp_path: Path) -> None:
    """Only segments without a younger entry go, and the current one never does."""
    spool = Spool(tmp_path, segment_bytes=200)
    fill(spool, 20)
    spool.discard(10, keep=0)
    assert 2 <= spool.first_seq <= 11
    assert numbers(spool) == list(range(spool.first_seq, 21))
    spool.discard(20, keep=0)
    assert spool.append("kind", b"", NOON) == 21


def test_discarding_spares_the_newest_closed_segments(tmp_path: Path) -> None:
    """A database that loses its last seconds can still be refilled."""
    spool = Spool(tmp_path, segment_bytes=1)
    fill(spool, 5)
    spool.discard(5, keep=2)
    assert numbers(spool) == [3, 4, 5]


def test_a_number_can_be_skipped_to_and_stays_skipped_after_a_restart(tmp_path: Path) -> None:
    """A directory that is behind the database goes on behind it."""
    spool = Spool(tmp_path)
    fill(spool, 2)
    spool.skip_to(10)
    spool.close()
    again = Spool(tmp_path)
    assert again.append("kind", b"", NOON) == 10
    assert numbers(again) == [1, 2, 10]


def test_what_follows_a_damaged_byte_is_kept_beside(tmp_path: Path) -> None:
    """The entries behind it are whole: somebody may want them back."""
    spool = Spool(tmp_path)
    fill(spool, 5)
    spool.close()
    (file,) = tmp_path.glob("*.spool")
    written = file.read_bytes()
    end = len(written) // 5
    damaged = bytearray(written)
    damaged[end + 20] ^= 1
    file.write_bytes(damaged)
    again = Spool(tmp_path)
    assert numbers(again) == [1]
    (torn,) = tmp_path.glob("*.torn")
    assert torn.read_bytes() == bytes(damaged[end:])


def test_entries_of_a_newer_program_are_not_cut_off(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """An older program that is started by mistake leaves them to the newer one."""
    spool = Spool(tmp_path)
    fill(spool, 1)
    monkeypatch.setattr(frames, "_VERSION", 2)
    fill(spool, 1)
    spool.close()
    (file,) = tmp_path.glob("*.spool")
    written = file.read_bytes()
    monkeypatch.undo()
    with pytest.raises(EntryTooNew, match="version 2; the newest that this program knows is 1"):
        Spool(tmp_path)
    assert file.read_bytes() == written


@pytest.mark.thorough
@settings(max_examples=30, deadline=None)
@given(
    payloads=st.lists(st.binary(max_size=30), min_size=1, max_size=3),
    junk=st.sampled_from([b"", bytes(64), b"\xff" * 64]),
)
def test_a_tail_torn_at_any_byte_is_cut_off_and_the_entries_before_it_stay(
    payloads: list[bytes], junk: bytes
) -> None:
    """For each byte at which a crash could have ended the file, and whatever stands behind it."""
    frames = [encode(Entry(seq, NOON, "kind", payload)) for seq, payload in enumerate(payloads, 1)]
    data = b"".join(frames)
    ends = [len(b"".join(frames[:count])) for count in range(len(frames) + 1)]
    for cut in range(len(data) + 1):
        left = data[:cut] + junk
        whole = max(count for count, end in enumerate(ends) if left.startswith(data[:end]))
        with tempfile.TemporaryDirectory() as directory:
            (Path(directory) / f"{1:020d}.spool").write_bytes(left)
            with capture_logs() as logs:
                spool = Spool(Path(directory))
            torn = len(left) - ends[whole]
            assert [log["bytes"] for log in logs] == ([torn] if torn else [])
            assert spool.append("kind", b"after", NOON) == whole + 1
            assert [entry.payload for entry in spool.read(0, limit=9).entries] == [
                *payloads[:whole],
                b"after",
            ]
            spool.close()


def test_a_killed_process_loses_no_acknowledged_entry(tmp_path: Path) -> None:
    """SIGKILL in the middle of appending: every number that was reported is in the files, and none is missing before it."""
    child = subprocess.Popen(
        [sys.executable, "-c", _APPEND_FOR_EVER, str(tmp_path)],
        stdout=subprocess.PIPE,
        cwd=Path(__file__).parents[2],
    )
    assert child.stdout
    acknowledged = [int(child.stdout.readline()) for _ in range(2000)]
    child.send_signal(signal.SIGKILL)
    acknowledged += [int(line) for line in child.stdout.read().split(b"\n")[:-1]]
    child.stdout.close()
    child.wait()
    entries = Spool(tmp_path).read(0, limit=10**9).entries
    assert [entry.seq for entry in entries] == list(range(1, len(entries) + 1))
    assert len(entries) >= acknowledged[-1] == len(acknowledged)
    assert all(entry.payload == b"%d" % entry.seq for entry in entries)


_APPEND_FOR_EVER = """
import itertools, sys
from datetime import UTC, datetime
from pathlib import Path
from app.store.spool import Spool
spool = Spool(Path(sys.argv[1]), segment_bytes=20_000)
for number in itertools.count(1):
    print(spool.append("kind", b"%d" % number, datetime.now(UTC)), flush=True)
"""


def test_a_full_disk_stops_nobody_and_all_is_written_once_there_is_room(tmp_path: Path) -> None:
    """Entries are held in memory, readable in order, with an alarm; half a write leaves no trace."""
    spool = Spool(tmp_path)
    with capture_logs() as logs, files_of_at_most(500):
        fill(spool, 20, size=40)
        assert spool.held > 0
        assert spool.failure == os.strerror(errno.ENOSPC)
        assert spool._held.oldest.entry.at == NOON + timedelta(seconds=20 - spool.held)
        assert numbers(spool) == list(range(1, 21))
    assert [(log["event"], log["log_level"]) for log in logs] == [("spool_disk_failing", "critical")]
    spool.drain()
    assert [spool.held, spool.failure, spool.lost] == [0, None, 0]
    spool.close()
    assert numbers(Spool(tmp_path)) == list(range(1, 21))


def test_what_is_held_is_written_before_newer_entries(tmp_path: Path) -> None:
    """The order in the file is the order of the numbers."""
    spool = Spool(tmp_path)
    with files_of_at_most(10):
        fill(spool, 3)
    spool.append("kind", b"", NOON)
    spool.close()
    assert numbers(Spool(tmp_path)) == [1, 2, 3, 4]


def test_memory_has_a_bound_and_the_newest_entries_stay(tmp_path: Path) -> None:
    """The loss is counted and alarmed once; numbers are not given twice."""
    spool = Spool(tmp_path, held_bytes=1000)
    with capture_logs() as logs, files_of_at_most(10):
        fill(spool, 100)
        assert spool.lost == 100 - spool.held > 0
        assert numbers(spool) == list(range(101 - spool.held, 101))
    assert [log["event"] for log in logs] == ["spool_disk_failing", "spool_memory_full"]
    assert spool.append("kind", b"", NOON) == 101


def test_what_the_database_has_is_let_go_from_memory(tmp_path: Path) -> None:
    """A full disk beside a working database never fills the memory."""
    spool = Spool(tmp_path)
    with files_of_at_most(10):
        fill(spool, 10)
        spool.discard(8, keep=0)
        assert (spool.held, spool.lost) == (2, 0)
        assert numbers(spool) == [9, 10]
    spool.drain()
    spool.close()
    assert numbers(Spool(tmp_path)) == [9, 10]


def test_a_segment_that_cannot_be_made_is_no_obstacle(tmp_path: Path) -> None:
    """When the directory is gone, entries are held; when it is back, they are written."""
    directory = tmp_path / "journal"
    spool = Spool(directory, segment_bytes=1)
    spool.append("kind", b"", NOON)
    directory.rename(tmp_path / "elsewhere")
    spool.append("kind", b"", NOON)
    assert spool.held == 1
    (tmp_path / "elsewhere").rename(directory)
    spool.append("kind", b"", NOON)
    assert (spool.held, numbers(spool)) == (0, [1, 2, 3])


def test_an_entry_that_is_too_large_takes_no_number(tmp_path: Path) -> None:
    """Nothing is written, and the next entry follows without a gap."""
    spool = Spool(tmp_path)
    with pytest.raises(EntryTooLarge):
        spool.append("kind", bytes(17 * 1024 * 1024), NOON)
    assert spool.append("kind", b"", NOON) == 1


def test_damage_in_an_older_segment_shows_as_a_jump(tmp_path: Path) -> None:
    """What is readable is read; the rest is asked from the database."""
    spool = Spool(tmp_path, segment_bytes=100)
    fill(spool, 6)
    oldest = min(tmp_path.glob("*.spool"))
    data = bytearray(oldest.read_bytes())
    data[-1] ^= 1
    oldest.write_bytes(data)
    found = numbers(spool)
    assert found[0] == 1
    assert found[-1] == 6
    assert len(found) == 5


def test_every_written_file_is_named_until_it_was_forced_to_the_medium(tmp_path: Path) -> None:
    """Also those that were closed meanwhile; the current one is named always."""
    spool = Spool(tmp_path, segment_bytes=1)
    fill(spool, 3)
    files = spool.unsynced()
    assert len(files) == 3
    fill(spool, 1)
    force(files)
    spool.synced(files)
    assert [file.name for file in spool.unsynced()] == [f"{4:020d}.spool"]


def test_with_fsync_each_entry_is_forced(tmp_path: Path) -> None:
    """The option changes nothing that can be read."""
    spool = Spool(tmp_path, fsync=True)
    fill(spool, 3)
    assert numbers(spool) == [1, 2, 3]


def test_a_segment_that_cannot_be_removed_stays_and_is_tried_again(tmp_path: Path) -> None:
    """It costs room only: nothing else stops."""
    spool = Spool(tmp_path, segment_bytes=1)
    fill(spool, 3)
    oldest = min(tmp_path.glob("*.spool"))
    oldest.rename(tmp_path / "aside")
    oldest.mkdir()
    spool.discard(3, keep=0)
    assert spool.first_seq == 1
    oldest.rmdir()
    spool.discard(3, keep=0)
    assert spool.first_seq == 3
    assert len(spool.unsynced()) == 1
