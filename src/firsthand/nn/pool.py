"""Pooling: fewer pixels, each speaking for a small square of the image."""

import torch
from jaxtyping import Float
from torch import Tensor
from torch.nn import Module, Parameter

from firsthand.definition import definition, in_float32
from firsthand.errors import UserError
from firsthand.nn.arguments import check_sizes, whole
from firsthand.nn.conv import patches
from firsthand.nn.fast import pool as fast
from firsthand.nn.shape import check_images, check_shape


def _check(x: Tensor, size: int, stride: int | None = None, padding: int = 0, ceil: bool = False) -> None:
    if not (whole(1, size, 1 if stride is None else stride) and whole(0, padding) and padding <= size // 2):
        raise UserError(
            f"Pooling needs size and stride of 1 or more and padding of at most half the size, "
            f"got {size!r}, {stride!r} and {padding!r}: each one whole number for all axes."
        )
    shape = x.shape
    if len(shape) != 4 or not (shape[1] and shape[2] and shape[3]):
        check_images("pooling", x)
    height, width = shape[2] + 2 * padding, shape[3] + 2 * padding
    if height < size or width < size:
        raise UserError(f"Pooling by {size} needs {size} pixels or more, got {shape[2]} by {shape[3]}.")
    if stride is None and not ceil and (height % size or width % size):
        raise UserError(f"Pooling by {size} needs sides divisible by {size}, got {height} by {width} pixels.")


@definition(fast=fast.max_pool2d, guard=_check)
def max_pool2d(
    x: Float[Tensor, "batch channel height width"],
    size: int,
    stride: int | None = None,
    padding: int = 0,
    ceil: bool = False,
) -> Float[Tensor, "batch channel h w"]:
    """The largest pixel of every square of `size` by `size`; the gradient goes to the first of equals.

    Without a stride the squares lie side by side and must fill the image. With one they lie `stride` pixels apart (they
    overlap where it is less than the size); pixels beyond the last whole square are left out, or, with `ceil`, get a
    square that reaches out of the image. `padding` pixels on every side never win.
    Raises UserError when the squares do not fill the image, or are larger than it.
    Source: Krizhevsky et al. (2012), section 3.4, for overlapping squares; Caffe and cuda-convnet round up (`ceil`).
    """
    padded = torch.constant_pad_nd(x, _frame(x, size, stride, padding, ceil), -torch.inf)
    return patches(padded, (size, size), stride or size).flatten(-2).max(-1).values


def _frame(x: Tensor, size: int, stride: int | None, padding: int, ceil: bool) -> tuple[int, int, int, int]:
    """The pixels to add left, right, above and below, so that windows `stride` apart cover what they should."""
    above, left = (_beyond(side, size, stride or size, padding) for side in x.shape[2:]) if ceil else (0, 0)
    return padding, padding + left, padding, padding + above


def _beyond(side: int, size: int, stride: int, padding: int) -> int:
    """How far a last window that starts on the padded image, but not in its right padding, reaches out of it."""
    rest = (side + 2 * padding - size) % stride
    begin = side + 2 * padding - size - rest + stride
    return stride - rest if rest and begin < side + padding else 0


@definition(fast=fast.avg_pool2d, guard=_check)
def avg_pool2d(
    x: Float[Tensor, "batch channel height width"], size: int, stride: int | None = None, padding: int = 0
) -> Float[Tensor, "batch channel h w"]:
    """The mean of every square of `size` by `size`; `padding` pixels on every side count as zeros.

    The stride is that of `max_pool2d`.
    Raises UserError when the squares do not fill the image, or are larger than it.
    """
    padded = torch.constant_pad_nd(x, (padding,) * 4)
    return patches(padded, (size, size), stride or size).mean((-2, -1))


def _check_parts(x: Tensor, size: int) -> None:
    if not whole(1, size):
        raise UserError(f"Adaptive pooling makes 1 pixel or more a side, got {size!r}.")
    check_images("adaptive_avg_pool2d", x)


@definition(fast=fast.adaptive_avg_pool2d, guard=_check_parts)
def adaptive_avg_pool2d(
    x: Float[Tensor, "batch channel height width"], size: int
) -> Float[Tensor, "batch channel s s"]:
    """The means of `size` by `size` rectangles that cover an image of any size.

    Strip i of a side of n pixels goes from floor(i n / size) up to, not with, ceil((i + 1) n / size): neighbours may
    share a pixel where n / size is not whole. Raises UserError for a size below one and an image without pixels.
    """
    rows = [x[:, :, first:end].mean(2) for first, end in _strips(x.shape[2], size)]
    return torch.stack(
        [torch.stack([row[..., first:end].mean(2) for first, end in _strips(x.shape[3], size)], -1) for row in rows], -2
    )


def _strips(side: int, parts: int) -> list[tuple[int, int]]:
    """First and one past the last pixel of every strip."""
    return [(i * side // parts, -(-(i + 1) * side // parts)) for i in range(parts)]


def global_avg_pool2d(x: Float[Tensor, "batch channel height width"]) -> Float[Tensor, "batch channel"]:
    """The mean of every map: with one map a class there is nothing left to learn.

    Source: Lin, Chen & Yan (2014), Network in network, section 3.2.
    """
    check_images("global_avg_pool2d", x)
    return x.mean((2, 3))


def _check_maps(x: Tensor, gain: Tensor, bias: Tensor) -> None:
    _check(x, 2)
    maps = (x.shape[1],)
    check_shape("The gain of subsample", gain, maps)
    check_shape("The bias of subsample", bias, maps)


@definition(fast=fast.subsample, guard=_check_maps)
@in_float32
def subsample(
    x: Float[Tensor, "batch channel height width"],
    gain: Float[Tensor, " channel"],
    bias: Float[Tensor, " channel"],
) -> Float[Tensor, "batch channel h w"]:
    """The sum of every 2 by 2 square, times the map's gain, plus the map's bias.

    Raises UserError when the squares do not fill the image, or there is not one gain and one bias for every map.
    Source: LeCun et al. (1998), section II-B; section II-A speaks of the average, which is a gain of 1/4.
    """
    return _squares(x, 2).sum(-1) * gain[:, None, None] + bias[:, None, None]


def _squares(x: Float[Tensor, "batch channel height width"], size: int) -> Float[Tensor, "batch channel h w pixels"]:
    """The image cut into squares of `size` by `size` pixels that do not overlap, each flattened to one axis."""
    return x.unflatten(3, (-1, size)).unflatten(2, (-1, size)).transpose(3, 4).flatten(4)


class Subsample(Module):
    """LeNet's trainable subsampling by two: one gain, from 1/4 (the mean), and one bias, from 0, for every map."""

    def __init__(self, channels: int):
        super().__init__()
        check_sizes("Subsample", channels=channels)
        self.gain = Parameter(torch.full((channels,), 0.25))
        self.bias = Parameter(torch.zeros(channels))

    def forward(self, x: Float[Tensor, "batch channel height width"]) -> Float[Tensor, "batch channel h w"]:
        """See `subsample`."""
        return subsample(x, self.gain, self.bias)
