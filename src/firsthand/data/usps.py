"""USPS: digits of zip codes on American mail, in the text format of LIBSVM."""

import bz2
from functools import lru_cache
from pathlib import Path

import numpy as np
import torch
from jaxtyping import Int16, Int64
from torch import Tensor

from firsthand.data.files import fetch
from firsthand.data.images import ImageSets, held_out
from firsthand.data.registry import DATASETS
from firsthand.errors import UserError

SIDE = 16  # pixels, all of which the digit's longer side fills
_CLASSES = 10

Decoded = tuple[Int64[np.ndarray, " images"], Int16[np.ndarray, "images pixels"]]


@lru_cache(maxsize=1)  # a file is read to check it, and again to load it
def decode(text: bytes) -> Decoded:
    """Digits and pixels, in thousandths of -1 to 1, of lines "label index:value ..." with labels from 1 to 10.

    The digit is the label less one. A pixel that a line leaves out is 0. Raises ValueError, saying which line and what
    is wrong with it, for anything else.
    """
    lines = text.splitlines()
    digits, pixels = np.zeros(len(lines), np.int64), np.zeros((len(lines), SIDE * SIDE), np.int16)
    for number, line in enumerate(lines):
        try:
            label, *rest = map(float, line.replace(b":", b" ").split())
            places, values = np.array(rest).reshape(-1, 2).T
        except ValueError:
            raise ValueError(f"line {number + 1} is not 'label index:value index:value ...'") from None
        if label not in range(1, _CLASSES + 1):
            raise ValueError(f"line {number + 1} has the label {label:g}, expected 1 to {_CLASSES}")
        if not ((places >= 1) & (places <= SIDE * SIDE) & (places % 1 == 0)).all():
            raise ValueError(f"line {number + 1} has a pixel's number other than 1 to {SIDE * SIDE}")
        if not (np.abs(values) <= 1).all():
            raise ValueError(f"line {number + 1} has a value outside of -1 to 1")
        digits[number] = label - 1
        pixels[number, places.astype(np.int64) - 1] = np.round(1000 * values)
    return digits, pixels


def canonical(text: bytes) -> bytes:
    """What the text says whatever its format: for each image its digit and pixels, as 16-bit numbers, low byte first.

    Raises ValueError for what `decode` cannot read.
    """
    digits, pixels = decode(text)
    return np.column_stack([digits, pixels]).astype("<i2").tobytes()


def load_usps(validation: int | None = None) -> ImageSets:
    """USPS: 7,291 training images, the last `validation` (729, a tenth) of which are held out, and 2,007 test images.

    A pixel v from -1 (paper) to 1 (ink) becomes 255 (v + 1) / 2, to the nearest whole number, halves upwards; so v is
    known to 0.004. Raises UserError for a wrong file, and a number to hold out that leaves none to train on.
    """
    train, test = (_images(fetch(file)) for file in DATASETS["usps"].files)
    train, val = held_out(*train, 729 if validation is None else validation)
    return ImageSets(train, val, test, tuple("0123456789"))


def _images(path: Path) -> tuple[Tensor, Tensor]:
    """Images and digits of a file."""
    try:
        with bz2.open(path) as stream:
            digits, pixels = decode(stream.read())
    except (OSError, EOFError, ValueError) as error:
        raise UserError(f"{path} cannot be read as USPS digits: {error}.") from error
    levels = ((pixels.astype(np.int64) + 1000) * 255 + 1000) // 2000
    return torch.from_numpy(levels.astype(np.uint8)).view(-1, SIDE, SIDE), torch.from_numpy(digits)
