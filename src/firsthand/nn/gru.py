"""The gated recurrent unit: a state that moves as far as one gate lets it, towards what another lets it remember."""

from typing import Any

from jaxtyping import Float, Int
from torch import Tensor

from firsthand.definition import definition
from firsthand.errors import UserError
from firsthand.nn.activation import sigmoid, tanh
from firsthand.nn.fast import gru as fast
from firsthand.nn.linear import linear
from firsthand.nn.sequence import check_sequence, scan


def _check(
    x: Tensor,
    h: Tensor,
    weight_ih: Tensor,
    weight_hh: Tensor,
    bias_ih: Tensor | None = None,
    bias_hh: Tensor | None = None,
    reset: Any = "after",
    lengths: Tensor | None = None,
    reverse: Any = False,
) -> None:
    check_reset(reset)
    check_sequence("gru", 3, x, {"h": h}, weight_ih, weight_hh, bias_ih, bias_hh, lengths)


@definition(fast=fast.gru, guard=_check)
def gru(
    x: Float[Tensor, "batch time in"],
    h: Float[Tensor, "batch hidden"],
    weight_ih: Float[Tensor, "three_hidden in"],
    weight_hh: Float[Tensor, "three_hidden hidden"],
    bias_ih: Float[Tensor, " three_hidden"] | None = None,
    bias_hh: Float[Tensor, " three_hidden"] | None = None,
    reset: str = "after",
    lengths: Int[Tensor, " batch"] | None = None,
    reverse: bool = False,
) -> tuple[Float[Tensor, "batch time hidden"], Float[Tensor, "batch hidden"]]:
    """The GRU, one layer and direction: all h_t and the last, from the first h; h_t = z h_t-1 + (1 - z) n.

    r, z = sigmoid(W_ih x_t + b_ih + W_hh h_t-1 + b_hh), rows of r, z and n after each other, and the candidate is, when
    the reset gate acts "after" the product, as in cuDNN and torch, n = tanh(W_in x_t + b_in + r (W_hn h_t-1 + b_hn)),
    or "before", as published, n = tanh(W_in x_t + b_in + W_hn (r h_t-1) + b_hn).
    Lengths and directions are those of `scan`. Raises UserError for another reset and when shapes do not fit together.
    Source: Cho et al. (2014), equations 5 to 8.
    """
    hidden = weight_hh.shape[1]

    def step(x: Tensor, h: Tensor) -> tuple[Tensor]:
        x_r, x_z, x_n = linear(x, weight_ih, bias_ih).chunk(3, 1)
        h_r, h_z, h_n = linear(h, weight_hh, bias_hh).chunk(3, 1)
        r, z = sigmoid(x_r + h_r), sigmoid(x_z + h_z)
        if reset == "before":
            h_n = linear(r * h, weight_hh[2 * hidden :], None if bias_hh is None else bias_hh[2 * hidden :])
            n = tanh(x_n + h_n)
        else:
            n = tanh(x_n + r * h_n)
        return (z * h + (1 - z) * n,)

    y, h = scan(step, x, (h,), lengths, reverse)
    return y, h


def check_reset(reset: str) -> None:
    """Raises UserError for another form of the reset gate than before and after."""
    if reset not in ("after", "before"):
        raise UserError(f"The reset gate of a GRU acts 'after' or 'before' the product, got '{reset}'.")
