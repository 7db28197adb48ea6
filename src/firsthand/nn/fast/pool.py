"""Pooling by torch's primitives."""

import torch
from torch import Tensor
from torch.nn.functional import adaptive_avg_pool2d as fused_adaptive_avg_pool2d  # torch has no other name for these
from torch.nn.functional import avg_pool2d as fused_avg_pool2d

from firsthand.definition import HALF, in_float32


def max_pool2d(x: Tensor, size: int, stride: int | None = None, padding: int = 0, ceil: bool = False) -> Tensor:
    """One primitive."""
    return torch.max_pool2d(x, size, stride or size, padding, 1, ceil)


def avg_pool2d(x: Tensor, size: int, stride: int | None = None, padding: int = 0) -> Tensor:
    """One primitive."""
    if x.dtype is torch.float16:  # torch's gradient divides by the number of pixels, which may overflow
        return in_float32(avg_pool2d)(x, size, stride, padding)
    return fused_avg_pool2d(x, size, stride or size, padding)


def adaptive_avg_pool2d(x: Tensor, size: int) -> Tensor:
    """One primitive."""
    return fused_adaptive_avg_pool2d(x, size)


def subsample(x: Tensor, gain: Tensor, bias: Tensor) -> Tensor:
    """The sum of four pixels is four times their mean."""
    if x.dtype in HALF:
        return in_float32(subsample)(x, gain, bias)
    return torch.addcmul(bias.view(-1, 1, 1), fused_avg_pool2d(x, 2), gain.view(-1, 1, 1), value=4)
