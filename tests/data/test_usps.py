"""USPS: the file's format, its own digits, and files that are something else."""

import bz2
from dataclasses import replace

import numpy as np
import pytest
import torch
from PIL import Image, ImageDraw

from firsthand import papers
from firsthand.data import DATASETS
from firsthand.data.files import fetch
from firsthand.data.pictures import as_zip_digit
from firsthand.data.specs import Images
from firsthand.data.usps import canonical, decode
from firsthand.errors import UserError
from firsthand.options import override

LINE = b"1 " + b" ".join(b"%d:-1" % place for place in range(1, 257))


def test_the_published_counts(data_folder):
    sets = Images("usps", validation=0).load()
    assert sets.val is None and sets.train[0].shape == (7291, 16, 16) and sets.test[0].shape == (2007, 16, 16)
    # zip.info, the note that comes with the data at Stanford, by digit.
    assert sets.train[1].bincount().tolist() == [1194, 1005, 731, 658, 652, 556, 664, 645, 542, 644]
    assert sets.test[1].bincount().tolist() == [359, 264, 198, 166, 200, 160, 170, 147, 166, 177]
    for images, _ in (sets.train, sets.test):
        assert images.dtype == torch.uint8 and images.min() == 0 and (images.flatten(1).amax(1) == 255).all()


def test_pixels_are_the_nearest_of_256_levels(data_folder):
    images = Images("usps").load().train[0]
    with bz2.open(fetch(DATASETS["usps"].files[0]), "rt") as stream:
        first = next(iter(stream)).split()[1:]
    values = torch.tensor([float(pair.partition(":")[2]) for pair in first], dtype=torch.float64)
    # Half of one level in 255, and rounding.
    assert (images[0].flatten().double() / 255 * 2 - 1 - values).abs().max() <= 1 / 255 + 1e-9


def test_what_is_held_out_comes_last(data_folder):
    whole, parted = Images("usps", validation=0).load(), Images("usps").load()
    assert len(parted.val[0]) == 729  # a tenth
    assert torch.equal(torch.cat([parted.train[0], parted.val[0]]), whole.train[0])
    assert torch.equal(torch.cat([parted.train[1], parted.val[1]]), whole.train[1])
    with pytest.raises(UserError, match="7291 images cannot be held out"):
        Images("usps", validation=7291).load()


def test_a_pixel_that_is_left_out_is_0_and_the_digit_is_one_less():
    digits, pixels = decode(b"10 1:0.5 256:-0.0004\n3 2:1\n")
    assert digits.tolist() == [9, 2]
    expected = np.zeros((2, 256))
    expected[0, 0], expected[1, 1] = 500, 1000
    assert np.array_equal(pixels, expected)


def test_the_same_content_in_another_format_is_accepted(tmp_path, monkeypatch):
    """Other decimals, packed otherwise; another value is refused, as is a label that moved."""
    file = replace(DATASETS["usps"].files[0], content_sums=("sha256:" + sha256(canonical(LINE)),))
    monkeypatch.setenv("FIRSTHAND_DATA", str(tmp_path))
    path = tmp_path / file.path
    path.parent.mkdir()
    same = (LINE.replace(b"-1", b"-1.000000") + b"  \r\n", b"1.0" + LINE[1:])
    for text in same:
        path.write_bytes(bz2.compress(text, 1))
        assert fetch(file) == path
    for text in (LINE.replace(b"7:-1", b"7:-0.99"), b"2" + LINE[1:], LINE + b"\n" + LINE):
        path.write_bytes(bz2.compress(text))
        with pytest.raises(UserError, match=r"usps\.bz2 is not the file .* the checksum of its content should be"):
            fetch(file)


def sha256(content: bytes) -> str:
    from hashlib import sha256

    return sha256(content).hexdigest()


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (bz2.compress(LINE)[:-9], "cannot be unpacked .* it may be cut short"),
        (LINE, "cannot be read"),
        (bz2.compress(b"a,b\n1,2\n"), "line 1 is not 'label index:value"),
        (bz2.compress(LINE + b"\n\n"), "line 2 is not 'label index:value"),
        (bz2.compress(b"1 1:0 2"), "line 1 is not 'label index:value"),
        (bz2.compress(b"11 1:0"), "line 1 has the label 11, expected 1 to 10"),
        (bz2.compress(b"0 1:0"), "line 1 has the label 0, expected"),
        (bz2.compress(b"nan 1:0"), "line 1 has the label nan, expected"),
        (bz2.compress(b"1 257:0"), "line 1 has a pixel's number other than 1 to 256"),
        (bz2.compress(b"1 0:0"), "line 1 has a pixel's number"),
        (bz2.compress(b"1 1.5:0"), "line 1 has a pixel's number"),
        (bz2.compress(b"1 3:1.2"), "line 1 has a value outside of -1 to 1"),
        (bz2.compress(b"1 3:nan"), "line 1 has a value outside of -1 to 1"),
        (bz2.compress(b""), "the checksum of its content should be"),
    ],
)
def test_a_wrong_file_is_refused_in_one_sentence(tmp_path, monkeypatch, content, message):
    monkeypatch.setenv("FIRSTHAND_DATA", str(tmp_path))
    path = tmp_path / "usps" / "usps.bz2"
    path.parent.mkdir()
    path.write_bytes(content)
    with pytest.raises(
        UserError, match=rf"usps\.bz2 is not the file.*{message}.*firsthand data usps --download"
    ) as told:
        Images("usps").load()
    assert "\n" not in str(told.value)


def test_a_picture_fills_the_box(tmp_path):
    """A tall digit reaches from top to bottom, in the middle from left to right, and a wide one turned."""
    picture = Image.new("L", (300, 200), 255)
    ImageDraw.Draw(picture).line([(30, 40), (90, 40), (50, 150)], fill=0, width=11)
    for turned, axis in ((picture, 1), (picture.transpose(Image.Transpose.ROTATE_90), 0)):
        turned.save(tmp_path / "seven.png")
        digit = as_zip_digit(tmp_path / "seven.png")
        assert digit.shape == (16, 16) and digit.dtype == torch.uint8 and digit.max() == 255
        full, other = (torch.nonzero(digit.any(a)).flatten() for a in (axis, 1 - axis))
        assert (full[0], full[-1]) == (0, 15)
        assert abs((other[0] + other[-1]).item() / 2 - 7.5) <= 0.5  # to half a pixel
        assert 9 <= len(other) <= 11  # about 71 of 121 pixels wide
    with pytest.raises(UserError, match="is blank"):
        Image.new("L", (30, 30), 255).save(tmp_path / "blank.png")
        as_zip_digit(tmp_path / "blank.png")


def test_its_own_digits_stay_nearly_the_same(data_folder, tmp_path):
    images = Images("usps").load().test[0]
    full = [image for image in images[:200] if image[0].any() and image[-1].any()][:60]  # whose box is all 16 rows
    likeness = []
    for image in full:
        Image.fromarray((255 - image).numpy()).save(tmp_path / "digit.png")
        likeness.append(torch.corrcoef(torch.stack([as_zip_digit(tmp_path / "digit.png").double().flatten(),
                                                    image.double().flatten()]))[0, 1])  # fmt: skip
    # Ink that touches the edge is taken for paper in part, so that grey fades; a shift by a pixel gives 0.7.
    assert min(likeness) > 0.9 and sum(value > 0.97 for value in likeness) >= 40


@pytest.mark.parametrize("key", ["lenet", "adam", "adadelta", "rmsprop", "momentum", "regularization"])
def test_networks_of_28_pixels_refuse_images_of_16(key, data_folder):
    recipe = override(papers.get(key).preset("laptop"), {"data.name": "usps"})
    with pytest.raises(UserError, match="'usps' holds images of 16x16 pixels, and this network reads 28x28"):
        recipe.task(recipe)
