"""Rows and values: a column has the name of the field that it keeps. Only what differs is said."""

from dataclasses import fields
from typing import TYPE_CHECKING, Any, TypeVar

import msgspec
from sqlalchemy import Row

if TYPE_CHECKING:
    from _typeshed import DataclassInstance

T = TypeVar("T")


def value_of(kind: type[T], row: Row[Any], **others: object) -> T:
    """The value that a row keeps, its words as enums. What is empty has the field's default; columns without a field are passed over.

    `others` are fields that the row does not have as they are. Raises `msgspec.ValidationError` for a row that no value fits.
    """
    columns = dict(row._mapping) | others  # noqa: SLF001 - public by SQLAlchemy's documentation
    known = {str(name): value for name, value in columns.items() if value is not None}
    return msgspec.convert(known, kind)


def columns_of(value: "DataclassInstance", **others: object) -> dict[str, object]:
    """The columns that keep a value; `others` are kept in another form."""
    return {field.name: getattr(value, field.name) for field in fields(value)} | others
