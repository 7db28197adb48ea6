"""Vectors of zeros and ones, or of grey levels: what a network learns a distribution of."""

import re
import warnings
import zipfile
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
import torch
from jaxtyping import Int64, UInt8
from torch import Tensor

from firsthand.data.chance import uniform
from firsthand.data.files import fetch
from firsthand.data.images import ImageSets
from firsthand.data.registry import DATASETS
from firsthand.data.userfile import pieces, remark
from firsthand.errors import UserError

_AT_ONCE = 1000  # rows that are drawn at once
TRAINED, TESTED = -1, -2  # the steps that bits drawn once count as drawn at: before the first
_KEYS = ("train_data", "valid_data", "test_data")


@dataclass
class VectorSets:
    """Vectors in three parts, each of 0 and 1, or of `levels` from 0 to 255; labels where the data has them.

    With `levels` and `drawn`, a level is 255 times the probability of a 1, drawn whenever an example is trained on.
    """

    train: UInt8[Tensor, "train dims"]
    val: UInt8[Tensor, "val dims"]
    test: UInt8[Tensor, "test dims"]
    labels: tuple[Int64[Tensor, " train"], Int64[Tensor, " val"], Int64[Tensor, " test"]] | None = None
    classes: tuple[str, ...] = ()
    shape: tuple[int, int] | None = None  # height and width, where a vector is a picture
    levels: bool = False
    drawn: bool = False

    def limited(self, limit: int | None) -> "VectorSets":
        """The same with the first `limit` training vectors only; None keeps all."""
        if limit is None:
            return self
        if not 1 <= limit <= len(self.train):
            raise UserError(f"The limit is {limit} training vectors: choose from 1 to {len(self.train):,}.")
        labels = self.labels and (self.labels[0][:limit], *self.labels[1:])
        return replace(self, train=self.train[:limit], labels=labels)


def bits(
    levels: UInt8[Tensor, "batch dims"], seed: int, step: int, indices: Int64[Tensor, " batch"]
) -> UInt8[Tensor, "batch dims"]:
    """Each component is 1 with probability level / 255: a function of seed, step and the index of the example."""
    return (255 * uniform(seed, step, indices, levels.shape[1]) < levels).to(torch.uint8)


def of_pictures(sets: ImageSets, name: str, binarise: str, draw_seed: int) -> VectorSets:
    """Grey pictures as vectors, as `Vectors.binarise` says; raises UserError for colours and for an empty part."""
    if sets.train[0].ndim != 3:
        raise UserError(f"'{name}' holds colours, not grey levels: choose other data.")
    if sets.val is None:
        raise UserError("A distribution is chosen by its validation set: hold out at least one picture.")
    parts = sets.train, sets.val, sets.test
    train, val, test = (images.flatten(1) for images, _ in parts)
    if binarise != "none":
        first = torch.arange(len(train) + len(val))  # a picture's bits do not depend on the split
        val = _drawn_once(val, draw_seed, TRAINED, first[len(train) :])
        test = _drawn_once(test, draw_seed, TESTED, torch.arange(len(test)))
        if binarise == "fixed":
            train = _drawn_once(train, draw_seed, TRAINED, first[: len(train)])
    labels = sets.train[1], sets.val[1], sets.test[1]
    shape = (sets.train[0].shape[1], sets.train[0].shape[2])
    return VectorSets(train, val, test, labels, sets.classes, shape, binarise == "none", binarise == "drawn")


def _drawn_once(levels: Tensor, seed: int, step: int, indices: Tensor) -> Tensor:
    """Bits of many, drawn once."""
    parts = zip(levels.split(_AT_ONCE), indices.split(_AT_ONCE), strict=True)
    return torch.cat([bits(some, seed, step, places) for some, places in parts])


def load_binarized_mnist() -> VectorSets:
    """MNIST's pixels drawn once for all: 50,000 to train on, 10,000 for validation, 10,000 to test.

    Source: Salakhutdinov & Murray (2008), section 6, with the split of Larochelle & Murray (2011), section 5.
    """
    paths = [fetch(file) for file in DATASETS["binarized-mnist"].files]
    train, val, test = (read_amat(path, 784) for path in paths)
    for path, part, expected in zip(paths, (train, val, test), (50_000, 10_000, 10_000), strict=True):
        if len(part) != expected:
            raise UserError(f"{path} holds {len(part):,} pictures, expected {expected:,}.")
    return VectorSets(train, val, test, shape=(28, 28))


def read_amat(path: Path, dims: int) -> UInt8[Tensor, "rows dims"]:
    """Lines of `dims` digits 0 or 1 with a space between; raises UserError, saying which line is not."""
    text = path.read_bytes()
    width = 2 * dims  # the last of a line's digits is followed by a line feed
    if not text or len(text) % width:
        raise UserError(f"{path} has {len(text):,} bytes, not whole lines of {dims} digits 0 or 1 with spaces between.")
    rows = np.frombuffer(text, np.uint8).reshape(-1, width)
    between = np.full(dims, ord(" "), np.uint8)
    between[-1] = ord("\n")
    sound = ((rows[:, ::2] | 1) == ord("1")).all(1) & (rows[:, 1::2] == between).all(1)
    if not sound.all():
        raise UserError(f"{path}: line {sound.argmin() + 1:,} is not {dims} digits 0 or 1 with spaces between.")
    return torch.from_numpy(rows[:, ::2] - ord("0"))


def load_dna() -> VectorSets:
    """DNA: 180 bits that code 60 bases about a place where a gene may be spliced."""
    return _published("dna", (1400, 600, 1186), 180)


def load_mushrooms() -> VectorSets:
    """Mushrooms: 112 bits that code what a guide says of each."""
    return _published("mushrooms", (2000, 500, 5624), 112)


def load_nips() -> VectorSets:
    """NIPS-0-12: which of 500 words are in each paper of the conference's first 13 years."""
    return _published("nips", (400, 100, 1240), 500)


def _published(name: str, counts: tuple[int, int, int], dims: int) -> VectorSets:
    """One of the .npz files beside the code of MADE, with their splits."""
    path = fetch(DATASETS[name].files[0])
    try:
        with warnings.catch_warnings(), np.load(path, allow_pickle=False) as arrays:
            warnings.filterwarnings("ignore", "Reading `.npy` or `.npz` file required additional header parsing")
            parts = [arrays[key] for key in _KEYS]
    except (OSError, ValueError, KeyError, EOFError, zipfile.BadZipFile) as error:
        raise UserError(f"{path} cannot be read as arrays {', '.join(_KEYS)}: {error}.") from error
    for part, count in zip(parts, counts, strict=True):
        if part.shape != (count, dims) or not np.isin(part, (0, 1)).all():
            raise UserError(f"{path} does not hold {counts} rows of {dims} zeros and ones.")
    return VectorSets(*(torch.from_numpy(part.astype(np.uint8)) for part in parts))


def read_bits(path: str | Path) -> UInt8[Tensor, "rows dims"]:
    """A user's table of zeros and ones: a row a line, cells between commas, semicolons, tabs or spaces.

    A first line without any number is taken for the names of the columns, and remarked on. Raises UserError for a file
    that is no such table, naming the line.
    """
    path = Path(path)
    rows: list[bytes] = []
    names = 0  # the line that holds the names of the columns
    for number, line in enumerate("".join(pieces(path)).split("\n"), 1):
        cells = [cell.strip() for cell in re.split(r"[,;\t]", line)] if re.search(r"[,;\t]", line) else line.split()
        if not any(cells):
            continue
        values = list(map(_value, cells))
        if not rows and not names and all(value is None for value in values):
            names = number
            continue
        wrong = next((place for place, value in enumerate(values) if value not in (0, 1)), None)
        if wrong is not None:
            found = f"'{cells[wrong][:20]}'" if cells[wrong] else "empty"
            raise UserError(f"{path}: line {number:,}, column {wrong + 1} is {found}: only 0 and 1 can be learned.")
        rows.append(bytes(map(int, values)))
        if len(rows[-1]) != len(rows[0]):
            raise UserError(f"{path}: line {number:,} has {len(cells)} columns, the lines before it {len(rows[0])}.")
    if not rows:
        raise UserError(f"{path} holds no rows: give a table of zeros and ones, a row a line.")
    if len(rows[0]) < 2:
        raise UserError(f"{path} has one column: give at least two, with commas between them.")
    if names:
        remark(f"{path}: line {names} is taken as the names of the columns.")
    return torch.frombuffer(bytearray(b"".join(rows)), dtype=torch.uint8).view(len(rows), -1)


def _value(cell: str) -> float | None:
    """The number in a cell, None if there is none; 0 and 1 at once, since tables are large."""
    if cell in ("0", "1"):
        return float(cell)
    try:
        return float(cell)
    except ValueError:
        return None


def split_rows(rows: UInt8[Tensor, "rows dims"], name: str, seed: int) -> VectorSets:
    """Rows shuffled, 80 % to train on, 10 % for validation, 10 % to test; raises UserError for fewer than ten."""
    if len(rows) < 10:
        raise UserError(f"'{name}' has {len(rows)} rows: at least 10 are needed to split them.")
    rows = rows[torch.randperm(len(rows), generator=torch.Generator().manual_seed(seed))]
    first, second = int(0.8 * len(rows)), int(0.9 * len(rows))
    return VectorSets(rows[:first], rows[first:second], rows[second:])
