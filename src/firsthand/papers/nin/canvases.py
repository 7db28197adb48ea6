"""Small digits somewhere on a larger black picture, with the box that their ink fills: a place whose truth is known."""

import torch
from jaxtyping import Bool, Float, Int64
from torch import Generator, Tensor

SIDE, DIGIT = 40, 14  # pixels a side of the picture, and of what is pasted
FAINT = 0.2  # ink is what is brighter
STEP, FIRST = 4, 3  # pixels between the middles of two places of the last maps, behind two pools of 3x3, and the first

Boxes = Int64[Tensor, "images 4"]  # first row, last row, first column, last column


def pasted(
    digits: Float[Tensor, "images 14 14"], generator: Generator
) -> tuple[Float[Tensor, "images 1 40 40"], Boxes]:
    """Each digit, of pixels 0 to 1, at a random place, and the box of its ink."""
    corners = torch.randint(SIDE - DIGIT + 1, (len(digits), 2), generator=generator)
    pictures = torch.zeros(len(digits), 1, SIDE, SIDE)
    for picture, digit, (row, column) in zip(pictures, digits, corners.tolist(), strict=True):
        picture[0, row : row + DIGIT, column : column + DIGIT] = digit
    return pictures, boxes(pictures)


def boxes(pictures: Float[Tensor, "images 1 40 40"]) -> Boxes:
    """The smallest box around what is brighter than FAINT."""
    ink = pictures[:, 0] > FAINT
    found = []
    for axis in (2, 1):
        seen = ink.any(axis).long()
        found += [seen.argmax(1), SIDE - 1 - seen.flip(1).argmax(1)]
    return torch.stack(found, 1)


def paired(
    pictures: Float[Tensor, "images 1 40 40"], boxes: Boxes, labels: Int64[Tensor, " images"]
) -> tuple[Float[Tensor, "pairs 1 40 40"], Int64[Tensor, "pairs 2"]]:
    """Every picture with the next one's digit in it, where the classes differ and the boxes do not touch.

    Returns the sums and the two places in `pictures` that each came from.
    """
    one = torch.arange(0, len(pictures) - 1, 2)
    a, b = boxes[one], boxes[one + 1]
    apart = [(a[:, last] + 1 < b[:, first]) | (b[:, last] + 1 < a[:, first]) for first, last in ((0, 1), (2, 3))]
    one = one[(apart[0] | apart[1]) & (labels[one] != labels[one + 1])]
    return pictures[one] + pictures[one + 1], torch.stack([one, one + 1], 1)


def peaks(maps: Float[Tensor, "images classes h w"], labels: Int64[Tensor, " images"]) -> Int64[Tensor, "images 2"]:
    """Row and column, in pixels, where the map of each picture's class is largest: the middle of what it looks at."""
    chosen = maps[torch.arange(len(maps)), labels].flatten(1).argmax(1)
    return FIRST + STEP * torch.stack([chosen // maps.shape[3], chosen % maps.shape[3]], 1)


def inside(places: Int64[Tensor, "images 2"], boxes: Boxes) -> Bool[Tensor, " images"]:
    """Whether the cell of each place, STEP pixels a side, reaches into its box: no map tells more exactly."""
    row, column = places.T
    first, last, left, right = (boxes + torch.tensor([-1, 1, -1, 1]) * (STEP // 2 - 1)).T
    return (first <= row) & (row <= last) & (left <= column) & (column <= right)


def chance(boxes: Boxes) -> float:
    """The share of the places of the maps that lie in a box: what a guess would find."""
    middles = FIRST + STEP * torch.arange((SIDE - FIRST + STEP - 1) // STEP)
    grid = torch.cartesian_prod(middles, middles)
    return torch.stack([inside(grid, box.expand(len(grid), 4)).float().mean() for box in boxes]).mean().item()
