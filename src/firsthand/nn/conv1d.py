"""Convolution along time."""

import torch
from jaxtyping import Float
from torch import Tensor
from torch.nn import Module, Parameter

from firsthand.definition import definition
from firsthand.errors import UserError
from firsthand.nn.arguments import check_flags, check_sizes
from firsthand.nn.conv import check_fit, check_options, patches, start
from firsthand.nn.fast import conv1d as fast
from firsthand.nn.shape import wrong_shape


def _check(
    x: Tensor,
    weight: Tensor,
    bias: Tensor | None = None,
    stride: int = 1,
    padding: int = 0,
    dilation: int = 1,
    groups: int = 1,
    causal: bool = False,
) -> None:
    if weight.ndim != 3:
        raise wrong_shape("The tensor of kernels of conv1d", weight, "(out, in / groups, time)")
    out, channels, size = weight.shape
    check_options(stride, padding, dilation, groups, channels * groups, out)
    _check_causal(causal, padding)
    check_fit("conv1d", x, weight, bias, dilation * (size - 1) if causal else 2 * padding, dilation, groups)


@definition(fast=fast.conv1d, guard=_check, lazily=True)
def conv1d(
    x: Float[Tensor, "batch in time"],
    weight: Float[Tensor, "out group_in k"],
    bias: Float[Tensor, " out"] | None = None,
    stride: int = 1,
    padding: int = 0,
    dilation: int = 1,
    groups: int = 1,
    causal: bool = False,
) -> Float[Tensor, "batch out time2"]:
    """Cross-correlation along time: y_ot = b_o + sum_cu W_ocu x_c,st+du with stride s and dilation d (steps).

    `padding` zeros stand at both ends; if `causal`, d (k - 1) zeros stand before the first step and none after the
    last, so that y_t sees x up to time t only. Groups are those of `conv2d`.
    Raises UserError for what `conv2d` refuses, and for a causal convolution with padding.
    Source: van den Oord et al. (2016), WaveNet, section 2.1.
    """
    sides = (dilation * (weight.shape[2] - 1), 0) if causal else (padding, padding)
    padded = torch.constant_pad_nd(x, sides)
    windows = patches(padded, weight.shape[2:], stride, dilation).unflatten(1, (groups, -1))
    y = torch.einsum("bgctu, gocu -> bgot", windows, weight.unflatten(0, (groups, -1))).flatten(1, 2)
    return y if bias is None else y + bias.view(-1, 1)


def _check_causal(causal: bool, padding: int) -> None:
    if causal and padding:
        raise UserError(f"A causal convolution sets its own padding, got padding={padding}: leave it at 0.")


class Conv1d(Module):
    """Convolution along time with kernels (out_channels, in_channels / groups, k), from U(±1/sqrt(fan in)).

    Raises UserError for sizes and steps below one, a negative padding, a causal convolution with padding, or groups
    that do not divide the channels.
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
        causal: bool = False,
    ):
        super().__init__()
        check_sizes("Conv1d", in_channels=in_channels, out_channels=out_channels, kernel_size=kernel_size)
        check_flags("Conv1d", bias=bias, causal=causal)
        check_options(stride, padding, dilation, groups, in_channels, out_channels)
        _check_causal(causal, padding)
        self.stride, self.padding, self.dilation, self.groups, self.causal = stride, padding, dilation, groups, causal
        self.weight = Parameter(torch.empty(out_channels, in_channels // groups, kernel_size))
        self.bias = Parameter(torch.empty(out_channels)) if bias else None
        start(self.weight, self.bias)

    def forward(self, x: Float[Tensor, "batch in time"]) -> Float[Tensor, "batch out time2"]:
        """See `conv1d`."""
        return conv1d(
            x, self.weight, self.bias, self.stride, self.padding, self.dilation, self.groups, self.causal
        )  # fmt: skip

    def extra_repr(self) -> str:
        out, channels, size = self.weight.shape
        text = f"{channels * self.groups}, {out}, kernel_size={size}, stride={self.stride}"
        text += ", causal" if self.causal else f", padding={self.padding}"
        text += f", dilation={self.dilation}" if self.dilation > 1 else ""
        return text + (f", groups={self.groups}" if self.groups > 1 else "")
