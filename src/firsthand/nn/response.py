"""Local response normalisation: a strong response quietens the same place in the neighbouring maps."""

from typing import Any

import torch
from jaxtyping import Float
from torch import Tensor

from firsthand.definition import definition, in_float32
from firsthand.errors import UserError
from firsthand.nn.arguments import whole
from firsthand.nn.fast import response as fast
from firsthand.nn.shape import wrong_shape


def _check(x: Tensor, size: Any = 5, *_: Any, **__: Any) -> None:
    if not whole(1, size) or size % 2 == 0:
        raise UserError(f"Local response normalisation sums an odd number of maps, got {size!r}.")
    if x.ndim < 2 or not x.shape[1]:
        raise wrong_shape("The input of local_response_norm", x, "(batch, channel, ...)")


@definition(fast=fast.local_response_norm, guard=_check)
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
