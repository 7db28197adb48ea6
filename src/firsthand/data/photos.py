"""A picture file of any size and mode in red, green and blue: a square part of it, as a network sees it."""

import math
import warnings
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import NamedTuple

import numpy as np
import torch
from jaxtyping import UInt8
from PIL import ExifTags, Image, ImageOps, UnidentifiedImageError
from torch import Tensor

from firsthand.data.userfile import check, kind, located
from firsthand.errors import UserError

FORMATS = ("PNG", "JPEG", "GIF", "BMP", "TIFF", "WEBP", "PPM", "ICO")  # Pillow reads them without another program
_CLEAR = ("RGBA", "RGBa", "LA", "La", "PA")  # modes with transparency
_TURNED = (5, 6, 7, 8)  # orientations in which a camera lay on its side


class Box(NamedTuple):
    """A part of a picture, in its pixels, which it need not end on."""

    top: float
    left: float
    height: float
    width: float


@contextmanager
def opened(path: Path) -> Iterator[Image.Image]:
    """The picture in a file, its pixels not yet read; UserError for a file that is none, also where that shows later.

    The first frame of several.
    """
    check(path, "a picture")
    try:
        with Image.open(path, formats=FORMATS) as picture:
            if picture.width * picture.height > (Image.MAX_IMAGE_PIXELS or math.inf):
                raise Image.DecompressionBombError
            yield picture
    except Image.DecompressionBombError:
        raise UserError(f"{path} is too large a picture: make it smaller.") from None
    except UnidentifiedImageError:
        what = (kind(path) or ("",))[0]
        told = f", it is {what}" if what not in ("", "a picture") else ""
        raise UserError(f"{path} is not a picture of the formats {', '.join(FORMATS)}{told}.") from None
    except Exception as error:  # a damaged file can fail in any way
        raise UserError(f"{path} cannot be read as a picture: {error or type(error).__name__}.") from None


@contextmanager
def quietly() -> Iterator[None]:
    """Without Pillow's warnings of a damaged part that is not needed; not for several threads."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        yield


def coloured(picture: Image.Image) -> Image.Image:
    """A picture of any mode in red, green and blue, as its camera was held.

    What is transparent becomes white, or black if what is drawn is light; more than 8 bits become 8.
    """
    picture = ImageOps.exif_transpose(picture)
    if picture.mode.startswith(("I", "F")):
        picture = _in_8_bits(picture)
    if picture.mode not in _CLEAR and "transparency" not in picture.info:
        return picture.convert("RGB")
    picture = picture.convert("RGBA")
    small = picture.copy()
    small.thumbnail((256, 256), Image.Resampling.BOX)
    colours, opaque = np.split(np.asarray(small, dtype=np.float64), [3], axis=2)
    light = (colours * opaque).sum() / 3 > 255 / 2 * opaque.sum()
    paper = Image.new("RGB", picture.size, "black" if light else "white")
    paper.paste(picture, mask=picture.getchannel("A"))
    return paper


def _in_8_bits(picture: Image.Image) -> Image.Image:
    """Numbers of which 1, 255 or 65535 is white, by how large they are; what is no number is black."""
    values = np.nan_to_num(np.asarray(picture, dtype=np.float64), nan=0.0, posinf=0.0, neginf=0.0)
    tops = (65535,) if picture.mode.startswith("I;16") else (255, 65535) if picture.mode == "I" else (1, 255, 65535)
    top = next((top for top in tops if values.max() <= top), values.max())
    return Image.fromarray(np.round(values.clip(0) / top * 255).astype(np.uint8))


def part_of(path: str | Path, choose: Callable[[int, int], Box], side: int) -> UInt8[np.ndarray, "side side 3"]:
    """A part of the picture in a file, `side` pixels high and wide; `choose` says which, given its height and width.

    It is as if the picture were resized first and cut then, but reads no more of a JPEG than that needs.
    Raises UserError for a file that is no picture.
    """
    with opened(located(path)) as picture:
        width, height = picture.size
        if turned := picture.getexif().get(ExifTags.Base.Orientation) in _TURNED:
            width, height = height, width
        top, left, high, wide = choose(height, width)
        least = math.ceil(side * width / wide), math.ceil(side * height / high)  # of the whole picture, if so resized
        picture.draft(None, least[::-1] if turned else least)
        picture = coloured(picture)
        across, down = picture.width / width, picture.height / height
        box = left * across, top * down, (left + wide) * across, (top + high) * down
        box = (*box[:2], min(box[2], picture.width), min(box[3], picture.height))  # rounding may have gone beyond
        return np.asarray(picture.resize((side, side), Image.Resampling.BILINEAR, box))


def central(height: int, width: int, side: int, shorter: int) -> Box:
    """The middle, `side` pixels high and wide, of the picture resized to a shorter side of `shorter`."""
    return corner(height, width, side, shorter, 0.5, 0.5)


def corner(height: int, width: int, side: int, shorter: int, down: float, across: float) -> Box:
    """The part of side `side` of the picture resized to a shorter side of `shorter`, which lies so far down and across.

    Both are shares of all the room there is, from 0 to 1; it ends on a pixel of the resized picture.
    """
    high, wide = resized(height, width, shorter)
    top, left = (min(int(share * (room - side + 1)), room - side) for share, room in ((down, high), (across, wide)))
    y, x = height / high, width / wide
    return Box(top * y, left * x, side * y, side * x)


def resized(height: int, width: int, shorter: int) -> tuple[int, int]:
    """The height and width of a picture when its shorter side has become `shorter` and its shape has stayed."""
    scale = shorter / min(height, width)
    return max(round(height * scale), shorter), max(round(width * scale), shorter)


def scaled(
    picture: UInt8[Tensor, "channel height width"], height: int, width: int, box: Box | None = None
) -> UInt8[Tensor, "channel h w"]:
    """A picture, or a part of it, made larger or smaller: means of the nearest pixels, weighted by a tent."""
    part = None
    if box is not None:
        bottom, right = box.top + box.height, box.left + box.width
        part = box.left, box.top, min(right, picture.shape[2]), min(bottom, picture.shape[1])  # rounding may go beyond
    channels = [Image.fromarray(c).resize((width, height), Image.Resampling.BILINEAR, part) for c in picture.numpy()]
    return torch.from_numpy(np.stack([np.asarray(channel) for channel in channels]))


def as_square(path: str | Path, side: int, shorter: int | None = None) -> UInt8[Tensor, "3 side side"]:
    """A user's picture as a network sees it at test time: the middle of it, after its shorter side became `shorter`.

    None: as short as `side`. Raises UserError for a file that is no picture.
    """
    with quietly():
        pixels = part_of(path, lambda height, width: central(height, width, side, shorter or side), side)
    return torch.from_numpy(pixels.copy()).permute(2, 0, 1).contiguous()


def as_whole(path: str | Path) -> UInt8[Tensor, "3 height width"]:
    """A user's whole picture, in all its pixels. Raises UserError for a file that is no picture."""
    with quietly(), opened(located(path)) as picture:
        pixels = np.array(coloured(picture))
    return torch.from_numpy(pixels).permute(2, 0, 1).contiguous()
