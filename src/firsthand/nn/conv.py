"""Convolution: one small set of weights looks at every place of the image."""

from math import sqrt

import torch
from jaxtyping import Float
from torch import Tensor
from torch.nn import Module, Parameter

from firsthand.definition import definition
from firsthand.errors import UserError
from firsthand.nn.arguments import check_flags, check_sizes, whole
from firsthand.nn.fast import conv as fast
from firsthand.nn.init import fan_in, uniform_
from firsthand.nn.shape import wrong_shape


def _check(
    x: Tensor,
    weight: Tensor,
    bias: Tensor | None = None,
    stride: int = 1,
    padding: int = 0,
    dilation: int = 1,
    groups: int = 1,
) -> None:
    if weight.ndim != 4:
        raise wrong_shape("The tensor of kernels of conv2d", weight, "(out, in / groups, height, width)")
    out, channels, _, _ = weight.shape
    check_options(stride, padding, dilation, groups, channels * groups, out)
    check_fit("conv2d", x, weight, bias, 2 * padding, dilation, groups)


@definition(fast=fast.conv2d, guard=_check, lazily=True)
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
    Raises UserError when x has another number of channels than the kernels or is smaller than one of them, when there
    is not one bias for every output, for steps below one, a negative padding, or groups that do not divide the outputs.
    Source: LeCun et al. (1998), section II-A; groups: Krizhevsky et al. (2012), section 3.2.
    """
    padded = torch.constant_pad_nd(x, (padding,) * 4)
    windows = patches(padded, weight.shape[2:], stride, dilation).unflatten(1, (groups, -1))
    y = torch.einsum("bgcijuv, gocuv -> bgoij", windows, weight.unflatten(0, (groups, -1))).flatten(1, 2)
    return y if bias is None else y + bias.view(-1, 1, 1)


class Conv2d(Module):
    """Convolution with square kernels (out_channels, in_channels / groups, k, k), from U(±1/sqrt(fan in)).

    Raises UserError for sizes and steps below one, a negative padding, or groups that do not divide the channels.
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
        check_sizes("Conv2d", in_channels=in_channels, out_channels=out_channels, kernel_size=kernel_size)
        check_flags("Conv2d", bias=bias)
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


def check_options(stride: int, padding: int, dilation: int, groups: int, channels: int, out: int) -> None:
    """Raises UserError for steps below one, a negative padding, or groups that do not divide the channels."""
    if not (whole(1, stride, dilation, groups) and whole(0, padding)):
        raise UserError(
            f"A convolution needs stride, dilation and groups of 1 or more and padding of 0 or more, "
            f"got {stride!r}, {dilation!r}, {groups!r} and {padding!r}: each one whole number for all axes."
        )
    if channels % groups or out % groups:
        raise UserError(f"{groups} groups must divide the channels, got {channels} in and {out} out.")


def check_fit(
    name: str,
    x: Float[Tensor, "..."],
    weight: Float[Tensor, "..."],
    bias: Float[Tensor, "..."] | None,
    padding: int,
    dilation: int,
    groups: int,
) -> None:
    """Raises UserError when x has other axes or channels than the kernels, or is smaller than one of them.

    `padding` counts the places added to each axis on both sides together.
    """
    shape, (out, channels, *size) = x.shape, weight.shape
    channels *= groups
    if bias is not None and bias.shape != (out,):
        raise wrong_shape(f"The bias of {name}", bias, f"({out},)")
    if 0 in weight.shape:
        raise wrong_shape(f"The tensor of kernels of {name}", weight, "one that is not empty")
    if len(shape) != 2 + len(size) or shape[1] != channels or 0 in shape[2:]:
        axes = {1: "time", 2: "height, width"}[len(size)]
        raise wrong_shape(f"The input of {name}", x, f"(batch, {channels}, {axes})")
    for side, places in zip(shape[2:], size, strict=True):
        span = dilation * (places - 1) + 1
        if span > side + padding:
            raise UserError(f"The kernel of {name} spans {span} places, the padded input only {side + padding}.")


def patches(
    x: Float[Tensor, "batch channel *places"], size: tuple[int, ...], stride: int = 1, dilation: int = 1
) -> Float[Tensor, "..."]:
    """Every window of `size` places, `stride` apart, as a view (batch, channel, *windows, *size).

    With dilation d a window takes every d-th place, so that k of them span d (k - 1) + 1.
    """
    for axis, places in enumerate(size, start=2):
        x = x.unfold(axis, dilation * (places - 1) + 1, stride)[..., ::dilation]
    return x
