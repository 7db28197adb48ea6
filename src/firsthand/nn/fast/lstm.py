"""The three forms of the LSTM: all steps of a layer in one function, with the backward pass by hand."""

from collections.abc import Callable

import torch
from torch import Tensor

from firsthand.definition import Result
from firsthand.nn.fast.sequence import Layout, derivatives, needs_definition, projection


class _LSTM(torch.autograd.Function):
    """All steps of one layer of any of the three forms, with the backward pass by hand.

    tanh(v) = 1 - 2 sigmoid(-2v), and the sigmoid is the fastest of the curves. So the cell is held as z = -k c, and
        i, f, o = sigmoid(a_i, a_f, a_o)        s = sigmoid(-k a_g)        u = sigmoid(z_t)
        z_t = f z_t-1 - 2 i (1 - 2s)            h_t = o (1 - 2u)
    of weighted sums a. k = 2 makes this g = tanh(a_g) and h = o tanh(c); k = 1, with f = 1, is the form of 1997 with
    g = 2 tanh(a_g / 2) and h = o tanh(c / 2). Let dh be the gradient that reaches h_t, from outside and, as
    W_hh^T da, from step t+1, and likewise dc that of c_t, times 2/k. Then
        da_o = dh h_t (1-o)               dc gains dh o (1 - (1-2u)^2) + da_o p_o
        da_i = dc (1-2s) i (1-i)          da_f = dc c_t-1 f (1-f)          da_g = dc 2k i s (1-s)
        c_t-1 gets dc f + da_i p_i + da_f p_f                   (p: the peepholes, if any)
    What multiplies dh and dc is known beforehand, so that little is left to a step; and for a block of steps at once,
        dW_ih = sum da x^T        dW_hh = sum da h_t-1^T        db = sum da        dx = W_ih^T da
    Source: Greff et al. (2015), section 2, for the gradients with i, f, g, o and c themselves.
    """

    @staticmethod
    def forward(ctx, definition, lengths, reverse, *tensors):
        x, h0, c0, w_ih, w_hh, b_ih, b_hh, *peepholes = tensors
        layout, (gates, k), hidden = Layout(x, lengths, reverse), _form(w_hh), w_hh.shape[1]
        scale = w_hh.new_ones(gates, hidden)
        scale[-2] = -k
        scale = scale.view(-1, 1)
        project, w_hh = projection(w_ih, b_ih, b_hh, scale=scale), (w_hh * scale).t()
        p_i, p_f, p_o = (p / -k for p in peepholes) if peepholes else (None,) * 3
        y, z = x.new_empty(*x.shape[:2], hidden), layout.history(c0 * -k)
        a = x.new_empty(layout.time, layout.batch, len(w_ih))
        parts = a.unflatten(2, (gates, hidden)).unbind(2)
        with torch.inference_mode():  # the calls cost less
            blocks = layout.blocks(len(w_ih))
            h = z.new_zeros(blocks[0].stop + 1, *h0.shape)
            h[0] = layout.sort(h0)
            for block in blocks:
                project(layout.enter(x, block), a[block])
                views = (a[block], *(parts[n][block] for n in (0, 1, -2, -1)))
                for a_t, i, f, s, o, h_before, h_t, z_before, z_t in layout.steps(
                    *views, histories=(h, z[block.start :]), first=block.start
                ):
                    a_t.addmm_(h_before, w_hh)
                    if p_i is None:
                        a_t.sigmoid_()
                    else:
                        i.addcmul_(z_before, p_i).sigmoid_()
                        f.addcmul_(z_before, p_f).sigmoid_()
                        s.sigmoid_()
                    torch.mul(f, z_before, out=z_t) if gates == 4 else z_t.copy_(z_before)
                    z_t.addcmul_(i, s, value=4).sub_(i, alpha=2)
                    if p_o is not None:
                        o.addcmul_(z_t, p_o).sigmoid_()
                    torch.addcmul(o, o, torch.sigmoid(z_t), value=-2, out=h_t)
                count = block.stop - block.start
                layout.leave(layout.blank(h[1 : count + 1], block), y, block)
                h[0] = h[count]
        ctx.definition, ctx.lengths, ctx.reverse, ctx.count = definition, lengths, reverse, len(tensors)
        ctx.save_for_backward(*tensors, a, y, z)
        ctx.set_materialize_grads(False)
        return y, layout.last(y), layout.final(z).div_(-k)

    @staticmethod
    def backward(ctx, dy, dh_last, dc_last):
        if torch.is_grad_enabled():
            return derivatives(ctx, dy, dh_last, dc_last)
        x, h0, _, w_ih, w_hh, b_ih, b_hh, *peepholes, a, y, z = ctx.saved_tensors
        layout, (gates, k), hidden = Layout(x, ctx.lengths, ctx.reverse), _form(w_hh), w_hh.shape[1]
        dy = layout.gradients_of_outputs(dy, dh_last, h0)
        dc = torch.zeros_like(h0) if dc_last is None else layout.sort(dc_last) * (2 / k)
        dw_ih, dw_hh, db = torch.zeros_like(w_ih), torch.zeros_like(w_hh), w_hh.new_zeros(len(w_hh))
        dps = [torch.zeros_like(p) for p in peepholes]
        dx = x.new_empty(x.shape) if ctx.needs_input_grad[3] else None
        with torch.inference_mode():
            blocks, whole = layout.blocks(len(w_hh)), (dc, dc.unsqueeze(1))
            room = z.new_zeros(blocks[0].stop + 1, *h0.shape)
            for block in reversed(blocks):
                now, dh = slice(block.start + 1, block.stop + 1), layout.gradients_of_states(dy, block, room)
                h, xs = layout.before(y, h0, block), layout.enter(x, block)
                da, to_c, forget = _slopes(k, a[block], h[1:], z[block], z[now], peepholes)
                parts = da.unflatten(2, (gates, hidden))
                views = layout.steps(
                    da,
                    parts[:, :, :-1],
                    parts[:, :, -1],
                    to_c,
                    forget,
                    histories=(dh,),
                    first=block.start,
                )
                for da_t, da_ifg, da_o, to_c_t, f, dh_before, dh_t in reversed(views):
                    dc_t, wide = whole if layout.rows is None else (part[: len(dh_t)] for part in whole)
                    dc_t.addcmul_(dh_t, to_c_t)
                    da_ifg.mul_(wide)
                    da_o.mul_(dh_t)
                    if gates == 4:
                        dc_t.mul_(f)
                    dh_before.addmm_(da_t, w_hh)
                flat = layout.blank(da, block).flatten(0, 1)
                dw_ih.addmm_(flat.t(), xs.flatten(0, 1))
                dw_hh.addmm_(flat.t(), h[:-1].flatten(0, 1))
                db.add_(flat.sum(0))
                if dx is not None:
                    layout.leave((flat @ w_ih).view(xs.shape), dx, block)
                for dp, part, cell in zip(dps, (0, 1, 3), (z[block], z[block], z[now]), strict=False):
                    dp.sub_((parts[:, :, part] * cell).sum((0, 1)), alpha=1 / k)
        db_ih, db_hh = (None if b is None else db for b in (b_ih, b_hh))
        dh0, dc0 = layout.unsort(room[0]), layout.unsort(dc).mul_(k / 2)
        return None, None, None, dx, dh0, dc0, dw_ih, dw_hh, db_ih, db_hh, *dps


def _slopes(k, a, h, before, z, peepholes) -> tuple[Tensor, Tensor, Tensor]:
    """For a block of steps: what multiplies dc and dh to give da, dh to give dc, and dc to give the one before it."""
    gates = a.unflatten(2, (a.shape[2] // h.shape[2], h.shape[2]))
    i, f, s, o = (gates[:, :, n] for n in (0, 1, -2, -1))
    da = torch.addcmul(a, a, a, value=-1)  # v (1-v) of every sigmoid v
    d = da.view(gates.shape).unbind(2)
    d[0].addcmul_(d[0], s, value=-2)
    d[-2].mul_(i).mul_(2 * k)
    torch.addcmul(h, h, o, value=-1, out=d[-1])
    to_c = torch.sub(o, h).addcmul_(h, torch.sigmoid(z), value=2)  # o - h (1-2u)
    if k == 2:
        d[1].mul_(before).mul_(-1 / k)
    if peepholes:
        p_i, p_f, p_o = peepholes
        f = torch.addcmul(f, d[0], p_i).addcmul_(d[1], p_f)
        to_c.addcmul_(d[-1], p_o)
    return da, to_c, f


def _form(w_hh: Tensor) -> tuple[int, int]:
    """The number of gates, and k."""
    gates = len(w_hh) // w_hh.shape[1]
    return gates, 2 if gates == 4 else 1


def _of_form(name: str) -> Callable[..., Result]:
    """The fast implementation of `lstm` or `lstm_1997`, which take the same arguments."""

    def fast(
        x: Tensor,
        h: Tensor,
        c: Tensor,
        weight_ih: Tensor,
        weight_hh: Tensor,
        bias_ih: Tensor | None = None,
        bias_hh: Tensor | None = None,
        lengths: Tensor | None = None,
        reverse: bool = False,
    ) -> Result:
        """See `_LSTM`."""
        tensors = (x, h, c, weight_ih, weight_hh, bias_ih, bias_hh)
        if needs_definition(*tensors):
            return NotImplemented
        return _LSTM.apply((name, {}), lengths, reverse, *tensors)

    return fast


lstm, lstm_1997 = _of_form("lstm"), _of_form("lstm_1997")


def lstm_peephole(
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
    reverse: bool = False,
) -> Result:
    """See `_LSTM`."""
    tensors = (x, h, c, weight_ih, weight_hh, bias_ih, bias_hh, weight_ci, weight_cf, weight_co)
    if needs_definition(*tensors):
        return NotImplemented
    return _LSTM.apply(("lstm_peephole", {}), lengths, reverse, *tensors)
