"""Clipping: gradients that are too large are cut before the step. Call it after the last backward pass."""

from collections.abc import Iterable

import torch
from jaxtyping import Float
from torch import Tensor

from firsthand.errors import UserError

HALF = {torch.float16, torch.bfloat16}


@torch.no_grad()
def clip_by_norm(parameters: Tensor | Iterable[Tensor], max_norm: float) -> Float[Tensor, ""]:
    """Shorten all gradients by one factor, so that the norm of the whole is at most `max_norm`; returns it as it was.

    g <- g min(1, max_norm / (|g| + 1e-6)), where |g| is the norm of all gradients as one vector. In place. The norm of
    gradients in half precision is a float32: that of 70,000 gradients of 300 is beyond float16.
    Raises UserError for a negative limit, and for sparse gradients.
    Source: Pascanu, Mikolov & Bengio (2013), algorithm 1; the 1e-6 is torch's.
    """
    _refuse_negative(max_norm)
    grads = _gradients(parameters)
    if not grads:
        return torch.tensor(0.0)
    norms: list[Tensor] | tuple[Tensor, ...]
    if HALF & {g.dtype for g in grads}:
        norms = [torch.linalg.vector_norm(g, dtype=torch.float32 if g.dtype in HALF else None) for g in grads]
    else:
        norms = torch._foreach_norm(grads)
    norm = torch.linalg.vector_norm(torch.stack(norms))
    torch._foreach_mul_(grads, (max_norm / (norm + 1e-6)).clamp(max=1.0))
    return norm


@torch.no_grad()
def clip_by_value(parameters: Tensor | Iterable[Tensor], limit: float) -> None:
    """Bring every element of every gradient into [-limit, limit]; this turns the gradient. In place.

    g <- max(-limit, min(g, limit)).
    Raises UserError for a negative limit, and for sparse or complex gradients.
    Source: Mikolov (2012), Statistical language models based on neural networks.
    """
    _refuse_negative(limit)
    if grads := _gradients(parameters):
        if any(g.is_complex() for g in grads):
            raise UserError("Complex gradients have no order to clip them by value: use clip_by_norm.")
        torch._foreach_clamp_min_(grads, -limit)
        torch._foreach_clamp_max_(grads, limit)


def _gradients(parameters: Tensor | Iterable[Tensor]) -> list[Tensor]:
    parameters = [parameters] if isinstance(parameters, Tensor) else parameters
    grads = [p.grad for p in parameters if p.grad is not None]
    if {g.layout for g in grads} - {torch.strided}:
        raise UserError("Sparse gradients are not clipped: set p.grad = p.grad.to_dense() first.")
    return grads


def _refuse_negative(limit: float) -> None:
    if not limit >= 0:
        raise UserError(f"Gradients are clipped to a limit of 0 or more, got {limit}.")
