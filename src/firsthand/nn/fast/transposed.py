"""Transposed convolution as torch's primitive."""

import torch
from torch import Tensor


def conv_transpose2d(
    x: Tensor, weight: Tensor, bias: Tensor | None = None, stride: int = 1, padding: int = 0, output_padding: int = 0
) -> Tensor:
    """One primitive."""
    return torch.conv_transpose2d(x, weight, bias, stride, padding, output_padding)
