"""Parts of a picture at test time, where the papers say they lie."""

import pytest
import torch
from PIL import Image

from firsthand.data.crops import centre, hundred_and_forty_four, ten, views
from firsthand.data.photos import scaled
from firsthand.errors import UserError


def places(height: int, width: int) -> torch.Tensor:
    """A picture whose first two channels are each pixel's row and column, halved."""
    rows, columns = torch.arange(height)[:, None] // 2, torch.arange(width)[None] // 2
    grid = [rows.expand(height, width), columns.expand(height, width), torch.zeros(height, width)]
    return torch.stack(grid).byte()


def test_ten_as_alexnet_takes_them():
    """Of 256 x 256: corners at 0 and 32, the middle at 16, and then the mirror images of the five, in their order."""
    picture = places(256, 256)
    found = ten(picture, 224)
    assert found.shape == (10, 3, 224, 224)
    assert [(2 * int(view[0, 0, 0]), 2 * int(view[1, 0, 0])) for view in found[:5]] == [
        (0, 0), (0, 32), (32, 0), (32, 32), (16, 16),
    ]  # fmt: skip
    assert torch.equal(found[5:], torch.stack([view.flip(2) for view in found[:5]]))
    assert torch.equal(centre(picture, 224)[0], found[4])


@pytest.mark.parametrize("upright", [False, True])
def test_a_hundred_and_forty_four_as_googlenet_takes_them(upright):
    """Scales 256 to 352, three squares along the longer side, of each four corners, middle and whole, and mirrors."""
    picture = places(384, 256) if upright else places(256, 384)
    found = hundred_and_forty_four(picture, 224)
    assert found.shape == (144, 3, 224, 224)
    assert torch.equal(found[72:], found[:72].flip(3))
    plain = found[:72].view(4, 3, 6, 3, 224, 224)
    # At the first scale the picture is not resized: the squares begin at 0, 64 and 128, the corners in them at 0 or 32.
    for number, start in enumerate((0, 64, 128)):
        corners = [(2 * int(view[0, 0, 0]), 2 * int(view[1, 0, 0])) for view in plain[0, number, :5]]
        y, x = (start, 0) if upright else (0, start)
        assert corners == [(y, x), (y, x + 32), (y + 32, x), (y + 32, x + 32), (y + 16, x + 16)]
        square = picture[:, y : y + 256, x : x + 256]
        assert torch.equal(plain[0, number, 5], scaled(square, 224, 224))
    # At the last the shorter side of 256 has become 352: what a part spans shrinks from 224 pixels to 224 * 256 / 352.
    spans = [2 * (view[0, -1, 0].int() - view[0, 0, 0].int()) for view in plain[3, :, :5].flatten(0, 1)]
    assert all(abs(int(span) - 224 * 256 / 352) <= 4 for span in spans)


def test_other_sizes_in_proportion():
    """For parts of 28 the scales are 32, 36, 40 and 44."""
    assert hundred_and_forty_four(places(60, 40), 28).shape == (144, 3, 28, 28)


def test_of_a_file(tmp_path):
    picture = Image.fromarray(places(300, 400).permute(1, 2, 0).numpy())
    picture.save(tmp_path / "a.png")
    one, several, many = (views(tmp_path / "a.png", count, 224, 256) for count in (1, 10, 144))
    assert [len(found) for found in (one, several, many)] == [1, 10, 144]
    # The middle, once cut from the file and once from its resized middle, to rounding.
    assert (one[0].int() - several[4].int()).abs().max() <= 2
    assert (many[:72].view(4, 3, 6, 3, 224, 224)[0, 1, 4].int() - one[0].int()).abs().max() <= 2
    with pytest.raises(UserError, match="in 1, 10, 144 parts, not in 7"):
        views(tmp_path / "a.png", 7, 224, 256)
