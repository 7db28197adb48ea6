"""Convolution: one small set of weights looks at every place of the image."""

from math import sqrt

import torch
from jaxtyping import Float
from torch import Tensor
from torch.nn import Module, Parameter

from firsthand.errors import UserError
from firsthand.nn.definition import definition
from firsthand.nn.init import fan_in, uniform_
from firsthand.nn.shape import wrong_shape


def patches(
    x: Float[Tensor, "batch channel *places"], size: tuple[int, ...], stride: int = 1, dilation: int = 1
) -> Float[Tensor, "..."]:
    """Every window of `size` places, `stride` apart, as a view (batch, channel, *windows, *size).

    With dilation d a window takes every d-th place, so that k of them span d (k - 1) + 1.
    """
    for axis, places in enumerate(size, start=2):
        x = x.unfold(axis, dilation * (places - 1) + 1, stride)[..., ::dilation]
    return x


def check_options(stride: int, padding: int, dilation: int, groups: int, channels: int, out: int) -> None:
    """Raises UserError for steps below one, a negative padding, or groups that do not divide the channels."""
    if min(stride, dilation, groups) < 1 or padding < 0:
        raise UserError(
            f"A convolution needs stride, dilation and groups of 1 or more and padding of 0 or more, "
            f"got {stride}, {dilation}, {groups} and {padding}."
        )
    if channels % groups or out % groups:
        raise UserError(f"{groups} groups must divide the channels, got {channels} in and {out} out.")


def check_fit(
    name: str, x: Float[Tensor, "..."], weight: Float[Tensor, "..."], padding: int, dilation: int, groups: int
) -> None:
    """Raises UserError when x has other axes or channels than the kernels, or is smaller than one of them.

    `padding` counts the places added to each axis on both sides together.
    """
    axes = {3: "time", 4: "height, width"}[weight.ndim]
    channels = weight.shape[1] * groups
    if x.ndim != weight.ndim or x.shape[1] != channels:
        raise wrong_shape(f"The input of {name}", x, f"(batch, {channels}, {axes})")
    for side, places in zip(x.shape[2:], weight.shape[2:], strict=True):
        span = dilation * (places - 1) + 1
        if span > side + padding:
            raise UserError(f"The kernel of {name} spans {span} places, the padded input only {side + padding}.")


def _conv2d_fast(
    x: Tensor,
    weight: Tensor,
    bias: Tensor | None = None,
    stride: int = 1,
    padding: int = 0,
    dilation: int = 1,
    groups: int = 1,
) -> Tensor:
    check_options(stride, padding, dilation, groups, weight.shape[1] * groups, len(weight))
    check_fit("conv2d", x, weight, 2 * padding, dilation, groups)
    return torch.conv2d(x, weight, bias, stride, padding, dilation, groups)


@definition(fast=_conv2d_fast)
def conv2d(
    x: Float[Tensor, "batch in height width"],
    weight: Float[Tensor, "out group_in kh kw"],
    bias: Float[Tensor, " out"] | None = None,
    stride: int = 1,
    padding: int = 0,
    dilation: int = 1,
    groups: int = 1,
) -> Float[Tensor, "batch out height2 width2"]:
    """Cross-correlation: every output is the dot product of a kernel with one patch of the input.

    y_oij = b_o + sum_cuv W_ocuv x_c,si+du,sj+dv with stride s and dilation d (pixels), after `padding` pixels of zeros
    on every side. With G groups the first out/G outputs see only the first in/G channels, and so on.
    Raises UserError when x has another number of channels than the kernels, or is smaller than one of them.
    Source: LeCun et al. (1998), section II-A; groups: Krizhevsky et al. (2012), section 3.2.
    """
    padded = torch.constant_pad_nd(x, (padding,) * 4)
    windows = patches(padded, weight.shape[2:], stride, dilation).unflatten(1, (groups, -1))
    y = torch.einsum("bgcijuv, gocuv -> bgoij", windows, weight.unflatten(0, (groups, -1))).flatten(1, 2)
    return y if bias is None else y + bias.view(-1, 1, 1)


class Conv2d(Module):
    """Convolution with square kernels (out_channels, in_channels / groups, k, k), from U(±1/sqrt(fan in)).

    Raises UserError for steps below one, a negative padding, or groups that do not divide the channels.
    """

    def __init__(
        self,
        in_channels: int,
        out_channels: int,
        kernel_size: int,
        stride: int = 1,
        padding: int = 0,
        bias: bool = True,
        dilation: int = 1,
        groups: int = 1,
    ):
        super().__init__()
        check_options(stride, padding, dilation, groups, in_channels, out_channels)
        self.stride, self.padding, self.dilation, self.groups = stride, padding, dilation, groups
        self.weight = Parameter(torch.empty(out_channels, in_channels // groups, kernel_size, kernel_size))
        self.bias = Parameter(torch.empty(out_channels)) if bias else None
        start(self.weight, self.bias)

    def forward(self, x: Float[Tensor, "batch in height width"]) -> Float[Tensor, "batch out height2 width2"]:
        """See `conv2d`."""
        return conv2d(x, self.weight, self.bias, self.stride, self.padding, self.dilation, self.groups)

    def extra_repr(self) -> str:
        out, channels, size, _ = self.weight.shape
        text = f"{channels * self.groups}, {out}, kernel_size={size}, stride={self.stride}, padding={self.padding}"
        text += f", dilation={self.dilation}" if self.dilation > 1 else ""
        return text + (f", groups={self.groups}" if self.groups > 1 else "")


def start(weight: Float[Tensor, "..."], bias: Float[Tensor, " out"] | None) -> None:
    """Fill kernels, then biases, with w ~ U(±1/sqrt(fan in)), as torch.nn does."""
    bound = 1 / sqrt(fan_in(weight))
    uniform_(weight, bound)
    if bias is not None:
        uniform_(bias, bound)
