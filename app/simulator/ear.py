"""The ear: listens for one tone in a stream of RTP packets. Pure."""

from app.simulator import g711, tones
from app.simulator.rtp import Packet
from app.simulator.sdp import Codec

LASTING_PACKETS = 3  # 60 ms: shorter sounds are clicks and remnants
_CODECS = {codec.value: codec for codec in Codec}


class Ear:
    """Hears a tone when it stands in `LASTING_PACKETS` packets in a row."""

    __slots__ = ("_frequency", "_run_length", "_run_started_at")

    def __init__(self, frequency: int) -> None:
        self._frequency = frequency
        self._run_length = 0
        self._run_started_at = 0.0

    def hear(self, packet: Packet) -> float | None:
        """Take the next packet in. When the tone began (the loop's time), from the packet on that makes it certain."""
        samples = samples_of(packet)
        if samples is None:
            return None
        if not tones.is_heard(samples, self._frequency):
            self._run_length = 0
            return None
        self._run_length += 1
        if self._run_length == 1:
            self._run_started_at = packet.arrived_at
        return self._run_started_at if self._run_length >= LASTING_PACKETS else None


def samples_of(packet: Packet) -> list[int] | None:
    """The sound of a packet. None when it carries none, as a keypad event."""
    codec = _CODECS.get(packet.payload_type)
    return None if codec is None else g711.decode(packet.payload, codec)
