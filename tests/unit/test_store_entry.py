"""An entry survives its way into the spool and back; damage never passes for an entry."""

import io
from datetime import UTC, datetime, timedelta, timezone

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.store.entry import MAX_BODY, Entry, encode, instant, microseconds, read
from app.store.errors import EntryTooLarge

NOON = datetime(2026, 11, 21, 12, 0, 0, 123456, tzinfo=UTC)

entries = st.builds(
    Entry,
    seq=st.integers(1, 2**63),
    at=st.datetimes(timezones=st.just(UTC)),
    kind=st.text(max_size=20).filter(lambda text: text.isprintable()),
    payload=st.binary(max_size=200),
    outcome=st.binary(max_size=200),
)


@given(entries)
def test_an_entry_is_read_as_it_was_written(entry: Entry) -> None:
    """All fields come back, the instant to the microsecond."""
    assert read(io.BytesIO(encode(entry))) == entry


@given(entries, st.data())
def test_a_changed_byte_is_never_an_entry(entry: Entry, data: st.DataObject) -> None:
    """The checksum sees every single change behind the length."""
    frame = bytearray(encode(entry))
    position = data.draw(st.integers(4, len(frame) - 1))
    frame[position] ^= data.draw(st.integers(1, 255))
    assert read(io.BytesIO(bytes(frame))) is None


def test_zeros_are_no_entry() -> None:
    """A file that a power cut left filled with zeros ends where they begin, although zero is the checksum of nothing."""
    assert read(io.BytesIO(bytes(4096))) is None


def test_a_body_of_the_limit_fits_and_one_byte_more_is_refused() -> None:
    """The refusal names both sizes."""
    largest = MAX_BODY - len(encode(Entry(1, NOON, "k", b""))) + 8
    encode(Entry(1, NOON, "k", bytes(largest)))
    with pytest.raises(EntryTooLarge, match=f"{MAX_BODY} bytes; this one has {MAX_BODY + 1}"):
        encode(Entry(1, NOON, "k", bytes(largest + 1)))


def test_instants_keep_their_microseconds_and_their_zone_is_utc() -> None:
    """An instant of another zone is the same instant."""
    there = NOON.astimezone(timezone(timedelta(hours=8)))
    assert instant(microseconds(there)) == NOON
    assert instant(microseconds(there)).tzinfo is UTC


def test_an_instant_without_zone_is_refused() -> None:
    """A naive instant could mean any hour of the day."""
    with pytest.raises(TypeError):
        encode(Entry(1, NOON.replace(tzinfo=None), "k", b""))
