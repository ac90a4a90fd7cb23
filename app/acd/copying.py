"""Copies of records, taken quickly and given their form at leisure.

While a floor is copied no event can be handled, and with ten thousand agents each microsecond of a copy counts. So only the bare
values of the records are taken, in loops that run in C. The plain values that survive are made of them later, when the floor has
gone on.
"""

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, fields
from operator import attrgetter
from typing import Any, Generic, TypeVar

T = TypeVar("T")
Row = tuple[Any, ...]
"""The values of a record's fields."""

_NOTHING: Mapping[str, Callable[..., Any]] = {}


@dataclass(frozen=True, slots=True)
class Copies(Generic[T]):
    """Copied records. Going through them gives each its form; it may be done more than once."""

    form: Callable[..., T]
    columns: tuple[Iterable[Any], ...]

    def __iter__(self) -> Iterator[T]:
        return map(self.form, *self.columns)


class Copier(Generic[T]):
    """Copies records into the values of dataclass `kind`, field by field of the same name.

    `changing` names the fields whose list or dict the record changes in place, with the type of its copy. `without` names a field
    that somebody else copies.
    """

    def __init__(
        self, kind: type[T], *, changing: Mapping[str, Callable[..., Any]] = _NOTHING, without: str = ""
    ) -> None:
        names = [field.name for field in fields(kind) if field.name != without]  # type: ignore[arg-type]  # a dataclass
        self._kind = kind
        self._names = (*(name for name in names if name not in changing), *changing)
        self._steady: Callable[[object], Row] = attrgetter(*self._names[: len(names) - len(changing)])
        self._changing = [(attrgetter(name), make, make()) for name, make in changing.items()]

    def columns(self, records: Iterable[object]) -> tuple[list[Any], ...]:
        """The values, taken now: those that never change in place as one column of rows, then one column for each that does."""
        records = list(records)
        changing = (
            [make(value) if value else empty for value in map(get, records)]
            for get, make, empty in self._changing
        )
        return (list(map(self._steady, records)), *changing)

    def copy(self, records: Iterable[object]) -> Copies[T]:
        """Copy the records now."""
        return Copies(self.form, self.columns(records))

    def form(self, steady: Row, *changing: Any, **others: Any) -> T:
        """The value that these are the values of, with what somebody else copied."""
        return self._kind(**dict(zip(self._names, (*steady, *changing), strict=True)), **others)
