"""Transposed convolution: every pixel stamps a kernel onto a larger image."""

import torch
from jaxtyping import Float
from torch import Tensor
from torch.nn import Module, Parameter

from firsthand.definition import definition
from firsthand.errors import UserError
from firsthand.nn.arguments import check_flags, check_sizes, whole
from firsthand.nn.conv import start
from firsthand.nn.fast import transposed as fast
from firsthand.nn.shape import check_images, check_shape, wrong_shape


def _check(
    x: Tensor, weight: Tensor, bias: Tensor | None = None, stride: int = 1, padding: int = 0, output_padding: int = 0
) -> None:
    _check_options(stride, padding, output_padding)
    if weight.ndim != 4 or 0 in weight.shape:
        raise wrong_shape("The tensor of kernels of conv_transpose2d", weight, "(in, out, height, width)")
    check_images("conv_transpose2d", x, len(weight))
    if bias is not None:
        check_shape("The bias of conv_transpose2d", bias, weight.shape[1:2])
    height, width = _sides(x, weight, stride, padding, output_padding)
    if min(height, width) < 1:
        raise UserError(f"A padding of {padding} leaves nothing of conv_transpose2d: {height} by {width} pixels.")


@definition(fast=fast.conv_transpose2d, guard=_check)
def conv_transpose2d(
    x: Float[Tensor, "batch in height width"],
    weight: Float[Tensor, "in out kh kw"],
    bias: Float[Tensor, " out"] | None = None,
    stride: int = 1,
    padding: int = 0,
    output_padding: int = 0,
) -> Float[Tensor, "batch out height2 width2"]:
    """The transpose of `conv2d` as a linear map: y_o,si+u,sj+v collects b_o and sum_c x_cij W_couv of all i, j, u, v.

    Stamps lie `stride` pixels apart; `padding` pixels are then cut from every side, and `output_padding` pixels more
    are kept at the bottom and the right: a strided convolution takes several sizes to one, and this says which.
    Raises UserError when x has another number of channels than the kernels, when there is not one bias for every
    output, when nothing is left, and for options that `ConvTranspose2d` refuses.
    Source: Zeiler et al. (2010), Deconvolutional networks; Dumoulin & Visin (2016), chapter 4.
    """
    height, width = _sides(x, weight, stride, padding, output_padding)
    rows, columns = (stride * (side - 1) + 1 for side in x.shape[2:])
    y = x.new_zeros(len(x), weight.shape[1], height + 2 * padding, width + 2 * padding)
    stamps = torch.einsum("bcij, couv -> bouvij", x, weight)
    for u in range(weight.shape[2]):
        for v in range(weight.shape[3]):
            y[:, :, u : u + rows : stride, v : v + columns : stride] += stamps[:, :, u, v]
    y = y[:, :, padding : padding + height, padding : padding + width]
    return y if bias is None else y + bias.view(-1, 1, 1)


def _check_options(stride: int, padding: int, output_padding: int) -> None:
    if not (whole(1, stride) and whole(0, padding, output_padding) and output_padding < stride):
        raise UserError(
            f"A transposed convolution needs stride of 1 or more, padding of 0 or more and output_padding below the "
            f"stride, got {stride!r}, {padding!r} and {output_padding!r}: each one whole number for all axes."
        )


def _sides(x: Tensor, weight: Tensor, stride: int, padding: int, output_padding: int) -> tuple[int, int]:
    """Height and width of the output."""
    height, width = (
        (side - 1) * stride + pixels - 2 * padding + output_padding
        for side, pixels in zip(x.shape[2:], weight.shape[2:], strict=True)
    )
    return height, width


class ConvTranspose2d(Module):
    """Transposed convolution with square kernels (in_channels, out_channels, k, k), from U(±1/sqrt(out_channels k²)).

    The bound is torch.nn's, which takes the second axis for the inputs.
    Raises UserError for sizes or a stride below one, a negative padding, or an output_padding not below the stride.
    """

    def __init__(
        self,
        in_channels: int,
        out_channels: int,
        kernel_size: int,
        stride: int = 1,
        padding: int = 0,
        output_padding: int = 0,
        bias: bool = True,
    ):
        super().__init__()
        check_sizes("ConvTranspose2d", in_channels=in_channels, out_channels=out_channels, kernel_size=kernel_size)
        check_flags("ConvTranspose2d", bias=bias)
        _check_options(stride, padding, output_padding)
        self.stride, self.padding, self.output_padding = stride, padding, output_padding
        self.weight = Parameter(torch.empty(in_channels, out_channels, kernel_size, kernel_size))
        self.bias = Parameter(torch.empty(out_channels)) if bias else None
        start(self.weight, self.bias)

    def forward(self, x: Float[Tensor, "batch in height width"]) -> Float[Tensor, "batch out height2 width2"]:
        """See `conv_transpose2d`."""
        return conv_transpose2d(x, self.weight, self.bias, self.stride, self.padding, self.output_padding)

    def extra_repr(self) -> str:
        channels, out, size, _ = self.weight.shape
        text = f"{channels}, {out}, kernel_size={size}, stride={self.stride}, padding={self.padding}"
        return text + (f", output_padding={self.output_padding}" if self.output_padding else "")
