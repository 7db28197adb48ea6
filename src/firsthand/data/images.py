"""Images of handwritten digits: MNIST, scikit-learn's, and a user's own."""

import gzip
import random
import struct
import warnings
import zlib
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
import torch
from jaxtyping import Int64, UInt8
from PIL import Image, ImageOps, UnidentifiedImageError
from torch import Tensor

from firsthand.data.files import fetch
from firsthand.data.lines import missing
from firsthand.data.registry import DATASETS
from firsthand.errors import UserError

_DIGITS = tuple("0123456789")
_SIDE, _BOX = 28, 20  # pixels of the image, and of the box within that the digit fills
_TYPES = {8: ">u1", 9: ">i1", 11: ">i2", 12: ">i4", 13: ">f4", 14: ">f8"}  # of the IDX format


@dataclass
class ImageSets:
    """Images, 0 black to 255 white, with their labels, in three parts; `val` is None if nothing is held out."""

    train: tuple[UInt8[Tensor, "train 28 28"], Int64[Tensor, " train"]]
    val: tuple[UInt8[Tensor, "val 28 28"], Int64[Tensor, " val"]] | None
    test: tuple[UInt8[Tensor, "test 28 28"], Int64[Tensor, " test"]]
    classes: tuple[str, ...]

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
    try:
        with gzip.open(path) as stream:
            data = stream.read()
    except FileNotFoundError:
        raise missing(path) from None
    except (OSError, EOFError, zlib.error) as error:
        raise UserError(f"{path} cannot be unpacked with gzip: {error}.") from error
    if len(data) < 4 or data[:2] != b"\0\0" or data[2] not in _TYPES or len(data) < 4 + 4 * data[3]:
        raise UserError(f"{path} is not an IDX file: its first bytes are '{data[:4].hex(' ')}'.")
    shape = struct.unpack_from(f">{data[3]}I", data, 4)
    kind = np.dtype(_TYPES[data[2]])
    start, size = 4 + 4 * data[3], int(np.prod(shape, dtype=np.int64)) * kind.itemsize
    if len(data) - start != size:
        raise UserError(f"{path} says that it holds {size:,} bytes of values but holds {len(data) - start:,}.")
    return np.frombuffer(data, kind, offset=start).reshape(shape).astype(kind.newbyteorder("="))


def load_mnist(validation: int = 5000) -> ImageSets:
    """MNIST: 60,000 training images, the last `validation` of which are held out, and 10,000 test images."""
    arrays = [torch.from_numpy(read_idx(fetch(file))) for file in DATASETS["mnist"].files]
    images, labels, test_images, test_labels = arrays
    if not 0 <= validation < len(images):
        raise UserError(f"{validation} images cannot be held out for validation: choose from 0 to {len(images) - 1:,}.")
    kept = len(images) - validation
    labels = labels.long()
    val = (images[kept:], labels[kept:]) if validation else None
    return ImageSets((images[:kept], labels[:kept]), val, (test_images, test_labels.long()), _DIGITS)


def load_digits() -> ImageSets:
    """Scikit-learn's 1,797 digits of 8x8 pixels, enlarged to 20x20 in the middle of 28x28, as MNIST's are.

    Shuffled with seed 42, then 80 % to train on, 10 % for validation and 10 % to test.
    """
    from sklearn import datasets

    small = datasets.load_digits()
    images = torch.zeros(len(small.images), _SIDE, _SIDE, dtype=torch.uint8)
    edge = (_SIDE - _BOX) // 2
    for image, pixels in zip(images, small.images, strict=True):
        grey = Image.fromarray(np.round(pixels * (255 / 16)).astype(np.uint8))
        large = grey.resize((_BOX, _BOX), Image.Resampling.BILINEAR)
        image[edge:-edge, edge:-edge] = torch.from_numpy(np.array(large))
    labels = torch.from_numpy(small.target.astype(np.int64))
    order = list(range(len(images)))
    random.Random(42).shuffle(order)
    first, second = int(0.8 * len(order)), int(0.9 * len(order))
    train, val, test = ((images[part], labels[part]) for part in (order[:first], order[first:second], order[second:]))
    return ImageSets(train, val, test, _DIGITS)


def as_digit(path: str | Path) -> UInt8[Tensor, "28 28"]:
    """A user's picture of one digit as MNIST would hold it: white on black, in a 20x20 box, centred by mass in 28x28.

    Grey, colour or transparent, dark on light or light on dark, any size. Raises `UserError` for a missing file, for
    one that is not an image, and for a blank one.

    Source: LeCun et al. (1998), section III-A.
    """
    path = Path(path).expanduser()
    ink = _ink(path, _grey(path))
    rows, columns = (np.flatnonzero(ink.any(axis)) for axis in (1, 0))
    ink = ink[rows[0] : rows[-1] + 1, columns[0] : columns[-1] + 1]
    scale = _BOX / max(ink.shape)
    height, width = (max(1, round(scale * side)) for side in ink.shape)
    resized = Image.fromarray(ink.astype(np.float32)).resize((width, height), Image.Resampling.BILINEAR)
    digit = np.asarray(resized).clip(0, 1)

    # The centre of mass goes to the middle of pixel 14, where MNIST's own digits have it, as far as the digit fits.
    top, left = (
        int(np.clip(round(_SIDE / 2 - digit.sum(1 - axis) @ np.arange(side) / digit.sum()), 0, _SIDE - side))
        for axis, side in enumerate(digit.shape)
    )
    image = np.zeros((_SIDE, _SIDE))
    image[top : top + height, left : left + width] = digit
    return torch.from_numpy(np.round(255 * image).astype(np.uint8))


def _grey(path: Path) -> np.ndarray:
    """The picture in grey, transparent parts white."""
    if path.is_dir():
        raise UserError(f"{path} is a folder: give the path of an image in it.")
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("error", Image.DecompressionBombWarning)
            with Image.open(path) as picture:
                picture = ImageOps.exif_transpose(picture)
                if picture.mode.startswith(("I", "F")):  # more than 8 bits, which a conversion would clip
                    return np.asarray(picture, dtype=np.float64)
                picture = picture.convert("RGBA")
                white = Image.new("RGBA", picture.size, "white")
                return np.asarray(Image.alpha_composite(white, picture).convert("L"), dtype=np.float64)
    except FileNotFoundError:
        raise missing(path) from None
    except (Image.DecompressionBombWarning, Image.DecompressionBombError) as error:
        raise UserError(f"{path} is too large for a picture of a digit: make it smaller.") from error
    except UnidentifiedImageError as error:
        raise UserError(f"{path} is not an image that Pillow can read: give a PNG or JPEG file.") from error
    except (OSError, SyntaxError, ValueError) as error:
        raise UserError(f"{path} cannot be read as an image: {error}.") from error


def _ink(path: Path, grey: np.ndarray) -> np.ndarray:
    """How much ink each pixel has, 0 to 1: the distance from the background, which is the median of the border."""
    border = np.concatenate([grey[0], grey[-1], grey[:, 0], grey[:, -1]])
    background, low, high = np.median(border), grey.min(), grey.max()
    if high - low < 0.05 * max(255, high):
        raise UserError(f"{path} is blank: give a picture of one digit that stands out from its background.")
    far = low if background > (low + high) / 2 else high
    ink = ((grey - background) / (far - background)).clip(0, 1)
    # What is as faint as the grain of a photograph or the blur of a JPEG is no ink; the grey edge of a tiny one is.
    grain = np.percentile((border - background) / (far - background), 90)
    faint = np.clip(3 * grain, 0 if max(grey.shape) <= 2 * _SIDE else 0.3, 0.6)
    return np.where(ink > faint, ink, 0)


def drawing(image: UInt8[Tensor, "height width"]) -> str:
    """An image in characters, two rows of pixels to a line because characters are tall."""
    shades = " .:-=+*#%@"
    rows = [image[i : i + 2].float().mean(0) for i in range(0, len(image), 2)]
    return "\n".join("".join(shades[int(pixel * len(shades) / 256)] for pixel in row).rstrip() for row in rows)
