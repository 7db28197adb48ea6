"""Local response normalisation with its backward pass by hand."""

import torch
from torch import Tensor

from firsthand.definition import in_float32
from firsthand.nn.fast.derivative import first_only


def _neighbours(x: Tensor, n: int) -> Tensor:
    """The sum over a map, the n // 2 before it and the n // 2 after it."""
    channels = x.shape[1]
    padded = torch.constant_pad_nd(x, (0, 0) * (x.ndim - 2) + (n // 2, n // 2))
    total = padded[:, :channels].clone()
    for j in range(1, n):
        total += padded[:, j : j + channels]
    return total


class _LocalResponseNorm(torch.autograd.Function):
    """Local response normalisation with its backward pass by hand.

    With D_i = k + alpha sum_j a_j^2 and b_i = a_i D_i^-beta, a_j moves b_j directly, and every D_i that sums it:
        da_j = db_j D_j^-beta - 2 alpha beta a_j sum_i db_i b_i / D_i
    j is a neighbour of i when i is one of j, so that the sum runs over the same maps as in D.
    """

    @staticmethod
    def forward(ctx, x: Tensor, size: int, alpha: float, beta: float, k: float) -> Tensor:
        divisor = _neighbours(x * x, size).mul_(alpha).add_(k)
        power = divisor.pow(-beta)
        y = x * power
        ctx.save_for_backward(x, y, divisor, power)
        ctx.size, ctx.factor = size, -2 * alpha * beta
        return y

    @staticmethod
    def backward(ctx, dy: Tensor) -> tuple[Tensor, None, None, None, None]:
        first_only("local_response_norm")
        x, y, divisor, power = ctx.saved_tensors
        among = _neighbours((dy * y).div_(divisor), ctx.size)
        return (dy * power).addcmul_(x, among, value=ctx.factor), None, None, None, None


@in_float32
def local_response_norm(x: Tensor, size: int = 5, alpha: float = 1e-4, beta: float = 0.75, k: float = 2.0) -> Tensor:
    """See `_LocalResponseNorm`."""
    return _LocalResponseNorm.apply(x, size, alpha, beta, k)
