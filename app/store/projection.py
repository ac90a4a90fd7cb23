"""How facts become history: a projection maps each fact to rows, a projector feeds it the outcomes of journal entries."""

from collections.abc import Callable, Iterable, Sequence
from typing import Any, Protocol

import msgspec
from sqlalchemy import Table

from app.store.entry import Entry
from app.store.log import Log
from app.store.rows import Rows

_log = Log(__name__)


class Projection(Protocol):
    """A pure mapping from facts to rows of tables of its own."""

    @property
    def tables(self) -> Sequence[Table]:
        """The tables that it fills, and nobody else."""
        ...

    def apply(self, fact: Any, rows: Rows) -> None:
        """Put into `rows` what the fact adds. Facts that do not concern it are ignored."""
        ...


class Projector:
    """Feeds the facts in the outcomes of journal entries to projections."""

    def __init__(self, decode: Callable[[bytes], Iterable[Any]], projections: Iterable[Projection]) -> None:
        """`decode` gives the facts of an outcome; for one that it cannot read it raises `msgspec.DecodeError`."""
        self._decode = decode
        self._projections = tuple(projections)

    @property
    def tables(self) -> list[Table]:
        """All derived tables."""
        return [table for projection in self._projections for table in projection.tables]

    def rows(self, entries: Iterable[Entry]) -> Rows:
        """What these entries, in order, do to the derived tables.

        Facts that cannot be read are left out, and a log line names the entry: the record goes on, and the derived tables are
        made anew (`rebuild`) once the program can read them.
        """
        rows = Rows()
        for entry in entries:
            for fact in self._facts(entry):
                self._apply(fact, rows)
        return rows

    def _facts(self, entry: Entry) -> list[Any]:
        try:
            return list(self._decode(entry.outcome)) if entry.outcome else []
        except msgspec.DecodeError as error:
            _log.error("outcome_unreadable", seq=entry.seq, kind=entry.kind, reason=type(error).__name__)
            return []

    def _apply(self, fact: Any, rows: Rows) -> None:
        for projection in self._projections:
            projection.apply(fact, rows)
