"""Tones: made, and found again by Goertzel's algorithm (G. Goertzel, 1958, Amer. Math. Monthly 65). Pure.

One packet of 160 samples tells frequencies 50 Hz apart. Tones at multiples of 50 Hz do not disturb each other at all, so
give each party of a test one of those: 600, 1000, 1400, 2600.
"""

import math
from collections.abc import Sequence
from functools import lru_cache

from app.simulator import g711
from app.simulator.sdp import Codec

FRAME_SAMPLES = 160  # 20 ms at 8 kHz
LEVEL_DBFS = -18.0  # what `frames` sends: loud as a voice, far from clipping when four speak at once
HEARD_DBFS = -33.0  # a tone counts as heard above this: 15 dB for losses on the way
HEARD_SHARE = 0.1  # and when it makes up this part of the sound: music and speech spread wider
SILENCE_DBFS = -120.0
_FRAMES_PER_SECOND = g711.SAMPLE_RATE // FRAME_SAMPLES


@lru_cache(maxsize=64)
def frames(frequency: int, codec: Codec) -> tuple[bytes, ...]:
    """The tone as packets' payloads, to be sent round and round: the phase is whole again after the last."""
    count = _FRAMES_PER_SECOND // math.gcd(frequency, _FRAMES_PER_SECOND)
    amplitude = math.sqrt(2) * g711.FULL_SCALE * 10 ** (LEVEL_DBFS / 20)
    step = 2 * math.pi * frequency / g711.SAMPLE_RATE
    samples = [round(amplitude * math.sin(step * index)) for index in range(count * FRAME_SAMPLES)]
    packed = g711.encode(samples, codec)
    return tuple(packed[at : at + FRAME_SAMPLES] for at in range(0, len(packed), FRAME_SAMPLES))


def level(samples: Sequence[int], frequency: int) -> float:
    """How loud this frequency is in the samples, in dB below full scale (a sine's effective value counts)."""
    return _decibel(_tone_power(samples, frequency))


def total_level(samples: Sequence[int]) -> float:
    """How loud the samples are altogether, in dB below full scale."""
    return _decibel(_total_power(samples))


def is_heard(samples: Sequence[int], frequency: int) -> bool:
    """The tone is loud enough, and enough of all that is heard."""
    power = _tone_power(samples, frequency)
    return _decibel(power) > HEARD_DBFS and power >= HEARD_SHARE * _total_power(samples)


def _tone_power(samples: Sequence[int], frequency: int) -> float:
    """Mean square of the tone, full scale squared = 1."""
    if not samples:
        return 0.0
    coefficient = 2 * math.cos(2 * math.pi * frequency / g711.SAMPLE_RATE)
    last = before = 0.0
    for sample in samples:
        last, before = sample + coefficient * last - before, last
    power = last * last + before * before - coefficient * last * before
    return 2 * power / (len(samples) * g711.FULL_SCALE) ** 2


def _total_power(samples: Sequence[int]) -> float:
    if not samples:
        return 0.0
    return sum(sample * sample for sample in samples) / len(samples) / g711.FULL_SCALE**2


def _decibel(power: float) -> float:
    return max(10 * math.log10(power), SILENCE_DBFS) if power > 0 else SILENCE_DBFS
