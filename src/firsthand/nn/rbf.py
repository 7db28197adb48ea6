"""Euclidean radial basis functions: how far a vector lies from every class's code."""

import torch
from jaxtyping import Float
from torch import Tensor

from firsthand.nn.definition import definition
from firsthand.nn.shape import wrong_shape


def _rbf_fast(x: Tensor, codes: Tensor) -> Tensor:
    """cdist without the matrix product: |x|^2 - 2 x.c + |c|^2 would lose every digit where x comes near a code."""
    if x.shape[-1] != codes.shape[-1]:
        raise wrong_shape("The input of rbf", x, f"(batch, {codes.shape[-1]})")
    return torch.cdist(x, codes, compute_mode="donot_use_mm_for_euclid_dist").square()


@definition(fast=_rbf_fast)
def rbf(x: Float[Tensor, "batch features"], codes: Float[Tensor, "classes features"]) -> Float[Tensor, "batch classes"]:
    """The squared distance y_i = sum_j (x_j - w_ij)^2 of x from the code w_i; the nearest code is the smallest.

    Raises UserError when x and the codes differ in length.
    Source: LeCun et al. (1998), equation 7.
    """
    return (x[:, None] - codes).square().sum(-1)
