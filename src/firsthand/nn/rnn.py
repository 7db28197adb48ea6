"""The recurrent layer of Elman: the state is one more input of the next step."""

from functools import partial

import torch
from jaxtyping import Float, Int
from torch import Tensor

from firsthand.errors import UserError
from firsthand.nn.activation import relu, tanh
from firsthand.nn.definition import definition
from firsthand.nn.linear import linear
from firsthand.nn.sequence import Layout, as_autocast, check_sequence, derivatives, outer, project, slow, walk

BENDS = {"tanh": tanh, "relu": relu}


class _RNN(torch.autograd.Function):
    """All steps of one layer, with the backward pass by hand.

    h_t = f(a_t), a_t = W_ih x_t + b_ih + W_hh h_t-1 + b_hh, with the slope f' = 1 - h_t^2 of tanh, or 1 where h_t > 0
    of the rectifier. Let dh be the gradient that reaches h_t, from outside and, as W_hh^T da, from step t+1. Then
        da = dh f'
    and afterwards, for all steps at once,
        dW_ih = sum da x^T        dW_hh = sum da h_t-1^T        db = sum da        dx = W_ih^T da
    Source: Rumelhart, Hinton & Williams (1986), figure 5.
    """

    @staticmethod
    def forward(ctx, readable, lengths, reverse, *tensors):
        x, h0, w_ih, w_hh, b_ih, b_hh = tensors
        layout = Layout(x, lengths, reverse)
        a = project(layout.enter(x), w_ih, b_ih, b_hh)
        h = layout.history(h0)
        h[1:] = layout.blank(a)
        with torch.inference_mode():  # the calls cost less
            w_hh, bend_ = w_hh.t(), torch.tanh_ if readable.keywords["nonlinearity"] == "tanh" else torch.relu_
            for h_before, h_t in layout.steps(histories=(h,)):
                bend_(h_t.addmm_(h_before, w_hh))
        ctx.readable, ctx.lengths, ctx.reverse, ctx.count = readable, lengths, reverse, len(tensors)
        ctx.save_for_backward(*tensors, h)
        ctx.set_materialize_grads(False)
        y = layout.leave(h[1:], x.new_empty(*x.shape[:2], h.shape[2]))
        return y, layout.last(y)

    @staticmethod
    def backward(ctx, dy, dh_last):
        if torch.is_grad_enabled():
            return derivatives(ctx, dy, dh_last)
        x, _, w_ih, w_hh, b_ih, b_hh, h = ctx.saved_tensors
        layout = Layout(x, ctx.lengths, ctx.reverse)
        da = layout.arriving(layout.reaching(dy, dh_last, h[0]))  # dh at first
        now = h[1:]
        curved = ctx.readable.keywords["nonlinearity"] == "tanh"
        slope = torch.addcmul(now.new_ones(()), now, now, value=-1) if curved else now > 0
        with torch.inference_mode():
            for slope_t, da_before, da_t in reversed(layout.steps(slope, histories=(da,))):
                da_before.addmm_(da_t.mul_(slope_t), w_hh)
        dh0, da = layout.unsort(da[0]), da[1:]
        db_ih, db_hh = (None if b is None else da.sum((0, 1)) for b in (b_ih, b_hh))
        dx = layout.leave(da @ w_ih, x.new_empty(x.shape)) if ctx.needs_input_grad[3] else None
        return None, None, None, dx, dh0, outer(da, layout.enter(x)), outer(da, h[:-1]), db_ih, db_hh


def check_nonlinearity(nonlinearity: str) -> None:
    """Raises UserError for another bend than tanh and relu."""
    if nonlinearity not in BENDS:
        raise UserError(f"An RNN bends by 'tanh' or by 'relu', got '{nonlinearity}'.")


def _rnn_fast(
    x: Tensor,
    h: Tensor,
    weight_ih: Tensor,
    weight_hh: Tensor,
    bias_ih: Tensor | None = None,
    bias_hh: Tensor | None = None,
    nonlinearity: str = "tanh",
    lengths: Tensor | None = None,
    reverse: bool = False,
) -> tuple[Tensor, Tensor]:
    tensors = (x, h, weight_ih, weight_hh, bias_ih, bias_hh)
    if slow(*tensors):
        return rnn.__wrapped__(*tensors, nonlinearity, lengths, reverse)
    check_nonlinearity(nonlinearity)
    check_sequence("rnn", 1, x, {"h": h}, *tensors[2:], lengths)
    return _RNN.apply(partial(rnn.__wrapped__, nonlinearity=nonlinearity), lengths, reverse, *tensors)


@definition(fast=_rnn_fast)
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

    The nonlinearity "relu" stands for max(0, .) in place of tanh. Lengths and directions are those of `walk`.
    Raises UserError for another nonlinearity and when shapes do not fit together.
    Source: Elman (1990), figure 2; Rumelhart, Hinton & Williams (1986), figure 5, for training it.
    """
    check_nonlinearity(nonlinearity)
    check_sequence("rnn", 1, x, {"h": h}, weight_ih, weight_hh, bias_ih, bias_hh, lengths)

    def step(x: Tensor, h: Tensor) -> tuple[Tensor]:
        return (BENDS[nonlinearity](linear(x, weight_ih, bias_ih) + linear(h, weight_hh, bias_hh)),)

    return as_autocast(walk(step, x, (h,), lengths, reverse))
