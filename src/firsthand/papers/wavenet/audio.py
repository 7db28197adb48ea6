"""The sounds that the network learns from, as a stream of mu-law codes."""

from dataclasses import asdict, dataclass, replace

import numpy as np
import torch

from firsthand.bounds import ORDINAL, within
from firsthand.data.sounds import INSTRUMENTS, read_wav, tune
from firsthand.data.stream import Stream
from firsthand.data.userfile import absolute, named
from firsthand.errors import UserError
from firsthand.papers.wavenet.mulaw import LEVELS, encode


@dataclass(frozen=True)
class Codes:
    """What stands where a text has its vocabulary: how many codes there are, and how many a second."""

    rate: int
    levels: int = LEVELS

    def __len__(self) -> int:
        return self.levels

    def to_json(self) -> dict[str, int]:
        """The two numbers, for a run's folder."""
        return asdict(self)


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

    def load(self) -> Stream:
        """The codes: 90 % to train on, the next 5 % for validation, the last 5 % to test.

        Raises UserError for a name, file or size that does not work.
        """
        if self.name in INSTRUMENTS:
            rate = self.rate or 8000
            samples = tune(self.name, self.seconds or 60.0, rate, self.tune_seed or 0)
        else:
            path = named(self.name, "sound or file", INSTRUMENTS)
            for option in ("rate", "seconds", "tune_seed"):
                if getattr(self, option) is not None:
                    raise UserError(f"The option 'data.{option}' does not apply to a file: leave it out.")
            samples, rate = read_wav(path)
        codes = encode(torch.from_numpy(samples), self.levels).numpy().astype(np.uint16)
        first, second = int(0.9 * len(codes)), int(0.95 * len(codes))
        return Stream(codes[:first], codes[first:second], codes[second:], Codes(rate, self.levels))

    def of_lines(self) -> bool:
        """A sound is one running stream."""
        return False

    def located(self) -> "Sounds":
        """The same data, a file by its absolute path, so that a run can be continued from any folder."""
        return self if self.name in INSTRUMENTS else replace(self, name=absolute(self.name))
