"""The linear layer as one matrix product."""

import torch
from torch import Tensor

from firsthand.definition import Result


def linear(x: Tensor, weight: Tensor, bias: Tensor | None = None) -> Result:
    """One product. It looks at the shapes, but would take a bias of another shape and a weight of one axis."""
    if weight.ndim != 2 if bias is None else bias.shape != (weight.shape[0],):
        return NotImplemented
    if bias is None:
        return x @ weight.t()
    if x.ndim == 2:
        return torch.addmm(bias, x, weight.t())
    rows = x.reshape(x.shape[:-1].numel(), x.shape[-1])
    return torch.addmm(bias, rows, weight.t()).view(*x.shape[:-1], weight.shape[0])
