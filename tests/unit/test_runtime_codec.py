"""What an older program wrote down is read by this one."""

import msgspec

from app.calls.events import SettingsChanged
from app.calls.switchboard import Switchboard
from app.runtime.codec import decode_event, decode_snapshot, encode_event, encode_snapshot
from tests.support.switchboards import Board, call_settings

OLDER = {"agent_names": {"ann": "Ann"}}
"""A field of the settings that there is no longer."""


def test_an_event_with_a_field_that_is_gone_is_read() -> None:
    kind, payload = encode_event(SettingsChanged(call_settings()))
    written = msgspec.json.decode(payload)
    written["settings"] |= OLDER
    assert decode_event(kind, msgspec.json.encode(written)) == SettingsChanged(call_settings())


def test_a_snapshot_with_a_field_that_is_gone_is_read() -> None:
    board = Board().board
    written = msgspec.json.decode(b"".join(encode_snapshot(board.copy())))
    written["settings"] |= OLDER
    restored = Switchboard.restore(decode_snapshot(msgspec.json.encode(written)))
    assert restored.settings == call_settings()
