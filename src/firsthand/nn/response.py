"""Local response normalisation: a strong response quietens the same place in the neighbouring maps."""

import torch
from jaxtyping import Float
from torch import Tensor

from firsthand.definition import definition, in_float32
from firsthand.errors import UserError
from firsthand.nn.arguments import whole
from firsthand.nn.derivative import first_only
from firsthand.nn.shape import wrong_shape


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


def _check(x: Tensor, size: int = 5, *_, **__) -> None:
    if not whole(1, size) or size % 2 == 0:
        raise UserError(f"Local response normalisation sums an odd number of maps, got {size!r}.")
    if x.ndim < 2 or not x.shape[1]:
        raise wrong_shape("The input of local_response_norm", x, "(batch, channel, ...)")


def _local_response_norm_fast(
    x: Tensor, size: int = 5, alpha: float = 1e-4, beta: float = 0.75, k: float = 2.0
) -> Tensor:
    return _LocalResponseNorm.apply(x, size, alpha, beta, k)


@definition(fast=in_float32(_local_response_norm_fast), guard=_check)
@in_float32
def local_response_norm(
    x: Float[Tensor, "batch channel *places"], size: int = 5, alpha: float = 1e-4, beta: float = 0.75, k: float = 2.0
) -> Float[Tensor, "batch channel *places"]:
    """b_i = a_i / (k + alpha sum_j a_j^2)^beta, j over map i and size // 2 maps on either side of it, if any.

    alpha is the paper's, which multiplies the sum. torch.nn.LocalResponseNorm (and Caffe) multiply the mean: divide
    their alpha by the size to use it here; their k starts at 1.
    Raises UserError for an even size, whose window would lean to one side.
    Source: Krizhevsky et al. (2012), section 3.3.
    """
    squares = torch.constant_pad_nd(x.square(), (0, 0) * (x.ndim - 2) + (size // 2, size // 2))
    return x / (k + alpha * squares.unfold(1, size, 1).sum(-1)) ** beta
