"""A user's picture in colour: every mode, every way a camera was held, any size, a part of it."""

import numpy as np
import pytest
import torch
from PIL import Image

from firsthand.data.photos import as_square, central, corner, part_of, quietly, resized
from firsthand.errors import UserError

ROTATE = Image.Transpose


@pytest.fixture(scope="module")
def picture() -> Image.Image:
    """Smooth colours, 60 by 40 pixels, different in every corner."""
    y, x = np.mgrid[:40, :60]
    return Image.fromarray(np.stack([4 * x, 6 * y, 120 + x - y], 2).astype(np.uint8))


def saved(picture, path, side=32, **options) -> torch.Tensor:
    picture.save(path, **options)
    return as_square(path, side).int()


def test_the_middle_of_it(picture, tmp_path):
    """A picture whose shorter side has the right size already is cut, not changed."""
    square = saved(picture, tmp_path / "a.png", 40)
    assert torch.equal(square, torch.from_numpy(np.array(picture)).permute(2, 0, 1)[:, :, 10:50].int())
    assert as_square(tmp_path / "a.png", 20).shape == (3, 20, 20)
    large = as_square(tmp_path / "a.png", 80)  # also larger than it is
    assert (large.float().mean((1, 2)) - square.float().mean((1, 2))).abs().max() < 1


def test_a_shorter_side_then_the_middle(picture, tmp_path):
    """As resizing first and cutting then does it; within 2 of 255 but at the edge, where the filter ends."""
    picture.save(tmp_path / "a.png")
    whole = np.asarray(picture.resize((48, 32), Image.Resampling.BILINEAR)).astype(int)
    ours = as_square(tmp_path / "a.png", 28, 32).int().permute(1, 2, 0).numpy()
    assert abs(ours - whole[2:30, 10:38])[1:-1, 1:-1].max() <= 2


def grey(picture) -> np.ndarray:
    return np.asarray(picture.convert("L"))


def faded(picture) -> Image.Image:
    """The left half of the picture, the right one clear."""
    alpha = np.zeros((40, 60), np.uint8)
    alpha[:, :30] = 255
    picture = picture.copy()
    picture.putalpha(Image.fromarray(alpha))
    return picture


MODES = {
    "grey": (lambda p: p.convert("L"), lambda p: p.convert("L").convert("RGB"), 0),
    "one bit": (lambda p: p.convert("1"), lambda p: p.convert("1").convert("RGB"), 0),
    "palette": (lambda p: p.quantize(200), lambda p: p.quantize(200).convert("RGB"), 0),
    "16 bits": (lambda p: Image.fromarray(grey(p).astype(np.uint16) * 257), lambda p: p.convert("L").convert("RGB"), 0),
    "shares of 1": (lambda p: Image.fromarray(grey(p) / np.float32(255)), lambda p: p.convert("L").convert("RGB"), 0),
    "four inks": (lambda p: p.convert("CMYK"), lambda p: p, 2),
    "opaque": (lambda p: p.convert("RGBA"), lambda p: p, 0),
}  # fmt: skip


@pytest.mark.parametrize("mode", MODES)
def test_modes(picture, tmp_path, mode):
    """Each is what Pillow's conversion of the plain picture gives."""
    made, expected, room = MODES[mode]
    ours, plain = saved(made(picture), tmp_path / "a.tiff"), saved(expected(picture), tmp_path / "b.png")
    assert (ours - plain).abs().max() <= room


def test_clear_parts_are_paper(picture, tmp_path):
    square = saved(faded(picture), tmp_path / "a.png", 40)
    assert (square[:, :, 22:] == 255).all()
    light = saved(faded(Image.new("RGB", (60, 40), (250, 255, 240))), tmp_path / "b.png", 40)
    assert (light[:, :, 22:] == 0).all() and light[0, 0, 0] == 250
    clear = picture.quantize(16)
    assert saved(clear, tmp_path / "c.gif", 40, transparency=clear.getpixel((0, 0))).max() == 255


@pytest.mark.parametrize(
    ("tag", "turn"),
    [(2, ROTATE.FLIP_LEFT_RIGHT), (3, ROTATE.ROTATE_180), (4, ROTATE.FLIP_TOP_BOTTOM), (5, ROTATE.TRANSPOSE),
     (6, ROTATE.ROTATE_90), (7, ROTATE.TRANSVERSE), (8, ROTATE.ROTATE_270)],
)  # fmt: skip
@pytest.mark.parametrize("kind", ["png", "jpg"])
def test_as_the_camera_was_held(picture, tmp_path, tag, turn, kind):
    """What a camera that lay on its side wrote is stood up; ROTATE_90 undoes orientation 6, and so on."""
    exif = Image.Exif()
    exif[0x0112] = tag
    lying = picture.resize((480, 320)).transpose(turn)
    upright = as_square_of(picture.resize((480, 320)), tmp_path)
    lying.save(tmp_path / f"a.{kind}", exif=exif, **({"quality": 97} if kind == "jpg" else {}))
    assert (as_square(tmp_path / f"a.{kind}", 32).int() - upright).abs().max() <= (0 if kind == "png" else 6)


def as_square_of(picture, tmp_path) -> torch.Tensor:
    return saved(picture, tmp_path / "plain.png")


def test_a_large_jpeg_is_read_small(picture, tmp_path):
    """The eighth that a JPEG gives without decoding all of it is the same picture, any part of it."""
    large = picture.resize((2400, 1600), Image.Resampling.BICUBIC)
    large.save(tmp_path / "a.jpg", quality=95)
    large.save(tmp_path / "a.png")
    for chosen in (lambda h, w: central(h, w, 32, 40), lambda h, w: corner(h, w, 32, 36, 0.9, 0.1)):
        with quietly():
            jpeg, png = (part_of(tmp_path / name, chosen, 32).astype(int) for name in ("a.jpg", "a.png"))
        assert abs(jpeg - png).max() <= 8 and abs(jpeg - png).mean() < 1.5


def test_geometry():
    """The corners of a resized picture lie in its corners; the middle is in the middle."""
    assert resized(500, 375, 256) == (341, 256) and resized(256, 256, 256) == (256, 256)
    assert resized(3, 3000, 256)[0] == 256
    for height, width in ((300, 500), (500, 300), (256, 256)):
        high, wide = resized(height, width, 256)
        first, last = corner(height, width, 224, 256, 0.0, 0.0), corner(height, width, 224, 256, 1 - 1e-9, 1 - 1e-9)
        assert first[:2] == (0, 0)
        assert last.top + last.height == pytest.approx(height) and last.left + last.width == pytest.approx(width)
        middle = central(height, width, 224, 256)
        assert abs(middle.top + middle.height / 2 - height / 2) <= height / high / 2
        assert abs(middle.left + middle.width / 2 - width / 2) <= width / wide / 2


def test_what_is_no_picture(picture, tmp_path, monkeypatch):
    (tmp_path / "note.jpg").write_text("no picture")
    with pytest.raises(UserError, match="is not a picture of the formats"):
        as_square(tmp_path / "note.jpg", 32)
    picture.save(tmp_path / "whole.jpg")
    (tmp_path / "cut.jpg").write_bytes((tmp_path / "whole.jpg").read_bytes()[:-300])
    with pytest.raises(UserError, match=r"cannot be read as a picture: .*[Tt]runcated"):
        as_square(tmp_path / "cut.jpg", 32)
    with pytest.raises(UserError, match="is a folder"):
        as_square(tmp_path, 32)
    monkeypatch.setattr(Image, "MAX_IMAGE_PIXELS", 2000)
    with pytest.raises(UserError, match="too large"):
        as_square(tmp_path / "whole.jpg", 32)
