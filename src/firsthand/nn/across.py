"""Statistics of a batch that several processes share."""

from typing import Any

import torch
import torch.distributed as processes
from jaxtyping import Float, Int64
from torch import Tensor

from firsthand.definition import in_float32


def shared() -> bool:
    """Whether several processes work on one batch, each on its part."""
    return processes.is_available() and processes.is_initialized() and processes.get_world_size() > 1


class _Sum(torch.autograd.Function):
    """The sum over all processes; what moves it in one of them moves it in all, and so do their gradients add up."""

    @staticmethod
    def forward(ctx: Any, x: Tensor) -> Tensor:
        y = x.clone(memory_format=torch.contiguous_format)
        processes.all_reduce(y)
        return y

    @staticmethod
    def backward(ctx: Any, dy: Tensor) -> Tensor:
        return _Sum.apply(dy)


@in_float32
def batch_norm(
    x: Float[Tensor, "batch features *places"],
    weight: Float[Tensor, " features"],
    bias: Float[Tensor, " features"],
    eps: float = 1e-5,
) -> tuple[
    Float[Tensor, "batch features *places"], Float[Tensor, " features"], Float[Tensor, " features"], Int64[Tensor, ""]
]:
    """`firsthand.nn.batch_norm` with mean and variance of the whole batch, and how many values a feature has in it."""
    axes, shape = (0, *range(2, x.ndim)), (1, -1, *(1,) * (x.ndim - 2))
    own = x.sum(axes)
    total = _Sum.apply(torch.cat([own, own.new_full((1,), x.numel() // len(own))]))
    n = total[-1].detach()
    mean = total[:-1] / n
    centred = x - mean.view(shape)
    variance = _Sum.apply(centred.square().sum(axes)) / n
    y = weight.view(shape) * centred / torch.sqrt(variance.view(shape) + eps) + bias.view(shape)
    return y, mean.detach(), variance.detach(), n.long()
