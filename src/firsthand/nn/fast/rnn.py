"""The recurrent layer of Elman: all steps in one function, with the backward pass by hand."""

import torch
from torch import Tensor

from firsthand.definition import Result
from firsthand.nn.fast.sequence import Layout, derivatives, needs_definition, projection


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
        dy = layout.gradients_of_outputs(dy, dh_last, h[0])
        dw_ih, dw_hh, db = torch.zeros_like(w_ih), torch.zeros_like(w_hh), w_hh.new_zeros(len(w_hh))
        dx = x.new_empty(x.shape) if ctx.needs_input_grad[3] else None
        with torch.inference_mode():
            blocks = layout.blocks(len(w_ih))
            room = h.new_zeros(blocks[0].stop + 1, *h.shape[1:])
            for block in reversed(blocks):
                now, xs = h[1:][block], layout.enter(x, block)
                da = layout.gradients_of_states(dy, block, room)  # dh at first
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


def rnn(
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
    """See `_RNN`."""
    tensors = (x, h, weight_ih, weight_hh, bias_ih, bias_hh)
    if needs_definition(*tensors):
        return NotImplemented
    return _RNN.apply(("rnn", {"nonlinearity": nonlinearity}), lengths, reverse, *tensors)
