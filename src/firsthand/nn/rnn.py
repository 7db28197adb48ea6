"""The recurrent layer of Elman: the state is one more input of the next step."""

from typing import Any

from jaxtyping import Float, Int
from torch import Tensor

from firsthand.definition import definition
from firsthand.errors import UserError
from firsthand.nn.activation import relu, tanh
from firsthand.nn.fast import rnn as fast
from firsthand.nn.linear import linear
from firsthand.nn.sequence import as_autocast, check_sequence, scan

NONLINEARITIES = {"tanh": tanh, "relu": relu}


def _check(
    x: Tensor,
    h: Tensor,
    weight_ih: Tensor,
    weight_hh: Tensor,
    bias_ih: Tensor | None = None,
    bias_hh: Tensor | None = None,
    nonlinearity: Any = "tanh",
    lengths: Tensor | None = None,
    reverse: Any = False,
) -> None:
    check_nonlinearity(nonlinearity)
    check_sequence("rnn", 1, x, {"h": h}, weight_ih, weight_hh, bias_ih, bias_hh, lengths)


@definition(fast=fast.rnn, guard=_check)
def rnn(
    x: Float[Tensor, "batch time in"],
    h: Float[Tensor, "batch hidden"],
    weight_ih: Float[Tensor, "hidden in"],
    weight_hh: Float[Tensor, "hidden hidden"],
    bias_ih: Float[Tensor, " hidden"] | None = None,
    bias_hh: Float[Tensor, " hidden"] | None = None,
    nonlinearity: str = "tanh",
    lengths: Int[Tensor, " batch"] | None = None,
    reverse: bool = False,
) -> tuple[Float[Tensor, "batch time hidden"], Float[Tensor, "batch hidden"]]:
    """One layer and direction: all h_t = tanh(W_ih x_t + b_ih + W_hh h_t-1 + b_hh), and the last, from the first h.

    The nonlinearity "relu" stands for max(0, .) in place of tanh. Lengths and directions are those of `scan`.
    Raises UserError for another nonlinearity and when shapes do not fit together.
    Source: Elman (1990), figure 2; Rumelhart, Hinton & Williams (1986), figure 5, for training it.
    """

    def step(x: Tensor, h: Tensor) -> tuple[Tensor]:
        return (NONLINEARITIES[nonlinearity](linear(x, weight_ih, bias_ih) + linear(h, weight_hh, bias_hh)),)

    y, h = as_autocast(scan(step, x, (h,), lengths, reverse))
    return y, h


def check_nonlinearity(nonlinearity: str) -> None:
    """Raises UserError for another nonlinearity than tanh and relu."""
    if nonlinearity not in NONLINEARITIES:
        raise UserError(f"The nonlinearity of an RNN is 'tanh' or 'relu', got '{nonlinearity}'.")
