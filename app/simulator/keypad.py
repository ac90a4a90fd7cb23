"""The keypad: keys as RTP events (RFC 4733). Pure.

One key is a row of packets with the timestamp of its beginning and a growing duration; the last goes out three times, for the
end of a key must not be lost (2.5.1.4).
"""

import struct
from collections.abc import Iterable

from app.simulator.rtp import Packet
from app.simulator.tones import FRAME_SAMPLES

KEYS = "0123456789*#ABCD"
_HELD_PACKETS = 5  # 100 ms, as a quick finger
_END_REPEATS = 2
_END = 0x80
_VOLUME = 10  # -10 dBm0: what most phones write
_EVENT = struct.Struct("!BBH")


def press(key: str) -> tuple[bytes, ...]:
    """The payloads of one key, in their order. Raises `ValueError` for what is no key."""
    if len(key) != 1 or key not in KEYS:
        raise ValueError(f"expected one of {KEYS}, got {key!r}")
    event = KEYS.index(key)
    held = [_EVENT.pack(event, _VOLUME, FRAME_SAMPLES * number) for number in range(1, _HELD_PACKETS)]
    end = _EVENT.pack(event, _END | _VOLUME, FRAME_SAMPLES * _HELD_PACKETS)
    return (*held, *[end] * (1 + _END_REPEATS))


def read(packets: Iterable[Packet], payload_type: int) -> str:
    """The keys that were pressed and released in these packets, in their order."""
    ended: dict[int, str] = {}
    for packet in packets:
        if packet.payload_type == payload_type and len(packet.payload) >= _EVENT.size:
            event, flags, _ = _EVENT.unpack_from(packet.payload)
            if flags & _END and event < len(KEYS):
                ended.setdefault(packet.timestamp, KEYS[event])
    return "".join(ended.values())
