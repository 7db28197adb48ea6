"""Pictures made anew each time they are trained on: a random part of each, its mirror image, another light.

What happens to a picture is a function of the seed, the step and its index: it is the same after an interruption, and
in however many processes the batch is divided. A part of it is taken in 8 bits a pixel, as a file is read; the border
of `pad`, the mirror and the light come after the normalisation.
"""

import math
from collections.abc import Sequence

import torch
from jaxtyping import Float, Float64, Int64, UInt8
from torch import Tensor

from firsthand.data.normalisation import Colours
from firsthand.data.photos import Box, central, corner, scaled
from firsthand.data.specs import Augment

# Which of a picture's random numbers decides what. Those of `area` are two for each of ten attempts.
PLACE, FLIP, COLOUR, SIDE, AREA = slice(0, 2), 2, slice(3, 6), 6, slice(7, 27)
CHANCES = AREA.stop
RATIOS = 3 / 4, 4 / 3  # of width to height of a part that is taken by its area


def part(how: Augment, height: int, width: int, size: int, shorter: int, chance: Sequence[float]) -> Box:
    """Which part of a picture of this height and width is trained on, by its random numbers; the middle by default.

    Source: Simonyan & Zisserman (2015), section 3.1, for `side`; Szegedy et al. (2015), section 6, for `area`, whose
    shares and ratios are uniform. A part that the picture is too narrow for is drawn again, ten times at most.
    """
    down, across = chance[PLACE]
    if how.side is not None:
        low, high = how.side
        return corner(height, width, size, low + int(chance[SIDE] * (high - low + 1)), down, across)
    if how.area is None:
        return central(height, width, size, shorter)
    low, high = how.area
    draws = chance[AREA]
    for share, shape in zip(draws[::2], draws[1::2], strict=True):
        area = (low + (high - low) * share) * height * width
        ratio = RATIOS[0] + (RATIOS[1] - RATIOS[0]) * shape
        tall, wide = math.sqrt(area / ratio), math.sqrt(area * ratio)
        if tall <= height and wide <= width:
            return Box(down * (height - tall), across * (width - wide), tall, wide)
    return central(height, width, size, size)


def taken(
    images: UInt8[Tensor, "batch channel height width"], how: Augment, chance: Float64[Tensor, "batch chances"]
) -> UInt8[Tensor, "batch channel height width"]:
    """Of each image in memory a part in its size, or the image moved, as `how` says."""
    height, width = images.shape[2:]
    if how.side is not None or how.area is not None:
        boxes = [part(how, height, width, height, height, row) for row in chance.tolist()]
        return torch.stack([scaled(image, height, width, box) for image, box in zip(images, boxes, strict=True)])
    if how.shift:
        images = torch.constant_pad_nd(images, (how.shift,) * 4)
        return cropped(images, (height, width), (chance[:, PLACE] * (2 * how.shift + 1)).long())
    return images


def augmented(
    images: Float[Tensor, "batch channel height width"],
    how: Augment,
    chance: Float64[Tensor, "batch chances"],
    colours: Colours | None = None,
    std: Float[Tensor, "channel 1 1"] | None = None,
) -> Float[Tensor, "batch channel height width"]:
    """Each normalised image with what `how` says done to it; `std` is what its channels were divided by."""
    if how.pad:
        places = (chance[:, PLACE] * (2 * how.pad + 1)).long()
        images = cropped(torch.constant_pad_nd(images, (how.pad,) * 4), images.shape[2:], places)
    if how.flip:
        images = torch.where((chance[:, FLIP] < 0.5)[:, None, None, None], images.flip(3), images)
    if how.colour and colours is not None:
        factors = how.colour * torch.special.ndtri(chance[:, COLOUR].clamp(min=2**-54))  # normal by their own quantiles
        shift = colours.shift(factors[:, : len(colours.variances)])[:, :, None, None].to(images)
        images = images + (shift if std is None else shift / std)
    return images


def cropped(
    images: UInt8[Tensor, "batch channel height width"] | Float[Tensor, "batch channel height width"],
    size: tuple[int, int],
    places: Int64[Tensor, "batch 2"],
) -> UInt8[Tensor, "batch channel h w"] | Float[Tensor, "batch channel h w"]:
    """The part of each image whose first row and column are its `places`, `size` rows and columns large."""
    height, width = size
    parts = zip(images, places.tolist(), strict=True)  # by slices: gathering with indices takes forty times as long
    return torch.stack([image[:, row : row + height, column : column + width] for image, (row, column) in parts])
