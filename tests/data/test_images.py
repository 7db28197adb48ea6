"""Digits: the published counts of MNIST, and pictures that a user might bring."""

import gzip
import struct

import numpy as np
import pytest
import torch
from PIL import Image, ImageDraw
from sklearn import datasets

from firsthand.data.images import as_digit, drawing, load_digits, load_mnist, read_idx
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
    ],
)
def test_bad_idx_files(tmp_path, data, message):
    (tmp_path / "a.gz").write_bytes(data)
    with pytest.raises(UserError, match=message):
        read_idx(tmp_path / "a.gz")


def test_a_missing_idx_file(tmp_path):
    with pytest.raises(UserError, match="There is no file"):
        read_idx(tmp_path / "a.gz")


@pytest.fixture(scope="module")
def seven() -> Image.Image:
    """A seven in black on white, far from the middle of a wide picture."""
    picture = Image.new("L", (317, 211), 255)
    ImageDraw.Draw(picture).line([(30, 40), (90, 40), (50, 150)], fill=0, width=11)
    return picture


def saved(picture: Image.Image, path, **options):
    picture.save(path, **options)
    return as_digit(path)


def test_a_picture_becomes_a_digit_as_mnist_has_it(seven, tmp_path):
    digit = saved(seven, tmp_path / "seven.png").double()
    rows, columns = (torch.nonzero((digit > 50).any(axis)).flatten() for axis in (1, 0))
    assert rows[-1] - rows[0] + 1 == 20
    assert columns[-1] - columns[0] + 1 <= 20
    assert digit.max() == 255
    # The centre of mass is that of MNIST's digits, 14, up to rounding to whole pixels.
    place = torch.arange(28).double()
    assert (digit.sum(1) @ place / digit.sum()).item() == pytest.approx(14, abs=0.5)
    assert (digit.sum(0) @ place / digit.sum()).item() == pytest.approx(14, abs=0.5)
    # A seven: the ink of its upper fifth reaches from side to side, that of its lower half does not.
    assert (digit[rows[0] : rows[0] + 2] > 50).any(0).sum() > 9
    assert (digit[rows[0] + 10 : rows[-1] - 1] > 50).sum(1).max() < 6


def test_the_same_picture_in_other_clothes(seven, tmp_path):
    plain = saved(seven, tmp_path / "seven.png").int()
    grey = np.asarray(seven)
    alpha = np.zeros((*grey.shape, 4), np.uint8)
    alpha[..., 3] = 255 - grey
    variants = {
        "white on black": Image.fromarray(255 - grey),
        "weak contrast": Image.fromarray((100 + grey // 8).astype(np.uint8)),
        "weak contrast, inverted": Image.fromarray((90 - grey // 8).astype(np.uint8)),
        "colour": Image.merge("RGB", (seven, seven, seven.point(lambda grey: 200))),
        "transparent": Image.fromarray(alpha, "RGBA"),
        "one bit": seven.convert("1"),
        "palette": seven.convert("P"),
        "16 bits": Image.fromarray(grey.astype(np.uint16) * 257),
    }
    for name, variant in variants.items():
        # Up to rounding of the weakest contrast: 1 level in 31 is 8 in 255.
        assert (saved(variant, tmp_path / "variant.png").int() - plain).abs().max() <= 9, name
    noise = np.random.default_rng(0).normal(0, 5, grey.shape)
    photo = Image.fromarray((60 + grey * 0.5 + noise).clip(0, 255).astype(np.uint8))
    # Grain of 5 in a contrast of 128 changes the ink by 10 in 255, less after shrinking; faint edges of lines are lost.
    assert (saved(photo, tmp_path / "photo.png").int() - plain).abs().double().mean() < 5
    # JPEG blurs edges.
    assert (saved(seven.convert("RGB"), tmp_path / "seven.jpg").int() - plain).abs().double().mean() < 2
    larger = seven.resize((3 * seven.width, 3 * seven.height))
    assert (saved(larger, tmp_path / "large.png").int() - plain).abs().double().mean() < 2


def test_mnists_own_digits_stay_the_same(data_folder, tmp_path):
    images = load_mnist(0).test[0][:100]
    for invert in (False, True):
        same = 0
        for image in images:
            Image.fromarray((255 - image if invert else image).numpy()).save(tmp_path / "digit.png")
            # The stretch of contrast turns a digit's 253 or 254 into 255.
            same += (as_digit(tmp_path / "digit.png").int() - image.int()).abs().max() <= 2
        # Room for a centre of mass that rounds the other way; none of the first 1,000 does.
        assert same >= 99


def test_a_thin_line_is_a_one(tmp_path):
    picture = Image.new("L", (50, 300), 255)
    ImageDraw.Draw(picture).line([(25, 20), (25, 280)], fill=0)
    digit = saved(picture, tmp_path / "one.png")
    assert ((digit > 50).sum(0) > 0).sum() == 1
    assert (digit > 50).sum() == 20


@pytest.mark.parametrize("level", [0, 128, 255])
def test_a_blank_picture(tmp_path, level):
    with pytest.raises(UserError, match="is blank"):
        saved(Image.new("L", (30, 40), level), tmp_path / "blank.png")


def test_what_is_not_a_picture(tmp_path, seven):
    (tmp_path / "note.png").write_text("not a picture")
    with pytest.raises(UserError, match="not an image that Pillow can read"):
        as_digit(tmp_path / "note.png")
    with pytest.raises(UserError, match=r"did you mean .*note\.png"):
        as_digit(tmp_path / "notes.png")
    with pytest.raises(UserError, match="is a folder"):
        as_digit(tmp_path)
    seven.save(tmp_path / "whole.png")
    (tmp_path / "cut.png").write_bytes((tmp_path / "whole.png").read_bytes()[:-60])
    with pytest.raises(UserError, match="cannot be read as an image"):
        as_digit(tmp_path / "cut.png")


def test_a_picture_too_large(tmp_path, seven, monkeypatch):
    monkeypatch.setattr(Image, "MAX_IMAGE_PIXELS", 40_000)
    with pytest.raises(UserError, match="too large"):
        saved(seven, tmp_path / "seven.png")


def test_a_drawing_has_a_shade_for_every_level():
    image = torch.zeros(4, 3, dtype=torch.uint8)
    image[:2, 1] = 255
    image[2:, 2] = 128
    assert drawing(image) == " @\n  +"
