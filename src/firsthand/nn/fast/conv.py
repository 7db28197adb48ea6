"""Convolution as torch's primitive."""

import torch
from torch import Tensor

from firsthand.definition import Result


def conv2d(
    x: Tensor,
    weight: Tensor,
    bias: Tensor | None = None,
    stride: int = 1,
    padding: int = 0,
    dilation: int = 1,
    groups: int = 1,
) -> Result:
    """One primitive. It looks at shapes and options, but would take one image, no kernels, pairs, words and flags."""
    plain = type(stride) is type(padding) is type(dilation) is type(groups) is int
    if not plain or x.ndim != 4 or not weight.numel():
        return NotImplemented
    return torch.conv2d(x, weight, bias, stride, padding, dilation, groups)
