"""Pictures side by side in a PNG: where each lies, what the file holds, whose files are safe."""

import numpy as np
import pytest
import torch
from PIL import Image

from firsthand.errors import UserError
from firsthand.train.sampling import Sampling
from firsthand.train.sheet import EDGE, save, sheet, target


@pytest.mark.parametrize(("channels", "mode"), [(1, "L"), (3, "RGB")])
def test_every_picture_has_its_place(tmp_path, channels, mode):
    """Rows from the left, each pixel a square of three, grey between and beyond the last."""
    pictures = torch.rand(5, channels, 28, 20, generator=torch.Generator().manual_seed(0))
    facts = save(pictures, tmp_path / "a.png", columns=3)
    assert facts == {"path": str(tmp_path / "a.png"), "pictures": 5, "height": 28, "width": 20}
    with Image.open(tmp_path / "a.png") as found:
        assert found.mode == mode and found.size == (3 * 60 + 4 * EDGE, 2 * 84 + 3 * EDGE)
        pixels = np.asarray(found).reshape(found.height, found.width, channels)
    assert (pixels[:EDGE] == 128).all() and (pixels[:, :EDGE] == 128).all() and (pixels[-84:, -60:] == 128).all()
    for number in range(5):
        top, left = EDGE + (number // 3) * (84 + EDGE), EDGE + (number % 3) * (60 + EDGE)
        seen = pixels[top : top + 84, left : left + 60]
        expected = (pictures[number] * 255).round().permute(1, 2, 0).numpy()
        for down in range(3):
            for across in range(3):
                assert (seen[down::3, across::3] == expected).all()


def test_large_pictures_keep_their_size_and_numbers_their_range():
    pictures = torch.full((1, 1, 100, 90), 7.0)
    pixels = sheet(pictures, 1)
    assert pixels.shape == (100 + 2 * EDGE, 90 + 2 * EDGE, 1) and pixels[EDGE, EDGE] == 255


@pytest.mark.parametrize(("count", "across"), [(1, 1), (12, 12), (64, 8), (13, 4), (20, 4)])
def test_columns(tmp_path, count, across):
    """A row of few, else about as many rows as columns."""
    save(torch.zeros(count, 1, 84, 84), tmp_path / "a.png")
    with Image.open(tmp_path / "a.png") as found:
        width, height = found.size
    assert (width - EDGE) // (84 + EDGE) == across and (height - EDGE) // (84 + EDGE) == -(-count // across)


def test_whose_files_are_safe(tmp_path):
    """A sheet replaces a sheet; a user's picture, which may be the prompt, stays."""
    save(torch.zeros(1, 1, 2, 2), tmp_path / "samples.png")
    assert target(tmp_path) == target(tmp_path / "samples.png") == tmp_path / "samples.png"
    Image.new("L", (3, 3)).save(tmp_path / "mine.png")
    with pytest.raises(UserError, match=r"mine.png is there and is not a figure of `firsthand sample`"):
        target(tmp_path / "mine.png")
    with pytest.raises(UserError, match=r"written into a .png file, and 'a.pdf' is none"):
        target(tmp_path.__class__("a.pdf"))


def test_options_of_text_are_refused():
    Sampling(seed=3).only("seed")
    with pytest.raises(UserError, match="'top_k' does not apply to the pictures that this network writes"):
        Sampling(top_k=3).only("seed", "temperature")
