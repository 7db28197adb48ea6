"""Activations: one operation of torch's each, some of which torch names in torch.nn.functional only."""

import torch
from torch import Tensor
from torch.nn.functional import gelu as fused_gelu
from torch.nn.functional import leaky_relu as fused_leaky_relu
from torch.nn.functional import silu as fused_silu
from torch.nn.functional import softplus as fused_softplus


def relu(x: Tensor) -> Tensor:
    """One primitive."""
    return torch.relu(x)


def sigmoid(x: Tensor) -> Tensor:
    """One primitive."""
    return torch.sigmoid(x)


def tanh(x: Tensor) -> Tensor:
    """One primitive."""
    return torch.tanh(x)


def leaky_relu(x: Tensor, slope: float = 0.01) -> Tensor:
    """One primitive."""
    return fused_leaky_relu(x, slope)


def elu(x: Tensor, alpha: float = 1.0) -> Tensor:
    """The primitive for an alpha of 1, scaled below 0."""
    y = torch.celu(x)  # ELU with alpha 1
    return y if alpha == 1 else torch.where(x > 0, y, alpha * y)


def gelu(x: Tensor, form: str = "exact") -> Tensor:
    """One primitive."""
    return fused_gelu(x, approximate="none" if form == "exact" else form)


def silu(x: Tensor) -> Tensor:
    """One primitive."""
    return fused_silu(x)


def softplus(x: Tensor) -> Tensor:
    """One primitive."""
    return fused_softplus(x, threshold=40.0)  # above it log(1 + e^x) is x to the last digit, even of float64


def softmax(x: Tensor, dim: int = -1) -> Tensor:
    """One primitive, which looks at the axis itself."""
    return torch.softmax(x, dim)


def log_softmax(x: Tensor, dim: int = -1) -> Tensor:
    """One primitive, which looks at the axis itself."""
    if x.dtype is torch.float16:  # in which torch's own sum overflows at 65,504 classes
        return torch.log_softmax(x, dim, torch.float32).to(x.dtype)
    return torch.log_softmax(x, dim)
