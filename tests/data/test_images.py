"""Digits: the published counts of MNIST and of scikit-learn, and the format they come in."""

import gzip
import struct

import numpy as np
import pytest
import torch
from sklearn import datasets

from firsthand.data.images import drawing, load_digits, load_mnist, read_idx
from firsthand.errors import UserError


def test_mnists_counts(data_folder):
    sets = load_mnist(validation=0)
    images, labels = sets.train
    assert images.shape == (60_000, 28, 28) and images.dtype == torch.uint8
    assert sets.test[0].shape == (10_000, 28, 28)
    # How often each digit occurs, as published wherever MNIST is described.
    assert labels.bincount().tolist() == [5923, 6742, 5958, 6131, 5842, 5421, 5918, 6265, 5851, 5949]
    assert sets.test[1].bincount().tolist() == [980, 1135, 1032, 1010, 982, 892, 958, 1028, 974, 1009]
    # The mean and deviation that everybody standardises with.
    assert (images.double() / 255).mean().item() == pytest.approx(0.1307, abs=5e-5)
    assert (images.double() / 255).std().item() == pytest.approx(0.3081, abs=5e-5)
    assert labels[:10].tolist() == [5, 0, 4, 1, 9, 2, 1, 3, 1, 4]


def test_the_embedded_digits():
    sets = load_digits()
    parts = (sets.train, sets.val, sets.test)
    assert [len(labels) for _, labels in parts] == [1437, 180, 180]
    small = datasets.load_digits()
    assert torch.cat([labels for _, labels in parts]).bincount().tolist() == np.bincount(small.target).tolist()
    images = torch.cat([images for images, _ in parts])
    assert images.shape == (1797, 28, 28) and images.max() == 255
    inside = images[:, 4:24, 4:24]
    assert images.long().sum() == inside.long().sum()
    # Enlarging keeps the mean grey: both are means over all pixels of all digits, 16 being white there and 255 here.
    assert inside.double().mean().item() == pytest.approx(small.images.mean() * 255 / 16, rel=0.02)
    assert torch.equal(images, torch.cat([part[0] for part in (load_digits().train, sets.val, sets.test)]))


def idx(array: np.ndarray, code: int) -> bytes:
    big = array.astype(array.dtype.newbyteorder(">"))
    return bytes([0, 0, code, array.ndim]) + struct.pack(f">{array.ndim}I", *array.shape) + big.tobytes()


@pytest.mark.parametrize(
    ("kind", "code"), [("uint8", 8), ("int8", 9), ("int16", 11), ("int32", 12), ("float32", 13), ("float64", 14)]
)
def test_idx_files_of_every_type(tmp_path, kind, code):
    array = np.arange(2 * 3 * 5).reshape(2, 3, 5).astype(kind)
    (tmp_path / "a.gz").write_bytes(gzip.compress(idx(array, code)))
    got = read_idx(tmp_path / "a.gz")
    assert got.dtype == array.dtype
    assert np.array_equal(got, array)
    torch.from_numpy(got)


GOOD = idx(np.arange(30, dtype=np.uint8).reshape(5, 6), 8)


@pytest.mark.parametrize(
    ("data", "message"),
    [
        (gzip.compress(GOOD[:-1], mtime=0), "says that it holds 30 bytes of values but holds 29"),
        (gzip.compress(GOOD + b"x", mtime=0), "says that it holds 30 bytes of values but holds 31"),
        (gzip.compress(b"a,b,c", mtime=0), "is not an IDX file: its first bytes are '61 2c 62 2c'"),
        (gzip.compress(GOOD[:9], mtime=0), "is not an IDX file"),
        (gzip.compress(b"", mtime=0), "is not an IDX file"),
        (gzip.compress(GOOD, mtime=0)[:-9], "cannot be unpacked"),
        (GOOD, "cannot be unpacked"),
        # More dimensions than an array can have, sizes whose product is above 2^64, and no values in a huge shape.
        (gzip.compress(bytes([0, 0, 8, 255]) + b"\0\0\0\1" * 255 + b"x", mtime=0), "not an IDX file that can be read"),
        (gzip.compress(bytes([0, 0, 8, 3]) + b"\xff" * 12, mtime=0), "says that it holds 79,228,162,458,924,"),
        (gzip.compress(bytes([0, 0, 8, 4]) + b"\xff" * 12 + bytes(4), mtime=0), "not an IDX file that can be read"),
    ],
)
def test_bad_idx_files(tmp_path, data, message):
    (tmp_path / "a.gz").write_bytes(data)
    with pytest.raises(UserError, match=message):
        read_idx(tmp_path / "a.gz")


def test_a_missing_idx_file(tmp_path):
    with pytest.raises(UserError, match="There is no file"):
        read_idx(tmp_path / "a.gz")


def test_a_drawing_has_a_shade_for_every_level():
    image = torch.zeros(4, 3, dtype=torch.uint8)
    image[:2, 1] = 255
    image[2:, 2] = 128
    assert drawing(image) == " @\n  +"
