"""Pooling: fewer pixels, each speaking for a small square of the image."""

import torch
from jaxtyping import Float
from torch import Tensor
from torch.nn import Module, Parameter

from firsthand.errors import UserError
from firsthand.nn.definition import definition


def squares(x: Float[Tensor, "batch channel height width"], size: int) -> Float[Tensor, "batch channel h w pixels"]:
    """The image cut into squares of `size` by `size` pixels that do not overlap, each flattened to one axis.

    Raises UserError when the squares do not fill the image.
    """
    _check(x, size)
    return x.unflatten(3, (-1, size)).unflatten(2, (-1, size)).transpose(3, 4).flatten(4)


def _check(x: Tensor, size: int) -> None:
    height, width = x.shape[-2:]
    if height % size or width % size:
        raise UserError(f"Pooling by {size} needs sides divisible by {size}, got {height} by {width} pixels.")


def _max_pool2d_fast(x: Tensor, size: int) -> Tensor:
    _check(x, size)
    return torch.max_pool2d(x, size)


@definition(fast=_max_pool2d_fast)
def max_pool2d(x: Float[Tensor, "batch channel height width"], size: int) -> Float[Tensor, "batch channel h w"]:
    """The largest pixel of every square of `size` by `size`; the gradient goes to the first of equals.

    Raises UserError when the squares do not fill the image.
    """
    return squares(x, size).max(-1).values


def _sums(x: Tensor, size: int) -> Tensor:
    """The sum of every square as `size` + `size` strided additions: no copy of the image is made."""
    _check(x, size)
    rows = x[:, :, ::size]
    for i in range(1, size):
        rows = rows + x[:, :, i::size]
    sums = rows[..., ::size]
    for j in range(1, size):
        sums = sums + rows[..., j::size]
    return sums


def _avg_pool2d_fast(x: Tensor, size: int) -> Tensor:
    return _sums(x, size) / (size * size)


@definition(fast=_avg_pool2d_fast)
def avg_pool2d(x: Float[Tensor, "batch channel height width"], size: int) -> Float[Tensor, "batch channel h w"]:
    """The mean of every square of `size` by `size`.

    Raises UserError when the squares do not fill the image.
    """
    return squares(x, size).mean(-1)


def _subsample_fast(x: Tensor, gain: Tensor, bias: Tensor) -> Tensor:
    return torch.addcmul(bias.view(-1, 1, 1), _sums(x, 2), gain.view(-1, 1, 1))


@definition(fast=_subsample_fast)
def subsample(
    x: Float[Tensor, "batch channel height width"],
    gain: Float[Tensor, " channel"],
    bias: Float[Tensor, " channel"],
) -> Float[Tensor, "batch channel h w"]:
    """The sum of every 2 by 2 square, times the map's gain, plus the map's bias.

    Raises UserError when the squares do not fill the image.
    Source: LeCun et al. (1998), section II-B; section II-A speaks of the average, which is a gain of 1/4.
    """
    return squares(x, 2).sum(-1) * gain[:, None, None] + bias[:, None, None]


class Subsample(Module):
    """LeNet's trainable subsampling by two: one gain, from 1/4 (the mean), and one bias, from 0, for every map."""

    def __init__(self, channels: int):
        super().__init__()
        self.gain = Parameter(torch.full((channels,), 0.25))
        self.bias = Parameter(torch.zeros(channels))

    def forward(self, x: Float[Tensor, "batch channel height width"]) -> Float[Tensor, "batch channel h w"]:
        """See `subsample`."""
        return subsample(x, self.gain, self.bias)
