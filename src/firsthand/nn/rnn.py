"""The recurrent layer of Elman: the state is one more input of the next step."""

import torch
from jaxtyping import Float, Int
from torch import Tensor

from firsthand.definition import Result, definition
from firsthand.errors import UserError
from firsthand.nn.activation import relu, tanh
from firsthand.nn.linear import linear
from firsthand.nn.sequence import Layout, as_autocast, check_sequence, derivatives, projection, slow, walk

NONLINEARITIES = {"tanh": tanh, "relu": relu}


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
    def forward(ctx, definition, lengths, reverse, *tensors):
        x, h0, w_ih, w_hh, b_ih, b_hh = tensors
        layout = Layout(x, lengths, reverse)
        project, w_hh, h = projection(w_ih, b_ih, b_hh), w_hh.t(), layout.history(h0)
        y = x.new_empty(*x.shape[:2], h.shape[2])
        with torch.inference_mode():  # the calls cost less
            apply_ = torch.tanh_ if definition[1]["nonlinearity"] == "tanh" else torch.relu_
            for block in layout.blocks(len(w_ih)):
                states = h[block.start : block.stop + 1]
                project(layout.enter(x, block), states[1:])
                layout.blank(states[1:], block)
                for h_before, h_t in layout.steps(histories=(states,), first=block.start):
                    apply_(h_t.addmm_(h_before, w_hh))
                layout.leave(states[1:], y, block)
        ctx.definition, ctx.lengths, ctx.reverse, ctx.count = definition, lengths, reverse, len(tensors)
        ctx.save_for_backward(*tensors, h)
        ctx.set_materialize_grads(False)
        return y, layout.last(y)

    @staticmethod
    def backward(ctx, dy, dh_last):
        if torch.is_grad_enabled():
            return derivatives(ctx, dy, dh_last)
        x, _, w_ih, w_hh, b_ih, b_hh, h = ctx.saved_tensors
        layout, curved = Layout(x, ctx.lengths, ctx.reverse), ctx.definition[1]["nonlinearity"] == "tanh"
        dy = layout.reaching(dy, dh_last, h[0])
        dw_ih, dw_hh, db = torch.zeros_like(w_ih), torch.zeros_like(w_hh), w_hh.new_zeros(len(w_hh))
        dx = x.new_empty(x.shape) if ctx.needs_input_grad[3] else None
        with torch.inference_mode():
            blocks = layout.blocks(len(w_ih))
            room = h.new_zeros(blocks[0].stop + 1, *h.shape[1:])
            for block in reversed(blocks):
                now, xs, da = h[1:][block], layout.enter(x, block), layout.arriving(dy, block, room)  # da: dh at first
                slope = torch.addcmul(now.new_ones(()), now, now, value=-1) if curved else now > 0
                for slope_t, da_before, da_t in reversed(layout.steps(slope, histories=(da,), first=block.start)):
                    da_before.addmm_(da_t.mul_(slope_t), w_hh)
                flat = da[1:].flatten(0, 1)
                dw_ih.addmm_(flat.t(), xs.flatten(0, 1))
                dw_hh.addmm_(flat.t(), h[block].flatten(0, 1))
                db.add_(flat.sum(0))
                if dx is not None:
                    layout.leave((flat @ w_ih).view(xs.shape), dx, block)
        db_ih, db_hh = (None if b is None else db for b in (b_ih, b_hh))
        return None, None, None, dx, layout.unsort(room[0]), dw_ih, dw_hh, db_ih, db_hh


def check_nonlinearity(nonlinearity: str) -> None:
    """Raises UserError for another nonlinearity than tanh and relu."""
    if nonlinearity not in NONLINEARITIES:
        raise UserError(f"The nonlinearity of an RNN is 'tanh' or 'relu', got '{nonlinearity}'.")


def _check(
    x: Tensor,
    h: Tensor,
    weight_ih: Tensor,
    weight_hh: Tensor,
    bias_ih: Tensor | None = None,
    bias_hh: Tensor | None = None,
    nonlinearity: str = "tanh",
    lengths: Tensor | None = None,
    reverse: bool = False,
) -> None:
    check_nonlinearity(nonlinearity)
    check_sequence("rnn", 1, x, {"h": h}, weight_ih, weight_hh, bias_ih, bias_hh, lengths)


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
) -> Result:
    tensors = (x, h, weight_ih, weight_hh, bias_ih, bias_hh)
    if slow(*tensors):
        return NotImplemented
    return _RNN.apply(("rnn", {"nonlinearity": nonlinearity}), lengths, reverse, *tensors)


@definition(fast=_rnn_fast, guard=_check)
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

    def step(x: Tensor, h: Tensor) -> tuple[Tensor]:
        return (NONLINEARITIES[nonlinearity](linear(x, weight_ih, bias_ih) + linear(h, weight_hh, bias_hh)),)

    return as_autocast(walk(step, x, (h,), lengths, reverse))
