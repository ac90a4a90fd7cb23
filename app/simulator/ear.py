"""The ear: listens for one tone in a stream of RTP packets. Pure."""

from dataclasses import dataclass

from app.simulator import g711, tones
from app.simulator.rtp import Packet
from app.simulator.sdp import Codec

LASTING_PACKETS = 3  # 60 ms: shorter sounds are clicks and remnants
_CODECS = {codec.value: codec for codec in Codec}


@dataclass(frozen=True, slots=True)
class Heard:
    """A tone that was heard: when its first packet arrived (the loop's time in seconds) and how loud it was."""

    at: float
    level_dbfs: float


class Ear:
    """Hears a tone when it stands in `LASTING_PACKETS` packets in a row."""

    __slots__ = ("_frequency", "_run_length", "_run_started_at")

    def __init__(self, frequency: int) -> None:
        self._frequency = frequency
        self._run_length = 0
        self._run_started_at = 0.0

    def hear(self, packet: Packet) -> Heard | None:
        """Take the next packet in. Not None from the packet on that makes the tone certain."""
        samples = samples_of(packet)
        if samples is None:
            return None
        if not tones.is_heard(samples, self._frequency):
            self._run_length = 0
            return None
        self._run_length += 1
        if self._run_length == 1:
            self._run_started_at = packet.arrived_at
        if self._run_length < LASTING_PACKETS:
            return None
        return Heard(self._run_started_at, tones.level(samples, self._frequency))


def samples_of(packet: Packet) -> list[int] | None:
    """The sound of a packet. None when it carries none, as a keypad event."""
    codec = _CODECS.get(packet.payload_type)
    return None if codec is None else g711.decode(packet.payload, codec)
