"""Convolution along time."""

import torch
from jaxtyping import Float
from torch import Tensor
from torch.nn import Module, Parameter

from firsthand.errors import UserError
from firsthand.nn.conv import check_fit, check_options, patches, start
from firsthand.nn.definition import definition


def _sides(weight: Tensor, padding: int, dilation: int, causal: bool) -> tuple[int, int]:
    """How many zeros stand before the first and after the last step of time."""
    if causal and padding:
        raise UserError(f"A causal convolution sets its own padding, got padding={padding}: leave it at 0.")
    return (dilation * (weight.shape[2] - 1), 0) if causal else (padding, padding)


def _conv1d_fast(
    x: Tensor,
    weight: Tensor,
    bias: Tensor | None = None,
    stride: int = 1,
    padding: int = 0,
    dilation: int = 1,
    groups: int = 1,
    causal: bool = False,
) -> Tensor:
    check_options(stride, padding, dilation, groups, weight.shape[1] * groups, len(weight))
    before, after = _sides(weight, padding, dilation, causal)
    check_fit("conv1d", x, weight, before + after, dilation, groups)
    if before != after:
        x, before = torch.constant_pad_nd(x, (before, 0)), 0
    return torch.conv1d(x, weight, bias, stride, before, dilation, groups)


@definition(fast=_conv1d_fast)
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
    Raises UserError when x has another number of channels than the kernels or is shorter than one, and for a causal
    convolution with padding.
    Source: van den Oord et al. (2016), WaveNet, section 2.1.
    """
    padded = torch.constant_pad_nd(x, _sides(weight, padding, dilation, causal))
    windows = patches(padded, weight.shape[2:], stride, dilation).unflatten(1, (groups, -1))
    y = torch.einsum("bgctu, gocu -> bgot", windows, weight.unflatten(0, (groups, -1))).flatten(1, 2)
    return y if bias is None else y + bias.view(-1, 1)


class Conv1d(Module):
    """Convolution along time with kernels (out_channels, in_channels / groups, k), from U(±1/sqrt(fan in)).

    Raises UserError for steps below one, a negative padding, a causal convolution with padding, or groups that do not
    divide the channels.
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
        check_options(stride, padding, dilation, groups, in_channels, out_channels)
        self.stride, self.padding, self.dilation, self.groups, self.causal = stride, padding, dilation, groups, causal
        self.weight = Parameter(torch.empty(out_channels, in_channels // groups, kernel_size))
        self.bias = Parameter(torch.empty(out_channels)) if bias else None
        _sides(self.weight, padding, dilation, causal)
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
