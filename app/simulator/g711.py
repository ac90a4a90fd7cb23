"""G.711: how telephone sound is packed into bytes (ITU-T G.711, mu-law and A-law). Pure.

Samples are signed 16-bit values at 8 kHz; a byte is one sample.
"""

from app.simulator.sdp import Codec

SAMPLE_RATE = 8000
FULL_SCALE = 32768
_BIAS = 0x84  # mu-law: lifts small samples over the first segment's edge.
_MU_CLIP = 32635
_A_CLIP = 32767


def _mu_encode(sample: int) -> int:
    sign = 0x80 if sample < 0 else 0
    magnitude = min(abs(sample), _MU_CLIP) + _BIAS
    exponent = magnitude.bit_length() - 8
    mantissa = (magnitude >> (exponent + 3)) & 0x0F
    return ~(sign | exponent << 4 | mantissa) & 0xFF


def _mu_decode(byte: int) -> int:
    byte = ~byte & 0xFF
    exponent, mantissa = byte >> 4 & 0x07, byte & 0x0F
    magnitude = ((mantissa << 3) + _BIAS << exponent) - _BIAS
    return -magnitude if byte & 0x80 else magnitude


def _a_encode(sample: int) -> int:
    sign = 0x80 if sample >= 0 else 0
    magnitude = min(abs(sample), _A_CLIP) >> 4
    exponent = max(magnitude.bit_length() - 4, 0)
    mantissa = magnitude >> max(exponent - 1, 0) & 0x0F
    return (sign | exponent << 4 | mantissa) ^ 0x55


def _a_decode(byte: int) -> int:
    byte ^= 0x55
    exponent, mantissa = byte >> 4 & 0x07, byte & 0x0F
    magnitude = (mantissa << 1) + 1 if exponent == 0 else ((mantissa << 1) + 33) << exponent - 1
    magnitude <<= 3
    return magnitude if byte & 0x80 else -magnitude


_ENCODERS = {Codec.PCMU: _mu_encode, Codec.PCMA: _a_encode}
_TABLES = {
    Codec.PCMU: tuple(_mu_decode(byte) for byte in range(256)),
    Codec.PCMA: tuple(_a_decode(byte) for byte in range(256)),
}


def encode(samples: list[int], codec: Codec) -> bytes:
    """Pack samples."""
    pack = _ENCODERS[codec]
    return bytes(pack(sample) for sample in samples)


def decode(payload: bytes, codec: Codec) -> list[int]:
    """Unpack samples."""
    table = _TABLES[codec]
    return [table[byte] for byte in payload]


def silence(codec: Codec, samples: int) -> bytes:
    """So many samples of nothing."""
    return bytes([_ENCODERS[codec](0)]) * samples
