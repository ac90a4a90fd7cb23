"""Sound files that a test can tell apart: pure tones in the format that Asterisk plays without conversion."""

import array
import math
import wave
from pathlib import Path

MUSIC_HZ = 1800
GREETING_HZ = 2200
_RATE = 8_000
_AMPLITUDE = 8_000


def write_music(directory: Path) -> Path:
    """A folder with music that a test can tell apart."""
    return write_tone(directory / "music" / "tone.wav", hertz=MUSIC_HZ, seconds=10).parent


def write_greeting(directory: Path) -> Path:
    """A greeting that a test can tell apart."""
    return write_tone(directory / "greeting.wav", hertz=GREETING_HZ, seconds=1)


def write_tone(path: Path, *, hertz: int, seconds: float) -> Path:
    """A mono file of 8 kHz and 16 bit with one tone. Whole seconds repeat without a click."""
    samples = (math.sin(2 * math.pi * hertz * n / _RATE) for n in range(int(_RATE * seconds)))
    path.parent.mkdir(parents=True, exist_ok=True)
    with wave.open(str(path), "wb") as file:
        file.setnchannels(1)
        file.setsampwidth(2)
        file.setframerate(_RATE)
        file.writeframes(array.array("h", (int(_AMPLITUDE * sample) for sample in samples)).tobytes())
    return path
