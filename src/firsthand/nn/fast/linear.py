"""The linear layer as one matrix product, and the masked one with its backward pass by hand."""

import torch
from torch import Tensor

from firsthand.definition import Result
from firsthand.nn.fast.derivative import first_only


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


class _MaskedLinear(torch.autograd.Function):
    """The masked map of rows x with its backward pass by hand.

    y = x (W * M)^T + b, so that
        dx = dy (W * M)        dW = M * (dy^T x)        db = sum dy
    with the last mask multiplied in place, where autograd would write dy^T x and its product with M side by side.
    """

    @staticmethod
    def forward(ctx, x: Tensor, weight: Tensor, mask: Tensor, bias: Tensor | None) -> Tensor:
        masked = weight * mask
        ctx.save_for_backward(x, masked, mask)
        return x @ masked.t() if bias is None else torch.addmm(bias, x, masked.t())

    @staticmethod
    def backward(ctx, dy: Tensor) -> tuple[Tensor | None, Tensor | None, None, Tensor | None]:
        first_only("masked_linear")
        x, masked, mask = ctx.saved_tensors
        of_x, of_weight, _, of_bias = ctx.needs_input_grad
        dweight = (dy.t() @ x).mul_(mask) if of_weight else None
        return dy @ masked if of_x else None, dweight, None, dy.sum(0) if of_bias else None


def masked_linear(x: Tensor, weight: Tensor, mask: Tensor, bias: Tensor | None = None) -> Result:
    """See `_MaskedLinear`; of rows, whose numbers and weights are of one kind, and a mask that wants no gradient."""
    tensors = (x, weight, mask) if bias is None else (x, weight, mask, bias)
    if x.ndim != 2 or mask.requires_grad or mask.shape != weight.shape or (bias is not None and bias.ndim != 1):
        return NotImplemented
    if weight.ndim != 2 or x.shape[1] != weight.shape[1] or (bias is not None and len(bias) != len(weight)):
        return NotImplemented
    if any(t.dtype is not x.dtype for t in tensors) or x.dtype not in (torch.float32, torch.float64):
        return NotImplemented
    if torch.is_autocast_enabled(x.device.type) or torch.compiler.is_compiling():
        return NotImplemented
    return _MaskedLinear.apply(x, weight, mask, bias)
