"""The state after a restart: the latest snapshot, and every entry of the journal behind it handled again."""

import asyncio
from collections.abc import AsyncIterator
from typing import Protocol

import msgspec
import structlog

from app.calls.switchboard import Switchboard
from app.runtime.codec import decode_event, decode_snapshot, encode_facts, encode_snapshot
from app.store.entry import Entry
from app.store.snapshots import Snapshot

_log = structlog.get_logger(__name__)

STATE_VERSION = 1
"""The form of a snapshot. A program that knows another one replays the journal instead."""
_PIECES_AT_A_TIME = 200
"""How much of a snapshot is encoded before others may work: about a millisecond."""


class Record(Protocol):
    """What was written down."""

    async def latest_snapshot(self) -> Snapshot | None:
        """The newest snapshot, if there is one."""
        ...

    def entries(self, after_seq: int) -> AsyncIterator[Entry]:
        """The entries behind a number, in order."""
        ...


async def recover(record: Record) -> Switchboard:
    """The switchboard as it was when the last entry was written. Raises `DatabaseFailed`, `UnknownKindError`."""
    snapshot = await record.latest_snapshot()
    board, seq = _restore(snapshot)
    count = 0
    async for entry in record.entries(seq):
        board.handle(decode_event(entry.kind, entry.payload), now=entry.at)
        count += 1
    _log.info("recovered", snapshot_seq=seq, replayed=count, calls=len(board.calls))
    return board


def _restore(snapshot: Snapshot | None) -> tuple[Switchboard, int]:
    if snapshot is None:
        return Switchboard(), 0
    if snapshot.version == STATE_VERSION:
        try:
            return Switchboard.restore(decode_snapshot(snapshot.state)), snapshot.seq
        except msgspec.ValidationError as error:
            _log.warning("snapshot_of_another_form", seq=snapshot.seq, reason=str(error))
    return Switchboard(), 0


async def take_snapshot(board: Switchboard, *, entry: Entry) -> Snapshot:
    """The state behind `entry`, the last one handled. It is copied at once, and encoded while calls go on."""
    pieces = []
    for number, piece in enumerate(encode_snapshot(board.copy()), start=1):
        pieces.append(piece)
        if number % _PIECES_AT_A_TIME == 0:
            await asyncio.sleep(0)
    return Snapshot(entry.seq, entry.at, STATE_VERSION, b"".join(pieces))


async def first_difference(record: Record) -> int | None:
    """Replay everything from the beginning and compare the facts: the first entry that now has another outcome, or None."""
    board = Switchboard()
    async for entry in record.entries(0):
        outcome = board.handle(decode_event(entry.kind, entry.payload), now=entry.at)
        if encode_facts(outcome.facts) != entry.outcome:
            return entry.seq
    return None
