"""Long short-term memory: a cell that is only added to, and gates that guard it."""

from functools import partial
from typing import Any

from jaxtyping import Float, Int
from torch import Tensor

from firsthand.definition import definition
from firsthand.nn.activation import sigmoid, tanh
from firsthand.nn.fast import lstm as fast
from firsthand.nn.linear import linear
from firsthand.nn.sequence import as_autocast, check_sequence, scan
from firsthand.nn.shape import check_shape


def _check(
    name: str,
    gates: int,
    x: Tensor,
    h: Tensor,
    c: Tensor,
    weight_ih: Tensor,
    weight_hh: Tensor,
    bias_ih: Tensor | None = None,
    bias_hh: Tensor | None = None,
    lengths: Tensor | None = None,
    reverse: Any = False,
) -> None:
    check_sequence(name, gates, x, {"h": h, "c": c}, weight_ih, weight_hh, bias_ih, bias_hh, lengths)


@definition(fast=fast.lstm, guard=partial(_check, "lstm", 4))
def lstm(
    x: Float[Tensor, "batch time in"],
    h: Float[Tensor, "batch hidden"],
    c: Float[Tensor, "batch hidden"],
    weight_ih: Float[Tensor, "four_hidden in"],
    weight_hh: Float[Tensor, "four_hidden hidden"],
    bias_ih: Float[Tensor, " four_hidden"] | None = None,
    bias_hh: Float[Tensor, " four_hidden"] | None = None,
    lengths: Int[Tensor, " batch"] | None = None,
    reverse: bool = False,
) -> tuple[Float[Tensor, "batch time hidden"], Float[Tensor, "batch hidden"], Float[Tensor, "batch hidden"]]:
    """The LSTM of today, one layer and direction: all h_t, the last h and the last c, from the first h and c.

    a = W_ih x_t + b_ih + W_hh h_t-1 + b_hh, in which the rows of i, f, g and o follow each other, and
    c_t = sigmoid(a_f) c_t-1 + sigmoid(a_i) tanh(a_g),  h_t = sigmoid(a_o) tanh(c_t).
    Lengths and directions are those of `scan`. Raises UserError when shapes do not fit together.
    Source: Gers, Schmidhuber & Cummins (2000), section 3, for the forget gate f.
    """

    def step(x: Tensor, h: Tensor, c: Tensor) -> tuple[Tensor, Tensor]:
        a_i, a_f, a_g, a_o = (linear(x, weight_ih, bias_ih) + linear(h, weight_hh, bias_hh)).chunk(4, 1)
        c = sigmoid(a_f) * c + sigmoid(a_i) * tanh(a_g)
        return sigmoid(a_o) * tanh(c), c

    y, h, c = as_autocast(scan(step, x, (h, c), lengths, reverse))
    return y, h, c


@definition(fast=fast.lstm_1997, guard=partial(_check, "lstm_1997", 3))
def lstm_1997(
    x: Float[Tensor, "batch time in"],
    h: Float[Tensor, "batch hidden"],
    c: Float[Tensor, "batch hidden"],
    weight_ih: Float[Tensor, "three_hidden in"],
    weight_hh: Float[Tensor, "three_hidden hidden"],
    bias_ih: Float[Tensor, " three_hidden"] | None = None,
    bias_hh: Float[Tensor, " three_hidden"] | None = None,
    lengths: Int[Tensor, " batch"] | None = None,
    reverse: bool = False,
) -> tuple[Float[Tensor, "batch time hidden"], Float[Tensor, "batch hidden"], Float[Tensor, "batch hidden"]]:
    """The LSTM of 1997, without a forget gate: `lstm` with rows of i, g and o only, and with wider squashings.

    c_t = c_t-1 + sigmoid(a_i) 2 tanh(a_g / 2),  h_t = sigmoid(a_o) tanh(c_t / 2): the paper's g, from -2 to 2, and h.
    Blocks are of one cell, gates are not fed back, and the gradient is not cut off at the gates.
    Raises UserError when shapes do not fit together.
    Source: Hochreiter & Schmidhuber (1997), section 4 and appendix A.1.
    """

    def step(x: Tensor, h: Tensor, c: Tensor) -> tuple[Tensor, Tensor]:
        a_i, a_g, a_o = (linear(x, weight_ih, bias_ih) + linear(h, weight_hh, bias_hh)).chunk(3, 1)
        c = c + sigmoid(a_i) * 2 * tanh(a_g / 2)
        return sigmoid(a_o) * tanh(c / 2), c

    y, h, c = as_autocast(scan(step, x, (h, c), lengths, reverse))
    return y, h, c


def _check_peephole(
    x: Tensor,
    h: Tensor,
    c: Tensor,
    weight_ih: Tensor,
    weight_hh: Tensor,
    bias_ih: Tensor | None,
    bias_hh: Tensor | None,
    weight_ci: Tensor,
    weight_cf: Tensor,
    weight_co: Tensor,
    lengths: Tensor | None = None,
    reverse: Any = False,
) -> None:
    check_sequence("lstm_peephole", 4, x, {"h": h, "c": c}, weight_ih, weight_hh, bias_ih, bias_hh, lengths)
    for gate, peephole in zip("ifo", (weight_ci, weight_cf, weight_co), strict=True):
        check_shape(f"weight_c{gate} of lstm_peephole", peephole, h.shape[1:])


@definition(fast=fast.lstm_peephole, guard=_check_peephole)
def lstm_peephole(
    x: Float[Tensor, "batch time in"],
    h: Float[Tensor, "batch hidden"],
    c: Float[Tensor, "batch hidden"],
    weight_ih: Float[Tensor, "four_hidden in"],
    weight_hh: Float[Tensor, "four_hidden hidden"],
    bias_ih: Float[Tensor, " four_hidden"] | None,
    bias_hh: Float[Tensor, " four_hidden"] | None,
    weight_ci: Float[Tensor, " hidden"],
    weight_cf: Float[Tensor, " hidden"],
    weight_co: Float[Tensor, " hidden"],
    lengths: Int[Tensor, " batch"] | None = None,
    reverse: bool = False,
) -> tuple[Float[Tensor, "batch time hidden"], Float[Tensor, "batch hidden"], Float[Tensor, "batch hidden"]]:
    """`lstm` whose gates see the cell, each unit its own: i and f the cell before the step, o the cell after it.

    i = sigmoid(a_i + w_ci c_t-1),  f = sigmoid(a_f + w_cf c_t-1),  o = sigmoid(a_o + w_co c_t).
    Raises UserError when shapes do not fit together.
    Source: Gers & Schmidhuber (2000), Recurrent nets that time and count; Greff et al. (2015), section 2.
    """

    def step(x: Tensor, h: Tensor, c: Tensor) -> tuple[Tensor, Tensor]:
        a_i, a_f, a_g, a_o = (linear(x, weight_ih, bias_ih) + linear(h, weight_hh, bias_hh)).chunk(4, 1)
        i, f = sigmoid(a_i + weight_ci * c), sigmoid(a_f + weight_cf * c)
        c = f * c + i * tanh(a_g)
        return sigmoid(a_o + weight_co * c) * tanh(c), c

    y, h, c = as_autocast(scan(step, x, (h, c), lengths, reverse))
    return y, h, c
