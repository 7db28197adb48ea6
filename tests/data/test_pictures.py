"""Pictures that a user might bring, and what has to be made of them."""

import matplotlib.font_manager
import numpy as np
import pytest
import torch
from PIL import Image, ImageDraw, ImageFont, ImageOps

from firsthand.data.images import load_mnist
from firsthand.data.pictures import as_digit
from firsthand.errors import UserError


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


def framed(picture: Image.Image, *margins: int, width: int = 3, grey: int = 0) -> Image.Image:
    """The picture with a frame that far from its edge, on the left and right and above and below."""
    picture = picture.copy()
    x, y = margins * (2 // len(margins))
    box = (x, y, picture.width - 1 - x, picture.height - 1 - y)
    ImageDraw.Draw(picture).rectangle(box, outline=grey, width=width)
    return picture


def mixed(seven: Image.Image, paper: tuple[int, ...], pen: tuple[int, ...]) -> Image.Image:
    return Image.composite(Image.new("RGB", seven.size, paper), Image.new("RGB", seven.size, pen), seven)


def transparent(seven: Image.Image, pen: tuple[int, ...]) -> Image.Image:
    picture = Image.new("RGBA", seven.size, pen)
    picture.putalpha(ImageOps.invert(seven))
    return picture


def specked(seven: Image.Image) -> Image.Image:
    picture = seven.copy()
    for place in ((290, 190), (291, 190), (200, 20), (310, 100)):
        picture.putpixel(place, 0)
    return picture


def icon(seven: Image.Image) -> Image.Image:
    """White on a round blue box, transparent beyond it."""
    wide = Image.new("L", (400, 300), 255)
    wide.paste(seven, (40, 45))
    box = Image.new("RGBA", (440, 340))
    ImageDraw.Draw(box).rounded_rectangle([20, 20, 420, 320], 50, fill=(30, 60, 160, 255))
    box.paste(Image.new("RGBA", wide.size, "white"), (20, 20), ImageOps.invert(wide))
    return box


def numbers(seven: Image.Image, hole: bool = False) -> Image.Image:
    """Shares of 1 in floating point, some of them no numbers."""
    values = np.asarray(seven, dtype=np.float32) / 255
    values[:9, :9] = np.nan if hole else values[:9, :9]
    values[-3:, 0] = np.inf if hole else values[-3:, 0]
    return Image.fromarray(values)


def on_a_table(seven: Image.Image, tilted: bool = False) -> Image.Image:
    table = Image.new("L", (700, 500), 60)
    table.paste(seven.rotate(4, fillcolor=60) if tilted else seven, (200, 150))
    return table


CLOTHES = {
    "thin frame": lambda seven: framed(seven, 0, width=1),
    "frame": lambda seven: framed(seven, 0),
    "thick frame": lambda seven: ImageOps.expand(seven, 25, 0),
    "frame further in": lambda seven: framed(seven, 7, width=2),
    "grey frame": lambda seven: framed(seven, 3, grey=150),
    "bars": lambda seven: ImageOps.expand(seven, (60, 0), 0),
    "light frame on dark": lambda seven: framed(ImageOps.invert(seven), 0, grey=255),
    "white on transparent": lambda seven: transparent(seven, (255, 255, 255)),
    "pale on transparent": lambda seven: transparent(seven, (250, 240, 250)),
    "dark on transparent": lambda seven: transparent(seven, (40, 90, 220)),
    "icon": icon,
    "white on red": lambda seven: mixed(seven, (200, 20, 20), (255, 255, 255)),
    "red on a green of the same grey": lambda seven: mixed(seven, (0, 130, 0), (255, 0, 0)),
    "four inks": lambda seven: mixed(seven, (255, 255, 255), (20, 20, 20)).convert("CMYK"),
    "shares of one": numbers,
    "no numbers": lambda seven: numbers(seven, hole=True),
    "12 of 16 bits": lambda seven: Image.fromarray(np.asarray(seven).astype(np.uint16) * 16),
    "grey and alpha": lambda seven: transparent(seven, (0, 0, 0)).convert("LA"),
    "specks": specked,
    "sheet on a table": on_a_table,
    "sheet askew": lambda seven: on_a_table(seven, tilted=True),
}


@pytest.mark.parametrize("clothes", CLOTHES)
def test_the_digit_is_found_whatever_lies_about_it(seven, tmp_path, clothes):
    plain = seven.rotate(4, fillcolor=255) if clothes == "sheet askew" else seven
    plain = saved(plain, tmp_path / "seven.png").double()
    found = saved(CLOTHES[clothes](seven), tmp_path / "clothed.tiff").double()
    # Correlation of the pixels, 1 for the same digit; a shift by half a pixel leaves 0.9, another digit far less.
    likeness = torch.corrcoef(torch.stack([plain.flatten(), found.flatten()]))[0, 1]
    assert likeness > 0.97


@pytest.mark.parametrize("digit", "0468")
def test_a_thick_digit_that_fills_the_picture_is_no_frame(tmp_path, digit):
    """What lies within its holes is paper, not ink, with and without a margin."""
    picture = Image.new("L", (200, 220), 255)
    font = matplotlib.font_manager.findfont("DejaVu Sans:bold")
    ImageDraw.Draw(picture).text((40, 10), digit, fill=0, font=ImageFont.truetype(font, 160))
    wide = saved(picture, tmp_path / "wide.png").double()
    tight = saved(picture.crop(ImageOps.invert(picture).getbbox()), tmp_path / "tight.png").double()
    assert torch.corrcoef(torch.stack([wide.flatten(), tight.flatten()]))[0, 1] > 0.97


def test_the_first_of_several_pictures_is_read(seven, tmp_path):
    seven.convert("P").save(tmp_path / "two.gif", save_all=True, append_images=[ImageOps.invert(seven).convert("P")])
    assert (as_digit(tmp_path / "two.gif").int() - saved(seven, tmp_path / "one.png").int()).abs().max() <= 2


def test_a_huge_picture_needs_little_memory(seven, tmp_path):
    """36 million pixels, made smaller before anything is computed of them."""
    large = saved(seven.convert("1", dither=0).resize((7200, 5000)), tmp_path / "large.png").double()
    small = saved(seven.convert("1", dither=0).resize((1000, 694)), tmp_path / "small.png").double()
    assert (large - small).abs().mean() < 2


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
    # What needs another program, such as Ghostscript, is not opened either.
    for data, told in ((b"not a picture", "ICO."), (b"", "ICO."), (b"%PDF-1.4 %%EOF", "a PDF document"),
                       (b"%!PS-Adobe-3.0 EPSF-3.0\n%%BoundingBox: 0 0 9 9\n", "a PostScript document"),
                       (b"II*\0\xff\xff\xff\xff", "")):  # fmt: skip
        (tmp_path / "note.png").write_bytes(data)
        with pytest.raises(UserError, match="(is not a picture of the formats|cannot be read as a picture).*" + told):
            as_digit(tmp_path / "note.png")
    with pytest.raises(UserError, match=r"did you mean .*note\.png"):
        as_digit(tmp_path / "notes.png")
    with pytest.raises(UserError, match="is a folder"):
        as_digit(tmp_path)
    seven.save(tmp_path / "whole.png")
    (tmp_path / "cut.png").write_bytes((tmp_path / "whole.png").read_bytes()[:-60])
    with pytest.raises(UserError, match="cannot be read as a picture"):
        as_digit(tmp_path / "cut.png")


def test_a_picture_too_large(tmp_path, seven, monkeypatch):
    monkeypatch.setattr(Image, "MAX_IMAGE_PIXELS", 40_000)
    with pytest.raises(UserError, match="too large"):
        saved(seven, tmp_path / "seven.png")
