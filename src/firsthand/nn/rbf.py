"""Euclidean radial basis functions: how far a vector lies from every class's code."""

from jaxtyping import Float
from torch import Tensor

from firsthand.definition import definition, in_float32
from firsthand.nn.fast import rbf as fast
from firsthand.nn.shape import wrong_shape


def _check(x: Tensor, codes: Tensor) -> None:
    if codes.ndim != 2:
        raise wrong_shape("The tensor of codes", codes, "(classes, features)")
    if x.ndim != 2 or x.shape[1] != codes.shape[1]:
        raise wrong_shape("The input of rbf", x, f"(batch, {codes.shape[1]})")


@definition(fast=fast.rbf, guard=_check, lazily=True)
@in_float32
def rbf(x: Float[Tensor, "batch features"], codes: Float[Tensor, "classes features"]) -> Float[Tensor, "batch classes"]:
    """The squared distance y_i = sum_j (x_j - w_ij)^2 of x from the code w_i; the nearest code is the smallest.

    Raises UserError when x and the codes differ in length.
    Source: LeCun et al. (1998), equation 7.
    """
    return (x[:, None] - codes).square().sum(-1)
