"""The linear layer: every output is a weighted sum of all inputs."""

from math import sqrt

import torch
from jaxtyping import Float
from torch import Tensor
from torch.nn import Buffer, Module, Parameter

from firsthand.definition import definition
from firsthand.nn.arguments import check_flags, check_sizes
from firsthand.nn.fast import linear as fast
from firsthand.nn.init import uniform_
from firsthand.nn.shape import check_shape, wrong_shape


def _check(x: Tensor, weight: Tensor, bias: Tensor | None = None) -> None:
    shape = weight.shape
    if len(shape) != 2:
        raise wrong_shape("The weight of linear", weight, "(out, in)")
    if x.shape[-1:] != shape[1:]:
        raise wrong_shape("The input of linear", x, f"(..., {shape[1]})")
    if bias is not None and bias.shape != shape[:1]:
        raise wrong_shape("The bias of linear", bias, f"({shape[0]},)")


@definition(fast=fast.linear, guard=_check, lazily=True)
def linear(
    x: Float[Tensor, "*batch in"], weight: Float[Tensor, "out in"], bias: Float[Tensor, " out"] | None = None
) -> Float[Tensor, "*batch out"]:
    """The affine map y_o = sum_i W_oi x_i + b_o, applied to the last axis.

    Raises UserError when the last axis of x is not as long as a row of W, or the bias as a column.
    """
    y = torch.einsum("...i, oi -> ...o", x, weight)
    return y if bias is None else y + bias


class Linear(Module):
    """The affine map y = W x + b with W (out_features, in_features), starting from U(±1/sqrt(in_features)).

    Raises UserError for sizes below one.
    """

    def __init__(self, in_features: int, out_features: int, bias: bool = True):
        super().__init__()
        name = type(self).__name__
        check_sizes(name, in_features=in_features, out_features=out_features)
        check_flags(name, bias=bias)
        self.weight = Parameter(torch.empty(out_features, in_features))
        self.bias = Parameter(torch.empty(out_features)) if bias else None
        uniform_(self.weight, 1 / sqrt(in_features))
        if self.bias is not None:
            uniform_(self.bias, 1 / sqrt(in_features))

    def forward(self, x: Float[Tensor, "*batch in"]) -> Float[Tensor, "*batch out"]:
        """See `linear`."""
        return linear(x, self.weight, self.bias)

    def extra_repr(self) -> str:
        out_features, in_features = self.weight.shape
        return f"{in_features}, {out_features}, bias={self.bias is not None}"


def _check_masked(x: Tensor, weight: Tensor, mask: Tensor, bias: Tensor | None = None) -> None:
    _check(x, weight, bias)
    check_shape("The mask", mask, weight.shape)


@definition(fast=fast.masked_linear, guard=_check_masked, lazily=True)
def masked_linear(
    x: Float[Tensor, "*batch in"],
    weight: Float[Tensor, "out in"],
    mask: Float[Tensor, "..."],
    bias: Float[Tensor, " out"] | None = None,
) -> Float[Tensor, "*batch out"]:
    """The affine map y_o = sum_i M_oi W_oi x_i + b_o, in which a 0 of the mask M cuts a connection for good.

    Raises UserError when the mask and the weight, or one of them and x or the bias, do not fit.
    Source: Germain et al. (2015), MADE, equation 10.
    """
    return linear(x, weight * mask, bias)


class MaskedLinear(Linear):
    """`Linear` with a mask (out_features, in_features) of zeros and ones, all ones at first, stored with the weights.

    Assign to `mask` to change it. A weight that is cut keeps its value, and its gradient is 0.
    Source: Germain et al. (2015), MADE, section 4.
    """

    def __init__(self, in_features: int, out_features: int, bias: bool = True):
        super().__init__(in_features, out_features, bias)
        self.mask = Buffer(torch.ones(out_features, in_features))

    def forward(self, x: Float[Tensor, "*batch in"]) -> Float[Tensor, "*batch out"]:
        """See `masked_linear`."""
        return masked_linear(x, self.weight, self.mask, self.bias)
