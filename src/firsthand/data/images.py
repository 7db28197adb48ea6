"""Small images: MNIST's and scikit-learn's handwritten digits, Fashion-MNIST's garments."""

import gzip
import math
import random
import struct
import zlib
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
import torch
from jaxtyping import Int64, UInt8
from PIL import Image
from torch import Tensor

from firsthand.data.files import fetch
from firsthand.data.registry import DATASETS
from firsthand.data.userfile import check
from firsthand.errors import UserError

_DIGITS = tuple("0123456789")
_GARMENTS = (
    "T-shirt", "trouser", "pullover", "dress", "coat", "sandal", "shirt", "sneaker", "bag", "ankle boot",
)  # fmt: skip
SIDE, BOX = 28, 20  # pixels of the image, and of the box within that the digit fills
_DIMENSIONS = 64  # of a NumPy array, at most
Labelled = tuple[UInt8[Tensor, "_ *shape"], Int64[Tensor, " _"]]
_TYPES = {8: ">u1", 9: ">i1", 11: ">i2", 12: ">i4", 13: ">f4", 14: ">f8"}  # of the IDX format


@dataclass
class ImageSets:
    """Images, 0 black to 255 white, with their labels, in three parts; `val` is None if nothing is held out.

    An image is (height, width), or (channel, height, width) if it has colours.
    """

    train: tuple[UInt8[Tensor, "train *shape"], Int64[Tensor, " train"]]
    val: tuple[UInt8[Tensor, "val *shape"], Int64[Tensor, " val"]] | None
    test: tuple[UInt8[Tensor, "test *shape"], Int64[Tensor, " test"]]
    classes: tuple[str, ...]

    def of_side(self, side: int, name: str) -> "ImageSets":
        """The same; raises UserError unless its images are squares of that side, for a network that reads no others."""
        height, width = self.train[0].shape[-2:]
        if (height, width) != (side, side):
            raise UserError(
                f"'{name}' holds images of {height}x{width} pixels, and this network reads {side}x{side}: choose other "
                "data."
            )
        return self

    def limited(self, limit: int | None) -> "ImageSets":
        """The same with the first `limit` training images only; None keeps all."""
        images, labels = self.train
        if limit is None:
            return self
        if not 1 <= limit <= len(images):
            raise UserError(f"The limit is {limit} training images: choose from 1 to {len(images):,}.")
        return replace(self, train=(images[:limit], labels[:limit]))


def read_idx(path: str | Path) -> np.ndarray:
    """The array in a gzipped IDX file, the format of MNIST; raises `UserError` if it is anything else.

    Source: the MNIST page, "file formats": 0, 0, type, number of dimensions, the sizes as big-endian 32-bit integers.
    """
    path = Path(path)
    check(path, "an IDX file")
    try:
        with gzip.open(path) as stream:
            data = stream.read()
    except (OSError, EOFError, zlib.error) as error:
        raise UserError(f"{path} cannot be unpacked with gzip: {error}.") from error
    if len(data) < 4 or data[:2] != b"\0\0" or data[2] not in _TYPES or len(data) < 4 + 4 * data[3]:
        raise UserError(f"{path} is not an IDX file: its first bytes are '{data[:4].hex(' ')}'.")
    shape = struct.unpack_from(f">{data[3]}I", data, 4)
    kind = np.dtype(_TYPES[data[2]])
    start, size = 4 + 4 * data[3], math.prod(shape) * kind.itemsize
    if len(shape) <= _DIMENSIONS and len(data) - start != size:
        raise UserError(f"{path} says that it holds {size:,} bytes of values but holds {len(data) - start:,}.")
    try:
        return np.frombuffer(data, kind, offset=start).reshape(shape).astype(kind.newbyteorder("="))
    except ValueError as error:
        raise UserError(f"{path} is not an IDX file that can be read: {error}.") from None


def load_mnist(validation: int | None = None) -> ImageSets:
    """MNIST: 60,000 training images, the last `validation` (5,000) of which are held out, and 10,000 test images."""
    return _from_idx("mnist", _DIGITS, validation)


def load_fashion_mnist(validation: int | None = None) -> ImageSets:
    """Fashion-MNIST: garments in the format of MNIST, as many of them and split alike."""
    return _from_idx("fashion-mnist", _GARMENTS, validation)


def _from_idx(name: str, classes: tuple[str, ...], validation: int | None) -> ImageSets:
    """A data set of four IDX files."""
    validation = 5000 if validation is None else validation
    arrays = [torch.from_numpy(read_idx(fetch(file))) for file in DATASETS[name].files]
    images, labels, test_images, test_labels = arrays
    train, val = held_out(images, labels.long(), validation)
    return ImageSets(train, val, (test_images, test_labels.long()), classes)


def held_out(
    images: UInt8[Tensor, "images *shape"], labels: Int64[Tensor, " images"], validation: int
) -> tuple[Labelled, Labelled | None]:
    """The images but for the last `validation`, and these, or None; raises UserError if none would be left."""
    if not 0 <= validation < len(images):
        raise UserError(f"{validation} images cannot be held out for validation: choose from 0 to {len(images) - 1:,}.")
    kept = len(images) - validation
    return (images[:kept], labels[:kept]), ((images[kept:], labels[kept:]) if validation else None)


def load_digits(validation: int | None = None) -> ImageSets:
    """Scikit-learn's 1,797 digits of 8x8 pixels, enlarged to 20x20 in the middle of 28x28, as MNIST's are.

    Shuffled with seed 42, then 80 % to train on, 10 % for validation and 10 % to test. Raises `UserError` for another
    number to hold out.
    """
    from sklearn import datasets

    if validation is not None:
        raise UserError("The option 'validation' does not apply to the data 'digits': leave it out.")
    small = datasets.load_digits()
    images = torch.zeros(len(small.images), SIDE, SIDE, dtype=torch.uint8)
    edge = (SIDE - BOX) // 2
    for image, pixels in zip(images, small.images, strict=True):
        grey = Image.fromarray(np.round(pixels * (255 / 16)).astype(np.uint8))
        large = grey.resize((BOX, BOX), Image.Resampling.BILINEAR)
        image[edge:-edge, edge:-edge] = torch.from_numpy(np.array(large))
    labels = torch.from_numpy(small.target.astype(np.int64))
    order = list(range(len(images)))
    random.Random(42).shuffle(order)
    first, second = int(0.8 * len(order)), int(0.9 * len(order))
    train, val, test = ((images[part], labels[part]) for part in (order[:first], order[first:second], order[second:]))
    return ImageSets(train, val, test, _DIGITS)


def drawing(image: UInt8[Tensor, "*shape"]) -> str:
    """An image in characters, two rows of pixels to a line because characters are tall; colours as greys."""
    shades = " .:-=+*#%@"
    image = image.float().mean(0) if image.ndim == 3 else image
    rows = [image[i : i + 2].float().mean(0) for i in range(0, len(image), 2)]
    return "\n".join("".join(shades[int(pixel * len(shades) / 256)] for pixel in row).rstrip() for row in rows)
