"""Images made anew each time they are trained on: a random part of each, or its mirror image; all on tensors.

What happens to an image is a function of the seed, the step and its index: it is the same after an interruption, and in
however many processes the batch is divided.
"""

import torch
from jaxtyping import Float, Float64, Int64
from torch import Tensor

from firsthand.data.specs import Augment

_WEYL, _FIRST, _SECOND = -0x61C8864680B583EB, -0x40A7B892E31B1A47, -0x6B2FB644ECCEEE15  # as signed 64-bit numbers


def uniform(seed: int, step: int, indices: Int64[Tensor, " batch"], count: int) -> Float64[Tensor, "batch count"]:
    """Numbers in [0, 1) that seed, step and index decide: the mixing function of SplitMix64.

    Source: Steele, Lea & Flood (2014), Fast splittable pseudorandom number generators, figure 17.
    """
    key = _mixed(_mixed(torch.tensor(seed % 2**64 - 2**64 * (seed % 2**64 >= 2**63))) + step)
    numbers = _mixed(_mixed(key + indices)[:, None] + torch.arange(count))
    return _shifted(numbers, 11).double() / 2**53


def _mixed(x: Int64[Tensor, "..."]) -> Int64[Tensor, "..."]:
    """A 64-bit number scrambled, so that neighbours have nothing in common; products wrap around."""
    x = x * _WEYL + _WEYL
    x = (x ^ _shifted(x, 30)) * _FIRST
    x = (x ^ _shifted(x, 27)) * _SECOND
    return x ^ _shifted(x, 31)


def _shifted(x: Int64[Tensor, "..."], bits: int) -> Int64[Tensor, "..."]:
    """The bits moved down, with zeros from above."""
    return (x >> bits) & ((1 << (64 - bits)) - 1)


def augmented(
    images: Float[Tensor, "batch channel height width"], how: Augment, chance: Float64[Tensor, "batch 3"]
) -> Float[Tensor, "batch channel height width"]:
    """Each image changed as `how` says; `chance` are its random numbers."""
    if how.pad:
        places = (chance[:, :2] * (2 * how.pad + 1)).long()
        images = cropped(torch.constant_pad_nd(images, (how.pad,) * 4), images.shape[2:], places)
    if how.flip:
        images = torch.where((chance[:, 2] < 0.5)[:, None, None, None], images.flip(3), images)
    return images


def cropped(
    images: Float[Tensor, "batch channel height width"], size: tuple[int, int], places: Int64[Tensor, "batch 2"]
) -> Float[Tensor, "batch channel h w"]:
    """The part of each image whose first row and column are its `places`, `size` rows and columns large."""
    height, width = size
    parts = zip(images, places.tolist(), strict=True)  # by slices: gathering with indices takes forty times as long
    return torch.stack([image[:, row : row + height, column : column + width] for image, (row, column) in parts])
