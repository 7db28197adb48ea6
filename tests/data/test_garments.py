"""A user's picture of a garment, as Fashion-MNIST has it."""

import numpy as np
import pytest
import torch
from PIL import Image, ImageDraw

from firsthand.data.images import load_fashion_mnist
from firsthand.data.pictures import as_garment
from firsthand.errors import UserError


def shirt(cloth, paper, size=(300, 400)) -> Image.Image:
    """A shirt, 140 pixels wide and 200 high, off the middle."""
    picture = Image.new("RGB", size, paper)
    drawn = ImageDraw.Draw(picture)
    drawn.rectangle([60, 100, 199, 299], fill=cloth)
    drawn.rectangle([115, 180, 145, 200], fill=paper)  # a print as bright as the background
    return picture


def saved(picture, path):
    picture.save(path)
    return as_garment(path).int()


def test_fashion_mnists_own_garments_stay_the_same(data_folder, tmp_path):
    """On black as they are, and as the photographs were, on white; but for some whose longer side is not 28."""
    images = load_fashion_mnist(0).test[0][:100]
    for invert in (False, True):
        same = 0
        for image in images:
            Image.fromarray((255 - image if invert else image).numpy()).save(tmp_path / "garment.png")
            # What is fainter than 5 % of white about the garment becomes black.
            same += (as_garment(tmp_path / "garment.png").int() - image.int()).abs().max() <= 13
        assert same >= 85


def test_a_garment_is_light_on_black_in_its_shape(tmp_path):
    dark = saved(shirt((30, 30, 30), "white"), tmp_path / "a.png")
    rows, columns = (torch.nonzero((dark > 50).any(axis)).flatten() for axis in (1, 0))
    assert (rows[0], rows[-1]) == (0, 27)
    assert columns[-1] - columns[0] + 1 == round(28 * 140 / 200)
    assert abs((columns[0] + columns[-1]).item() - 27) <= 1  # in the middle
    assert dark[0, 14] == pytest.approx(225, abs=1)  # 255 - 30, negated as the data set is
    assert dark[13, 14] < 20  # the print
    light = saved(shirt((225, 225, 225), "black"), tmp_path / "b.png")
    assert (light - dark).abs().max() <= 1
    wide = saved(shirt((30, 30, 30), "white").transpose(Image.Transpose.ROTATE_90), tmp_path / "c.png")
    assert torch.nonzero((wide > 50).any(1)).numel() == round(28 * 140 / 200)


@pytest.mark.parametrize("paper", [(235, 235, 235), (20, 25, 40)])
def test_a_photograph_has_grain_and_specks(tmp_path, paper):
    """What is about the garment is black none the less, and its place is the same; a blurred edge may shade one row."""
    dark = sum(paper) < 300
    cloth = (200, 180, 160) if dark else (60, 50, 90)
    plain = shirt(cloth, paper)
    noisy = np.asarray(plain) + np.random.default_rng(0).normal(0, 4, (400, 300, 3))
    noisy[5:8, 5:8] = 255 if dark else 0
    ours = saved(Image.fromarray(noisy.clip(0, 255).astype(np.uint8)), tmp_path / "a.jpg")
    clean = saved(plain, tmp_path / "b.png")
    assert (ours[:, :3] == 0).all() and (ours - clean).abs().double().mean() < 5


def test_other_modes(tmp_path):
    clear = Image.new("RGBA", (300, 400), (0, 0, 0, 0))
    clear.paste((30, 30, 30, 255), (60, 100, 200, 300))
    deep = Image.fromarray(np.asarray(shirt((30, 30, 30), "white").convert("L")).astype(np.uint16) * 257)
    for picture in (clear, deep):
        found = saved(picture, tmp_path / "a.tiff")
        assert found[1, 14] == pytest.approx(225, abs=1) and (found[:, :3] == 0).all()


def test_a_blank_picture(tmp_path):
    for level in (0, 90, 255):
        with pytest.raises(UserError, match="is blank"):
            saved(Image.new("L", (30, 40), level), tmp_path / "a.png")
