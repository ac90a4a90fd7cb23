"""Cursors: the place behind which the next page begins, as opaque text. Calls that come and go never shift a page."""

from base64 import urlsafe_b64decode, urlsafe_b64encode
from datetime import UTC, datetime, timedelta

from app.api.errors import WrongCursor
from app.api.history import Place
from app.ids import CallId

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_MICROSECOND = timedelta(microseconds=1)


def write_cursor(place: Place) -> str:
    """The cursor of a place."""
    text = f"{(place.arrived_at - _EPOCH) // _MICROSECOND}:{place.call_id}"
    return urlsafe_b64encode(text.encode()).decode().rstrip("=")


def read_cursor(cursor: str) -> Place:
    """The place of a cursor. Raises `WrongCursor`."""
    try:
        padded = cursor.encode("ascii") + b"=" * (-len(cursor) % 4)
        arrived_at, _, call_id = urlsafe_b64decode(padded).decode().partition(":")
        if not call_id.isprintable():
            raise WrongCursor(cursor)
        return Place(_EPOCH + int(arrived_at) * _MICROSECOND, CallId(call_id))
    except (ValueError, OverflowError):
        raise WrongCursor(cursor) from None
