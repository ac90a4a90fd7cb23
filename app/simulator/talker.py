"""The talker: what one side sends, packet by packet. Pure: the numbers to begin with are given."""

from collections import deque

from app.simulator import g711, keypad, rtp, tones
from app.simulator.sdp import KEYPAD_PAYLOAD_TYPE, Codec


class Talker:
    """Makes one packet every 20 ms: a key that is pressed, else a tone, else silence."""

    def __init__(self, *, sequence: int, timestamp: int, ssrc: int) -> None:
        self._sequence = sequence
        self._timestamp = timestamp
        self._ssrc = ssrc
        self._codec = Codec.PCMU
        self._keypad: int | None = KEYPAD_PAYLOAD_TYPE
        self._tone: int | None = None
        self._frames: tuple[bytes, ...] = ()
        self._keys: deque[str] = deque()
        self._events: deque[bytes] = deque()
        self._key_began_at = 0
        self._is_first = True
        self.sent = 0
        self._load()

    def use(self, codec: Codec, keypad_payload_type: int | None) -> None:
        """Speak as the other side wants to hear it."""
        self._codec, self._keypad = codec, keypad_payload_type
        self._load()

    def play(self, frequency: int | None) -> None:
        """Make this tone from the next packet on; None: silence."""
        self._tone = frequency
        self._load()

    def press(self, keys: str) -> None:
        """Press these keys one after the other, 140 ms each. Raises `ValueError` when one does not exist."""
        for key in keys:
            keypad.press(key)
        self._keys.extend(keys)

    def next_packet(self) -> bytes:
        """The packet of this moment. The clock of the stream goes on under a key, too (RFC 4733 2.5.1.2)."""
        event = self._next_event()
        packet = self._sound() if event is None or self._keypad is None else self._key(event, self._keypad)
        self._sequence = (self._sequence + 1) & 0xFFFF
        self._timestamp = (self._timestamp + tones.FRAME_SAMPLES) & 0xFFFFFFFF
        self._is_first = False
        self.sent += 1
        return packet

    def _next_event(self) -> bytes | None:
        if not self._events and self._keys:
            self._events.extend(keypad.press(self._keys.popleft()))
            self._key_began_at = self._timestamp
        return self._events.popleft() if self._events else None

    def _sound(self) -> bytes:
        payload = self._frames[self.sent % len(self._frames)]
        return self._pack(self._codec.value, self._timestamp, payload, is_first=self._is_first)

    def _key(self, event: bytes, payload_type: int) -> bytes:
        return self._pack(
            payload_type, self._key_began_at, event, is_first=self._key_began_at == self._timestamp
        )

    def _pack(self, payload_type: int, timestamp: int, payload: bytes, *, is_first: bool) -> bytes:
        return rtp.pack(
            payload_type=payload_type,
            sequence=self._sequence,
            timestamp=timestamp,
            ssrc=self._ssrc,
            payload=payload,
            is_first=is_first,
        )

    def _load(self) -> None:
        silence = (g711.silence(self._codec, tones.FRAME_SAMPLES),)
        self._frames = silence if self._tone is None else tones.frames(self._tone, self._codec)
