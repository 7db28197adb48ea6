"""Convolution along time as torch's primitive."""

import torch
from torch import Tensor

from firsthand.definition import Result


def conv1d(
    x: Tensor,
    weight: Tensor,
    bias: Tensor | None = None,
    stride: int = 1,
    padding: int = 0,
    dilation: int = 1,
    groups: int = 1,
    causal: bool = False,
) -> Result:
    """One primitive. It looks at shapes and options, but would take one sequence, no kernels, pairs, words, flags."""
    plain = type(stride) is type(padding) is type(dilation) is type(groups) is int
    if not plain or x.ndim != 3 or not weight.numel() or (causal and padding):
        return NotImplemented
    if causal:
        x = torch.constant_pad_nd(x, (dilation * (weight.shape[2] - 1), 0))
    return torch.conv1d(x, weight, bias, stride, padding, dilation, groups)
