"""Convolution: one small set of weights looks at every place of the image."""

from math import sqrt

import torch
from jaxtyping import Float
from torch import Tensor
from torch.nn import Module, Parameter

from firsthand.nn.definition import definition
from firsthand.nn.init import fan_in, uniform_
from firsthand.nn.shape import wrong_shape


def _conv2d_fast(x: Tensor, weight: Tensor, bias: Tensor | None = None, stride: int = 1, padding: int = 0) -> Tensor:
    if x.ndim != 4 or x.shape[1] != weight.shape[1]:
        raise wrong_shape("The input of conv2d", x, f"(batch, {weight.shape[1]}, height, width)")
    return torch.conv2d(x, weight, bias, stride, padding)


@definition(fast=_conv2d_fast)
def conv2d(
    x: Float[Tensor, "batch in height width"],
    weight: Float[Tensor, "out in kh kw"],
    bias: Float[Tensor, " out"] | None = None,
    stride: int = 1,
    padding: int = 0,
) -> Float[Tensor, "batch out height2 width2"]:
    """Cross-correlation: every output is the dot product of a kernel with one patch of the input.

    y_oij = b_o + sum_cuv W_ocuv x_c,si+u,sj+v with stride s (pixels), after `padding` pixels of zeros on every side.
    Raises UserError when x has another number of channels than the kernels.
    Source: LeCun et al. (1998), section II-A.
    """
    batch, channels, height, width = x.shape
    out, _, kh, kw = weight.shape
    padded = x.new_zeros(batch, channels, height + 2 * padding, width + 2 * padding)
    padded[:, :, padding : padding + height, padding : padding + width] = x
    patches = padded.unfold(2, kh, stride).unfold(3, kw, stride)
    y = torch.einsum("bcijuv, ocuv -> boij", patches, weight)
    return y if bias is None else y + bias.view(out, 1, 1)


class Conv2d(Module):
    """Convolution with square kernels (out_channels, in_channels, k, k), starting from U(±1/sqrt(in_channels k²))."""

    def __init__(
        self,
        in_channels: int,
        out_channels: int,
        kernel_size: int,
        stride: int = 1,
        padding: int = 0,
        bias: bool = True,
    ):
        super().__init__()
        self.stride, self.padding = stride, padding
        self.weight = Parameter(torch.empty(out_channels, in_channels, kernel_size, kernel_size))
        self.bias = Parameter(torch.empty(out_channels)) if bias else None
        bound = 1 / sqrt(fan_in(self.weight))
        uniform_(self.weight, bound)
        if bias:
            uniform_(self.bias, bound)

    def forward(self, x: Float[Tensor, "batch in height width"]) -> Float[Tensor, "batch out height2 width2"]:
        """See `conv2d`."""
        return conv2d(x, self.weight, self.bias, self.stride, self.padding)

    def extra_repr(self) -> str:
        out, channels, size, _ = self.weight.shape
        return f"{channels}, {out}, kernel_size={size}, stride={self.stride}, padding={self.padding}"
