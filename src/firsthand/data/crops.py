"""The parts of one picture that a network sees when it is tested: the middle, ten, or a hundred and forty-four."""

from pathlib import Path

import torch
from jaxtyping import UInt8
from torch import Tensor

from firsthand.data.photos import as_square, as_whole, resized, scaled
from firsthand.errors import UserError

COUNTS = (1, 10, 144)
SCALES = (256, 288, 320, 352)  # pixels of the shorter side, for parts of 224, of the 144

Picture = UInt8[Tensor, "channel height width"]
Views = UInt8[Tensor, "views channel side side"]


def views(path: str | Path, count: int, side: int, shorter: int) -> Views:
    """So many parts of the picture in a file, `side` pixels high and wide, the shorter side of which became `shorter`.

    Raises UserError for a file that is no picture, and for another number.
    """
    if count == 1:
        return centre(as_square(path, side, shorter), side)
    if count == 10:
        return ten(as_square(path, shorter), side)
    if count == 144:
        return hundred_and_forty_four(as_whole(path), side)
    raise UserError(f"A picture is looked at in {', '.join(map(str, COUNTS))} parts, not in {count}.")


def centre(picture: Picture, side: int) -> Views:
    """The middle."""
    height, width = picture.shape[1:]
    return _cut(picture, (height - side) // 2, (width - side) // 2, side)[None]


def five(picture: Picture, side: int) -> Views:
    """The four corners and the middle."""
    down, across = picture.shape[1] - side, picture.shape[2] - side
    corners = [_cut(picture, y, x, side) for y in (0, down) for x in (0, across)]
    return torch.cat([torch.stack(corners), centre(picture, side)])


def ten(picture: Picture, side: int) -> UInt8[Tensor, "10 channel side side"]:
    """The four corners and the middle, then the mirror images of the five.

    Source: Krizhevsky et al. (2012), section 4.1.
    """
    return _mirrored(five(picture, side))


def hundred_and_forty_four(picture: Picture, side: int) -> UInt8[Tensor, "144 channel side side"]:
    """At each of four scales three squares: left, middle and right, of an upright picture top, middle and bottom.

    Of each the four corners, the middle and the whole square made as small as these; and their mirror images:
    4 x 3 x 6 x 2. Source: Szegedy et al. (2015), section 7.
    """
    found = []
    for scale in SCALES:
        shorter = round(scale * side / 224)
        large = scaled(picture, *resized(*picture.shape[1:], shorter))
        down, across = (room - shorter for room in large.shape[1:])
        for place in (0, 1, 2):
            square = _cut(large, down * place // 2, across * place // 2, shorter)
            found += [five(square, side), scaled(square, side, side)[None]]
    return _mirrored(torch.cat(found))


def _cut(picture: Picture, top: int, left: int, side: int) -> UInt8[Tensor, "channel side side"]:
    return picture[:, top : top + side, left : left + side]


def _mirrored(pictures: Views) -> UInt8[Tensor, "twice channel side side"]:
    """These, and then their mirror images."""
    return torch.cat([pictures, pictures.flip(3)])
