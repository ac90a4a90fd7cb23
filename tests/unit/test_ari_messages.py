"""Whatever Asterisk sends is read: what we know becomes typed, what we do not know is kept."""

import json
from datetime import UTC, datetime
from typing import Any

import pytest

from app.ari.messages import ChannelHangupRequest, RESTResponse, StasisStart, UnknownEvent, decode
from app.ari.snapshots import ChannelState, instant

CHANNEL = {
    "id": "node-1-1795294714.0",
    "name": "PJSIP/anonymous-00000001",
    "state": "Ring",
    "caller": {"name": "", "number": "13800001111"},
    "creationtime": "2026-11-21T20:58:34.540+0000",
    "channelvars": {"TR_ENTRY": "4001"},
    "a_field_of_a_later_asterisk": {"x": 1},
}


def raw(kind: str, **fields: Any) -> bytes:
    """A message as it comes."""
    return json.dumps(
        {"type": kind, "timestamp": "2026-11-21T20:58:34.543+0000", "application": "thirdring"} | fields
    ).encode()


def test_an_event_becomes_typed_and_fields_that_we_do_not_know_are_ignored() -> None:
    """A later Asterisk may send more."""
    event = decode(raw("StasisStart", args=["entry", "4001"], channel=CHANNEL, new_field=True))
    assert isinstance(event, StasisStart)
    assert event.args == ["entry", "4001"]
    assert event.channel.caller.number == "13800001111"
    assert event.channel.state == ChannelState.RING
    assert event.channel.channelvars == {"TR_ENTRY": "4001"}


def test_an_unknown_type_is_kept_as_it_came() -> None:
    """Nothing is lost."""
    text = raw("ChannelUserevent", userevent={"x": 1})
    assert decode(text) == UnknownEvent(type="ChannelUserevent", raw=text)


def test_an_event_that_does_not_fit_is_kept_with_what_is_wrong() -> None:
    """It neither raises nor vanishes."""
    event = decode(raw("StasisStart", args="entry", channel=CHANNEL))
    assert isinstance(event, UnknownEvent)
    assert event.type == "StasisStart"
    assert "$.args" in event.problem


@pytest.mark.parametrize("text", [b"", b"{", b"[]", b"null", b'{"type": 3}', b"\xff"])
def test_garbage_is_kept_too(text: bytes) -> None:
    """A message that is no JSON object does not end the connection."""
    event = decode(text)
    assert isinstance(event, UnknownEvent)
    assert event.raw == text
    assert event.problem


def test_a_message_without_a_type_is_unknown() -> None:
    """As any other that we do not know."""
    assert decode(b"{}") == UnknownEvent(raw=b"{}")


def test_what_asterisk_leaves_out_has_a_default() -> None:
    """A phone's hang-up says neither cause nor soft."""
    event = decode(raw("ChannelHangupRequest", channel=CHANNEL))
    assert isinstance(event, ChannelHangupRequest)
    assert (event.soft, event.cause, event.tech_cause) == (False, 0, 0)


def test_the_answer_to_a_request_is_read() -> None:
    """The body stays text until somebody asks for a shape."""
    answer = decode(raw("RESTResponse", request_id="7", status_code=204, reason_phrase="No Content", uri="x"))
    assert answer == RESTResponse("7", 204, "No Content", "")


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("2026-11-21T20:58:34.543+0000", datetime(2026, 11, 21, 20, 58, 34, 543_000, tzinfo=UTC)),
        ("2026-11-22T04:58:34.543+0800", datetime(2026, 11, 21, 20, 58, 34, 543_000, tzinfo=UTC)),
        ("2026-11-21T17:28:34.000-0330", datetime(2026, 11, 21, 20, 58, 34, tzinfo=UTC)),
    ],
)
def test_time_stamps_become_aware_instants_in_utc(text: str, expected: datetime) -> None:
    """Whatever zone the node is set to."""
    assert instant(text) == expected
    assert instant(text).tzinfo is UTC
