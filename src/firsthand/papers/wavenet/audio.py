"""Sounds to learn from, made up from a seed or read from a WAV file, as a stream of mu-law codes.

Every tone is a sum of partials, h_k(t) = a_k e^(-b_k t) sin(2 pi k f t), and instruments differ in a and b alone:
strings: a_k = sin(k pi p) / k^2 of a string plucked at the share p of its length, high partials fading first;
vowels: the partials of a voice, 1 / k, heard through the resonances (formants) of a mouth; chords: three soft tones.
"""

import io
import shlex
import wave
from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
import torch
from jaxtyping import Float64

from firsthand.bounds import ORDINAL, within
from firsthand.data.userfile import absolute, check, named
from firsthand.errors import UserError
from firsthand.papers.wavenet.mulaw import LEVELS, encode
from firsthand.train.folder import write_atomically

Samples = Float64[np.ndarray, " samples"]

RATE, SECONDS, PEAK = 8000, 60.0, 0.9
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
    third = dice.choice((3, 4))
    tones = [
        partials(frequency * 2 ** (step / 12), seconds, rate, lambda k: 1.0 / k**2, lambda k: 2.0 * k)
        for step in (0, third, 7)
    ]
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


@dataclass(frozen=True)
class Codes:
    """What stands where a text has its vocabulary: how many codes there are, and how many a second."""

    rate: int
    levels: int = LEVELS

    def __len__(self) -> int:
        return self.levels

    def to_json(self) -> dict[str, int]:
        """The two numbers, for a run's folder."""
        return {"rate": self.rate, "levels": self.levels}


@dataclass
class Recording:
    """The codes of a sound in three parts, in their order."""

    train: np.ndarray
    val: np.ndarray
    test: np.ndarray
    vocabulary: Codes


@dataclass(frozen=True)
class Sounds:
    """A sound, made up or from a file, as mu-law codes."""

    name: str = "strings"  # what is made up: strings, vowels or chords; or the path of a WAV file
    rate: int | None = None  # made up: samples a second, None: 8,000; a file has its own
    seconds: float | None = None  # made up: how long it is, None: 60
    tune_seed: int | None = None  # made up: of the tune, None: 0
    levels: int = LEVELS  # codes of a sample

    def __post_init__(self) -> None:
        within(self, "data.", rate="[1000, 96000]", seconds="(0, 3600]", tune_seed=ORDINAL, levels="[2, 65536]")

    def load(self) -> Recording:
        """The codes: 90 % to train on, the next 5 % for validation, the last 5 % to test.

        Raises UserError for a name, file or size that does not work.
        """
        samples, rate = self.read()
        codes = encode(torch.from_numpy(samples), self.levels).numpy().astype(np.uint16)
        first, second = int(0.9 * len(codes)), int(0.95 * len(codes))
        return Recording(codes[:first], codes[first:second], codes[second:], Codes(rate, self.levels))

    def read(self) -> tuple[Samples, int]:
        """The samples, and how many of them a second has."""
        if self.name in INSTRUMENTS:
            rate = RATE if self.rate is None else self.rate
            seconds = SECONDS if self.seconds is None else self.seconds
            return tune(self.name, seconds, rate, self.tune_seed or 0), rate
        path = named(self.name, "sound or file", INSTRUMENTS)
        for option in ("rate", "seconds", "tune_seed"):
            if getattr(self, option) is not None:
                raise UserError(f"The option 'data.{option}' does not apply to a file: leave it out.")
        return read_wav(path)

    def of_lines(self) -> bool:
        """A sound is one running stream."""
        return False

    def located(self) -> "Sounds":
        """The same data, a file by its absolute path, so that a run can be continued from any folder."""
        return self if self.name in INSTRUMENTS else replace(self, name=absolute(self.name))


def read_wav(path: Path) -> tuple[Samples, int]:
    """The samples of a WAV file, between -1 and 1, its channels mixed into one, and the samples a second.

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


def write_wav(path: Path, samples: Samples, rate: int) -> None:
    """Write samples between -1 and 1 as a WAV file, one channel of 16 bits."""
    buffer = io.BytesIO()
    with wave.open(buffer, "wb") as file:
        file.setnchannels(1)
        file.setsampwidth(2)
        file.setframerate(rate)
        file.writeframes(np.round(np.clip(samples, -1, 1) * 32767).astype("<i2").tobytes())
    write_atomically(path, buffer.getvalue())
