"""How facts become history: each part maps facts to rows of tables of its own; all of it can be made anew from the journal."""

from collections.abc import Callable, Iterable
from typing import Any

import msgspec

from app.store import history, ledger, passages
from app.store.entry import Entry
from app.store.log import Log
from app.store.rows import Rows

_log = Log(__name__)

TABLES = (*history.TABLES, *passages.TABLES, *ledger.TABLES)
"""All derived tables."""
_PARTS = (history.RECORDERS, passages.RECORDERS, ledger.RECORDERS)


class Projector:
    """Turns the facts in the outcomes of journal entries into rows of the derived tables."""

    def __init__(self, decode: Callable[[bytes], Iterable[Any]]) -> None:
        """`decode` gives the facts of an outcome; for one that it cannot read it raises `msgspec.DecodeError`."""
        self._decode = decode

    def rows(self, entries: Iterable[Entry]) -> Rows:
        """What these entries, in order, do to the derived tables. Facts without a place in them are ignored.

        Facts that cannot be read are left out, and a log line names the entry: the record goes on, and the derived tables are
        made anew (`rebuild`) once the program can read them.
        """
        rows = Rows()
        for entry in entries:
            for fact in self._facts(entry):
                for recorders in _PARTS:
                    if record := recorders.get(type(fact)):
                        record(fact, rows)
        return rows

    def _facts(self, entry: Entry) -> list[Any]:
        try:
            return list(self._decode(entry.outcome)) if entry.outcome else []
        except msgspec.DecodeError as error:
            _log.error("outcome_unreadable", seq=entry.seq, kind=entry.kind, reason=type(error).__name__)
            return []
