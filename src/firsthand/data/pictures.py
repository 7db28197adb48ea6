"""A user's own picture of a digit or a garment, as MNIST, USPS or Fashion-MNIST would hold it."""

from collections.abc import Sequence
from pathlib import Path

import numpy as np
import torch
from jaxtyping import Bool, Float64, UInt8
from PIL import Image, ImageOps
from torch import Tensor

from firsthand.data.images import BOX, SIDE
from firsthand.data.photos import coloured, opened, quietly
from firsthand.data.userfile import located
from firsthand.data.usps import SIDE as ZIP_SIDE
from firsthand.errors import UserError

_LARGEST = 1024  # pixels of a side, to which larger pictures are made smaller first
_TINY = 2 * SIDE  # pixels of a side up to which a picture has no grain, and no specks

Colours = Float64[np.ndarray, "height width channels"]
Ink = Float64[np.ndarray, "height width"]
Colour = Float64[np.ndarray, " channels"]
Mask = Bool[np.ndarray, "height width"]


def as_digit(path: str | Path) -> UInt8[Tensor, "28 28"]:
    """A user's picture of one digit as MNIST would hold it: white on black, in a 20x20 box, centred by mass in 28x28.

    Grey, colour or transparent, dark on light or light on dark, framed or not, any size. Raises `UserError` for a
    missing file, for one that is not a picture, and for a blank one.

    Source: LeCun et al. (1998), section III-A.
    """
    digit = _fitted(path, BOX)
    # The centre of mass goes to the middle of pixel 14, where MNIST's own digits have it, as far as the digit fits.
    corner = [SIDE / 2 - digit.sum(1 - axis) @ np.arange(side) / digit.sum() for axis, side in enumerate(digit.shape)]
    return _placed(digit, SIDE, corner)


def as_zip_digit(path: str | Path) -> UInt8[Tensor, "16 16"]:
    """The same as USPS holds it: the longer side fills the 16 pixels, and the other one lies in the middle.

    Raises the errors of `as_digit`. Source: LeCun et al. (1990), for the size.
    """
    digit = _fitted(path, ZIP_SIDE)
    return _placed(digit, ZIP_SIDE, [(ZIP_SIDE - side) / 2 for side in digit.shape])


def _fitted(path: str | Path, box: int) -> Ink:
    """The ink of a user's picture of a digit, whose longer side has as many pixels as the box."""
    path = located(path)
    colours = _read(path)
    spread = np.ptp(colours.reshape(-1, colours.shape[2]), axis=0).max()
    if spread < 0.05 * max(255 if colours.shape[2] > 1 else 0, np.abs(colours).max()) or spread == 0:
        raise UserError(f"{path} is blank: give a picture of one digit that stands out from its background.")
    ink = _digit(colours)
    rows, columns = (np.flatnonzero(ink.any(axis)) for axis in (1, 0))
    ink = ink[rows[0] : rows[-1] + 1, columns[0] : columns[-1] + 1]
    scale = box / max(ink.shape)
    height, width = (max(1, round(scale * side)) for side in ink.shape)
    resized = Image.fromarray(ink.astype(np.float32)).resize((width, height), Image.Resampling.BILINEAR)
    return np.asarray(resized, dtype=np.float64).clip(0, 1)


def _placed(digit: Ink, side: int, corner: Sequence[float]) -> UInt8[Tensor, "side side"]:
    """The digit on black, its upper left corner there, as far as it fits."""
    height, width = digit.shape
    top, left = (int(np.clip(round(place), 0, side - size)) for place, size in zip(corner, digit.shape, strict=True))
    image = np.zeros((side, side))
    image[top : top + height, left : left + width] = digit
    return torch.from_numpy(np.round(255 * image).astype(np.uint8))


def as_garment(path: str | Path) -> UInt8[Tensor, "28 28"]:
    """A user's picture of one garment as Fashion-MNIST has it: black around it, its longer side 28 pixels, centred.

    On a light background the greys are negated, as the data set does it: dark cloth is light. On a dark one they are
    not. Raises UserError for a missing file, for one that is not a picture, and for a blank one.

    Source: Xiao, Rasul & Vollgraf (2017), section 2; their sharpening makes up for skipped rows, which we do not skip.
    """
    path = located(path)
    colours = _read(path)
    border = np.concatenate([colours[0], colours[-1], colours[:, 0], colours[:, -1]])
    paper = np.median(border, axis=0)
    most = max(255 if colours.shape[2] > 1 else 0, np.abs(colours).max())
    grain = 3 * np.percentile(_distance(border - paper), 75)  # of a photograph, or the shade of its background
    garment = _garment(_distance(colours - paper) > np.clip(grain / max(most, 1e-300), 0.05, 0.25) * most)
    if not garment.any():
        raise UserError(f"{path} is blank: give a picture of one garment that stands out from its background.")
    weights = (0.299, 0.587, 0.114) if colours.shape[2] > 1 else (1,)  # ITU-R 601, as Pillow's own greys
    grey, back = colours @ weights, paper @ weights
    light = (back - grey) / back if 2 * back > most else (grey - back) / (most - back)
    light = np.where(garment, light, 0).clip(0, 1)
    rows, columns = (np.flatnonzero(garment.any(axis)) for axis in (1, 0))
    light = light[rows[0] : rows[-1] + 1, columns[0] : columns[-1] + 1]
    height, width = (max(1, round(SIDE * side / max(light.shape))) for side in light.shape)
    small = Image.fromarray(light.astype(np.float32)).resize((width, height), Image.Resampling.LANCZOS)
    image, top, left = np.zeros((SIDE, SIDE)), (SIDE - height + 1) // 2, (SIDE - width + 1) // 2
    image[top : top + height, left : left + width] = np.asarray(small).clip(0, 1)
    return torch.from_numpy(np.round(255 * image).astype(np.uint8))


def _garment(unlike: Mask) -> Mask:
    """Where the garment is, among the pixels that are unlike the background: its holes filled, specks left out."""
    from scipy import ndimage

    marks, _ = ndimage.label(unlike, np.ones((3, 3)))
    sizes = np.bincount(marks.ravel())[1:]
    large = 1 + np.flatnonzero(sizes >= sizes.max(initial=0) / (100 if max(unlike.shape) > _TINY else 1e9))
    return ndimage.binary_fill_holes(np.isin(marks, large))


def _read(path: Path) -> Colours:
    """The picture's colours, 0 to 255, or its one channel of more bits as it is; the first frame of several."""
    with quietly(), opened(path) as file:
        picture = ImageOps.exif_transpose(file)
        if picture.mode.startswith(("I", "F")):  # more than 8 bits, which a conversion would clip
            return _deep(np.asarray(picture, dtype=np.float64))
        picture = coloured(picture)
        picture.thumbnail((_LARGEST, _LARGEST), Image.Resampling.BOX)
        return np.asarray(picture, dtype=np.float64)


def _deep(values: Float64[np.ndarray, "height width"]) -> Colours:
    """Numbers of any range as a picture of one channel; what is no number is as the most of them."""
    finite = np.isfinite(values)
    values = np.where(finite, values, np.median(values[finite])) if finite.any() else np.zeros_like(values)
    picture = Image.fromarray((values / max(np.abs(values).max(), 1e-300)).astype(np.float32))
    picture.thumbnail((_LARGEST, _LARGEST), Image.Resampling.BOX)
    return np.asarray(picture, dtype=np.float64)[..., None]


def _digit(colours: Colours) -> Ink:
    """How much ink each pixel has, 0 to 1, after what is not the digit was painted over, step by step."""
    for _ in range(5):
        ink, other, colour = _seen(colours)
        if not other.any():
            break
        colours = np.where(other[..., None], colour, colours)
    return ink


def _seen(colours: Colours) -> tuple[Ink, Mask, Colour]:
    """The ink, what of the picture is not the digit, and the colour to paint over that.

    The paper has the colour of most of the border; but that of most pixels, if around it, or on two opposite sides of
    it, a frame is left out then. Within a frame lies a rectangle; what lies about a thick, closely cropped 8 is none.
    """
    edge = np.median(np.concatenate([colours[0], colours[-1], colours[:, 0], colours[:, -1]]), axis=0)
    most = np.median(colours, axis=(0, 1))
    if 2 * _distance(edge - most) > _distance(colours - edge).max():
        ink = _ink(colours, most)
        other, colour = _other(colours, most, ink)
        sides = other[0].mean(), other[-1].mean(), other[:, 0].mean(), other[:, -1].mean()
        rows, columns = (np.flatnonzero((~other).any(axis)) for axis in (1, 0))
        framed = max(min(sides[:2]), min(sides[2:])) > 0.95
        if framed and (~other[rows[0] : rows[-1] + 1, columns[0] : columns[-1] + 1]).mean() > 0.93:
            return ink, other, colour
    ink = _ink(colours, edge)
    return ink, *_other(colours, edge, ink)


def _distance(difference: Float64[np.ndarray, "... channels"]) -> Float64[np.ndarray, "..."]:
    """How unlike colours are that differ by this: the root of the mean square over the channels."""
    return np.asarray(np.sqrt((difference**2).mean(-1)))


def _ink(colours: Colours, paper: Colour) -> Ink:
    """How far each pixel is on the way from the paper to the colour that is most unlike it, 0 if that is faint."""
    away = colours - paper
    pen = away.reshape(-1, len(paper))[_distance(away).argmax()]
    ink = away @ pen / max(pen @ pen, 1e-300)
    border = np.concatenate([ink[0], ink[-1], ink[:, 0], ink[:, -1]])
    # What is as faint as the grain of a photograph or the blur of a JPEG is no ink; the grey edge of a tiny one is.
    blank = border[border < 0.5] if (border < 0.5).any() else ink[ink < 0.5]
    faint = np.clip(3 * np.percentile(blank, 90), 0 if max(ink.shape) <= _TINY else 0.3, 0.6)
    return np.where(ink > faint, ink, 0).clip(0, 1)


def _other(colours: Colours, paper: Colour, ink: Ink) -> tuple[Mask, Colour]:
    """What is not the digit, and what to paint over it: the table about a sheet of paper, or frames and specks."""
    from scipy import ndimage  # takes a fifth of a second to import

    marks, count = ndimage.label(ink > 0, np.ones((3, 3)))
    boxes, sizes = ndimage.find_objects(marks), np.bincount(marks.ravel())[1:]
    extents = np.array([max(part.stop - part.start for part in box) for box in boxes])
    widest = int(extents.argmax())
    filled = ndimage.binary_fill_holes(marks == widest + 1)

    # A sheet: a large full area with edges, in which something has another colour than the table.
    if sizes[widest] > max(filled.sum() / 2, ink.size / 10) and filled.sum() > 0.8 * filled[boxes[widest]].size:
        inside = ndimage.binary_erosion(filled, iterations=3)
        sheet = np.median(colours[marks == widest + 1], axis=0)
        drawn = colours[inside & (ink == 0)]
        if len(drawn):
            unlike = _distance(drawn - sheet)
            drawn = np.median(drawn[unlike >= np.quantile(unlike, 0.75)], axis=0)
            if _distance(drawn - paper) > 0.1 * _distance(colours - paper).max():
                return ~inside, sheet

    other = np.zeros(count, dtype=bool)
    # A frame at the edge, or what lies beside the sheet: it touches two sides or more, and the digit none.
    height, width = ink.shape
    touching = np.array([[y.start == 0, y.stop == height, x.start == 0, x.stop == width] for y, x in boxes])
    at_edge = touching.any(1)
    if touching.any(0).sum() > 1 and extents[~at_edge].max(initial=0) >= max(5, max(ink.shape) / 10):
        other |= at_edge
    # A frame further in: something of a quarter of its size lies in it.
    within = np.bincount(marks[filled], minlength=count + 1)[1:] == sizes
    within[widest] = False
    if extents[within].max(initial=0) >= extents[widest] / 4:
        other[widest] = True
    if max(ink.shape) > _TINY:
        other |= sizes < sizes.max() / 100  # specks
    over, kept = (np.isin(marks, 1 + np.flatnonzero(which)) for which in (other, ~other))
    return ndimage.binary_dilation(over, iterations=2) & ~kept, paper
