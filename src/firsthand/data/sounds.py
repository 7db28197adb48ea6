"""Sounds as samples between -1 and 1: tunes made up from a seed, and WAV files.

Every tone is a sum of partials, h_k(t) = a_k e^(-b_k t) sin(2 pi k f t), and instruments differ in a and b alone:
strings: a_k = sin(k pi p) / k^2 of a string plucked at the share p of its length, high partials fading first;
vowels: the partials of a voice, 1 / k, through the resonances (formants) of a mouth; chords: three soft tones.
"""

import io
import shlex
import wave
from collections.abc import Callable
from pathlib import Path

import numpy as np
from jaxtyping import Float64

from firsthand.data.userfile import check
from firsthand.errors import UserError

Samples = Float64[np.ndarray, " samples"]

PEAK = 0.9
SCALE = (0, 3, 5, 7, 10, 12, 15, 17, 19, 22, 24)  # semitones above the lowest note: two octaves of minor pentatonic
FORMANTS = {"a": (730, 1090, 2440), "i": (270, 2290, 3010), "u": (300, 870, 2240)}  # Hz: Peterson & Barney (1952), men
WIDTHS = (60, 90, 150)  # of the resonances, in Hz


def partials(frequency: float, seconds: float, rate: int, heights: Callable, fading: Callable) -> Samples:
    """A tone: all partials below half of the rate, k the number of each, with heights(k) and fading(k) per second."""
    t = np.arange(round(seconds * rate)) / rate
    k = np.arange(1, int(0.45 * rate / frequency) + 1)[:, None]
    return (heights(k) * np.exp(-fading(k) * t) * np.sin(2 * np.pi * frequency * k * t)).sum(0)


def string(frequency: float, seconds: float, rate: int, dice: np.random.Generator) -> Samples:
    """A string plucked somewhere between a tenth and four tenths of its length."""
    place = dice.uniform(0.1, 0.4)
    return partials(frequency, seconds, rate, lambda k: np.sin(k * np.pi * place) / k**2, lambda k: 3 + 0.3 * k**2)


def vowel(frequency: float, seconds: float, rate: int, dice: np.random.Generator) -> Samples:
    """A voice that sings a, i or u."""
    formants = FORMANTS[dice.choice(list(FORMANTS))]

    def heights(k: np.ndarray) -> np.ndarray:
        f = k * frequency
        gains = [1 / np.abs(1 - (f / place) ** 2 + 1j * f * width / place**2)
                 for place, width in zip(formants, WIDTHS, strict=True)]  # fmt: skip
        return np.prod(gains, axis=0) / k

    return swell(partials(frequency, seconds, rate, heights, lambda k: 0 * k), rate, 0.03)


def chord(frequency: float, seconds: float, rate: int, dice: np.random.Generator) -> Samples:
    """A triad, minor or major, of soft tones that begin together."""
    steps = (0, dice.choice((3, 4)), 7)
    notes = [frequency * 2 ** (step / 12) for step in steps]
    tones = [partials(note, seconds, rate, lambda k: 1.0 / k**2, lambda k: 2.0 * k) for note in notes]
    return swell(np.sum(tones, axis=0), rate, 0.02)


def swell(tone: Samples, rate: int, seconds: float) -> Samples:
    """The tone with a beginning and an end that take this long."""
    n = min(round(seconds * rate), len(tone) // 2)
    ramp = np.minimum(1, np.arange(len(tone)) / n)
    return tone * ramp * ramp[::-1]


INSTRUMENTS: dict[str, tuple[Callable, float, float]] = {  # tone, lowest note (Hz), seconds a note
    "strings": (string, 110.0, 0.4),
    "vowels": (vowel, 110.0, 0.5),
    "chords": (chord, 110.0, 0.6),
}


def tune(instrument: str, seconds: float, rate: int, seed: int) -> Samples:
    """A tune that wanders up and down a pentatonic scale, some notes loud, some soft, between -0.9 and 0.9."""
    dice, (tone, lowest, length) = np.random.default_rng(seed), INSTRUMENTS[instrument]
    place, notes, missing = len(SCALE) // 2, [], round(seconds * rate)
    while missing > 0:
        place = int(np.clip(place + dice.integers(-2, 3), 0, len(SCALE) - 1))
        sound = tone(lowest * 2 ** (SCALE[place] / 12), length, rate, dice)[:missing]
        notes.append(sound * (PEAK * dice.uniform(0.4, 1.0) / np.abs(sound).max(initial=1e-9)))
        missing -= len(sound)
    return np.concatenate(notes)


def read_wav(path: Path) -> tuple[Samples, int]:
    """The samples of a WAV file, its channels mixed into one, and the samples a second.

    A file that was cut short gives the whole samples that it has. Raises UserError for a file that is no WAV file of 8
    or 16 bits a sample.
    """
    check(path, "a WAV file")
    quoted = shlex.quote(str(path))
    try:
        with wave.open(str(path), "rb") as file:
            width, channels, rate = file.getsampwidth(), file.getnchannels(), file.getframerate()
            content = file.readframes(file.getnframes())
    except (wave.Error, EOFError, OSError, RuntimeError, ValueError) as error:
        why = str(error) or "it is cut short"
        raise UserError(f"{path} is not a WAV file of plain samples ({why}): ffmpeg -i {quoted} new.wav") from None
    if width not in (1, 2):
        raise UserError(f"{path} has {8 * width} bits a sample, not 8 or 16: ffmpeg -i {quoted} -c:a pcm_s16le new.wav")
    if rate < 1:
        raise UserError(f"{path} says that it has {rate} samples a second: it is damaged.")
    content = content[: len(content) // (width * channels) * width * channels]
    whole = np.frombuffer(content, "<i2" if width == 2 else "u1").astype(np.float64)
    samples = whole / 32768 if width == 2 else (whole - 128) / 128
    return samples.reshape(-1, channels).mean(1), rate


def wav(samples: Samples, rate: int) -> bytes:
    """What a WAV file of these samples holds: one channel of 16 bits."""
    buffer = io.BytesIO()
    with wave.open(buffer, "wb") as file:
        file.setnchannels(1)
        file.setsampwidth(2)
        file.setframerate(rate)
        file.writeframes(np.round(np.clip(samples, -1, 1) * 32767).astype("<i2").tobytes())
    return buffer.getvalue()
