"""CIFAR-10: 60,000 colour photographs of 32x32 pixels, of ten kinds of things."""

import tarfile
from pathlib import Path

import numpy as np
import torch
from jaxtyping import Int64, UInt8
from torch import Tensor

from firsthand.data.files import fetch
from firsthand.data.images import ImageSets, held_out
from firsthand.data.photos import as_square
from firsthand.data.registry import DATASETS, sources
from firsthand.errors import UserError

CLASSES = ("airplane", "automobile", "bird", "cat", "deer", "dog", "frog", "horse", "ship", "truck")
SIDE = 32  # pixels
_ROW = 1 + 3 * SIDE**2  # bytes of a picture: its label, then its red, its green and its blue pixels, row by row

Part = tuple[UInt8[Tensor, "pictures 3 32 32"], Int64[Tensor, " pictures"]]


def load_cifar10(validation: int | None = None) -> ImageSets:
    """CIFAR-10: 50,000 training pictures, the last `validation` (5,000) of which are held out, and 10,000 to test.

    Raises UserError for files that are wrong or not to be had, and for a number that cannot be held out.
    Source: the page of CIFAR-10, "Binary version"; He et al. (2016), section 4.2, for the 5,000.
    """
    validation = 5000 if validation is None else validation
    *batches, test = batches_of("cifar10")
    images, labels = (torch.cat(parts) for parts in zip(*batches, strict=True))
    train, val = held_out(images, labels, validation)
    return ImageSets(train, val, test, CLASSES)


def batches_of(name: str) -> list[Part]:
    """The five batches to train on and the one to test, from the unpacked files, or from the archive."""
    paths = [fetch(file) for file in sources(DATASETS[name])]
    if len(paths) > 1:
        return [part(path, path.read_bytes()) for path in paths]
    try:
        with tarfile.open(paths[0]) as archive:
            found = [(file.path, archive.extractfile(file.path)) for file in DATASETS[name].unpacked]
            return [part(Path(path), stream.read()) for path, stream in found]
    except (OSError, EOFError, KeyError, AttributeError, tarfile.TarError) as error:
        raise UserError(f"{paths[0]} cannot be read as an archive of CIFAR-10: {error}.") from error


def part(path: Path, content: bytes) -> Part:
    """The pictures and labels in a file of the binary version. Raises UserError for what is none."""
    if not content or len(content) % _ROW:
        raise UserError(f"{path} is no file of CIFAR-10: it has {len(content):,} bytes, not {_ROW:,} a picture.")
    rows = torch.from_numpy(np.frombuffer(content, np.uint8).copy()).view(-1, _ROW)
    if (highest := int(rows[:, 0].max())) >= len(CLASSES):
        raise UserError(f"{path} is no file of CIFAR-10: it has a label {highest}, of {len(CLASSES)} classes.")
    return rows[:, 1:].reshape(-1, 3, SIDE, SIDE), rows[:, 0].long()


def as_cifar(path: str | Path) -> UInt8[Tensor, "3 32 32"]:
    """A user's picture as one of them: the middle of it, its shorter side 32 pixels. UserError for what is none."""
    return as_square(path, SIDE)
