"""From the tape to torch: a function of nodes becomes one operation that torch can differentiate."""

from collections.abc import Callable
from typing import Any

import torch
from jaxtyping import Float
from torch import Tensor
from torch.autograd.function import once_differentiable

from firsthand.papers.backprop.tape import Node


def taped(function: Callable[..., Node], *tensors: Float[Tensor, "..."]) -> Float[Tensor, "..."]:
    """function(nodes of the tensors), as a tensor, whose gradients are those of the tape's backward sweep."""
    return _Taped.apply(function, *tensors)


class _Taped(torch.autograd.Function):
    """Forward: run the function on nodes and keep them. Backward: one sweep from dE/d(result)."""

    @staticmethod
    def forward(ctx: Any, function: Callable[..., Node], *tensors: Tensor) -> Tensor:
        ctx.nodes = [Node(tensor.detach()) for tensor in tensors]
        ctx.result = function(*ctx.nodes)
        return ctx.result.value.clone()  # torch marks its result; the tape's own value stays a plain array

    @staticmethod
    @once_differentiable
    def backward(ctx: Any, gradient: Tensor) -> tuple[Tensor | None, ...]:
        ctx.result.backward(gradient)
        return None, *(node.gradient for node in ctx.nodes)
